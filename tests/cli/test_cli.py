"""Run `usageline`, `usageline --json` and `usageline refresh`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tests.hot import Hot
from tests.server import usage_body
from usageline.cli.main import cli

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.server import Api
    from tests.world import Release, World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"


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


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("docter", "Did you mean 'doctor'?"),
        ("config set theme", "no value: use `usageline config set theme VALUE`"),
        ("config set chain.command x --previous", "--previous takes the place of VALUE"),
    ],
)
def test_mistyped_command_gets_advice(arguments: str, expected: str) -> None:
    done = CliRunner().invoke(cli, arguments.split())
    assert (done.exit_code, expected in done.output) == (2, True), done.output
