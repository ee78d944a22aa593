"""`usageline accounts` and `usageline --all`, with the snapshots of several profiles."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from usageline.cli import accounts, appearance, profile_accounts
from usageline.core import paths
from usageline.core.freshness import file_fingerprint

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.server import Api
    from tests.world import World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

PROFILES = """
[profiles.home]
directory = "~/.claude"
label = "private"

[profiles.work]
directory = "~/.claude-work"
"""


def publish(world: World, directory: str | None, account: str, session: float, **top: Any) -> None:
    """Write the snapshot of a profile. `directory` is its CLAUDE_CONFIG_DIR."""
    env = dict(world.env)
    if directory is not None:
        path = world.home / directory
        path.mkdir(exist_ok=True)
        env["CLAUDE_CONFIG_DIR"] = str(path)
    now = int(time.time())
    row = {"severity": "normal", "resets_at": now + 5430}
    content = {
        "version": 1,
        "account": account * 16,
        "plan": "Max 5x",
        "source": "oauth",
        "status": "ok",
        "observed_at": now - 120,
        "published_at": now - 120,
        "next_refresh_at": now + 300,
        "credentials": file_fingerprint(paths.claude_credentials(env)),
        "limits": [
            {"kind": "session", "label": "Current session", "percent": session, **row},
            {"kind": "weekly_all", "label": "Current week", "percent": 81, **row},
            {"kind": "weekly_scoped", "label": "Fable", "percent": 97, **row},
        ],
        "credits": [],
        "alerts": [],
        **top,
    }
    file = Path(paths.snapshot(env))
    file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    file.write_text(json.dumps(content))


@pytest.fixture
def two(world: World) -> World:
    """Return a world with two accounts."""
    publish(world, None, "a", 37)
    publish(world, ".claude-work", "b", 64, plan="Team Premium")
    return world


@pytest.mark.usefixtures("two")
def test_accounts_are_side_by_side_without_a_request(usageline: Run, api: Api) -> None:
    done = usageline("accounts")
    assert (done.returncode, done.stderr) == (0, "")
    heading, first, second = done.stdout.splitlines()
    assert heading.split("  ")[-1].strip() == "Weekly limit for Fable"
    assert first.startswith("› ~/.claude ")
    assert second.startswith("  ~/.claude-work  Team Premium ")
    assert ("37%" in first, "64%" in second) == (True, True)
    assert first.index("37%") == second.index("64%")
    assert "in 1h30m" in second
    assert "2m ago" in second
    assert api.requests == []


def test_labels_are_those_of_the_configuration(usageline: Run, two: World) -> None:
    two.configure(PROFILES)
    rows = usageline("accounts").stdout.splitlines()
    assert [row.split()[:2] for row in rows[1:]] == [["›", "private"], ["work", "Team"]]
    assert profile_accounts.labels(two.env) == {"a" * 16: "private", "b" * 16: "work"}


def test_current_account_is_that_of_the_environment(usageline: Run, two: World) -> None:
    two.env["CLAUDE_CONFIG_DIR"] = str(two.home / ".claude-work")
    assert usageline("accounts").stdout.splitlines()[1].startswith("› ~/.claude-work")


def test_all_prints_the_table_of_each_account(usageline: Run, two: World, api: Api) -> None:
    two.configure(PROFILES)
    done = usageline("--all")
    assert done.returncode == 0
    first, second = done.stdout.split("\n\n")[0], done.stdout.split("\n\n")[2]
    assert first.splitlines()[0] == "private"
    assert first.splitlines()[1].startswith("5-hour limit")
    assert second.splitlines()[0] == "work"
    assert "64%" in second
    assert api.requests == []


def test_json_has_every_snapshot(usageline: Run, two: World) -> None:
    two.configure(PROFILES)
    rows = json.loads(usageline("accounts", "--json").stdout)
    assert [(row["label"], row["current"]) for row in rows] == [("private", True), ("work", False)]
    assert rows[1]["directory"] == str(two.home / ".claude-work")
    assert rows[1]["snapshot"]["limits"][0]["percent"] == 64


def test_refresh_asks_once_for_each_account(usageline: Run, world: World, api: Api) -> None:
    world.configure(PROFILES)
    (world.home / ".claude-work").mkdir()
    first, world.env = (
        world.env,
        {
            **world.env,
            "CLAUDE_CONFIG_DIR": str(world.home / ".claude-work"),
        },
    )
    world.sign_in(account="55555555-5555-4555-8555-555555555555")
    world.env = first
    for _ in range(2):
        done = usageline("accounts", "--refresh")
        assert done.returncode == 0
        assert [row.split()[:2] for row in done.stdout.splitlines()[1:]] == [
            ["›", "private"],
            ["work", "Max"],
        ]
        assert done.stdout.count("37%") == 2
    assert len(api.usage_requests) == 2


def test_account_in_two_profiles_is_one_row_with_the_newer_numbers(
    usageline: Run, two: World
) -> None:
    publish(two, ".claude-other", "a", 55, observed_at=int(time.time()))
    rows = usageline("accounts").stdout.splitlines()
    assert len(rows) == 3
    assert "55%" in rows[1]


def test_numbers_of_an_earlier_sign_in_are_not_shown(usageline: Run, two: World) -> None:
    (two.home / ".claude-work" / ".credentials.json").write_text("{}")
    row = usageline("accounts").stdout.splitlines()[2]
    assert "64%" not in row
    assert "loading" in row


def test_profile_of_an_unknown_directory_has_its_key(usageline: Run, world: World) -> None:
    publish(world, None, "a", 37)
    publish(world, "elsewhere", "b", 64)
    assert "  profile " in usageline("accounts").stdout.splitlines()[2]


def test_damaged_snapshots_are_left_out(usageline: Run, two: World) -> None:
    for name, content in (("0" * 16, "{"), ("1" * 16, '{"version": 9}'), ("other", "{}")):
        file = two.cache.parent / name / "snapshot.json"
        file.parent.mkdir()
        file.write_text(content)
    assert len(usageline("accounts").stdout.splitlines()) == 3


def test_without_numbers_the_command_says_what_to_do(usageline: Run) -> None:
    done = usageline("accounts")
    assert (done.returncode, done.stdout) == (1, "")
    assert "run usageline refresh" in done.stderr


@pytest.mark.parametrize("width", range(20, 200, 12))
def test_rows_fit_and_every_limit_outlasts_the_bars(two: World, width: int) -> None:
    rows = profile_accounts.all_profiles(two.env)
    lines = accounts.side_by_side(rows, time.time(), width, appearance.plain())
    text = "\n".join(line.plain for line in lines)
    assert max(line.cell_len for line in lines) <= width
    if "█" in text:
        assert text.count("97%") == 2


def test_all_is_not_combined_with_json(usageline: Run) -> None:
    done = usageline("--all", "--json")
    assert (done.returncode, "use `accounts --json`" in done.stderr) == (2, True)


def test_all_without_numbers_says_what_to_do(usageline: Run) -> None:
    done = usageline("--all")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == usageline("accounts").stderr
