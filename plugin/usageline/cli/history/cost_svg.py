"""Draw cost and tokens by day as stacked bars, one color for each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.cli.history import cost
from usageline.cli.history.heatmap import day_name
from usageline.cli.svg import FAINT, LINE_HEIGHT, OTHERS, SESSION, SPACING, WEEKLY, Legend
from usageline.cli.usage.chart import Column, draw_columns
from usageline.cli.usage.result import incomplete
from usageline.core.formatting import MONTHS

if TYPE_CHECKING:
    from datetime import date

    from usageline.cli.history.cost import Costs
    from usageline.cli.svg import Box, Color, Drawing
    from usageline.storage.usage_index.queries import Row

HEIGHT = 190
TITLE_HEIGHT = 30
COLORS = (SESSION, WEEKLY, *OTHERS)
"""Of the models that cost most; the last one is that of all others."""

LEGEND_LINE_HEIGHT = 22
MAX_WEEKDAYS = 10
"""More days than this have no weekday in their label."""

COST, TOKENS = "cost", "tokens"
"""The measures, by their names in `Row`."""


def section_height(costs: Costs | None, note: str, width: float) -> int:
    """Return the pixels of the charts with their legend, or of the note without costs."""
    if costs is None:
        return LINE_HEIGHT if note else 0
    charts = len(measures(costs)) * (TITLE_HEIGHT + HEIGHT + SPACING)
    return charts + _legend(costs, width).height + LINE_HEIGHT * len(incomplete(costs.total))


def draw_section(
    drawing: Drawing, costs: Costs | None, note: str, place: tuple[float, float, float]
) -> None:
    """Draw the charts with their legend, or the note; `place` is left, top and width."""
    left, top, width = place
    if costs is None:
        drawing.text(left, top + 14, note, fill=FAINT)
        return
    for measure in measures(costs):
        drawing.text(left, top + 16, title(measure), font_size=14, font_weight=600)
        words = {"fill": FAINT, "text_anchor": "end"}
        drawing.text(left + width, top + 16, total(costs, measure), **words)
        draw(drawing, costs, measure, (left, top + TITLE_HEIGHT, width, HEIGHT))
        top += TITLE_HEIGHT + HEIGHT + SPACING
    legend = _legend(costs, width)
    legend.draw(drawing, left, top + 4, font_size=13)
    top += legend.height
    for number, sentence in enumerate(incomplete(costs.total)):
        drawing.text(left, top + 14 + LINE_HEIGHT * number, sentence, fill=FAINT)


def measures(costs: Costs) -> tuple[str, ...]:
    """Return what can be drawn: the cost only if a model has a price."""
    return (COST, TOKENS) if costs.total.cost else (TOKENS,)


def title(measure: str) -> str:
    """Return the title above a chart."""
    return "Cost by day, at list prices" if measure == COST else "Tokens by day"


def total(costs: Costs, measure: str) -> str:
    """Return the sum of the whole time, and what is counted."""
    amount, tokens = cost.facts(costs.total)
    return f"{amount if measure == COST else tokens}, all sessions on this machine"


def models(costs: Costs) -> list[tuple[Row, frozenset[str], Color]]:
    """Return the sums, names and color of each model that is drawn, the others as one."""
    groups = costs.groups(len(COLORS))
    return [(row, names, color) for (row, names), color in zip(groups, COLORS, strict=False)]


def draw(drawing: Drawing, costs: Costs, measure: str, box: Box) -> None:
    """Draw the columns inside `box`, with the labels of the axes left and below."""
    columns, drawn = [], models(costs)
    for day in costs.days:
        parts = []
        for sums, names, color in drawn:
            rows = (row for name, row in costs.by_day.get(day, {}).items() if name in names)
            part = cost.summed(sums.key, rows)
            words = f"{cost.short_name(part.key)} {', '.join(cost.facts(part))}"
            parts.append((color, getattr(part, measure), f"{day_name(day)}: {words}"))
        columns.append(Column(_label(costs, day), parts))
    draw_columns(drawing, columns, box, is_cost=measure == COST)


def _label(costs: Costs, day: date) -> str:
    if len(costs.days) <= MAX_WEEKDAYS:
        return day_name(day).rsplit(" ", 1)[0]
    return f"{day.day} {MONTHS[day.month - 1]}"


def _legend(costs: Costs, width: float) -> Legend:
    """Return the key of each model with its cost and tokens."""
    entries = [
        (color, f"{cost.short_name(row.key)}  {' · '.join(cost.facts(row))}")
        for row, _, color in models(costs)
    ]
    return Legend(entries, width, LEGEND_LINE_HEIGHT)
