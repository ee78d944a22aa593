"""The table of `usageline`: every limit and credit, and the source of the numbers.

A limit has a bar with the pace mark, a percentage, and its reset as a duration and as a time.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from usageline.cli import appearance
from usageline.cli.formatting import cut
from usageline.cli.limit_rows import Row, credit_row, in_order, limit_row, outlook, terms
from usageline.config.sources import label_of
from usageline.core import formatting
from usageline.core.text import display_width, sanitize
from usageline.line.segments import forecast, reasons
from usageline.usage.values import whole_detail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.appearance import Appearance

GAP = 2
MIN_BAR_CELLS, MAX_BAR_CELLS = 8, 24
PERCENT_CELLS = 4
MIN_NAME_CELLS = 8

PIPE_CELLS = 4096
"""For programs that read the output: long paths must not be broken."""

STYLES = {
    "normal": "green",
    "warning": "yellow",
    "critical": "bold red",
    "dim": "dim",
    "track": "dim",
    "plain": "",
}
"""Styles of rich for the styles of the status line."""


def print_table(snapshot: dict[str, Any], credentials: str, now: float) -> None:
    """Print the table. `credentials` is the current fingerprint of the sign-in."""
    look = appearance.current(snapshot)
    target = console(look)
    target.print(render_table(snapshot, credentials, now, target.width, look))


def console(look: Appearance | None = None) -> Console:
    """Return the console for stdout, in the theme's depth of colors if a theme is given.

    It breaks lines only if the width is known.
    """
    has_width = sys.stdout.isatty() or os.environ.get("COLUMNS")
    width = None if has_width else PIPE_CELLS
    if look is None:
        return Console(highlight=False, width=width)
    return Console(
        highlight=False, width=width, color_system=look.color_system, no_color=not look.depth
    )


def render_table(
    snapshot: dict[str, Any] | None,
    credentials: str,
    now: float,
    width: int,
    look: Appearance | None = None,
) -> RenderableType:
    """Return the table for `width` columns; `snapshot` is None if there is none yet."""
    look = look or appearance.plain()
    ctx = look.context(snapshot, credentials, now)
    if not ctx.windows and not ctx.credits:
        return footer(snapshot or {}, ctx, look)
    rows = all_rows(ctx, look)
    forecasts = [
        look.text(
            f"{limit_row(window, now).name}: {sentence}",
            "warning" if forecast.is_sure(window) else "quiet",
        )
        for window in in_order(ctx.windows)
        if (sentence := outlook(window, now, look.clock))
    ]
    described = [
        look.text(f"{credit.get('label')}: {sentence}", "quiet")
        for credit in ctx.credits
        if (sentence := terms(credit))
    ]
    return Group(
        *row_lines(rows, width, look),
        *forecasts,
        *described,
        Text(),
        footer(snapshot or {}, ctx, look),
    )


def all_rows(ctx: Any, look: Appearance) -> list[Row]:
    """Return the rows of all limits and credits of a status context."""
    observed_at = None if ctx.age_s is None else ctx.now - ctx.age_s
    return [
        *(limit_row(window, ctx.now, look.clock) for window in in_order(ctx.windows)),
        *(credit_row(credit, ctx.now, observed_at, look.clock) for credit in ctx.credits),
    ]


def row_lines(rows: Sequence[Row], width: int, look: Appearance) -> list[Text]:
    """Return one line for each row, in the first of the forms that fits into `width`.

    Narrow forms have short names, then fewer words, then no bar.
    """
    for is_short, is_brief, has_bar, has_second in (
        (False, False, True, True),
        (True, False, True, True),
        (True, True, True, True),
        (True, True, False, True),
        (True, True, False, False),
    ):
        columns = [
            [_clean(row.short_name if is_short else row.name, look) for row in rows],
            [_clean(row.brief if is_brief else row.first, look) for row in rows],
            [_clean(row.second, look) if has_second else "" for row in rows],
        ]
        names, firsts, seconds = (max(map(display_width, column)) for column in columns)
        words = sum(GAP + cells for cells in (firsts, seconds) if cells)
        bar = min(width - names - GAP - GAP - PERCENT_CELLS - words, MAX_BAR_CELLS)
        if bar >= MIN_BAR_CELLS and has_bar:
            break
        bar = 0
        if not has_bar and names + GAP + PERCENT_CELLS + words <= width:
            break
    names = min(names, max(width - GAP - PERCENT_CELLS - words, MIN_NAME_CELLS))
    return [
        _line(row, cells, (names, bar, firsts), look)
        for row, *cells in zip(rows, *columns, strict=True)
    ]


def _line(row: Row, words: Sequence[str], cells: tuple[int, int, int], look: Appearance) -> Text:
    name, first, second = words
    name_cells, bar_cells, first_cells = cells
    name = cut(name, name_cells, look.terminal.glyphs["ellipsis"])
    line = look.text(_padded(name, name_cells + GAP), "label")
    if bar_cells:
        line += look.bar(row.percent, bar_cells, row.severity, row.mark) + Text(" " * GAP)
    line += look.number(row.percent, row.severity, PERCENT_CELLS)
    if first_cells:
        line += look.text(" " * GAP + _padded(first, first_cells if second else 0), "plain")
    if second:
        line += look.text(" " * GAP + second, "quiet")
    line.no_wrap = True
    line.rstrip()
    return line


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - display_width(text))


def _clean(text: str, look: Appearance) -> str:
    return str(look.text(text))


def footer(snapshot: dict[str, Any], ctx: Any, look: Appearance) -> Text:
    """Return plan, source, age, and what is wrong, in one line."""
    facts = [plan] if (plan := snapshot.get("plan")) and ctx.age_s is not None else []
    if ctx.age_s is not None:
        facts.append(f"as of {formatting.age(ctx.age_s)}, from {source_label(snapshot)}")
    problem = reason(snapshot, ctx)
    separator = look.terminal.glyphs["dot"]
    return look.text(
        separator.join(map(str, [*facts, *filter(None, [problem])])),
        "warning" if problem else "quiet",
    )


def reason(snapshot: dict[str, Any], ctx: Any) -> str:
    """Return why numbers are missing, with the snapshot's whole detail, or ""."""
    why = reasons.reason(ctx)
    detail = (whole_detail(snapshot) if ctx.detail else "") or ctx.detail
    if not why or not detail or ctx.detail in why:
        return why
    return f"{why} ({detail})"


def source_label(snapshot: dict[str, Any]) -> str:
    """Return the source of a snapshot's numbers, in words."""
    return label_of(snapshot.get("source")) or "an unknown source"


def text(value: object, style: str = "plain") -> Text:
    """Return sanitized text without markup, in one of STYLES."""
    return Text(sanitize(str(value or "")), STYLES[style])
