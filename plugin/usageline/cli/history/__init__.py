"""`usageline history`: the stored readings as a chart, a picture, a page, or data."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from rich.text import Text

from usageline.cli import table
from usageline.cli.formatting import echo_data
from usageline.cli.history import selection
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from usageline.cli.history.svg_chart import History
    from usageline.usage.model import Reading

DAY_S = 86400
SUMMARY_DAYS = 14
"""The summary compares this week with the last one, however few days are shown."""

DEFAULT_WIDTH = 80
"""Columns of the chart if stdout is not a terminal and `COLUMNS` is not set."""

PICTURE_COLUMNS = 128
"""Columns of a line of the summary in a picture."""

NO_PERCENTAGES = "no reading in this time has a percentage: choose more with --days"


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """The options of the command.

    `output` is `csv`, `json` or "". `svg`, `png` and `html` are paths. `heatmap` omits the charts.
    `dark` chooses the colors of a file, None those that its reader prefers.
    """

    days: int
    limit: str | None
    account: str | None
    svg: str | None
    png: str | None
    output: str
    heatmap: bool
    html: str | None = None
    dark: bool | None = None


def show_history(env: dict[str, str], options: HistoryOptions) -> None:
    """Print the history or write it to files.

    Raise `UsagelineError` if there is nothing to show or a file cannot be written.
    """
    paths = Paths(env)
    now = time.time()
    start = now - options.days * DAY_S
    account = selection.account(env, options.account)
    readings = selection.readings(paths, account, start, options.days)
    selected = selection.with_limits(readings, options.limit)
    if options.output:
        # Imported here, like the modules below: each form of output loads only what it needs.
        from usageline.cli.history import export  # noqa: PLC0415

        if options.output == "csv":
            echo_data(export.as_csv(selected))
        else:
            click.echo(export.as_json(selected))
        return
    history = _history(options, readings, selected, start, now)
    if not history.curves and not history.use:
        raise UsagelineError(NO_PERCENTAGES)
    if history.curves:
        earlier = selection.before(paths, account, now - SUMMARY_DAYS * DAY_S, start)
        both = selection.with_limits([*earlier, *readings], options.limit)
        history = _with_words(history, both, _thresholds(env))
    if (options.svg, options.png, options.html) == (None, None, None):
        _print(history)
    else:
        _write(options, history)


def _history(
    options: HistoryOptions,
    readings: list[Reading],
    selected: list[Reading],
    start: float,
    now: float,
) -> History:
    from usageline.cli.history import heatmap, series, svg_chart  # noqa: PLC0415

    curves = [] if options.heatmap else series.all_series(selected, now)
    return svg_chart.History(curves, heatmap.use_by_hour(readings), start, now)


def _with_words(history: History, readings: list[Reading], thresholds: tuple[int, ...]) -> History:
    """Return the history with lines at `thresholds`, and with the summary of `readings`."""
    from usageline.cli.history import summary  # noqa: PLC0415

    words = summary.sentences(readings, history.start, history.end)
    return history._replace(thresholds=thresholds, summary=words)


def _thresholds(env: dict[str, str]) -> tuple[int, ...]:
    """Return the percentages that trigger an alert."""
    from usageline.config import loader  # noqa: PLC0415 - not for --csv and --json

    return loader.load_lenient(env)[0].alerts.thresholds


def _print(history: History) -> None:
    from usageline.cli.history import chart, heatmap  # noqa: PLC0415

    target = table.console()
    width = target.width if sys.stdout.isatty() or os.environ.get("COLUMNS") else DEFAULT_WIDTH
    start, end = history.start, history.end
    panels = [chart.panel(curve, start, end, width, history.thresholds) for curve in history.curves]
    words = [
        line
        for sentence in history.summary
        for line in Text(sanitize(sentence)).wrap(target, width)
    ]
    blocks = [block for block in (*panels, heatmap.lines(history.use, width), words) if block]
    for number, block in enumerate(blocks):
        for line in ([Text()] if number else []) + list(block):
            target.print(line, no_wrap=True, crop=False, overflow="ignore")


def _write(options: HistoryOptions, history: History) -> None:
    from usageline.cli.history import export, page, svg_chart  # noqa: PLC0415

    wrapped = history._replace(
        summary=[line for text in history.summary for line in textwrap.wrap(text, PICTURE_COLUMNS)]
    )
    # Make all of them before writing: a failed conversion must not leave one of two files.
    made: list[tuple[str, bytes]] = []
    if options.svg is not None:
        made.append((options.svg, svg_chart.svg(wrapped, dark=options.dark)))
    if options.png is not None:
        picture = svg_chart.svg(wrapped, dark=bool(options.dark))
        made.append((options.png, export.png(picture)))
    if options.html is not None:
        made.append((options.html, page.html(history, dark=options.dark)))
    for path, content in made:
        export.write(path, content)
        click.echo(f"wrote {sanitize(path)}")
