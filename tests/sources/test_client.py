from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.running import is_running
from tests.server import usage_body
from tests.sources.contexts import context_of
from tests.world import ACCOUNT
from usageline.sources import client
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.world import World


def answer(**response: object) -> str:
    """Return the line that Claude Code prints for usageline's request."""
    answer = {"subtype": "success", "request_id": "usageline", "response": response}
    return json.dumps({"type": "control_response", "response": answer})


@pytest.fixture
def stand_in(world: World) -> Path:
    """Return the path of a fake `claude`; each test writes its script."""
    path = world.home / ".local" / "bin" / "claude"
    path.parent.mkdir(parents=True, mode=0o755)
    return path


def write(path: Path, script: str) -> None:
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)


def good(world: World) -> str:
    body = world.root / "answer"
    body.write_text(
        '{"type":"system"}\n'
        + answer(subscription_type="max", rate_limits_available=True, rate_limits=usage_body())
        + "\n"
    )
    return f"read question; cat {body}"


def failure(world: World, within_s: float = 9) -> SourceFailure:
    with pytest.raises(SourceFailure) as caught:
        client.fetch(context_of(world, within_s=within_s))
    return caught.value


@pytest.fixture(autouse=True)
def _cache(world: World) -> None:
    world.cache.mkdir(parents=True, mode=0o700)


def test_answer_is_a_reading(world: World, stand_in: Path) -> None:
    write(stand_in, good(world))
    reading = client.fetch(context_of(world))
    assert reading.source == "client"
    assert [(limit.kind, limit.percent) for limit in reading.limits] == [
        ("session", 37),
        ("weekly_all", 26),
        ("weekly_scoped", 55),
    ]


def test_claude_runs_without_hooks_servers_and_session(world: World, stand_in: Path) -> None:
    answer = world.root / "told"
    write(stand_in, f'printf "%s\\n" "$@" "$PWD" "$USAGELINE_REFRESH" >{answer}; ' + good(world))
    client.fetch(context_of(world))
    words = answer.read_text().splitlines()
    assert '{"disableAllHooks":true}' in words
    assert {"--strict-mcp-config", "--no-session-persistence"} <= set(words)
    assert words[-2:] == ["/", "1"]


def test_request_skips_the_transcripts(world: World, stand_in: Path) -> None:
    asked = world.root / "asked"
    write(
        stand_in, f"read question; printf '%s' \"$question\" >{asked}; cat {world.root / 'answer'}"
    )
    good(world)
    client.fetch(context_of(world))
    assert json.loads(asked.read_text())["request"] == {
        "subtype": "get_usage",
        "skip_behaviors": True,
    }


def answering(
    world: World, body: dict[str, object], *, fetched_s: float | None, moves: bool = False
) -> str:
    """Return a script that answers `body`.

    The client's cache is `fetched_s` old, or missing for None. The script updates it with `moves`.
    """
    if fetched_s is not None:
        world.client_saw(body, age_s=fetched_s)
    before = world.read_state()
    world.client_saw(body, age_s=-1)
    (world.root / "state").write_text(json.dumps(world.read_state()))
    world.write_state(cachedUsageUtilization=before.get("cachedUsageUtilization"))
    text = world.root / "answer"
    text.write_text(
        answer(subscription_type="max", rate_limits_available=True, rate_limits=body) + "\n"
    )
    move = f"cat {world.root / 'state'} >{world.paths.claude_state}; " if moves else ""
    return f"read question; {move}cat {text}"


def without_limits(**more: object) -> dict[str, object]:
    """Return a body as the client answers it after a failure."""
    return {key: value for key, value in usage_body().items() if key != "limits"} | more


@pytest.mark.parametrize(
    ("body", "cache", "age_s"),
    [
        (usage_body(), (None, True), 0),
        (usage_body(), (1500, True), 0),
        (without_limits(), (1500, True), 0),
        (usage_body(), (40, False), 40),
        (usage_body(), (None, False), 0),
    ],
    ids=["first", "moved", "no limits, but moved", "a minute", "no cache"],
)
def test_new_answer_has_the_time_of_its_fetch(
    world: World,
    stand_in: Path,
    body: dict[str, object],
    cache: tuple[float | None, bool],
    age_s: float,
) -> None:
    began = time.time()
    write(stand_in, answering(world, body, fetched_s=cache[0], moves=cache[1]))
    reading = client.fetch(context_of(world))
    assert began - 1 <= reading.observed_at + age_s <= time.time() + 1


@pytest.mark.parametrize(
    ("body", "fetched_s"),
    [
        (without_limits(), 1500),
        (without_limits(), 3500),
        (without_limits(), 20),
        (usage_body(), 1500),
    ],
)
def test_answer_from_the_clients_cache_is_a_failure_with_a_reading(
    world: World, stand_in: Path, body: dict[str, object], fetched_s: float
) -> None:
    began = time.time()
    write(stand_in, answering(world, body, fetched_s=fetched_s))
    failed = failure(world)
    assert failed.status == "offline"
    assert failed.reading is not None
    assert began - 1 <= failed.reading.observed_at + fetched_s <= time.time() + 1


@pytest.mark.parametrize(
    "cached",
    [
        None,
        {},
        {"accountUuid": "another", "fetchedAtMs": 1},
        {"accountUuid": ACCOUNT, "fetchedAtMs": "then"},
    ],
)
def test_answer_of_unknown_age_is_no_reading(world: World, stand_in: Path, cached: object) -> None:
    write(stand_in, answering(world, without_limits(), fetched_s=None))
    world.write_state(cachedUsageUtilization=cached)
    assert failure(world).reading is None


def test_answer_from_before_the_sign_in_is_no_reading(world: World, stand_in: Path) -> None:
    for body in (usage_body(), without_limits()):
        write(stand_in, answering(world, body, fetched_s=30))
        with pytest.raises(SourceFailure) as caught:
            client.fetch(context_of(world, not_before=time.time() - 10))
        assert caught.value.reading is None


def test_model_scoped_rows_are_read_without_limits(world: World, stand_in: Path) -> None:
    rows = [
        {"display_name": "Fable", "utilization": 63, "resets_at": None},
        {"display_name": None},
        5,
    ]
    write(stand_in, answering(world, without_limits(model_scoped=rows), fetched_s=1500))
    reading = failure(world).reading
    assert reading is not None
    assert ("weekly_scoped", "Fable", 63) in [
        (limit.kind, limit.label, limit.percent) for limit in reading.limits
    ]


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("exit 3", "offline"),
        ("read question; echo garbage; echo '{'", "offline"),
        ("read question; cat /dev/zero", "offline"),
        (
            "read question; echo '"
            + json.dumps(
                {
                    "type": "control_response",
                    "response": {"subtype": "error", "request_id": "usageline"},
                }
            )
            + "'",
            "unreadable",
        ),
        (
            "read question; echo '"
            + answer(rate_limits_available=False, subscription_type=None)
            + "'",
            "no-plan",
        ),
        (
            "read question; echo '" + answer(rate_limits_available=True, rate_limits=None) + "'",
            "offline",
        ),
        (
            "read question; echo '"
            + answer(rate_limits_available=True, rate_limits={"x": 1})
            + "'",
            "unreadable",
        ),
    ],
    ids=["dies", "garbage", "flood", "no such request", "no plan", "none got", "nothing known"],
)
def test_other_answer_is_a_named_failure(
    world: World, stand_in: Path, script: str, status: str
) -> None:
    write(stand_in, script)
    assert failure(world).status == status


def test_hanging_claude_is_killed_at_the_deadline_with_all_its_children(
    world: World, stand_in: Path, eventually: Callable[..., None]
) -> None:
    pids = world.root / "pids"
    write(stand_in, f"sleep 300 & echo $! >>{pids}; setsid sleep 300 & echo $! >>{pids}; wait")
    began = time.monotonic()
    assert failure(world, within_s=1).status == "offline"
    assert time.monotonic() - began < 8
    eventually(lambda: not any(map(is_running, map(int, pids.read_text().split()))))


def test_claude_that_others_can_write_is_not_run(world: World, stand_in: Path) -> None:
    write(stand_in, good(world))
    stand_in.chmod(0o777)
    world.env["PATH"] = "."
    program = client.find_claude(world.env)
    assert not (program or "").startswith(str(world.home))
    if program is None:
        assert failure(world).detail == (
            f"claude was found at {stand_in} and is not run:"
            f" {stand_in} can be written by every user: chmod o-w it;"
            " set `client` in config.toml to its path"
        )


def test_path_is_searched_after_the_installers_paths(world: World, stand_in: Path) -> None:
    other = world.root / "bin" / "claude"
    other.parent.mkdir(mode=0o755)
    write(other, good(world))
    world.env["PATH"] = f"relative:{other.parent}"
    assert client.find_claude(world.env) == str(other)
    write(stand_in, good(world))
    assert client.find_claude(world.env) == str(stand_in)


def test_configured_path_is_used_unchanged(world: World) -> None:
    own = world.root / "my claude"
    write(own, good(world))
    assert client.fetch(context_of(world, client=str(own))).source == "client"
