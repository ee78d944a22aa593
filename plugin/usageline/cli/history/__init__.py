"""`usageline history`: the readings kept, as a chart, as a picture, or as they are."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from rich.text import Text

from usageline.cli import table
from usageline.cli.history import selection
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from usageline.usage.model import Reading

DAY_S = 86400
PIPE_CELLS = 80
"""The chart's width where nobody says how wide it can be."""

NOTHING_KNOWN = "what was seen in this time holds no percentages to draw"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for: `output` is `csv`, `json` or "", `svg` and `png` are paths; `heatmap` is the heatmap alone."""

    days: int
    limit: str | None
    account: str | None
    svg: str | None
    png: str | None
    output: str
    heatmap: bool


def show_history(env: dict[str, str], wish: Wish) -> None:
    """Print or write it. UsagelineError where there is nothing to show, or a file cannot be written."""
    now = time.time()
    start = now - wish.days * DAY_S
    found = selection.readings(env, selection.account(env, wish.account), start, wish.days)
    chosen = selection.with_limits(found, wish.limit)
    if wish.output:
        from usageline.cli.history import export  # noqa: PLC0415 - each way needs its own, and pygal is slow to import

        click.echo(
            export.as_csv(chosen) if wish.output == "csv" else export.as_json(chosen),
            nl=wish.output == "json",
        )
    elif wish.svg is not None or wish.png is not None:
        _draw_files(wish, found, chosen, start, now)
    else:
        _draw(wish, found, chosen, start, now)


def _draw(
    wish: Wish, found: list[Reading], chosen: list[Reading], start: float, now: float
) -> None:
    from usageline.cli.history import chart, heat, hours, series  # noqa: PLC0415 - as above

    target = table.console()
    width = target.width if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPE_CELLS
    panels = (
        []
        if wish.heatmap
        else [chart.panel(one, start, now, width) for one in series.all_series(chosen, now)]
    )
    blocks = [block for block in (*panels, heat.heatmap(hours.hours(found), width)) if block]
    if not blocks:
        raise UsagelineError(NOTHING_KNOWN)
    for number, block in enumerate(blocks):
        for line in ([Text()] if number else []) + block:
            target.print(line, no_wrap=True, crop=False, overflow="ignore")


def _draw_files(
    wish: Wish, found: list[Reading], chosen: list[Reading], start: float, now: float
) -> None:
    from usageline.cli.history import hours, output, picture, series  # noqa: PLC0415 - as above

    curves = [] if wish.heatmap else series.all_series(chosen, now)
    by_hour = hours.hours(found)
    if not curves and not by_hour:
        raise UsagelineError(NOTHING_KNOWN)
    svg = picture.svg(curves, by_hour, start, now)
    # Both are made before either is written.
    files = [(wish.svg, svg), (wish.png, output.png(svg) if wish.png is not None else b"")]
    for path, data in files:
        if path is not None:
            output.write(path, data)
            click.echo(f"wrote {sanitize(path)}")
