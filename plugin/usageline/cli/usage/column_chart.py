"""Draw cost or tokens over time as stacked columns, for `usageline usage` and the history."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from usageline.cli.svg import FAINT, LINES, MARK
from usageline.cli.usage.result import amount
from usageline.core.formatting import count
from usageline.core.text import display_width
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.svg import Box, Color, Drawing

AXIS_WIDTH, AXIS_HEIGHT = 62, 26
"""For the numbers left of the columns, and for the labels below them."""

TOP_SPACING = 8
MAX_GRID_LINES = 4
STEP_FACTORS = (1, 2, 5)
CENT = PICO // 100
MAX_COLUMN_WIDTH = 56
LABEL_CELL_WIDTH = 7.4
MIN_LABEL_GAP = 14


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


def draw(drawing: Drawing, columns: Sequence[Column], box: Box, *, is_cost: bool) -> None:
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
        words = {"fill": FAINT, "font_size": 12, "text_anchor": "end"}
        drawing.text(left - 6, y + 4, _axis_label(mark, step, is_cost=is_cost), **words)
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
            words = {"fill": FAINT, "font_size": 12, "text_anchor": "middle"}
            drawing.text(x, bottom + 18, labels[number], **words)
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
