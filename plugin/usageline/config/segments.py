"""Every segment: what it shows, its label, and its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from usageline.config.schema import Key
from usageline.config.types import Choice, Flag, Integer, Number, Style, Text, some_of
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

PRIORITY = "1 to 100: with more it stays longer where the row is too narrow; by default limits stay longest"


class Segment(NamedTuple):
    """`doc` what it shows, `label` the default one, `keys` the options that are its own."""

    doc: str
    label: str
    keys: tuple[Key, ...] = ()


def _bar() -> tuple[Key, ...]:
    return (
        Key("bar_width", Integer(2, 40), 10, "cells of the bar"),
        Key("bar", Choice("theme", *BARS), "theme", "what the bar is drawn with"),
    )


def _marks() -> tuple[Key, ...]:
    return (
        Key("warning", Integer(1, 100), 75, "percent from which it is a warning"),
        Key("critical", Integer(1, 100), 90, "percent from which it is critical"),
        Key("hide_below", Number(0, 100), 0, "hidden while it is below so many percent"),
    )


def _limit(show: list[str]) -> tuple[Key, ...]:
    return (
        Key("show", some_of("bar", "percent", "reset"), show, "its parts, in this order"),
        *_bar(),
        Key(
            "count",
            Choice("used", "left"),
            "used",
            "whether the percentage is of what is used or of what is left",
        ),
        Key(
            "reset",
            Choice("auto", "countdown", "clock", "both"),
            "auto",
            "the reset as time left, as time of day, both; auto: time left within a day",
        ),
        Key("mark", Flag(), True, "marks in the bar where even use would be"),
        *_marks(),
    )


SEGMENTS: dict[str, Segment] = {
    "model": Segment("the model", ""),
    "effort": Segment("how hard the model thinks", ""),
    "context": Segment(
        "how full the context window is",
        "ctx",
        (
            Key(
                "show", some_of("bar", "percent", "tokens"), ["percent"], "its parts, in this order"
            ),
            *_bar(),
            *_marks(),
        ),
    ),
    "cache": Segment(
        "the prompt cache: the time until it expires, or that it is cold",
        "cache",
        (Key("show", some_of("expiry", "hits"), ["expiry"], "its parts, in this order"),),
    ),
    "session": Segment("the 5-hour limit", "5h", _limit(["bar", "percent", "reset"])),
    "weekly": Segment(
        "the weekly limit over all models", "7d", _limit(["bar", "percent", "reset"])
    ),
    "scoped": Segment(
        "every other limit, such as a model's week; each has its own label", "", _limit(["percent"])
    ),
    "credits": Segment(
        "usage credits and other money",
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
        "how far ahead of or behind even use a limit is, in points of a percent",
        "pace",
        (
            Key("of", Choice("session", "weekly"), "session", "the limit"),
            Key("hide_below", Number(0, 100), 0, "hidden while it is fewer points off, either way"),
        ),
    ),
    "forecast": Segment(
        "when a limit is reached, where that is before its reset",
        "",
        (
            Key(
                "of",
                Choice("session", "weekly", "any"),
                "any",
                "the limit; any: the one that is reached first",
            ),
            Key("range", Flag(), False, "from when to when, not one time"),
            Key(
                "warning",
                Integer(1, 100),
                67,
                "percent of certainty from which it is a warning; below, it is said quietly",
            ),
            Key(
                "hide_below",
                Number(0, 100),
                0,
                "hidden while it is less certain, in percent; it is at least 50",
            ),
        ),
    ),
    "cost": Segment(
        "what the session would have cost at the API's prices",
        "",
        (
            Key("hide_below", Number(0, 1_000_000), 0, "hidden while it is fewer dollars"),
            Key("decimals", Integer(0, 4), 2, "digits after the point"),
        ),
    ),
    "duration": Segment(
        "how long the session has run",
        "",
        (Key("of", Choice("total", "api"), "total", "all of it, or waiting for the API"),),
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
                "its name alone, the path shortened, or all of the path",
            ),
            Key("length", Integer(8, 200), 30, "characters at most"),
        ),
    ),
    "git": Segment(
        "the branch, and how it stands",
        "",
        (
            Key(
                "show",
                some_of("branch", "dirty", "ahead"),
                ["branch"],
                "its parts; dirty and ahead are looked up in the background",
            ),
            Key("length", Integer(4, 80), 24, "characters of the branch at most"),
        ),
    ),
    "worktree": Segment(
        "the worktree", "wt", (Key("length", Integer(4, 80), 24, "characters at most"),)
    ),
    "pr": Segment(
        "the pull request, as a link",
        "",
        (Key("state", Flag(), True, "with the state of its review"),),
    ),
    "output_style": Segment("the output style, where it is not the default one", "style"),
    "vim": Segment("the mode of vim's keys", ""),
    "agent": Segment("the agent", "agent"),
    "clock": Segment("the time of day", "", (Key("seconds", Flag(), False, "with seconds"),)),
    "plan": Segment("the plan", ""),
    "account": Segment(
        "a label of your own for the account; nothing without one",
        "",
        (Key("text", Text(200), "", "the label"),),
    ),
    "version": Segment("Claude Code's version", "cc"),
    "alerts": Segment(
        "a threshold that was passed of late",
        "",
        (Key("for", Integer(1, 86400), 900, "seconds that it is shown"),),
    ),
    "status": Segment(
        "why numbers are missing or old",
        "",
        (
            Key(
                "stale",
                Integer(60, 86400),
                600,
                "seconds from which a number is shown with its age",
            ),
        ),
    ),
    "text": Segment("text of your own", "", (Key("text", Text(200), "", "the text"),)),
}
"""Every segment by its name in `rows`."""


def options_of(kind: str) -> dict[str, Key]:
    """The options of a segment by name: those of every segment first, then its own. KeyError where there is no such segment."""
    segment = SEGMENTS[kind]
    common = (
        Key("label", Text(40), segment.label, "the words before it"),
        Key(
            "style",
            Style(tuple(STYLES)),
            "",
            "a style's name or a colour spec for its text, in place of its own",
        ),
        Key("priority", Integer(1, 100), None, PRIORITY),
        Key("hide", Flag(), False, "not shown at all"),
    )
    return {key.name: key for key in (*common, *segment.keys)}


def non_defaults(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Those of `options` that are not the segment's defaults."""
    keys = options_of(kind)
    return {name: value for name, value in options.items() if value != keys[name].default}
