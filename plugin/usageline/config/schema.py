"""Every key of config.toml: its type, its default, and what it is for.

Validation, the file of `usageline config init`, messages and docs/CONFIGURATION.md come from here.
The keys of segments are in segments.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from usageline import themes
from usageline.config.sources import SOURCES, default_names
from usageline.config.types import (
    AbsolutePath,
    Cells,
    Choice,
    Command,
    Flag,
    Integer,
    ListOf,
    Number,
    Style,
    Text,
    ValueType,
)
from usageline.core.appearance import GLYPHS
from usageline.themes.theme import STYLES

MIN_INTERVAL_S = 120
"""The service refuses a request each minute; 180 s works for one machine alone."""

MAX_TTL_S = 86400
SOURCE_NAMES = tuple(source.name for source in SOURCES)
MAX_ROWS = 6
MAX_SEGMENTS_IN_ROW = 24
ROWS = [
    ["model", "context", "session", "weekly", "scoped", "credits", "forecast", "alerts", "status"]
]


class Key(NamedTuple):
    """A key. If `default` is None, `doc` describes what happens without the key."""

    name: str
    type: ValueType
    default: Any
    doc: str


TOP = (
    Key(
        "theme",
        Choice(*themes.NAMES),
        "default",
        "how it looks: `usageline config themes` shows each; without it color-blind-safe if Claude Code's own theme is a color-blind one",
    ),
    Key(
        "color",
        Choice("auto", "none", "16", "256", "truecolor"),
        "auto",
        "how many colours; auto: as many as the terminal has, 16 with an ANSI theme of Claude Code; NO_COLOR beats all",
    ),
    Key(
        "nerd_font",
        Flag(),
        False,
        "icons, and the arrows of powerline: needs a Nerd Font in the terminal",
    ),
    Key("clock", Choice("24h", "12h"), "24h", "how times of day are written"),
    Key(
        "rows",
        ListOf(
            ListOf(
                Text(64),
                f"a list of at most {MAX_SEGMENTS_IN_ROW} segments",
                MAX_SEGMENTS_IN_ROW,
                repeated=True,
            ),
            f"a list of 1 to {MAX_ROWS} lists of segments",
            MAX_ROWS,
            1,
            repeated=True,
        ),
        ROWS,
        f"the segments of each row, in order; at most {MAX_ROWS} rows of {MAX_SEGMENTS_IN_ROW}",
    ),
    Key(
        "wrap",
        Flag(),
        False,
        "a row too wide goes on in the next line; else segments are shortened and given up by their priority",
    ),
    Key("max_rows", Integer(1, MAX_ROWS), MAX_ROWS, "lines at most, wrapped ones counted"),
    Key("separator", Text(12), None, "between two segments; the theme's own where it is not given"),
    Key(
        "ttl",
        Number(MIN_INTERVAL_S, MAX_TTL_S, "seconds"),
        300,
        "seconds that a reading of the usage is good for; more is asked for after that",
    ),
    Key(
        "sources",
        ListOf(
            Choice(*SOURCE_NAMES),
            f"a list of {', '.join(SOURCE_NAMES)}",
            16,
            1,
        ),
        [*default_names()],
        "where usage is read from, in order; without oauth nobody opens the token, client asks Claude Code itself",
    ),
    Key(
        "client",
        AbsolutePath(),
        None,
        "the path of `claude` for the source client; looked for on the PATH where it is not given",
    ),
)

CHAIN = (
    Key(
        "command",
        Command(),
        "",
        "a shell command that gets the same payload and whose output is kept beside the line",
    ),
    Key("position", Choice("below", "above", "left", "right"), "below", "where its output goes"),
    Key("timeout", Number(0.1, 30, "seconds"), 5, "seconds it may take"),
    Key(
        "wait",
        Flag(),
        False,
        "the line waits for it, up to the timeout; else its last output is shown while it runs anew",
    ),
)

ALERTS = (
    Key(
        "thresholds",
        ListOf(Integer(1, 100), "a list of at most 8 whole numbers from 1 to 100", 8),
        [75, 90],
        "percent of a limit at which there is an alert; [] for none",
    ),
    Key(
        "kinds",
        ListOf(Text(64), "a list of at most 16 kinds or labels of limits", 16),
        [],
        "limits by kind or label, such as session, weekly_all or Fable; [] for all",
    ),
    Key("line", Flag(), True, "in the line, by the segment alerts"),
    Key("session_start", Flag(), False, "as a message at the start of a session"),
    Key("desktop", Flag(), False, "as a notification of the desktop (notify-send, osascript)"),
    Key(
        "command",
        Command(),
        "",
        "a shell command run for each, with USAGELINE_ALERT_KIND and others set",
    ),
)

_GLYPH_TYPES: dict[str, ValueType] = {
    "full": Cells(1),
    "parts": Cells(0, 8),
    "empty": Cells(1),
    "mark": Cells(1),
}
_GLYPH_DOCS = {
    "full": "the filled part of a bar",
    "parts": "eight characters for the eighths of a cell that a bar ends in, the emptiest first; empty for bars of whole cells",
    "empty": "the empty part of a bar",
    "mark": "even pace in a bar",
    "reset": "before the time until a reset",
    "unknown": "a number that is not known",
    "dot": "between two texts of a segment",
    "ellipsis": "where text was cut",
    "ahead": "commits ahead of the upstream",
    "behind": "commits behind the upstream",
    "dirty": "changes that are not committed",
    "alert": "before an alert",
    "added": "lines added",
    "removed": "lines removed",
    "branch": "before the branch",
}

STYLE_KEYS = tuple(Key(name, Style(), None, doc) for name, doc in STYLES.items())
GLYPH_KEYS = tuple(
    Key(name, _GLYPH_TYPES.get(name, Text(8)), None, _GLYPH_DOCS[name]) for name in GLYPHS
)

TABLES: dict[str, tuple[tuple[Key, ...], str]] = {
    "chain": (CHAIN, "another status line command, kept beside this one"),
    "alerts": (ALERTS, "once for each limit, threshold and window, over all sessions"),
    "styles": (
        STYLE_KEYS,
        'colours in place of the theme\'s: words, names, 0-255, #rrggbb, such as "bold #2e8b57" or "black on yellow"',
    ),
    "glyphs": (GLYPH_KEYS, "glyphs in place of the theme's"),
}
"""The tables, each with its keys and what it is for."""
