"""The history as one HTML page: the charts, the summary, and a table by day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from usageline.cli.history import heatmap, svg_chart
from usageline.cli.page import at_each_width, color_key, document, escaped, list_of
from usageline.cli.svg import Drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.history.heatmap import Row
    from usageline.cli.history.series import Series
    from usageline.cli.history.svg_chart import History

TABLE_HEAD = (
    "<thead><tr><th scope=col>Day</th><th scope=col>5-hour limits used</th>"
    "<th scope=col>Busiest hour</th></tr></thead>"
)


def html(history: History, *, dark: bool | None = None) -> bytes:
    """Return the page. With `dark` None, it has the colors that its reader prefers."""
    parts = [
        *list_of("Summary", history.summary),
        *(_panel(history, series, number) for number, series in enumerate(history.curves)),
        *_heatmap(heatmap.rows(history.use)),
        *_table(history),
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
