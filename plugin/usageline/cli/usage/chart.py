"""Draw the cost of each row: columns over time, or bars of projects, models and sessions.

The history draws its columns with `draw_columns`, too.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from usageline.cli.formatting import cut
from usageline.cli.svg import FAINT, LINES, MARK, MODEL_COLORS, OTHERS, Box, Color, Drawing
from usageline.cli.usage.result import Result, amount, cost_text, short_label
from usageline.core.formatting import count
from usageline.core.text import display_width, sanitize
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.storage.usage_index.queries import Row

MAX_COLUMNS = 400
"""More would be thinner than a pixel: the newest are drawn."""

MAX_BARS = 24
COLUMNS_HEIGHT = 240
BAR_HEIGHT, BAR_SPACING = 16, 10
TEXT_CELL_WIDTH = 8.0
"""Pixels of a column of text, about."""

OTHER_MODELS = OTHERS[3]
OTHERS_NAME = "other models"
NAME_PART, MAX_NAME_WIDTH = 0.4, 300
"""Of the width of a chart with bars, for the names."""

AXIS_WIDTH, AXIS_HEIGHT = 62, 26
"""For the numbers left of the columns, and for the labels below them."""

TOP_SPACING = 8
MAX_GRID_LINES = 4
STEP_FACTORS = (1, 2, 5)
CENT = PICO // 100
MAX_COLUMN_WIDTH = 56
LABEL_CELL_WIDTH = 7.4
MIN_LABEL_GAP = 14


class Share(NamedTuple):
    """A model in the legend: its color, its name, and what it cost in all (picodollars)."""

    color: Color
    name: str
    cost: int


class Column(NamedTuple):
    """One column: its label, and from below the color, the size and the tooltip of each part.

    Sizes are picodollars or tokens.
    """

    label: str
    parts: Sequence[tuple[Color, int, str]]

    @property
    def size(self) -> int:
        """Return the sum of its parts."""
        return sum(size for _, size, _ in self.parts)


def legend(result: Result) -> list[Share]:
    """Return the models by cost, the most expensive first. The last may stand for several."""
    costs: dict[str, int] = {}
    for row in result.shares.values():
        for model, spent in row.items():
            costs[model] = costs.get(model, 0) + spent
    ranked = sorted((name for name in costs if costs[name]), key=lambda name: (-costs[name], name))
    own = ranked if len(ranked) == len(MODEL_COLORS) + 1 else ranked[: len(MODEL_COLORS)]
    shares = [
        Share(color, name, costs[name])
        for color, name in zip((*MODEL_COLORS, OTHER_MODELS), own, strict=False)
    ]
    others = sum(costs[name] for name in ranked[len(own) :])
    return [*shares, Share(OTHER_MODELS, OTHERS_NAME, others)] if others else shares


def height(result: Result) -> int:
    """Return the pixels of the chart."""
    if result.is_time:
        return COLUMNS_HEIGHT
    return min(len(result.rows), MAX_BARS) * (BAR_HEIGHT + BAR_SPACING) + BAR_SPACING


def title(result: Result) -> str:
    """Return what the chart shows."""
    what = "Cost" if result.total.cost else "Tokens"
    text = f"{what} by {result.kind}"
    if result.is_time and len(result.rows) > MAX_COLUMNS:
        text += f", the newest {MAX_COLUMNS}"
    if not result.is_time and len(result.rows) > MAX_BARS:
        text += f", the {MAX_BARS} most expensive of {len(result.rows)}"
    return text


def draw(drawing: Drawing, result: Result, box: Box) -> None:
    """Draw the chart inside `box`."""
    if not result.is_time:
        _draw_bars(drawing, result, box)
        return
    rows = filled(result.rows, result.kind)[-MAX_COLUMNS:]
    shown = legend(result)
    columns = [
        Column(short_label(row.key, result.kind), _parts(row, result, shown)) for row in rows
    ]
    draw_columns(drawing, columns, box, is_cost=bool(result.total.cost))


def _draw_bars(drawing: Drawing, result: Result, box: Box) -> None:
    rows = result.rows[:MAX_BARS]
    left, top, width, _ = box
    name_cells = max(int(min(width * NAME_PART, MAX_NAME_WIDTH) / TEXT_CELL_WIDTH) - 2, 4)
    names = [cut(_name(row, result), name_cells) for row in rows]
    texts = [_words(row, result) for row in rows]
    name_width = max(map(display_width, names)) * TEXT_CELL_WIDTH + 12
    name_width = min(name_width, width * NAME_PART, MAX_NAME_WIDTH)
    text_width = max(map(display_width, texts)) * TEXT_CELL_WIDTH + 18
    room = max(width - name_width - text_width, 10)
    most = max(_value(row, result) for row in rows) or 1
    shown = legend(result)
    for number, row in enumerate(rows):
        y = top + BAR_SPACING + number * (BAR_HEIGHT + BAR_SPACING)
        drawing.text(left, y + 13, names[number])
        x = left + name_width
        for color, part, tip in _parts(row, result, shown):
            size = part / most * room
            if size > 0:
                drawing.box((round(x, 2), y, round(max(size, 1), 2), BAR_HEIGHT), color, tip)
            x += size
        drawing.text(x + 8, y + 13, texts[number], fill=FAINT)


def _parts(row: Row, result: Result, shown: Sequence[Share]) -> list[tuple[Color, int, str]]:
    """Return color, value and tooltip of each part of a row, in the order of the legend."""
    name = f"{sanitize(row.key)}: {_words(row, result)}"
    shares: Mapping[str, int] = result.shares.get(row.key, {})
    if not any(shares.values()):
        return [(MODEL_COLORS[0], _value(row, result), name)]
    parts, rest = [], dict(shares)
    for share in shown:
        spent = sum(rest.values()) if share.name == OTHERS_NAME else rest.pop(share.name, 0)
        if spent:
            parts.append((share.color, spent, f"{name}\n{sanitize(share.name)}: {amount(spent)}"))
    return parts


def filled(rows: Sequence[Row], kind: str) -> list[Row]:
    """Return the rows with empty ones for the days, weeks or months between them."""
    steps = {"day": 1, "week": 7, "month": 31}
    if kind not in steps or not rows:
        return list(rows)
    by_key = {row.key: row for row in rows}
    first, last = rows[0].key, rows[-1].key
    result, at = [], date.fromisoformat(first if len(first) == 10 else first + "-01")
    while (key := at.isoformat()[: len(last)]) <= last:
        result.append(by_key.get(key) or type(rows[0])(key))
        at += timedelta(days=steps[kind])
        if kind == "month":
            at = at.replace(day=1)
    return result


def _value(row: Row, result: Result) -> int:
    return row.cost if result.total.cost else row.tokens


def _name(row: Row, result: Result) -> str:
    """Return the name beside a bar. What all models begin with would fill its room."""
    name = short_label(row.key, result.kind)
    return name.removeprefix("claude-") if result.kind == "model" else name


def _words(row: Row, result: Result) -> str:
    return cost_text(row) if result.total.cost else f"{count(row.tokens)} tokens"


def draw_columns(drawing: Drawing, columns: Sequence[Column], box: Box, *, is_cost: bool) -> None:
    """Draw the columns inside `box`, with a grid and the labels of the axes left and below."""
    left, top = box[0] + AXIS_WIDTH, box[1] + TOP_SPACING
    width, height = box[2] - AXIS_WIDTH, box[3] - AXIS_HEIGHT - TOP_SPACING
    bottom = top + height
    largest = max((column.size for column in columns), default=0)
    step = _step(largest, CENT if is_cost else 1)
    highest = max(-(-largest // step), 1) * step
    for mark in range(0, highest + 1, step):
        y = bottom - mark / highest * height
        drawing.paths([((left, y), (left + width, y))], stroke=LINES if mark else MARK)
        text = _axis_label(mark, step, is_cost=is_cost)
        drawing.label(left - 6, y + 4, text, text_anchor="end")
    slot = width / max(len(columns), 1)
    column_width = min(slot * (0.76 if slot > 6 else 0.9), MAX_COLUMN_WIDTH)
    for number, column in enumerate(columns):
        x = left + number * slot + (slot - column_width) / 2
        y = bottom
        for color, size, tip in column.parts:
            part = size / highest * height
            y -= part
            if part > 0:
                place = (round(x, 2), round(y, 2), round(column_width, 2), round(part, 2))
                drawing.box(place, color, tip)
    _draw_labels(drawing, [column.label for column in columns], (left, bottom, width, slot))


def _draw_labels(drawing: Drawing, labels: Sequence[str], place: Box) -> None:
    """Draw the labels below their columns, as many as fit."""
    left, bottom, width, slot = place
    label_width = max(map(display_width, labels), default=1) * LABEL_CELL_WIDTH
    every = max(math.ceil((label_width + MIN_LABEL_GAP) / slot), 1)
    free_from = left
    for number in range(0, len(labels), every):
        half = display_width(labels[number]) * LABEL_CELL_WIDTH / 2
        x = min(max(left + (number + 0.5) * slot, left + half), left + width - half)
        # The first and the last are moved inside, and may reach their neighbors there.
        if x - half >= free_from:
            drawing.label(x, bottom + 18, labels[number], text_anchor="middle")
            free_from = x + half + MIN_LABEL_GAP / 2


def _step(largest: int, unit: int) -> int:
    """Return the distance of the lines: 1, 2 or 5 times a power of ten, in units."""
    while True:
        for factor in STEP_FACTORS:
            if largest <= factor * unit * MAX_GRID_LINES:
                return factor * unit
        unit *= 10


def _axis_label(value: int, step: int, *, is_cost: bool) -> str:
    if not is_cost:
        return count(value)
    return amount(value).removesuffix(".00") if step % PICO == 0 else amount(value)
