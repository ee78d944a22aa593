"""Arrange the parts of the dashboard for the size of the terminal. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from usageline.cli.dashboard import chart, drawing

if TYPE_CHECKING:
    from usageline.cli.appearance import Appearance
    from usageline.cli.dashboard.model import View

WIDE = 110
"""From this width on, the charts of all limits stand beside the bars."""

MAX_LEFT = 96
GAP = 3
MIN_CHART_ROWS, MAX_CHART_ROWS = 7, 18
COMPACT_COST_ROWS = 2
BARS = ((2, 5), (2, 4), (1, 3), (1, 2), (1, 1), (0, 1))
"""Empty rows between two limits, and rows of a bar: the first that fits is used."""


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of the left and the right column; `right` is empty in a narrow terminal.

    `left_focus` and `right_focus` are the rows of the chosen limit, as (first, last).
    """

    left: list[Text]
    right: list[Text]
    left_width: int
    left_focus: tuple[int, int]
    right_focus: tuple[int, int]


def arrange(view: View, width: int, height: int, chosen: int, look: Appearance) -> Page:
    """Return the page for a body of this size; `chosen` is the index of the chosen limit."""
    is_wide = width >= WIDE and any(meter.chart for meter in view.meters)
    left_width = min((width - GAP) * 48 // 100, MAX_LEFT) if is_wide else width
    facts = drawing.facts(view, left_width, look)
    room = height - len(facts) - 1 - (0 if is_wide else MIN_CHART_ROWS + 1)
    left, focus = _meters(view, left_width, room, chosen, look)
    right: list[Text] = []
    right_focus = (0, 0)
    if is_wide:
        right, right_focus = _charts(view, width - left_width - GAP, height, chosen, look)
    else:
        # The chart of the chosen limit, else of the last one before it that has one.
        charts = [meter.chart for meter in view.meters[: chosen + 1] if meter.chart is not None]
        rest = height - len(left) - 1
        with_facts = rest - len(facts) - 1
        rows = with_facts if with_facts >= MIN_CHART_ROWS else max(rest, MIN_CHART_ROWS)
        if charts:
            left += [Text(), *chart.chart(charts[-1], width, min(rows, MAX_CHART_ROWS), look)]
    room = COMPACT_COST_ROWS + height - len(left) - 1 - len(facts)
    left += [Text(), *drawing.facts(view, left_width, look, room)]
    for lines, cells in ((left, left_width), (right, width - left_width - GAP)):
        for line in lines:
            drawing.cut(line, cells, look)
    return Page(left, right, left_width, focus, right_focus)


def _meters(
    view: View, width: int, room: int, chosen: int, look: Appearance
) -> tuple[list[Text], tuple[int, int]]:
    """Return the rows of all limits, with the largest bars for which there is room."""
    lines: list[Text] = []
    focus = (0, 0)
    for gap, bar_rows in BARS:
        lines, focus = [], (0, 0)
        for index, meter in enumerate(view.meters):
            lines += [Text()] * (gap if index else 0)
            marker = "" if len(view.meters) < 2 else "› " if index == chosen else "  "
            begin = len(lines)
            lines += drawing.meter(meter, width, bar_rows, look, marker)
            if index == chosen:
                focus = (begin, len(lines))
        if len(lines) <= room:
            break
    return lines, focus


def _charts(
    view: View, width: int, height: int, chosen: int, look: Appearance
) -> tuple[list[Text], tuple[int, int]]:
    charts = [meter.chart for meter in view.meters if meter.chart is not None]
    rows = (height - len(charts) + 1) // len(charts)
    rows = min(max(rows, MIN_CHART_ROWS), MAX_CHART_ROWS)
    lines: list[Text] = []
    focus = (0, 0)
    for index, each in enumerate(charts):
        begin = len(lines)
        lines += chart.chart(each, width, rows, look)
        if index == min(chosen, len(charts) - 1):
            focus = (begin, len(lines))
        lines.append(Text())
    return lines[:-1], focus
