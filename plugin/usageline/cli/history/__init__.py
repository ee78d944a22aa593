"""`usageline history`: the stored readings, and what the sessions of this machine cost.

Each is a chart, a picture, a page, or data.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from usageline.cli import output, table
from usageline.cli.history import selection
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from usageline.cli.history.svg_chart import History
    from usageline.usage.model import Reading

DAY_S = 86400
SUMMARY_DAYS = 14
"""The summary compares this week with the last one, however few days are shown."""

DEFAULT_WIDTH = 80
"""Columns of the chart if stdout is not a terminal and `COLUMNS` is not set."""

NO_PERCENTAGES = "no reading in this time has a percentage: choose more with --days"


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """The options of the command.

    `output` is `csv`, `json` or "". `svg`, `png` and `html` are paths. `heatmap` omits the charts,
    `cost` all but the cost. `dark` chooses the colors of a file, None those that its reader
    prefers.
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
    cost: bool = False


def show_history(env: dict[str, str], options: HistoryOptions) -> None:
    """Print the history or write it to files.

    Raise `UsagelineError` if there is nothing to show or a file cannot be written.
    """
    paths, now = Paths(env), time.time()
    if options.output:
        _print_data(env, paths, options, now)
        return
    history = _history(env, paths, options, now)
    if (options.svg, options.png, options.html) == (None, None, None):
        _print(history)
    else:
        _write(options, history)


def _print_data(env: dict[str, str], paths: Paths, options: HistoryOptions, now: float) -> None:
    # Imported here, like the modules below: each form of output loads only what it needs.
    from usageline.cli.history import export  # noqa: PLC0415

    is_csv = options.output == "csv"
    if options.cost:
        from usageline.cli.history import cost  # noqa: PLC0415

        costs = cost.read(env, now, options.days)
        text = cost.as_csv(costs) if is_csv else cost.as_json(costs) + "\n"
    else:
        account = selection.account(env, options.account)
        readings = selection.readings(paths, account, now - options.days * DAY_S, options.days)
        selected = selection.with_limits(readings, options.limit)
        text = export.as_csv(selected) if is_csv else export.as_json(selected) + "\n"
    output.echo_data(text)


def _history(env: dict[str, str], paths: Paths, options: HistoryOptions, now: float) -> History:
    """Return the limits and the cost of this machine's sessions; either may be missing."""
    if options.limit or options.heatmap:
        return _limits(env, paths, options, now)
    from usageline.cli.history import cost, svg_chart  # noqa: PLC0415
    from usageline.sources.transcripts.roots import DISABLED  # noqa: PLC0415

    costs, cost_note, limits_note = None, "", ""
    try:
        costs = cost.read(env, now, options.days)
    except UsagelineError as reason:
        if options.cost:
            raise
        cost_note = "" if str(reason) == DISABLED else str(reason)
    if not options.cost:
        try:
            limits = _limits(env, paths, options, now)
            return limits._replace(costs=costs, cost_note=cost_note)
        except UsagelineError as reason:
            if costs is None or options.account:
                raise
            limits_note = str(reason)
    summary = [f"no limits: {limits_note}"] if limits_note else []
    return svg_chart.History([], {}, now - options.days * DAY_S, now, summary=summary, costs=costs)


def _limits(env: dict[str, str], paths: Paths, options: HistoryOptions, now: float) -> History:
    from usageline.cli.history import heatmap, series, svg_chart  # noqa: PLC0415

    start = now - options.days * DAY_S
    account = selection.account(env, options.account)
    readings = selection.readings(paths, account, start, options.days)
    selected = selection.with_limits(readings, options.limit)
    curves = [] if options.heatmap else series.all_series(selected, now)
    history = svg_chart.History(curves, heatmap.use_by_hour(readings), start, now)
    if not history.curves and not history.use:
        raise UsagelineError(NO_PERCENTAGES)
    if not history.curves:
        return history
    earlier = selection.before(paths, account, now - SUMMARY_DAYS * DAY_S, start)
    both = selection.with_limits([*earlier, *readings], options.limit)
    return _with_words(history, both, _thresholds(env))


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
    words = _wrapped(history.summary, target, width)
    blocks = [*panels, heatmap.lines(history.use, width), *_cost(history, target, width), words]
    blocks = [block for block in blocks if block]
    for number, block in enumerate(blocks):
        for line in ([Text()] if number else []) + list(block):
            target.print(line, no_wrap=True, crop=False, overflow="ignore")


def _cost(history: History, target: Console, width: int) -> list[list[Text]]:
    """Return the chart of the cost, and the sentences about it."""
    from usageline.cli.history import cost_chart  # noqa: PLC0415
    from usageline.cli.usage.result import incomplete  # noqa: PLC0415

    if history.costs is None:
        return [_wrapped([history.cost_note], target, width)] if history.cost_note else []
    notes = _wrapped(incomplete(history.costs.total), target, width)
    return [cost_chart.lines(history.costs, width), notes]


def _wrapped(sentences: Iterable[str], target: Console, width: int) -> list[Text]:
    return [line for sentence in sentences for line in Text(sanitize(sentence)).wrap(target, width)]


def _write(options: HistoryOptions, history: History) -> None:
    from usageline.cli.history import export, page, svg_chart  # noqa: PLC0415

    # Make all of them before writing: a failed conversion must not leave one of two files.
    made: list[tuple[str, bytes]] = []
    if options.svg is not None:
        made.append((options.svg, svg_chart.svg(history, dark=options.dark)))
    if options.png is not None:
        picture = svg_chart.svg(history, dark=bool(options.dark))
        made.append((options.png, export.png(picture)))
    if options.html is not None:
        made.append((options.html, page.html(history, dark=options.dark)))
    output.write_files(made)
