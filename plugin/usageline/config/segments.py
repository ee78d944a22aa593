"""Every segment: what it shows, its label, and its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from usageline.config.schema import Key
from usageline.config.types import Choice, Flag, Number, Style, Text, Whole, some_of
from usageline.themes.theme import STYLES

if TYPE_CHECKING:
    from typing import Any

BARS: dict[str, list[str]] = {
    "blocks": ["█", " ▏▎▍▌▋▊▉", "░"],
    "dots": ["●", "", "○"],
    "squares": ["■", "", "□"],
    "line": ["━", "", "─"],
    "ascii": ["#", "", "-"],
}
"""The glyphs of each style of bar but the theme's: full, the eighths of a cell, empty."""

PRIORITY = (
    "1 to 100; a higher one stays longer if the row is too narrow. By default, limits stay longest"
)


class Segment(NamedTuple):
    """`doc` what it shows, `label` the default one, `keys` the options that are its own."""

    doc: str
    label: str
    keys: tuple[Key, ...] = ()


def _bar() -> tuple[Key, ...]:
    return (
        Key("bar_width", Whole(2, 40), 10, "width of the bar in cells"),
        Key("bar", Choice("theme", *BARS), "theme", "glyphs of the bar"),
    )


def _marks() -> tuple[Key, ...]:
    return (
        Key("warning", Whole(1, 100), 75, "percentage from which the color is that of a warning"),
        Key("critical", Whole(1, 100), 90, "percentage from which the color is critical"),
        Key("hide_below", Number(0, 100), 0, "hide it while it is below this percentage"),
    )


def _limit(show: list[str]) -> tuple[Key, ...]:
    return (
        Key("show", some_of("bar", "percent", "reset"), show, "its parts, in order"),
        *_bar(),
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
        *_marks(),
    )


SEGMENTS: dict[str, Segment] = {
    "model": Segment("the model", ""),
    "effort": Segment("the effort level of the model", ""),
    "context": Segment(
        "how full the context window is",
        "ctx",
        (
            Key("show", some_of("bar", "percent", "tokens"), ["percent"], "its parts, in order"),
            *_bar(),
            *_marks(),
        ),
    ),
    "cache": Segment(
        "the time until the prompt cache expires, or that it is cold",
        "cache",
        (Key("show", some_of("expiry", "hits"), ["expiry"], "its parts, in order"),),
    ),
    "session": Segment("the 5-hour limit", "5h", _limit(["bar", "percent", "reset"])),
    "weekly": Segment(
        "the weekly limit over all models", "7d", _limit(["bar", "percent", "reset"])
    ),
    "scoped": Segment(
        "all other limits, such as a model's weekly limit, each with its own label",
        "",
        _limit(["percent"]),
    ),
    "credits": Segment(
        "usage credits and other amounts of money",
        "credits",
        (
            Key(
                "show",
                some_of("used", "limit", "percent", "ends"),
                ["used", "limit", "ends"],
                "its parts",
            ),
            *_marks(),
        ),
    ),
    "pace": Segment(
        "percentage points above or below even use",
        "pace",
        (
            Key("of", Choice("session", "weekly"), "session", "the limit"),
            Key(
                "hide_below",
                Number(0, 100),
                0,
                "hide it while it is fewer points off, above or below",
            ),
        ),
    ),
    "forecast": Segment(
        "the time when a limit will be reached, if that is before its reset",
        "",
        (
            Key(
                "of",
                Choice("session", "weekly", "any"),
                "any",
                "the limit; any: the limit that is reached first",
            ),
            Key("range", Flag(), False, "show a range of times instead of one time"),
            Key(
                "warning",
                Whole(1, 100),
                67,
                "percent of certainty from which it is colored as a warning",
            ),
            Key(
                "hide_below",
                Number(0, 100),
                0,
                "hide it while its certainty is below this percentage; it is at least 50",
            ),
        ),
    ),
    "cost": Segment(
        "the cost of the session at API prices",
        "",
        (
            Key(
                "hide_below",
                Number(0, 1_000_000),
                0,
                "hide it while it is below this amount in dollars",
            ),
            Key("decimals", Whole(0, 4), 2, "digits after the decimal point"),
        ),
    ),
    "duration": Segment(
        "the duration of the session",
        "",
        (
            Key(
                "of",
                Choice("total", "api"),
                "total",
                "the whole session, or the time spent waiting for the API",
            ),
        ),
    ),
    "lines": Segment("lines added and removed", ""),
    "directory": Segment(
        "the directory",
        "",
        (
            Key(
                "form",
                Choice("name", "short", "full"),
                "short",
                "its name, the shortened path, or the full path",
            ),
            Key("length", Whole(8, 200), 30, "maximum length in characters"),
        ),
    ),
    "git": Segment(
        "the branch and its state",
        "",
        (
            Key(
                "show",
                some_of("branch", "dirty", "ahead"),
                ["branch"],
                "its parts, in order; a background job updates dirty and ahead",
            ),
            Key("length", Whole(4, 80), 24, "maximum length of the branch in characters"),
        ),
    ),
    "worktree": Segment(
        "the worktree", "wt", (Key("length", Whole(4, 80), 24, "maximum length in characters"),)
    ),
    "pr": Segment(
        "the pull request, as a link",
        "",
        (Key("state", Flag(), True, "show the state of its review"),),
    ),
    "output_style": Segment("the output style, if it is not the default", "style"),
    "vim": Segment("the vim mode", ""),
    "agent": Segment("the agent", "agent"),
    "clock": Segment("the time of day", "", (Key("seconds", Flag(), False, "show seconds"),)),
    "plan": Segment("the plan", ""),
    "account": Segment(
        "your own label for the account; empty unless `text` is set",
        "",
        (Key("text", Text(200), "", "the label"),),
    ),
    "version": Segment("Claude Code's version", "cc"),
    "alerts": Segment(
        "a threshold that was reached recently",
        "",
        (Key("for", Whole(1, 86400), 900, "seconds for which it is shown"),),
    ),
    "status": Segment(
        "why numbers are missing or old",
        "",
        (
            Key(
                "stale",
                Whole(60, 86400),
                600,
                "age in seconds from which the numbers are shown with their age",
            ),
        ),
    ),
    "text": Segment("your own text", "", (Key("text", Text(200), "", "the text"),)),
}
"""Every segment by its name in `rows`."""


def keys_of(kind: str) -> dict[str, Key]:
    """The options of a segment by name: those of every segment first, then its own. KeyError where there is no such segment."""
    segment = SEGMENTS[kind]
    common = (
        Key("label", Text(40), segment.label, "the text before it"),
        Key(
            "style",
            Style(tuple(STYLES)),
            "",
            "name of a style, or a color, for its text",
        ),
        Key("priority", Whole(1, 100), None, PRIORITY),
        Key("hide", Flag(), False, "hide it always"),
    )
    return {key.name: key for key in (*common, *segment.keys)}


def differing(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Those of `options` that are not the segment's defaults."""
    keys = keys_of(kind)
    return {name: value for name, value in options.items() if value != keys[name].default}
