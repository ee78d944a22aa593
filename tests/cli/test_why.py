"""Run `usageline why` with a stand-in for Claude Code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.sources.test_behaviors import DAY, WEEK, install_claude

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.world import World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"


def test_why_lists_shares_names_and_advice(world: World, usageline: Run) -> None:
    install_claude(world, {"day": DAY, "week": WEEK})
    done = usageline("why")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Last 24 hours: 0 requests in 0 sessions"
    assert lines[2] == "Last 7 days: 835 requests in 34 sessions"
    assert lines[3].split("  ") == [
        "",
        "61%",
        "sessions that used many subagents",
        "13 sessions",
    ]
    assert lines[4].strip() == "agents: general-purpose 20%"
    assert lines[6] == "  → Check the models (of all)"
    assert "\x1b" not in done.stdout


def test_why_prints_json(world: World, usageline: Run) -> None:
    install_claude(world, {"week": WEEK})
    week = json.loads(usageline("why", "--json").stdout)["week"]
    assert week["behaviors"] == [{"name": "subagent_heavy", "percent": 61, "count": 13}]


def test_why_without_claude_reports_what_to_do(usageline: Run) -> None:
    done = usageline("why")
    assert (done.returncode, done.stdout) == (1, "")
    assert "set `client` in config.toml" in done.stderr
    assert done.stderr.count("\n") == 1


def test_why_without_anything_that_stands_out_is_short(world: World, usageline: Run) -> None:
    week = {**WEEK, "behaviors": [], "agents": [], "mcp_servers": [], "recommendations": []}
    install_claude(world, {"week": week})
    lines = usageline("why").stdout.splitlines()
    assert lines[:2] == ["Last 7 days: 835 requests in 34 sessions", "  nothing stands out"]


def test_why_shows_a_share_without_a_count(world: World, usageline: Run) -> None:
    week = {**WEEK, "behaviors": [{"key": "subagent_heavy", "pct": 61}]}
    install_claude(world, {"week": week})
    line = usageline("why").stdout.splitlines()[1]
    assert line.split() == ["61%", "sessions", "that", "used", "many", "subagents"]
