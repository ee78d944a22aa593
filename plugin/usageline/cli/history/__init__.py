"""`usageline history`: the stored readings, and what the sessions of this machine cost.

Each is a chart, a picture, a page, or data.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from usageline.cli import output, table
from usageline.cli.commands import dark_option
from usageline.cli.history import readings
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from usageline.cli.history.svg_chart import History

DAY_S = 86400
SUMMARY_DAYS = 14
"""The summary compares this week with the last one, however few days are shown."""

DEFAULT_WIDTH = 80
"""Columns of the chart if stdout is not a terminal and `COLUMNS` is not set."""

FILES = ("svg", "png", "html")
NO_PERCENTAGES = "no reading in this time has a percentage: choose more with --days"


@click.command("history")
@click.option(
    "--days",
    type=click.IntRange(1, 90),
    default=7,
    show_default=True,
    metavar="N",
    help="Show the last N days.",
)
@click.option(
    "--limit",
    metavar="KIND",
    help="Show one limit: session, weekly_all, or a name such as 5h or Fable.",
)
@click.option(
    "--account",
    metavar="NAME",
    shell_complete=lambda _context, _option, text: readings.complete(os.environ, text),
    help="Show another account than the one signed in: its label, its key, or how either begins.",
)
@click.option(
    "--html", metavar="FILE", help="Write a page with the charts to FILE, or - for stdout."
)
@click.option("--svg", metavar="FILE", help="Write an SVG picture to FILE, or -.")
@click.option(
    "--png", metavar="FILE", help="Write a PNG picture to FILE, or - (needs the extra `png`)."
)
@dark_option
@click.option("--csv", "output", flag_value="csv", help="Print the readings as CSV.")
@click.option("--json", "output", flag_value="json", help="Print the readings as JSON.")
@click.option("--heatmap", is_flag=True, help="Show only the heatmap of the 5-hour limit.")
@click.option(
    "--cost", is_flag=True, help="Show only cost and tokens by day and model, of this machine."
)
def command(**options: Any) -> None:
    """Show usage over time: a chart of each limit, a heatmap of the hours, cost, and a summary.

    Cost and tokens are those of all sessions on this machine, at list prices.

    Sends no request.
    """
    writes = any(options[name] is not None for name in FILES)
    if options["output"] and (options["heatmap"] or writes):
        raise click.UsageError(
            f"--{options['output']} cannot be combined with --html, --svg, --png or --heatmap"
        )
    if options["dark"] is not None and not writes:
        raise click.UsageError("--dark and --light require --html, --svg or --png")
    if options["cost"] and (options["heatmap"] or options["limit"] or options["account"]):
        raise click.UsageError("--cost cannot be combined with --limit, --account or --heatmap")
    env, now = dict(os.environ), time.time()
    if options["output"]:
        _print_data(env, options, now)
        return
    history = _history(env, options, now)
    if writes:
        _write(options, history)
    else:
        _print(history)


def _print_data(env: dict[str, str], options: Mapping[str, Any], now: float) -> None:
    is_csv = options["output"] == "csv"
    if options["cost"]:
        # Imported here, like the modules below: each form of output loads only what it needs.
        from usageline.cli.history import cost  # noqa: PLC0415

        costs = cost.read(env, now, options["days"])
        text = cost.as_csv(costs) if is_csv else cost.as_json(costs) + "\n"
    else:
        account = readings.account(env, options["account"])
        recent = readings.since(env, account, now - options["days"] * DAY_S, options["days"])
        selected = readings.with_limits(recent, options["limit"])
        text = readings.as_csv(selected) if is_csv else readings.as_json(selected) + "\n"
    output.echo_data(text)


def _history(env: dict[str, str], options: Mapping[str, Any], now: float) -> History:
    """Return the limits and the cost of this machine's sessions; either may be missing."""
    if options["limit"] or options["heatmap"]:
        return _limits(env, options, now)
    from usageline.cli.history import cost, svg_chart  # noqa: PLC0415
    from usageline.sources.transcripts.roots import DISABLED  # noqa: PLC0415

    costs, cost_note, limits_note = None, "", ""
    try:
        costs = cost.read(env, now, options["days"])
    except UsagelineError as reason:
        if options["cost"]:
            raise
        cost_note = "" if str(reason) == DISABLED else str(reason)
    if not options["cost"]:
        try:
            limits = _limits(env, options, now)
            return limits._replace(costs=costs, cost_note=cost_note)
        except UsagelineError as reason:
            if costs is None or options["account"]:
                raise
            limits_note = str(reason)
    summary = [f"no limits: {limits_note}"] if limits_note else []
    return svg_chart.History(
        [], {}, now - options["days"] * DAY_S, now, summary=summary, costs=costs
    )


def _limits(env: dict[str, str], options: Mapping[str, Any], now: float) -> History:
    from usageline.cli.history import heatmap, series, summary, svg_chart  # noqa: PLC0415
    from usageline.config import loader  # noqa: PLC0415

    start = now - options["days"] * DAY_S
    account = readings.account(env, options["account"])
    recent = readings.since(env, account, start, options["days"])
    selected = readings.with_limits(recent, options["limit"])
    curves = [] if options["heatmap"] else series.all_series(selected, now)
    history = svg_chart.History(curves, heatmap.use_by_hour(recent), start, now)
    if not history.curves and not history.use:
        raise UsagelineError(NO_PERCENTAGES)
    if not history.curves:
        return history
    earlier = readings.before(env, account, now - SUMMARY_DAYS * DAY_S, start)
    both = readings.with_limits([*earlier, *recent], options["limit"])
    thresholds = loader.load_lenient(env)[0].alerts.thresholds
    return history._replace(thresholds=thresholds, summary=summary.sentences(both, start, now))


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
    from usageline.cli.history import cost  # noqa: PLC0415
    from usageline.cli.usage.result import incomplete  # noqa: PLC0415

    if history.costs is None:
        return [_wrapped([history.cost_note], target, width)] if history.cost_note else []
    notes = _wrapped(incomplete(history.costs.total), target, width)
    return [cost.lines(history.costs, width), notes]


def _wrapped(sentences: Iterable[str], target: Console, width: int) -> list[Text]:
    return [line for sentence in sentences for line in Text(sanitize(sentence)).wrap(target, width)]


def _write(options: Mapping[str, Any], history: History) -> None:
    from usageline.cli import svg  # noqa: PLC0415
    from usageline.cli.history import page, svg_chart  # noqa: PLC0415

    dark = options["dark"]
    output.write_files(
        (
            (options["svg"], lambda: svg_chart.picture(history, dark=dark)),
            (options["png"], lambda: svg.png(svg_chart.picture(history, dark=bool(dark)))),
            (options["html"], lambda: page.html(history, dark=dark)),
        )
    )
