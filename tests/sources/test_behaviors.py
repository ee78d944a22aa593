"""Ask a stand-in for Claude Code what uses the quota."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.sources import behaviors
from usageline.sources.behaviors import Share
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World

WEEK = {
    "recommendations": [
        {"key": "subagent_heavy", "pct": 61, "title": "Check the models", "detail": "of all"},
        {"key": "agent", "pct": 20, "title": "Review it\x1b[31m"},
    ],
    "fix": {"keys": ["subagent_heavy"], "messages": ["Fix it."]},
    "request_count": 835,
    "session_count": 34,
    "behaviors": [
        {"key": "subagent_heavy", "pct": 61, "count": 13},
        {"key": "cron", "pct": 0.4, "count": 1},
    ],
    "agents": [{"name": "general-purpose", "pct": 20}],
    "skills": [],
    "plugins": [],
    "mcp_servers": [{"name": "search", "pct": 4}],
}
"""The shape of 2.1.330."""

DAY = {"request_count": 0, "session_count": 0, "behaviors": [], "recommendations": []}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*WEEK, "key", "name", "pct", "title"]), inner)
    ),
    max_leaves=20,
)


def answer(periods: object) -> dict[str, Any]:
    """Return a control response with these behaviors."""
    return {
        "subtype": "success",
        "request_id": "usageline",
        "response": {"rate_limits": None, "behaviors": periods},
    }


def install_claude(world: World, periods: object) -> Path:
    """Put a `claude` in its place that answers so, and keeps what it was asked."""
    path = world.home / ".local" / "bin" / "claude"
    path.parent.mkdir(parents=True)
    line = json.dumps({"type": "control_response", "response": answer(periods)})
    (world.root / "answer").write_text(line + "\n")
    path.write_text(
        f"#!/bin/sh\nread question; printf '%s' \"$question\" >{world.root}/asked\n"
        f'printf "%s" "$CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC" >{world.root}/quiet\n'
        f"cat {world.root}/answer\n"
    )
    path.chmod(0o755)
    return path


def test_client_counts_its_transcripts_without_a_usage_request(world: World) -> None:
    install_claude(world, {"day": DAY, "week": WEEK})
    periods = behaviors.fetch(world.env, None)
    assert json.loads((world.root / "asked").read_text())["request"] == {"subtype": "get_usage"}
    assert (world.root / "quiet").read_text() == "1"
    week = periods["week"]
    assert (week.requests, week.sessions) == (835, 34)
    assert week.behaviors == (Share("subagent_heavy", 61, 13),)
    assert week.named["agents"] == (Share("general-purpose", 20),)
    assert week.named["mcp_servers"] == (Share("search", 4),)
    assert week.advice == ("Check the models (of all)", "Review it[31m")
    assert periods["day"].behaviors == ()


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"subtype": "error", "error": "unknown"},
        answer(None),
        answer({}),
        answer({"week": [WEEK]}),
        {**answer({"week": WEEK}), "subtype": "error"},
    ],
)
def test_answer_without_behaviors_is_a_failure(response: dict[str, Any]) -> None:
    with pytest.raises(SourceFailure, match="does not report what uses the quota"):
        behaviors.parse(response)


def test_missing_client_is_a_failure_with_advice(world: World) -> None:
    with pytest.raises(SourceFailure, match="set `client` in config"):
        behaviors.fetch(world.env, None)


@given(week=ANY_JSON)
def test_hostile_answer_is_bounded_and_clean(week: object) -> None:
    try:
        periods = behaviors.parse(answer({"week": week}))
    except SourceFailure:
        return
    for period in periods.values():
        assert len(period.behaviors) <= behaviors.MAX_ROWS
        shares = [*period.behaviors, *(one for named in period.named.values() for one in named)]
        texts = [*(share.name for share in shares), *period.advice]
        assert all(text.isprintable() for text in texts)
        assert all(1 <= share.percent <= 100 for share in shares)
