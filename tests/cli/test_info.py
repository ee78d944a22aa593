"""Run `usageline info`."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.world import ACCOUNT, CANARY, ORGANIZATION
from usageline.cli import info
from usageline.cli.formatting import local_time, span
from usageline.sources.auth import credentials, keychain
from usageline.sources.auth.claude_state import ClaudeState

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.server import Api
    from tests.world import World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"


def facts(output: str) -> dict[str, str]:
    """Return the rows of the output."""
    return {
        name.strip(): value.strip()
        for name, _, value in (line.partition("  ") for line in output.splitlines())
    }


def test_info_prints_origin_plan_scopes_and_expiry(usageline: Run, world: World) -> None:
    world.sign_in(expires_at=time.time() + 7 * 3600 + 59 * 60 + 30, tier="default_claude_max_20x")
    done = usageline("info")
    assert (done.returncode, done.stderr) == (0, "")
    shown = facts(done.stdout)
    assert shown["credentials"] == "~/.claude/.credentials.json"
    assert (shown["subscription type"], shown["plan"]) == ("max", "Max 20x")
    assert shown["scopes"] == "user:inference, user:profile"
    assert shown["expires at"].endswith(" UTC")
    assert shown["valid for"] == "7 hours 59 minutes"


def test_info_prints_no_token_email_or_full_identifier(usageline: Run, world: World) -> None:
    """The start of an identifier distinguishes two accounts."""
    output = usageline("info").stdout
    sign_in = credentials.read(world.env)
    assert sign_in is not None
    for secret in (
        CANARY,
        "sk-ant",
        "t@example.com",
        ACCOUNT,
        ORGANIZATION,
        sign_in.token.fingerprint,
    ):
        assert secret not in output
    assert facts(output)["account"].startswith(ACCOUNT[:8] + "…")


def test_info_prints_the_account_key_of_the_snapshot(
    usageline: Run, world: World, api: Api
) -> None:
    usageline("refresh")
    assert api.usage_requests
    assert world.snapshot()["account"] in usageline("info").stdout


@pytest.mark.parametrize(("zone", "name"), [("Europe/Berlin", "CET"), ("America/New_York", "EST")])
def test_times_are_local_with_the_zone(usageline: Run, world: World, zone: str, name: str) -> None:
    world.env["TZ"] = zone
    world.sign_in(expires_at=1795464000 + 10 * 365 * 86400)  # in November
    assert facts(usageline("info").stdout)["expires at"].endswith(name)


def test_expired_sign_in_is_reported_with_time_and_advice(usageline: Run, world: World) -> None:
    world.sign_in(expires_at=time.time() - 12 * 60 - 5)
    done = usageline("info")
    assert done.returncode == 1
    assert facts(done.stdout)["expired"] == "12 minutes ago"
    assert done.stderr.startswith(
        "usageline: the sign-in expired 12 minutes ago: send a message in Claude Code"
    )


def test_lost_renewal_is_reported(usageline: Run, world: World) -> None:
    """Claude Code then leaves an empty token and no time."""
    world.sign_in(token="", expires_at=0)
    done = usageline("info")
    assert (done.returncode, "has no token" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("changes", "rc", "shown"),
    [
        ({"expiresAt": None}, 0, "not named: the service decides"),
        ({"expiresAt": 0}, 0, "not named: the service decides"),
        (
            {"expiresAt": 1_700_000_000_000, "refreshToken": ""},
            1,
            "and Claude Code cannot renew it: sign in with /login",
        ),
        ({"expiresAt": 1_700_000_000_000}, 1, "send a message in Claude Code"),
        (
            {"accessToken": "", "refreshToken": "", "expiresAt": 0},
            1,
            "the sign-in has no token: sign in with /login",
        ),
    ],
    ids=str,
)
def test_expiry_is_described_correctly(
    usageline: Run, world: World, changes: dict[str, object], rc: int, shown: str
) -> None:
    oauth = {
        "accessToken": CANARY,
        "refreshToken": "sk-ant-ort01-x",
        "expiresAt": 9e12,
        "scopes": ["user:profile"],
        **changes,
    }
    world.write_credentials({"claudeAiOauth": oauth})
    done = usageline("info")
    assert done.returncode == rc
    assert shown in done.stdout + done.stderr
    assert "renewal was lost" not in done.stdout


def test_token_without_the_scope_is_reported_with_advice(usageline: Run, world: World) -> None:
    world.sign_in(scopes=("user:inference",))
    done = usageline("info")
    assert done.returncode == 1
    assert "lacks the scope user:profile: sign in with /login" in done.stderr


def test_unlisted_scopes_pass(usageline: Run, world: World) -> None:
    world.sign_in(scopes=None)
    done = usageline("info")
    assert (done.returncode, facts(done.stdout)["scopes"]) == (0, "not listed")


def test_missing_sign_in_is_reported_with_advice(usageline: Run, world: World) -> None:
    world.sign_out()
    done = usageline("info")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no sign-in" in done.stderr
    assert "/login" in done.stderr


def test_api_key_is_reported_without_limits(usageline: Run, world: World) -> None:
    world.sign_out()
    world.write_state(primaryApiKey="sk-ant-api03-secret")
    done = usageline("info")
    assert (done.returncode, "API key" in done.stderr, "secret" in done.stderr) == (1, True, False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not JSON " + CANARY, "is not JSON"),
        ("{}", "contains no sign-in to a plan"),
        ("[]", "is not JSON"),
    ],
)
def test_invalid_file_is_reported(usageline: Run, world: World, content: str, message: str) -> None:
    world.write_credentials(content)
    done = usageline("info")
    assert (done.returncode, message in done.stderr) == (1, True)


@pytest.mark.parametrize("kind", ["directory", "pipe"])
def test_irregular_file_is_refused_without_waiting(usageline: Run, world: World, kind: str) -> None:
    path = world.root / "odd"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    done = usageline("info", "--credentials", str(path))
    assert (done.returncode, "cannot be read" in done.stderr) == (1, True)


def test_named_file_is_read_alone(usageline: Run, world: World) -> None:
    """The output contains nothing of the signed-in account."""
    other = world.root / "other.json"
    other.write_text(
        json.dumps(
            {"claudeAiOauth": {"accessToken": CANARY, "expiresAt": 9e12, "subscriptionType": "pro"}}
        )
    )
    done = usageline("info", "--credentials", str(other))
    shown = facts(done.stdout)
    assert done.returncode == 0
    assert (shown["credentials"], shown["plan"]) == (str(other), "Pro")
    assert "account" not in shown
    assert "organization" not in shown
    Path(world.paths.claude_credentials).unlink()
    assert usageline("info", "--credentials", str(other)).stdout == done.stdout
    assert usageline("info", "--credentials", str(other) + "x").returncode == 1


def test_hostile_content_is_printed_without_control_characters(
    usageline: Run, world: World
) -> None:
    world.sign_in(scopes=("user:profile", "\x1b]0;x\x07[red]scope\u202e"), plan="\x1b[31mmax")
    done = usageline("info")
    assert "[red]scope" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_expiry_out_of_range_is_invalid(world: World) -> None:
    world.sign_in(expires_at=9e11)
    sign_in = credentials.read(world.env)
    assert sign_in is not None
    shown = dict(info.rows(sign_in, "here", ClaudeState({}, {}), time.time()))
    assert shown["expires at"] == "invalid"


def test_keychain_is_the_origin_before_the_file(world: World, tmp_path: Path) -> None:
    security = tmp_path / "security"
    content = Path(world.paths.claude_credentials).read_text()
    security.write_text(f"#!/bin/sh\ncat <<'END'\n{content}\nEND\n")
    security.chmod(0o700)
    sign_in, place = credentials.find(world.env, platform="darwin", security=str(security))
    assert (sign_in is not None, place) == (True, credentials.KEYCHAIN)
    security.write_text(f"#!/bin/sh\nexit {keychain.EXIT_NOT_FOUND}\n")
    sign_in, place = credentials.find(world.env, platform="darwin", security=str(security))
    assert (sign_in is not None, place) == (True, world.paths.claude_credentials)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (3660, "1 hour 1 minute"),
        (86399, "23 hours 59 minutes"),
        (86400, "1 day"),
        (200000, "2 days 7 hours"),
        (-720, "12 minutes"),
    ],
)
def test_span_has_the_two_largest_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_local_time_is_empty_out_of_range() -> None:
    assert local_time(0) == local_time(1e12) == local_time(float("nan")) == ""
