"""The history as one HTML page: the charts, the summary, and a table by day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from usageline.cli.history import cost, cost_svg, heatmap, svg_chart
from usageline.cli.page import at_each_width, color_key, document, escaped, list_of
from usageline.cli.svg import Drawing
from usageline.cli.usage.result import cost_text
from usageline.core.formatting import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.history.cost import Costs
    from usageline.cli.history.heatmap import Row
    from usageline.cli.history.series import Series
    from usageline.cli.history.svg_chart import History
    from usageline.storage.usage_index.queries import Row as Sums

TABLE_HEAD = (
    "<thead><tr><th scope=col>Day</th><th scope=col>5-hour limits used</th>"
    "<th scope=col>Busiest hour</th></tr></thead>"
)
COST_HEAD = "<th scope=col>Tokens</th><th scope=col>Cost</th>"


def html(history: History, *, dark: bool | None = None) -> bytes:
    """Return the page. With `dark` None, it has the colors that its reader prefers."""
    parts = [
        *list_of("Summary", history.summary),
        *(_panel(history, series, number) for number, series in enumerate(history.curves)),
        *_heatmap(heatmap.rows(history.use)),
        *_table(history),
        *_cost(history),
    ]
    span = svg_chart.span_text(history.start, history.end)
    return document("Plan usage", span, parts, dark=dark)


def _panel(history: History, series: Series, number: int) -> str:
    color = svg_chart.colors(history.curves)[number]
    height = svg_chart.panel_height(series)

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, height, f"{series.name}: {svg_chart.facts(series)}", dark=None)
        svg_chart.draw_panel(drawing, series, color, history, (0, 0, width, height))
        return drawing

    return (
        f"<section><h2>{color_key(color)}{escaped(series.name)}</h2>"
        f"<p>{_facts(series)}</p>{at_each_width(draw)}</section>"
    )


def _facts(series: Series) -> str:
    """Return the facts about a limit, each on one line."""
    facts = svg_chart.facts(series).split(svg_chart.DOT)
    return svg_chart.DOT.join(f"<span>{escaped(fact)}</span>" for fact in facts)


def _heatmap(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []

    def draw(width: int) -> Drawing:
        height = svg_chart.heatmap_height(rows, width)
        drawing = Drawing(width, height, heatmap.title(list(rows)), dark=None)
        svg_chart.draw_heatmap(drawing, rows, 0, 0, width)
        return drawing

    return [
        f"<section><h2>{escaped(heatmap.title(list(rows)))}</h2>{at_each_width(draw)}</section>"
    ]


def _cost(history: History) -> list[str]:
    """Return a chart of the cost and one of the tokens, and their tables."""
    costs = history.costs
    if costs is None:
        note = escaped(history.cost_note)
        return [f"<section><p>{note}</p></section>"] if note else []
    charts = [_cost_chart(costs, measure) for measure in cost_svg.measures(costs)]
    models = "".join(
        _cells(f"{color_key(color)}{escaped(row.key)}", row)
        for row, _, color in cost_svg.models(costs)
    )
    head = f"<thead><tr><th scope=col>Model</th>{COST_HEAD}</tr></thead>"
    total = f"<tfoot>{_cells('Total', costs.total)}</tfoot>"
    notes = "".join(f"<p>{escaped(note)}</p>" for note in cost.notes(costs))
    table = f'<table class="counts">{head}<tbody>{models}</tbody>{total}</table>'
    title = "<h2>Cost and tokens by model</h2>"
    by_model = f'<section>{title}<div class="scroll">{table}</div>{notes}</section>'
    return [*charts, by_model, _days_table(costs)]


def _cost_chart(costs: Costs, measure: str) -> str:
    title = cost_svg.title(measure)

    def draw(width: int) -> Drawing:
        drawing = Drawing(
            width, cost_svg.HEIGHT, f"{title}: {cost_svg.total(costs, measure)}", dark=None
        )
        cost_svg.draw(drawing, costs, measure, (0, 0, width, cost_svg.HEIGHT))
        return drawing

    total = escaped(cost_svg.total(costs, measure))
    return f"<section><h2>{escaped(title)}</h2><p>{total}</p>{at_each_width(draw)}</section>"


def _days_table(costs: Costs) -> str:
    """Return the numbers of each model of each day, newest first, for who cannot see the bars."""
    rows = "".join(
        _cells(f"{escaped(heatmap.day_name(day))}<br>{escaped(row.key)}", row)
        for day in reversed(costs.days)
        for row in costs.by_day.get(day, {}).values()
    )
    head = f"<thead><tr><th scope=col>Day and model</th>{COST_HEAD}</tr></thead>"
    return (
        "<details><summary>Cost and tokens of each day and model</summary>"
        f'<div class="scroll"><table class="counts">{head}<tbody>{rows}</tbody></table></div>'
        "</details>"
    )


def _cells(name: str, row: Sums) -> str:
    # On two lines, so that the table fits a phone.
    amount = escaped(cost_text(row)).replace(" + ", "<br>+ ")
    return f"<tr><th scope=row>{name}</th><td>{count(row.tokens)}</td><td>{amount}</td></tr>"


def _table(history: History) -> list[str]:
    """Return the numbers of each day as a table, for who cannot see the heatmap."""
    rows = "".join(
        f"<tr><th scope=row>{escaped(heatmap.day_name(day))}</th>"
        f"<td>{math.floor(sum(hours.values()))} %</td><td>{_busiest(hours)}</td></tr>"
        for day, hours in sorted(history.use.items(), reverse=True)
    )
    if not rows:
        return []
    table = f"<table>{TABLE_HEAD}<tbody>{rows}</tbody></table>"
    return [f"<details><summary>Numbers of each day</summary>{table}</details>"]


def _busiest(hours: dict[int, float]) -> str:
    hour = max(hours, key=lambda hour: hours[hour])
    return f"{hour:02}:00, {math.floor(hours[hour])} %" if hours[hour] > 0 else "–"
