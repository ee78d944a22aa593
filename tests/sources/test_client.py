from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from running import is_running
from server import usage_body
from sources.contexts import context_of
from usageline.errors import SourceFailure
from usageline.sources import client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from world import World


def answer(**response: object) -> str:
    """The line that Claude Code prints for our question."""
    told = {"subtype": "success", "request_id": "usageline", "response": response}
    return json.dumps({"type": "control_response", "response": told})


@pytest.fixture
def stand_in(world: World) -> Path:
    """Where the tests put a program that speaks as `claude` does: each test writes what it does."""
    path = world.home / ".local" / "bin" / "claude"
    path.parent.mkdir(parents=True, mode=0o755)
    return path


def write(path: Path, script: str) -> None:
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)


def good(world: World) -> str:
    body = world.root / "answer"
    body.write_text('{"type":"system"}\n' + answer(subscription_type="max", rate_limits_available=True, rate_limits=usage_body()) + "\n")
    return f"read question; cat {body}"


def failure(world: World, within_s: float = 9) -> SourceFailure:
    with pytest.raises(SourceFailure) as caught:
        client.fetch(context_of(world, within_s=within_s))
    return caught.value


@pytest.fixture(autouse=True)
def _cache(world: World) -> None:
    world.cache.mkdir(parents=True, mode=0o700)


def test_its_answer_is_a_reading(world: World, stand_in: Path) -> None:
    write(stand_in, good(world))
    reading = client.fetch(context_of(world))
    assert reading.source == "client"
    assert [(limit.kind, limit.percent) for limit in reading.limits] == [("session", 37), ("weekly_all", 26), ("weekly_scoped", 55)]


def test_it_is_asked_without_hooks_without_servers_and_without_leaving_a_session(world: World, stand_in: Path) -> None:
    told = world.root / "told"
    write(stand_in, f'printf "%s\\n" "$@" "$PWD" "$USAGELINE_REFRESH" >{told}; ' + good(world))
    client.fetch(context_of(world))
    words = told.read_text().splitlines()
    assert '{"disableAllHooks":true}' in words
    assert {"--strict-mcp-config", "--no-session-persistence"} <= set(words)
    assert words[-2:] == [str(world.cache), "1"]


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("exit 3", "offline"),
        ("read question; echo garbage; echo '{'", "offline"),
        ("read question; cat /dev/zero", "offline"),
        (
            "read question; echo '"
            + json.dumps({"type": "control_response", "response": {"subtype": "error", "request_id": "usageline"}})
            + "'",
            "unreadable",
        ),
        ("read question; echo '" + answer(rate_limits_available=False, subscription_type=None) + "'", "no-plan"),
        ("read question; echo '" + answer(rate_limits_available=True, rate_limits=None) + "'", "offline"),
        ("read question; echo '" + answer(rate_limits_available=True, rate_limits={"x": 1}) + "'", "unreadable"),
    ],
    ids=["dies", "garbage", "flood", "no such request", "no plan", "none got", "nothing known"],
)
def test_anything_else_is_a_named_failure(world: World, stand_in: Path, script: str, status: str) -> None:
    write(stand_in, script)
    assert failure(world).status == status


def test_one_that_hangs_is_gone_at_the_deadline_with_its_children_in_whatever_session(
    world: World, stand_in: Path, eventually: Callable[..., None]
) -> None:
    pids = world.root / "pids"
    write(stand_in, f"sleep 300 & echo $! >>{pids}; setsid sleep 300 & echo $! >>{pids}; wait")
    began = time.monotonic()
    assert failure(world, within_s=1).status == "offline"
    assert time.monotonic() - began < 8
    eventually(lambda: not any(map(is_running, map(int, pids.read_text().split()))))


def test_one_that_others_could_have_written_is_not_run(world: World, stand_in: Path) -> None:
    write(stand_in, good(world))
    stand_in.chmod(0o777)
    world.env["PATH"] = "."
    assert client.find(world.env) is None or not client.find(world.env).startswith(str(world.home))  # type: ignore[union-attr]
    if client.find(world.env) is None:
        assert failure(world).detail == (
            f"claude was found at {stand_in} and is not run: {stand_in} can be written by every user: chmod o-w it;"
            " set `client` in config.toml to its path"
        )


def test_path_is_searched_after_the_installers_own_places(world: World, stand_in: Path) -> None:
    other = world.root / "bin" / "claude"
    other.parent.mkdir(mode=0o755)
    write(other, good(world))
    world.env["PATH"] = f"relative:{other.parent}"
    assert client.find(world.env) == str(other)
    write(stand_in, good(world))
    assert client.find(world.env) == str(stand_in)


def test_the_configured_one_is_taken_as_it_is(world: World) -> None:
    own = world.root / "my claude"
    write(own, good(world))
    assert client.fetch(context_of(world, client=str(own))).source == "client"
