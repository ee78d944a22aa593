from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.config.segments import SEGMENTS
from usageline.line import view
from usageline.line.render import render

pytestmark = pytest.mark.usefixtures("utc")

NOW = 1_795_399_200  # Monday 2026-11-23 02:00 UTC
PAYLOAD: dict[str, Any] = {
    "version": "2.1.330",
    "session_name": "release the second edition",
    "fast_mode": True,
    "thinking": {"enabled": False},
    "cwd": "/home/me/src/deep/down/project",
    "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
    "effort": {"level": "high"},
    "output_style": {"name": "terse"},
    "vim": {"mode": "NORMAL"},
    "agent": {"name": "reviewer"},
    "worktree": {"name": "side"},
    "pr": {"number": 12, "url": "https://example.com/12", "review_state": "APPROVED"},
    "cost": {
        "total_cost_usd": 1.275,
        "total_duration_ms": 7_260_000,
        "total_api_duration_ms": 61_000,
        "total_lines_added": 12,
        "total_lines_removed": 3,
    },
    "context_window": {
        "used_percentage": 34.9,
        "total_input_tokens": 68_000,
        "current_usage": {"cache_read_input_tokens": 61_000},
        "context_window_size": 1_000_000,
    },
    "prompt_cache": {"warm": True, "expires_at": NOW + 2400, "hit_ratio": 0.867},
}


def line(
    kind: str,
    payload: dict[str, Any] | None = None,
    *,
    git: dict[str, Any] | None = None,
    width: int = 200,
    **options: Any,
) -> str:
    context = view.build(
        PAYLOAD if payload is None else payload, None, "", {"HOME": "/home/me"}, NOW
    )
    context = context.replaced(git=git, plan="Max 5x")
    return "".join(
        render(
            context, {"rows": [[[kind, options]]]}, {"NO_COLOR": "1", "TERM": "dumb"}, width=width
        )
    )


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        ("model", {}, "Opus 5.5"),
        ("session_name", {}, "release the second edit…"),
        ("session_name", {"length": 80}, "release the second edition"),
        ("fast_mode", {}, "fast"),
        ("thinking", {}, ""),
        ("thinking", {"when": "off"}, "no thinking"),
        ("thinking", {"when": "always"}, "no thinking"),
        ("tokens", {}, "68k in"),
        ("tokens", {"show": ["cached", "output", "input"]}, "61k cached 68k in"),
        ("effort", {}, "effort high"),
        ("context", {}, "ctx 34%"),
        ("context", {"show": ["percent", "tokens"]}, "ctx 34% 68k/1M tokens"),
        ("context", {"show": ["bar"], "bar_width": 4}, "ctx █▍░░"),
        ("context", {"label": ""}, "34%"),
        ("context", {"hide_below": 35}, ""),
        ("cache", {}, "cache 40m"),
        ("cache", {"show": ["expiry", "hits"]}, "cache 40m 86%"),
        ("output_style", {}, "style terse"),
        ("vim", {}, "NORMAL"),
        ("agent", {}, "agent reviewer"),
        ("version", {}, "cc 2.1.330"),
        ("cost", {}, "$1.27"),
        ("cost", {"decimals": 0}, "$1"),
        ("cost", {"hide_below": 2}, ""),
        ("duration", {}, "time 2h01m"),
        ("duration", {"of": "api"}, "api 1m"),
        ("lines", {}, "+12 −3"),
        ("directory", {}, "…/down/project"),
        ("directory", {"form": "full"}, "~/src/deep/down/project"),
        ("directory", {"form": "name"}, "project"),
        ("directory", {"form": "full", "length": 10}, "…n/project"),
        ("worktree", {}, "wt side"),
        ("pr", {}, "#12 approved"),
        ("pr", {"state": False}, "#12"),
        ("clock", {}, "02:00"),
        ("clock", {"seconds": True}, "02:00:00"),
        ("plan", {}, "Max 5x"),
        ("account", {}, ""),
        ("account", {"text": "work"}, "work"),
        ("text", {"text": "hello"}, "hello"),
        ("nothing of the kind", {}, ""),
    ],
)
def test_each_segment_says_its_part(kind: str, options: dict[str, Any], text: str) -> None:
    assert line(kind, **options) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"warm": False}, "cache cold"),
        ({"expires_at": NOW}, "cache cold"),
        ({"expires_at": None}, "cache warm"),
        ({"warm": None}, ""),
    ],
)
def test_a_prompt_cache_is_warm_until_it_expires(changes: dict[str, Any], text: str) -> None:
    assert line("cache", {"prompt_cache": {**PAYLOAD["prompt_cache"], **changes}}) == text


def test_the_reason_for_missing_counts_is_shown_when_they_are_configured() -> None:
    git = {
        "branch": "main",
        "failed": "git was found at /x/git and is not run: /x can be written by every user",
    }
    assert line("git", git=git, show=["branch"]) == "main"
    assert line("git", git=git, show=["branch", "dirty"]) == "main " + git["failed"]
    assert line("git", git=git, show=["dirty"]) == git["failed"]
    assert line("git", git=git, show=["branch", "dirty"], width=40) == "main"


@pytest.mark.parametrize(
    ("git", "options", "text"),
    [
        (None, {}, ""),
        ({"branch": "main"}, {}, "main"),
        ({"branch": "main", "state": "rebase"}, {}, "main rebase"),
        ({"branch": "a" * 40}, {"length": 10}, "aaaaaaaaa…"),
        (
            {"branch": "main", "changed": 3, "ahead": 2, "behind": 1},
            {"show": ["branch", "dirty", "ahead"]},
            "main *3↑2↓1",
        ),
        ({"branch": "main", "changed": 3, "more": True}, {"show": ["branch", "dirty"]}, "main *3+"),
        (
            {"branch": "main", "changed": 0, "ahead": None},
            {"show": ["branch", "dirty", "ahead"]},
            "main",
        ),
        ({"branch": "main", "changed": 3}, {"show": ["dirty"]}, "*3"),
    ],
)
def test_the_repository_is_shown_as_far_as_it_is_known(
    git: dict[str, Any] | None, options: dict[str, Any], text: str
) -> None:
    assert line("git", git=git, **options) == text


def test_an_output_style_that_is_the_usual_one_is_not_shown() -> None:
    assert line("output_style", {"output_style": {"name": "default"}}) == ""


def test_a_narrow_row_keeps_the_name_of_the_directory() -> None:
    assert line("directory", width=8) == "project"


@pytest.mark.parametrize("kind", [*SEGMENTS])
def test_an_empty_payload_breaks_no_segment(kind: str) -> None:
    line(kind, {})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "mode", "number", "url", "level", "total_cost_usd"]), inner
        )
    ),
    max_leaves=5,
)


@given(
    st.sampled_from([*SEGMENTS]),
    st.dictionaries(st.sampled_from(sorted(PAYLOAD)), ANYTHING),
    st.dictionaries(
        st.sampled_from(
            [
                "label",
                "show",
                "bar_width",
                "length",
                "form",
                "of",
                "warning",
                "priority",
                "style",
                "decimals",
                "hide_below",
            ]
        ),
        ANYTHING,
    ),
)
def test_no_payload_and_no_option_can_break_a_segment(
    kind: str, payload: dict[str, Any], options: dict[str, Any]
) -> None:
    shown = line(kind, {**PAYLOAD, **payload}, git={"branch": "main"}, **options)
    assert "\x1b" not in shown
    assert "Error" not in shown
