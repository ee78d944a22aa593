"""`usageline history`: the stored readings as a chart, a picture, or data."""

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
DEFAULT_WIDTH = 80
"""Columns of the chart if stdout is not a terminal and `COLUMNS` is not set."""

NO_PERCENTAGES = "no reading in this time has a percentage: choose more with --days"


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """The options of the command.

    `output` is `csv`, `json` or "". `svg` and `png` are paths. `heatmap` omits the charts.
    """

    days: int
    limit: str | None
    account: str | None
    svg: str | None
    png: str | None
    output: str
    heatmap: bool


def show_history(env: dict[str, str], options: HistoryOptions) -> None:
    """Print the history or write it to files.

    Raise `UsagelineError` if there is nothing to show or a file cannot be written.
    """
    now = time.time()
    start = now - options.days * DAY_S
    account = selection.account(env, options.account)
    readings = selection.readings(env, account, start, options.days)
    selected = selection.with_limits(readings, options.limit)
    if options.output:
        # Imported here, like the modules below: each form of output loads only what it needs.
        from usageline.cli.history import export  # noqa: PLC0415

        click.echo(
            export.as_csv(selected) if options.output == "csv" else export.as_json(selected),
            nl=options.output == "json",
        )
    elif options.svg is not None or options.png is not None:
        _write_pictures(options, readings, selected, start, now)
    else:
        _print_charts(options, readings, selected, start, now)


def _print_charts(
    options: HistoryOptions,
    readings: list[Reading],
    selected: list[Reading],
    start: float,
    now: float,
) -> None:
    from usageline.cli.history import chart, heatmap, series  # noqa: PLC0415

    target = table.console()
    width = target.width if sys.stdout.isatty() or os.environ.get("COLUMNS") else DEFAULT_WIDTH
    curves = [] if options.heatmap else series.all_series(selected, now)
    panels = [chart.panel(curve, start, now, width) for curve in curves]
    heatmap_lines = heatmap.lines(heatmap.use_by_hour(readings), width)
    blocks = [block for block in (*panels, heatmap_lines) if block]
    if not blocks:
        raise UsagelineError(NO_PERCENTAGES)
    for number, block in enumerate(blocks):
        for line in ([Text()] if number else []) + block:
            target.print(line, no_wrap=True, crop=False, overflow="ignore")


def _write_pictures(
    options: HistoryOptions,
    readings: list[Reading],
    selected: list[Reading],
    start: float,
    now: float,
) -> None:
    from usageline.cli.history import export, heatmap, series, svg_chart  # noqa: PLC0415

    curves = [] if options.heatmap else series.all_series(selected, now)
    use = heatmap.use_by_hour(readings)
    if not curves and not use:
        raise UsagelineError(NO_PERCENTAGES)
    svg = svg_chart.svg(curves, use, start, now)
    # Convert before writing: a failed conversion must not leave one of two files.
    png = export.png(svg) if options.png is not None else b""
    for path, content in ((options.svg, svg), (options.png, png)):
        if path is not None:
            export.write(path, content)
            click.echo(f"wrote {sanitize(path)}")
