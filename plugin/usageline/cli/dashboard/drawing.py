"""Draw the parts of the dashboard as rows of text, for any width and height. Pure."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from usageline.cli.dashboard import model
from usageline.core import windows
from usageline.core.text import display_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.appearance import Appearance
    from usageline.cli.dashboard.model import Account, Line, Meter, ModelCost, View

LIKELY, POSSIBLE, FAINT = "▓", "▒", "░"
"""The part of a bar that is likely to be used before the reset, and the part that may be.

FAINT stands for the latter if the empty part of a bar is a background.
"""

ASCII = {
    **dict.fromkeys("▁▂▃▄▅▆▇█", "#"),
    "▓": "=",
    "▒": ":",
    "░": ":",
    "┤": "|",
    "│": "|",
    "└": "+",
    "─": "-",
    "┴": "^",
    "┈": ".",
    "╵": "|",
    "›": ">",
    "·": "-",
    "▲": "!",
    "╌": "-",
    "≥": ">=",
}

MIN_WIDTH = 20
HEADING = 10
MIN_SHARE_CELLS, MAX_SHARE_CELLS = 8, 30
ROUNDING = 1e-6
"""Percentage points by which a sum of floats may miss a whole cell."""


def plain_text(text: str, look: Appearance) -> str:
    """Return text of the dashboard itself, in ASCII if the terminal has no other characters."""
    return "".join(ASCII.get(char, char) for char in text) if look.ascii else text


def possible_sign(look: Appearance) -> str:
    """Return the sign of what may be used before the reset."""
    return FAINT if look.terminal.styles.get("groove") else POSSIBLE


def cut(line: Text, width: int, look: Appearance) -> Text:
    """Cut a row that is wider than `width`, with an ellipsis if the terminal has one."""
    if line.cell_len > width:
        line.truncate(max(width, 1), overflow="crop" if look.ascii else "ellipsis")
    return line


def spread(left: Text, right: Text, width: int, look: Appearance) -> Text:
    """Return both texts in one row, at its two ends; only the left one without room for both."""
    room = width - left.cell_len - right.cell_len
    if room < 2:
        return cut(left, width, look)
    return left + Text(" " * room) + right


def header(view: View, width: int, look: Appearance) -> Text:
    """Return the first row: what it is, whose numbers these are, today's cost, and the time."""
    title = look.text(plain_text(view.title, look), "name")
    right = look.text(view.time, "quiet")
    if view.today is not None:
        cost = look.text(plain_text(f"today {view.today.cost}", look)) + look.text("   ")
        if title.cell_len + cost.cell_len + right.cell_len + 2 <= width:
            right = cost + right
    return spread(title, right, width, look)


def meter(meter: Meter, width: int, bar_rows: int, look: Appearance, marker: str) -> list[Text]:
    """Return the rows of one limit: its name with the numbers, its bar, and its notes."""
    row = meter.row
    left = look.text(plain_text(marker, look), "name") + look.text(row.name, "name")
    left += look.text("  ") + look.number(row.percent, row.severity)
    right = look.text(" ".join(filter(None, (row.first, row.second))), "quiet")
    for style, pace in model.pace(row):
        if left.cell_len + right.cell_len + len(pace) + 4 <= width:
            left += look.text("  ") + look.text(pace, style)
            break
    for words in (f"{row.brief} {row.second}", row.brief):
        if left.cell_len + right.cell_len + 2 > width:
            right = look.text(words.strip(), "quiet")
    lines = [spread(left, right, width, look)]
    if row.percent is not None:
        lines += [bar(meter, width, look)] * bar_rows
    for style, note in meter.notes:
        lines += _wrapped(note, style, width, look)
    return lines


def bar(meter: Meter, width: int, look: Appearance) -> Text:
    """Return a bar with the mark of even use, and the forecast of the use at the reset."""
    row, band = meter.row, meter.band
    percent = min(row.percent or 0, 100)
    if band is None:
        return look.bar(percent, width, row.severity, row.mark)
    # In whole cells: the forecast would leave a gap beside a partly filled one.
    used = max(round(percent / 100 * width), 1 if percent else 0)
    painted = look.bar(used / width * 100 + ROUNDING, width, row.severity, row.mark)
    low, high = (math.floor(min(edge, 100) / 100 * width) for edge in band)
    mark = None if row.mark is None else min(int(row.mark / 100 * width), width - 1)
    # What is only possible has no color of a warning: on a calm day it must not alarm.
    likely = max(windows.severity(band[0]), row.severity, key=windows.SEVERITIES.index)
    for begin, end, sign, style in (
        (used, low, LIKELY, likely),
        (max(used, low), high, possible_sign(look), "quiet"),
    ):
        for first, last in _without(begin, end, mark):
            part = Text(
                plain_text(sign, look) * (last - first), look.style("groove") + look.style(style)
            )
            painted = painted[:first] + part + painted[last:]
    return painted


def _without(begin: int, end: int, mark: int | None) -> list[tuple[int, int]]:
    """Return the cells from `begin` to `end` in pieces that leave out the mark."""
    if mark is None or not begin <= mark < end:
        return [(begin, end)] if begin < end else []
    return [piece for piece in ((begin, mark), (mark + 1, end)) if piece[0] < piece[1]]


def today(view: View, width: int, look: Appearance, room: int) -> list[Text]:
    """Return what today cost: each model with a bar if `room` rows are enough, else in one row."""
    if view.today is None:
        return []
    words = view.today.total
    if HEADING + display_width(words) > width:
        words = words.replace(" at list prices", "")
    total = look.text(plain_text(words, look))
    lines = [look.text(f"{'Today':<{HEADING}}", "label") + total]
    rows = view.today.models
    if len(rows) + 2 <= room:
        return [*lines, *_models(rows, width, look), *([Text()] if rows else [])]
    texts = [f"{row.name.removeprefix('claude-')} {row.cost}" for row in rows]
    return [*lines, *([_fitting("Models", texts, width, look)] if rows else [])]


def _models(rows: Sequence[ModelCost], width: int, look: Appearance) -> list[Text]:
    """Return a row for each model, with a bar of its share if there is room for one."""
    names = max((display_width(row.name) for row in rows), default=0)
    amounts = max((display_width(row.cost) for row in rows), default=0)
    tokens = max((len(row.tokens) for row in rows), default=0)
    cells = min(width - HEADING - names - amounts - tokens - 6, MAX_SHARE_CELLS)
    lines = []
    for row in rows:
        line = look.text(" " * HEADING + row.name + " " * (names - display_width(row.name)))
        line += look.text(plain_text(f"  {row.cost:>{amounts}}  ", look))
        line += look.text(f"{row.tokens:>{tokens}}  ", "quiet")
        if cells >= MIN_SHARE_CELLS:
            line += look.bar(row.share * 100, cells, "normal", None)
        lines.append(line)
    return lines


def _fitting(heading: str, texts: list[str], width: int, look: Appearance) -> Text:
    """Return a row with as many texts as fit, and the number of the others."""
    for number in range(len(texts), 0, -1):
        more = f", {len(texts) - number} more" if number < len(texts) else ""
        row = ", ".join(texts[:number]) + more
        if HEADING + display_width(row) <= width:
            break
    return look.text(f"{heading:<{HEADING}}", "label") + look.text(plain_text(row, look), "quiet")


def facts(view: View, width: int, look: Appearance, room: int = 0) -> list[Text]:
    """Return alerts, what is wrong, today's cost in `room` rows, age, and the other accounts."""
    lines = []
    sign = look.terminal.glyphs["alert"]
    for style, text in view.alerts:
        lines += _wrapped(sign + text, style, width, look)
    if view.problem:
        lines += _wrapped(view.problem, "warning", width, look)
    if lines:
        lines.append(Text())
    lines += today(view, width, look, room)
    for heading, (style, text) in view.facts:
        lines.append(look.text(f"{heading:<{HEADING}}", "label") + look.text(text, style))
    if view.accounts:
        lines += [Text(), *accounts(view.accounts, width, look)]
    return lines


def accounts(rows: Sequence[Account], width: int, look: Appearance) -> list[Text]:
    """Return one row for each account, with its age if that fits into `width`."""
    names = max(display_width(row.label) for row in rows)
    lines = [look.text("Accounts", "label")]
    for row in rows:
        padding = " " * (names - display_width(row.label))
        line = look.text(plain_text("› " if row.is_current else "  ", look), "name")
        line += look.text(row.label + padding, "name" if row.is_current else "plain")
        for style, value in row.values:
            line += look.text("  ") + look.text(value, style)
        if row.age and line.cell_len + 2 + len(row.age) <= width:
            line += look.text("  ") + look.text(row.age, "quiet")
        lines.append(line)
    return lines


def footer(keys: str, message: Line, width: int, look: Appearance) -> Text:
    """Return the last row: a message and the keys."""
    return spread(look.text(message[1], message[0]), look.text(keys, "quiet"), width, look)


HELP = (
    ("q, Esc, Ctrl-C", "quit"),
    ("r", "refresh now; a wait that the service asked for still applies"),
    ("t", "next theme"),
    ("up, down, left, right", "choose the limit of the chart, and scroll"),
    ("?", "show or hide this help"),
)


def help_lines(width: int, look: Appearance) -> list[Text]:
    """Return the keys, and what the signs mean."""
    likely, possible, reset = (
        plain_text(sign, look) for sign in (LIKELY, possible_sign(look), "┴")
    )
    rows = [
        *HELP,
        ("", ""),
        ("today", "what all sessions on this machine cost today, at list prices"),
        (
            look.terminal.glyphs["mark"],
            "even use: the percentage if use were spread evenly over the window",
        ),
        (likely, "likely to be used before the reset, by the forecast"),
        (possible, "may be used before the reset: the top of the forecast"),
        (reset, "a reset, below the chart"),
    ]
    cells = max(len(key) for key, _ in rows) + 2
    lines = []
    for key, text in rows:
        parts = textwrap.wrap(text, max(width - cells, MIN_WIDTH)) or [""]
        lines.append(look.text(f"{key:<{cells}}", "name") + look.text(parts[0], "plain"))
        lines += [look.text(" " * cells + part, "plain") for part in parts[1:]]
    return lines


def _wrapped(text: str, style: str, width: int, look: Appearance) -> list[Text]:
    return [look.text(part, style) for part in textwrap.wrap(text, max(width, MIN_WIDTH))]
