"""Every segment. A new one is a function in `usageline.line.segments` and an entry in SEGMENTS."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.config.appearance_types import Style
from usageline.config.types import Choice, Flag, Integer, Key, Number, Text, keyed, some_of
from usageline.core.windows import CRITICAL_PERCENT, SURE_PERCENT, WARNING_PERCENT
from usageline.themes.theme import STYLES

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR_S = 3600
HOME = "/home/you"
"""The home directory in samples."""

BARS: dict[str, list[str]] = {
    "blocks": ["█", " ▏▎▍▌▋▊▉", "░"],
    "dots": ["●", "", "○"],
    "squares": ["■", "", "□"],
    "line": ["━", "", "─"],
    "ascii": ["#", "", "-"],
}
"""The glyphs of each style of bar but the theme's: full, the eighths of a cell, empty."""

PRIORITY = (
    "1 to 100: with more it stays longer if the row is too narrow; limits in the color of a "
    "warning stay longest"
)


class FromNow(int):
    """Seconds from now in a sample, for a time in epoch seconds."""


class Sample(NamedTuple):
    """What a segment draws in the preview: its part of each input, merged with the others' parts.

    `usageline config preview` and the tests draw every segment with it. Each text in it is a place
    into which the injection tests put hostile text, so it has every text that the segment reads.

    payload   of Claude Code's payload
    snapshot  of the snapshot; lists are joined
    git       of the state of the repository
    local     of the cost of the transcripts
    """

    payload: Mapping[str, Any] = MappingProxyType({})
    snapshot: Mapping[str, Any] = MappingProxyType({})
    git: Mapping[str, Any] = MappingProxyType({})
    local: Mapping[str, Any] = MappingProxyType({})


class Segment(NamedTuple):
    """A segment. `tools/generated.py` derives from it what the status line and the docs need.

    module   in `usageline.line.segments`; its function of the segment's name draws it
    doc      what it shows
    label    the default one
    options  those that only this segment has
    icon     with a Nerd Font, with the blank after it
    sample   what it draws in the preview
    needs    an attribute of the line's context; if it is false, the segment is not drawn
    """

    module: str
    doc: str
    label: str = ""
    options: tuple[Key, ...] = ()
    icon: str = ""
    sample: Sample = Sample()
    needs: str = "now"


_BAR = (
    Key("bar_width", Integer(2, 40), 10, "width of the bar in cells"),
    Key("bar", Choice("theme", *BARS), "theme", "glyphs of the bar"),
)
_MARKS = (
    Key(
        "warning",
        Integer(1, 100),
        WARNING_PERCENT,
        "percentage from which the color is that of a warning",
    ),
    Key(
        "critical",
        Integer(1, 100),
        CRITICAL_PERCENT,
        "percentage from which the color is critical",
    ),
    Key("hide_below", Number(0, 100), 0, "hide it while it is below this percentage"),
)
_MIN_DOLLARS = Key(
    "hide_below", Number(0, 1_000_000), 0, "hide it while it is below this amount in dollars"
)


def _limit(show: list[str]) -> tuple[Key, ...]:
    return (
        Key("show", some_of("bar", "percent", "reset"), show, "its parts, in order"),
        *_BAR,
        Key(
            "count",
            Choice("used", "left"),
            "used",
            "show the percentage used, or the percentage left",
        ),
        Key(
            "reset",
            Choice("auto", "countdown", "clock", "both"),
            "auto",
            "the reset as a countdown, a time of day or both; auto: a countdown within a day",
        ),
        Key("mark", Flag(), True, "mark even pace in the bar"),
        *_MARKS,
    )


def _limit_sample(kind: str, label: str, percent: int, hours: int, **forecast: Any) -> Sample:
    """Return a limit that resets in so many hours."""
    limit = {
        "kind": kind,
        "label": label,
        "percent": percent,
        "resets_at": FromNow(hours * HOUR_S),
        "severity": "normal",
        **forecast,
    }
    return Sample(snapshot={"limits": [limit]})


SEGMENTS: dict[str, Segment] = {
    "model": Segment(
        "model",
        "the model",
        icon="\uf2db ",
        sample=Sample(payload={"model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"}}),
    ),
    "effort": Segment(
        "session",
        "the effort level of the model",
        label="effort",
        icon="\uf0e7 ",
        sample=Sample(payload={"effort": {"level": "medium"}}),
    ),
    "context": Segment(
        "model",
        "how full the context window is",
        label="ctx",
        options=(
            Key("show", some_of("bar", "percent", "tokens"), ["percent"], "its parts, in order"),
            *_BAR,
            *_MARKS,
        ),
        icon="\uf1c0 ",
        sample=Sample(
            payload={
                "context_window": {
                    "used_percentage": 34,
                    "total_input_tokens": 68000,
                    "total_output_tokens": 900,
                    "context_window_size": 200000,
                }
            }
        ),
    ),
    "cache": Segment(
        "session",
        "the time until the prompt cache expires, or that it is cold",
        label="cache",
        options=(Key("show", some_of("expiry", "hits"), ["expiry"], "its parts, in order"),),
        icon="\uf0c7 ",
        sample=Sample(
            payload={
                "prompt_cache": {
                    "warm": True,
                    "ttl": "1h",
                    "expires_at": FromNow(40 * 60),
                    "hit_ratio": 0.86,
                    "requests": 12,
                    "misses": 1,
                }
            }
        ),
    ),
    "session": Segment(
        "limits",
        "the 5-hour limit",
        label="5h",
        options=_limit(["bar", "percent", "reset"]),
        icon="\uf017 ",
        sample=_limit_sample("session", "Current session", 37, 2),
    ),
    "weekly": Segment(
        "limits",
        "the weekly limit over all models",
        label="7d",
        options=_limit(["bar", "percent", "reset"]),
        icon="\uf073 ",
        sample=_limit_sample(
            "weekly_all",
            "Current week (all models)",
            81,
            52,
            chance=0.81,
            exhausts_at=FromNow(30 * HOUR_S),
            exhausts_from=FromNow(27 * HOUR_S),
            exhausts_to=FromNow(34 * HOUR_S),
        ),
    ),
    "scoped": Segment(
        "limits",
        "all other limits, such as a model's weekly limit, each with its own label",
        options=_limit(["percent"]),
        icon="\uf02b ",
        sample=_limit_sample("weekly_scoped", "Fable", 94, 52),
    ),
    "credits": Segment(
        "credits",
        "usage credits and other amounts of money",
        label="credits",
        options=(
            Key(
                "show",
                some_of("used", "limit", "percent", "ends"),
                ["used", "limit", "ends"],
                "its parts",
            ),
            *_MARKS,
        ),
        icon="\uf09d ",
        needs="credits",
        sample=Sample(
            snapshot={
                "credits": [
                    {
                        "label": "Usage credits",
                        "used_minor": 1234,
                        "limit_minor": 5000,
                        "exponent": 2,
                        "currency": "USD",
                        "enabled": True,
                        "disabled_reason": "",
                    }
                ]
            }
        ),
    ),
    "pace": Segment(
        "forecast",
        "percentage points above or below even use",
        label="pace",
        options=(
            Key("of", Choice("session", "weekly"), "session", "the limit"),
            Key(
                "hide_below",
                Number(0, 100),
                0,
                "hide it while it is fewer points off, above or below",
            ),
        ),
        icon="\uf0e4 ",
    ),
    "forecast": Segment(
        "forecast",
        "the time when a limit will be reached, if that is before its reset",
        options=(
            Key(
                "of",
                Choice("session", "weekly", "any"),
                "any",
                "the limit; any: the limit that is reached first",
            ),
            Key("range", Flag(), False, "show a range of times instead of one time"),
            Key(
                "warning",
                Integer(1, 100),
                SURE_PERCENT,
                "percent of certainty from which it is colored as a warning",
            ),
            Key(
                "hide_below",
                Number(0, 100),
                0,
                "hide it while its certainty is below this percentage; it is at least 50",
            ),
        ),
        icon="\uf201 ",
        needs="has_forecast",
    ),
    "cost": Segment(
        "session",
        "the cost of the session at API prices",
        options=(
            _MIN_DOLLARS,
            Key("decimals", Integer(0, 4), 2, "digits after the decimal point"),
            Key(
                "today",
                Flag(),
                False,
                "show today's cost of all sessions, too, from Claude Code's transcripts",
            ),
        ),
        icon="\uf155 ",
        sample=Sample(payload={"cost": {"total_cost_usd": 1.27}}),
    ),
    "usage_today": Segment(
        "local",
        "today's cost of all sessions on this machine, from Claude Code's transcripts",
        label="today",
        options=(
            Key("tokens", Flag(), False, "show tokens, too"),
            _MIN_DOLLARS,
        ),
        icon="\uf155 ",
        needs="local",
        sample=Sample(
            local={"today": {"cost": 12.34, "tokens": 8_400_000, "at_least": False, "unpriced": 0}}
        ),
    ),
    "burn": Segment(
        "local",
        "the cost an hour in this 5-hour window; hidden after half an hour without a response",
        label="burn",
        options=(Key("tokens", Flag(), False, "show tokens instead of the cost"),),
        icon="\uf06d ",
        needs="local",
        sample=Sample(
            local={"rate": {"cost": 3.1, "tokens": 2_100_000, "at_least": False, "unpriced": 0}}
        ),
    ),
    "duration": Segment(
        "session",
        "the duration of the session",
        label="time",
        options=(
            Key(
                "of",
                Choice("total", "api"),
                "total",
                "the whole session, or the time spent waiting for the API",
            ),
        ),
        icon="\uf252 ",
        sample=Sample(
            payload={
                "cost": {
                    "total_duration_ms": 45 * 60 * 1000,
                    "total_api_duration_ms": 8 * 60 * 1000,
                }
            }
        ),
    ),
    "lines": Segment(
        "session",
        "lines added and removed",
        icon="\uf040 ",
        sample=Sample(payload={"cost": {"total_lines_added": 156, "total_lines_removed": 23}}),
    ),
    "directory": Segment(
        "workspace",
        "the directory",
        options=(
            Key(
                "form",
                Choice("name", "short", "full"),
                "short",
                "its name, the shortened path, or the full path",
            ),
            Key("length", Integer(8, 200), 30, "maximum length in characters"),
        ),
        icon="\uf07c ",
        sample=Sample(
            payload={
                "cwd": f"{HOME}/src/usageline",
                "workspace": {
                    "current_dir": f"{HOME}/src/usageline",
                    "project_dir": f"{HOME}/src/usageline",
                },
            }
        ),
    ),
    "git": Segment(
        "workspace",
        "the branch and its state",
        options=(
            Key(
                "show",
                some_of("branch", "dirty", "ahead"),
                ["branch"],
                "its parts, in order; a background job updates dirty and ahead",
            ),
            Key("length", Integer(4, 80), 24, "maximum length of the branch in characters"),
        ),
        icon="\ue0a0 ",
        sample=Sample(
            git={"branch": "feature/themes", "changed": 2, "ahead": 1, "behind": 0, "state": ""}
        ),
    ),
    "worktree": Segment(
        "workspace",
        "the worktree",
        label="wt",
        options=(Key("length", Integer(4, 80), 24, "maximum length in characters"),),
        icon="\uf1bb ",
        sample=Sample(
            payload={"worktree": {"name": "feature"}, "workspace": {"git_worktree": "feature"}}
        ),
    ),
    "pr": Segment(
        "workspace",
        "the pull request, as a link",
        options=(Key("state", Flag(), True, "show the state of its review"),),
        icon="\uf407 ",
        sample=Sample(
            payload={
                "pr": {
                    "number": 123,
                    "url": "https://github.com/example/usageline/pull/123",
                    "review_state": "approved",
                }
            }
        ),
    ),
    "session_name": Segment(
        "session",
        "the session's name, if it has one",
        options=(Key("length", Integer(4, 80), 24, "maximum length in characters"),),
        icon="\uf02b ",
        sample=Sample(payload={"session_name": "refactor"}),
    ),
    "fast_mode": Segment(
        "session",
        "fast mode, if it is on",
        icon="\uf0e7 ",
        sample=Sample(payload={"fast_mode": True}),
    ),
    "thinking": Segment(
        "session",
        "whether the model thinks before it answers",
        options=(
            Key(
                "when",
                Choice("on", "off", "always"),
                "on",
                "show it if thinking is on, off, or both",
            ),
        ),
        icon="\uf0eb ",
        sample=Sample(payload={"thinking": {"enabled": True}}),
    ),
    "tokens": Segment(
        "session",
        "the tokens of the context: input, output, and what the cache served",
        options=(
            Key(
                "show",
                some_of("input", "output", "cached"),
                ["input", "output"],
                "its parts, in order",
            ),
        ),
        icon="\uf1c0 ",
        sample=Sample(
            payload={
                "context_window": {
                    "total_input_tokens": 68000,
                    "total_output_tokens": 900,
                    "current_usage": {"cache_read_input_tokens": 61000},
                }
            }
        ),
    ),
    "service": Segment(
        "reasons",
        "an incident that affects Claude Code, from the service's status page",
        options=(Key("length", Integer(8, 160), 40, "maximum length in characters"),),
        icon="\uf0ac ",
        needs="incident",
        sample=Sample(
            snapshot={
                "incident": {
                    "title": "Elevated errors",
                    "impact": "minor",
                    "id": "abc123",
                    "checked_at": FromNow(-60),
                }
            }
        ),
    ),
    "output_style": Segment(
        "session",
        "the output style, if it is not the default",
        label="style",
        icon="\uf1fc ",
        sample=Sample(payload={"output_style": {"name": "explanatory"}}),
    ),
    "vim": Segment(
        "session",
        "the vim mode",
        icon="\ue62b ",
        sample=Sample(payload={"vim": {"mode": "NORMAL"}}),
    ),
    "agent": Segment(
        "session",
        "the agent",
        label="agent",
        icon="\uf544 ",
        sample=Sample(payload={"agent": {"name": "reviewer"}}),
    ),
    "clock": Segment(
        "session",
        "the time of day",
        options=(Key("seconds", Flag(), False, "show seconds"),),
        icon="\uf017 ",
    ),
    "plan": Segment(
        "session",
        "the plan",
        icon="\uf005 ",
        sample=Sample(snapshot={"plan": "Max 5x"}),
    ),
    "account": Segment(
        "session",
        "your own label for the account; empty unless `text` is set",
        options=(Key("text", Text(200), "", "the label"),),
        icon="\uf007 ",
    ),
    "version": Segment(
        "session",
        "Claude Code's version",
        label="cc",
        icon="\uf121 ",
        sample=Sample(payload={"version": "2.1.330"}),
    ),
    "alerts": Segment(
        "forecast",
        "a threshold that was reached recently",
        options=(Key("for", Integer(1, 86400), 900, "seconds for which it is shown"),),
        icon="\uf071 ",
        needs="alerts",
        sample=Sample(
            snapshot={
                "alerts": [
                    {
                        "kind": "weekly_all",
                        "label": "Current week (all models)",
                        "threshold": 75,
                        "percent": 81,
                        "resets_at": FromNow(52 * HOUR_S),
                        "at": FromNow(-300),
                        "session_start": False,
                        "line": True,
                    }
                ]
            }
        ),
    ),
    "status": Segment(
        "limits",
        "why numbers are missing or old",
        options=(
            Key(
                "stale",
                Integer(60, 86400),
                600,
                "age in seconds from which the numbers are shown with their age",
            ),
        ),
        sample=Sample(snapshot={"status": "ok", "detail": ""}),
    ),
    "flex": Segment(
        "session",
        "blanks that fill the row, so that what follows stands at the right",
    ),
    "text": Segment(
        "session",
        "your own text",
        options=(Key("text", Text(200), "", "the text"),),
    ),
}
"""By their names in `rows`."""


def options_of(kind: str) -> dict[str, Key]:
    """Return the options of a segment by name: those that every segment has, then its own."""
    segment = SEGMENTS[kind]
    common = (
        Key("label", Text(40), segment.label, "the text before it"),
        Key(
            "style",
            Style(tuple(STYLES)),
            "",
            "name of a style, or a color, for its text",
        ),
        Key("priority", Integer(1, 100), None, PRIORITY),
        Key("hide", Flag(), False, "hide it always"),
    )
    return keyed(*common, *segment.options)


def non_defaults(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return those of `options` that are not the segment's defaults."""
    keys = options_of(kind)
    return {name: value for name, value in options.items() if value != keys[name].default}


def icons() -> dict[str, str]:
    """Return the Nerd Font's icon of each segment that has one."""
    return {name: segment.icon for name, segment in SEGMENTS.items() if segment.icon}
