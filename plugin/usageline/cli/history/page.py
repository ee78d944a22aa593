"""The history as one HTML page: the charts, the summary, and a table by day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from usageline.cli import page
from usageline.cli.history import cost_svg, heatmap, svg_chart
from usageline.cli.usage.result import cost_text, incomplete
from usageline.core.formatting import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.history.cost import Costs
    from usageline.cli.history.heatmap import Row
    from usageline.cli.history.series import Series
    from usageline.cli.history.svg_chart import History
    from usageline.storage.usage_index.queries import Row as Sums

USE_TITLES = ("Day", "5-hour limits used", "Busiest hour")
COST_TITLES = ("Tokens", "Cost")


def html(history: History, *, dark: bool | None = None) -> bytes:
    """Return the page. With `dark` None, it has the colors that its reader prefers."""
    parts = [
        *page.list_of("Summary", history.summary),
        *(_panel(history, series, number) for number, series in enumerate(history.curves)),
        *_heatmap(heatmap.rows(history.use)),
        *_use_table(history),
        *_cost(history),
    ]
    span = svg_chart.span_text(history.start, history.end)
    return page.document("Plan usage", span, parts, dark=dark)


def _panel(history: History, series: Series, number: int) -> str:
    color = svg_chart.colors(history.curves)[number]
    charts = page.at_each_width(
        f"{series.name}: {svg_chart.facts(series)}",
        lambda _: svg_chart.panel_height(series),
        lambda drawing, box: svg_chart.draw_panel(drawing, series, color, history, box),
    )
    name = page.color_key(color) + page.escaped(series.name)
    facts = svg_chart.facts(series).split(svg_chart.DOT)
    spans = svg_chart.DOT.join(f"<span>{page.escaped(fact)}</span>" for fact in facts)
    return f"<section><h2>{name}</h2><p>{spans}</p>{charts}</section>"


def _heatmap(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    title = heatmap.title(rows)
    charts = page.at_each_width(
        title,
        lambda width: svg_chart.heatmap_height(rows, width),
        lambda drawing, box: svg_chart.draw_heatmap(drawing, rows, box),
    )
    return [f"<section><h2>{page.escaped(title)}</h2>{charts}</section>"]


def _cost(history: History) -> list[str]:
    """Return a chart of the cost and one of the tokens, and their tables."""
    costs = history.costs
    if costs is None:
        note = page.escaped(history.cost_note)
        return [f"<section><p>{note}</p></section>"] if note else []
    charts = [_cost_chart(costs, measure) for measure in cost_svg.measures(costs)]
    models = page.table(
        ("Model", *COST_TITLES),
        (
            _cost_row(page.color_key(color) + page.escaped(row.key), row)
            for row, _, color in cost_svg.models(costs)
        ),
        _cost_row("Total", costs.total),
        "counts",
    )
    notes = "".join(f"<p>{page.escaped(note)}</p>" for note in incomplete(costs.total))
    by_model = f"<section><h2>Cost and tokens by model</h2>{models}{notes}</section>"
    return [*charts, by_model, _days_table(costs)]


def _cost_chart(costs: Costs, measure: str) -> str:
    title, total = cost_svg.title(measure), cost_svg.total(costs, measure)
    charts = page.at_each_width(
        f"{title}: {total}",
        lambda _: cost_svg.HEIGHT,
        lambda drawing, box: cost_svg.draw(drawing, costs, measure, box),
    )
    return f"<section><h2>{page.escaped(title)}</h2><p>{page.escaped(total)}</p>{charts}</section>"


def _days_table(costs: Costs) -> str:
    """Return the numbers of each model of each day, newest first, as text."""
    rows = (
        _cost_row(f"{page.escaped(heatmap.day_name(day))}<br>{page.escaped(row.key)}", row)
        for day in reversed(costs.days)
        for row in costs.by_day.get(day, {}).values()
    )
    content = page.table(("Day and model", *COST_TITLES), rows, classes="counts")
    return page.details("Cost and tokens of each day and model", content)


def _cost_row(name: str, row: Sums) -> page.TableRow:
    # On two lines, so that the table fits a phone.
    amount = page.escaped(cost_text(row)).replace(" + ", "<br>+ ")
    return page.TableRow(name, (count(row.tokens), amount))


def _use_table(history: History) -> list[str]:
    """Return the numbers of the heatmap as a table, for readers who cannot see it."""
    rows = [
        page.TableRow(
            page.escaped(heatmap.day_name(day)),
            (f"{math.floor(sum(hours.values()))}%", _busiest(hours)),
        )
        for day, hours in sorted(history.use.items(), reverse=True)
    ]
    return [page.details("Numbers of each day", page.table(USE_TITLES, rows))] if rows else []


def _busiest(hours: dict[int, float]) -> str:
    hour = max(hours, key=lambda hour: hours[hour])
    return f"{hour:02}:00, {math.floor(hours[hour])}%" if hours[hour] > 0 else "–"
