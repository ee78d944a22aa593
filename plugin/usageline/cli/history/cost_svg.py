"""Draw cost and tokens by day as stacked bars, one color for each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.cli.history import cost
from usageline.cli.history.cost import CENT
from usageline.cli.history.heatmap import day_name
from usageline.cli.svg import FAINT, LINES, MARK, OTHERS, SESSION, WEEKLY
from usageline.cli.usage.result import amount, cost_text
from usageline.core.formatting import MONTHS, count
from usageline.core.text import display_width
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    from usageline.cli.history.cost import Costs
    from usageline.cli.history.heatmap import Day
    from usageline.cli.svg import Box, Color, Drawing
    from usageline.storage.usage_index.queries import Row

HEIGHT = 190
TITLE_HEIGHT, SPACING, LINE_HEIGHT = 30, 14, 20
AXIS_WIDTH, AXIS_HEIGHT = 62, 26
COLORS = (SESSION, WEEKLY, *OTHERS)
"""Of the models that cost most; the last one is that of all others."""

STEPS = (1, 2, 5)
LINES_ABOVE = 4
"""Lines of the grid above zero, at most."""

TEXT_CELL_WIDTH = 7.2
MIN_LABEL_GAP = 14
MAX_BAR_WIDTH = 56
LEGEND_HEIGHT = 22
KEY_WIDTH = 20

COST, TOKENS = "cost", "tokens"


def section_height(costs: Costs | None, note: str, width: float) -> int:
    """Return the pixels of the charts with their legend, or of the note without costs."""
    if costs is None:
        return LINE_HEIGHT if note else 0
    charts = len(measures(costs)) * (TITLE_HEIGHT + HEIGHT + SPACING)
    return charts + _legend_height(costs, width) + LINE_HEIGHT * len(cost.notes(costs))


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
    _draw_legend(drawing, costs, left, top, width)
    top += _legend_height(costs, width)
    for number, sentence in enumerate(cost.notes(costs)):
        drawing.text(left, top + 14 + LINE_HEIGHT * number, sentence, fill=FAINT)


def measures(costs: Costs) -> tuple[str, ...]:
    """Return what can be drawn: the cost only if a model has a price."""
    return (COST, TOKENS) if costs.total.cost else (TOKENS,)


def title(measure: str) -> str:
    """Return the title above a chart."""
    return "Cost by day, at list prices" if measure == COST else "Tokens by day"


def total(costs: Costs, measure: str) -> str:
    """Return the sum of the whole time, and what is counted."""
    amount = cost_text(costs.total) if measure == COST else f"{count(costs.total.tokens)} tokens"
    return f"{amount}, all sessions on this machine"


def models(costs: Costs) -> list[tuple[Row, frozenset[str], Color]]:
    """Return the sums, names and color of each model that is drawn, the others as one."""
    by_name = {row.key: row for row in costs.models}
    return [
        (cost.summed(name, (by_name[each] for each in names)), names, color)
        for (name, names), color in zip(cost.shown_models(costs, len(COLORS)), COLORS, strict=False)
    ]


def draw(drawing: Drawing, costs: Costs, measure: str, box: Box) -> None:
    """Draw the bars inside `box`, with the labels of the axes left and below."""
    left, top = box[0] + AXIS_WIDTH, box[1] + 8
    width, height = box[2] - AXIS_WIDTH, box[3] - AXIS_HEIGHT - 8
    bottom = top + height
    sums = [_size(costs.of_day(day), measure) for day in costs.days]
    step = _step(max(sums), measure)
    highest = max(-(-max(sums) // step), 1) * step
    marks = range(0, highest + 1, step)
    lines = [
        ((left, bottom - mark / highest * height), (left + width, bottom - mark / highest * height))
        for mark in marks
    ]
    drawing.paths(lines[1:], stroke=LINES)
    drawing.paths(lines[:1], stroke=MARK)
    for mark in marks:
        drawing.text(
            left - 6,
            bottom - mark / highest * height + 4,
            _amount(mark, step, measure),
            fill=FAINT,
            font_size=12,
            text_anchor="end",
        )
    slot = width / len(costs.days)
    drawn = models(costs)
    bar_width = min(slot * (0.76 if slot > 6 else 0.9), MAX_BAR_WIDTH)
    for number, day in enumerate(costs.days):
        x = left + number * slot + (slot - bar_width) / 2
        y = float(bottom)
        for sums_of, names, color in drawn:
            rows = [row for name, row in costs.by_day.get(day, {}).items() if name in names]
            part = cost.summed(sums_of.key, rows)
            size = _size(part, measure) / highest * height
            if size <= 0:
                continue
            y -= size
            drawing.box((x, y, bar_width, size), color, _tip(day, part))
    _draw_days(drawing, costs, (left, bottom), slot)


def _legend_height(costs: Costs, width: float) -> int:
    """Return the pixels of the legend of that width."""
    return LEGEND_HEIGHT * (1 + max((row for _, row, *_ in _legend(costs, width)), default=0))


def _draw_legend(drawing: Drawing, costs: Costs, left: float, top: float, width: float) -> None:
    """Draw the key of each model with its cost and tokens, on as many lines as they need."""
    for x, row, color, text in _legend(costs, width):
        y = top + row * LEGEND_HEIGHT
        drawing.box((left + x, y + 4, 12, 12), color, rx=3)
        drawing.text(left + x + KEY_WIDTH, y + 15, text, font_size=13)


def _legend(costs: Costs, width: float) -> list[tuple[float, int, Color, str]]:
    entries, x, row = [], 0.0, 0
    for sums, _, color in models(costs):
        text = f"{cost.short_name(sums.key)}  {cost_text(sums)} · {count(sums.tokens)} tokens"
        taken = KEY_WIDTH + display_width(text) * TEXT_CELL_WIDTH + 24
        if x and x + taken > width:
            x, row = 0.0, row + 1
        entries.append((x, row, color, text))
        x += taken
    return entries


def _size(row: Row, measure: str) -> int:
    return row.cost if measure == COST else row.tokens


def _step(highest: int, measure: str) -> int:
    """Return the distance of the lines: 1, 2 or 5 times a power of ten, of cents or of tokens."""
    power = CENT if measure == COST else 1
    while True:
        for factor in STEPS:
            if highest <= factor * power * LINES_ABOVE:
                return factor * power
        power *= 10


def _amount(size: int, step: int, measure: str) -> str:
    """Return the label of a line of the grid."""
    if measure == TOKENS:
        return count(size)
    return amount(size).removesuffix(".00") if step % PICO == 0 else amount(size)


def _tip(day: Day, row: Row) -> str:
    return (
        f"{day_name(day)}: {cost.short_name(row.key)} {cost_text(row)}, {count(row.tokens)} tokens"
    )


def _draw_days(drawing: Drawing, costs: Costs, corner: tuple[float, float], slot: float) -> None:
    """Draw the days below their bars, as many as fit."""
    left, bottom = corner
    weekdays = len(costs.days) <= 10
    texts = [
        day_name(day).rsplit(" ", 1)[0] if weekdays else f"{day[2]} {MONTHS[day[1] - 1]}"
        for day in costs.days
    ]
    width = max(map(display_width, texts)) * TEXT_CELL_WIDTH
    every = max(int(-(-(width + MIN_LABEL_GAP) // slot)), 1)
    for number, text in enumerate(texts):
        middle = left + (number + 0.5) * slot
        is_inside = middle + width / 2 <= left + slot * len(texts) + 0.5
        if number % every == 0 and is_inside:
            drawing.text(
                middle,
                bottom + 18,
                text,
                fill=FAINT,
                font_size=12,
                text_anchor="middle",
            )
