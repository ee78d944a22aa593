"""Run `usageline`, `usageline --json` and `usageline refresh`."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.terminal import Terminal
from tests.hot import Hot
from tests.refresh.holders import hanging
from tests.server import usage_body
from tests.world import REPOSITORY
from usageline.cli.main import cli
from usageline.cli.refresh import describe
from usageline.refresh.log_entry import Outcome
from usageline.sources.proxies import NETWORK_ADVICE
from usageline.system import lock
from usageline.system.terminal import wrap_words

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from tests.server import Api
    from tests.world import Release, World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"


@pytest.mark.parametrize("state", ["failed", "not-due"])
def test_failed_refresh_is_described_with_its_whole_advice(state: str) -> None:
    detail = f"no connection; {NETWORK_ADVICE}"
    snapshot = {"version": 1, "status": "offline", "credentials": "", "detail": detail}
    assert f"offline ({detail})" in describe(Outcome(state, snapshot))


def test_table_has_every_limit_and_credit(usageline: Run, api: Api) -> None:
    done = usageline()
    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0][:2] == ["5-hour", "limit"]
    assert "37%" in rows[0]
    assert "resets in 1h59m  " in done.stdout
    assert rows[1][:2] == ["Weekly", "limit"]
    assert "26%" in rows[1]
    assert rows[2][:4] == ["Weekly", "limit", "for", "Fable"]
    assert "55%" in rows[2]
    assert "Usage credits" in done.stdout
    assert "$12.34 of $50" in done.stdout
    assert "Max 5x · as of <1m ago, from Anthropic's API" in done.stdout
    assert len(api.usage_requests) == 1


def test_fresh_snapshot_is_shown_without_a_request(usageline: Run, api: Api) -> None:
    usageline()
    usageline()
    assert len(api.usage_requests) == 1


def test_json_prints_the_snapshot(usageline: Run, api: Api, world: World) -> None:
    assert usageline("refresh").returncode == 0
    done = usageline("--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == world.snapshot()
    assert json.loads(done.stdout)["limits"][0]["percent"] == 37
    assert len(api.usage_requests) == 1


def test_old_numbers_are_shown_with_age_and_reason(
    usageline: Run, api: Api, world: World, built_release: Release
) -> None:
    now = int(time.time())
    Hot(world, built_release).publish(
        status="offline", observed_at=now - 7200, next_refresh_at=now + 60
    )
    done = usageline()
    assert "37%" in done.stdout
    assert "as of 2h00m ago" in done.stdout
    assert "offline" in done.stdout
    assert api.requests == []


def test_failed_refresh_prints_the_reason_and_exits_1(usageline: Run, api: Api) -> None:
    api.fault = "500"
    done = usageline("refresh")
    assert done.returncode == 1
    assert "offline" in done.stdout + done.stderr
    assert "500" in done.stdout + done.stderr


def test_refresh_beside_another_one_is_no_failure(usageline: Run, world: World, api: Api) -> None:
    assert usageline("refresh").returncode == 0
    with lock.hold(world.paths.lock):
        done = usageline("refresh", "--force")
    assert (done.returncode, done.stdout) == (0, "another refresh is under way\n")
    assert len(api.usage_requests) == 1


def test_refresh_that_kills_a_hung_one_reports_it(usageline: Run, world: World, api: Api) -> None:
    with hanging(world, with_lock=True):
        done = usageline("refresh")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "killed a hung refresh")
    assert done.stdout.splitlines()[1].startswith("refreshed; next refresh at ")
    assert len(api.usage_requests) == 1


@pytest.mark.usefixtures("api")
def test_pipe_that_its_reader_closed_is_no_error(world: World, built_release: Release) -> None:
    """As `usageline | head -n 0`."""
    command = f"{built_release.python} -I -B -m usageline.cli --json-schema | true"
    done = world.run("sh", "-c", command)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_refresh_within_a_cooldown_prints_the_failure_and_exits_1(usageline: Run, api: Api) -> None:
    api.fault = "500"
    usageline("refresh")
    done = usageline("refresh")
    assert done.returncode == 1
    assert "offline (server error 500); next refresh at " in done.stderr
    assert len(api.usage_requests) == 1


def test_table_prints_how_to_sign_in_when_signed_out(
    usageline: Run, api: Api, world: World
) -> None:
    world.sign_out()
    done = usageline()
    assert "/login" in done.stdout + done.stderr
    assert api.requests == []


@pytest.mark.parametrize("arguments", [["--nonsense"], ["nonsense"], ["refresh", "--nonsense"]])
def test_wrong_usage_exits_with_2(usageline: Run, arguments: list[str]) -> None:
    assert usageline(*arguments).returncode == 2


def test_home_comes_from_the_user_database_when_unset(usageline: Run, world: World) -> None:
    """Claude Code does the same. The XDG variables keep this test out of the real home."""
    world.env.update(
        {
            f"XDG_{name}_HOME": str(world.home / name.lower())
            for name in ("CACHE", "CONFIG", "DATA", "STATE")
        }
    )
    world.env["CLAUDE_CONFIG_DIR"] = str(world.home / ".claude")
    del world.env["HOME"]
    done = usageline()
    assert "HOME is not set" not in done.stderr
    assert (world.home / "cache" / "usageline").is_dir()


def test_hostile_label_is_printed_without_control_characters(usageline: Run, api: Api) -> None:
    body = usage_body()
    body["limits"][2]["scope"]["model"]["display_name"] = "\x1b]0;x\x07[red]Fable\u202e"
    api.body = body
    done = usageline()
    assert "[red]Fable" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def every_command(group: click.Command, *words: str) -> Iterator[tuple[str, click.Context]]:
    """Yield each command with its name as typed, and its context."""
    context = click.Context(group, info_name=" ".join(words), terminal_width=80)
    yield context.command_path, context
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from every_command(command, *words, name)


EVERY_COMMAND = dict(every_command(cli, "usageline"))


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_help_fits_80_columns_and_has_no_line_that_is_cut_off(name: str) -> None:
    usage, _, body = EVERY_COMMAND[name].get_help().partition("\n\n")
    assert [line for line in body.splitlines() if line.endswith("...")] == []
    # A path or a command that a user copies stays in one line.
    assert [line for line in body.splitlines() if len(line) > 80 and "/" not in line] == []
    assert all(len(line) <= 80 for line in usage.splitlines())
    assert "|" not in usage.partition("\n")[2]


def test_message_breaks_between_words_in_a_terminal_alone(world: World, usageline: Run) -> None:
    arguments = ("config", "set", "clock", "13h")
    command = [sys.executable, "-m", "usageline.cli", *arguments]
    env = {**world.env, "PYTHONPATH": str(REPOSITORY / "plugin"), "TERM": "xterm"}
    with Terminal(command, env, world.home, columns=40) as terminal:
        assert terminal.end() == 1
        shown = [line for line in terminal.lines() if line]
    message = usageline(*arguments).stderr
    assert (message.count("\n"), len(shown)) == (1, 3)
    assert " ".join(shown) == message.strip()


@given(
    st.lists(st.text("abc-/", min_size=1, max_size=30), max_size=20),
    st.integers(20, 200),
    st.sampled_from(["", "  name  "]),
)
def test_wrapped_words_stay_whole(words: list[str], columns: int, margin: str) -> None:
    text = " ".join(words)
    lines = wrap_words(text, columns, margin).split("\n")
    bodies = [line[len(margin) :] for line in lines]
    assert " ".join(bodies) == text
    assert lines[0].startswith(margin)
    room = max(columns - len(margin), 20)
    assert all(len(body) <= room or " " not in body for body in bodies)


def test_wrapped_command_stays_whole() -> None:
    text = "it exists already: use `usageline config edit`, please"
    assert wrap_words(text, 30) == "it exists already: use\n`usageline config edit`,\nplease"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("docter", "Did you mean 'doctor'?"),
        ("usage moth", "Did you mean 'month'?"),
        ("line --for wezter", "Did you mean 'wezterm'?"),
        ("org --by persons", "Did you mean 'person'?"),
        ("completion fsh", "Did you mean 'fish'?"),
        ("explain modle", 'there is no segment "modle"; did you mean "model"?'),
        ("history --htm x", "'--html'"),
        ("config set theme", "no value: use `usageline config set theme VALUE`"),
        ("config set chain.command x --previous", "--previous takes the place of VALUE"),
    ],
)
def test_mistyped_command_gets_advice(arguments: str, expected: str) -> None:
    done = CliRunner().invoke(cli, arguments.split())
    assert (done.exit_code, expected in done.output) == (2, True), done.output
