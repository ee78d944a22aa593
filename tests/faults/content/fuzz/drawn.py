"""Draw the line from fuzzed data and check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.content.judge import WRITTEN, fits, visible
from usageline import themes
from usageline.cli.config import sample
from usageline.config.segments import SEGMENTS
from usageline.line import render, view
from usageline.line.render import CLIENT_MARGIN

if TYPE_CHECKING:
    from tests.faults.content.fuzz.bytes_in import Input

NOW = 1_795_000_000
MIN_COLUMNS = 9
"""From this width on, a character and its block fit."""

COLUMNS = (80, 200, 9, 12, 20, 40, 120, 400)
COLOR_MODES = ("256", "none", "16", "truecolor", "auto")
SHOWN: dict[str, dict[str, Any]] = {
    "session": {"reset": "both"},
    "git": {"show": ["branch", "dirty", "ahead"], "length": 80},
    "directory": {"form": "full", "length": 200},
    "credits": {"show": ["used", "limit", "percent", "ends"]},
    "context": {"show": ["bar", "percent", "tokens"]},
    "cache": {"show": ["expiry", "hits"]},
    "forecast": {"range": True},
    "account": {"text": "work"},
    "text": {"text": "mine"},
}
ROWS = [[(kind, SHOWN.get(kind, {})) for kind in SEGMENTS]]
"""Every segment, each with all of its parts."""

PRIVATE = frozenset(map(chr, range(0xE000, 0xF900)))
"""The characters of icon fonts."""

ENV = {"HOME": sample.HOME, "TERM": "xterm-256color"}


def chosen(given: Input) -> tuple[dict[str, Any], int, bool]:
    """Return a configuration with every segment, a width, and whether there is a Nerd Font."""
    name, nerd_font = given.choice(themes.NAMES), given.choice((False, True))
    configured: dict[str, Any] = {
        "theme": WRITTEN[name, nerd_font][0],
        "rows": ROWS,
        "color": given.choice(COLOR_MODES),
    }
    if given.choice((False, True)):
        configured["lines"] = 6
    return configured, given.choice(COLUMNS), nerd_font


def seen_of(payload: object, snapshot: Any, env: dict[str, str] | None = None) -> Any:
    """The view of these two, whatever they are."""
    return view.build(
        payload if isinstance(payload, dict) else None, snapshot, sample.STAMP, env or ENV, NOW
    )


def judged(
    context: Any,
    configured: dict[str, Any],
    columns: int,
    chained: Any = (),
    *,
    nerd_font: bool = False,
    fitting: bool = True,
) -> list[str]:
    """Return the texts of the rows; fail if they must not reach a terminal.

    A theme that is not one of usageline may have its own codes and icons. Without `fitting` it may
    also be too wide.
    """
    theme, allowed, own = configured.get("theme", WRITTEN["default", False][0]), None, PRIVATE
    if (theme.get("name"), nerd_font) in WRITTEN and theme == WRITTEN[theme["name"], nerd_font][0]:
        _, allowed, own = WRITTEN[theme["name"], nerd_font]
    rows = render.render(context, configured, {**ENV, "COLUMNS": str(columns)}, chained)
    texts = [visible(row, None if chained else allowed, own) for row in rows]
    for text in texts:
        fits(text, max(columns, MIN_COLUMNS) - CLIENT_MARGIN if fitting else len(text) * 2)
    return texts
