"""How much of the 5-hour limit was used in each hour, in local time, and the heatmap of it.

Pure but for the time zone, which is that of the process.
"""

from __future__ import annotations

import time
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from rich.text import Text

from usageline.cli.history.series import Observation, max_gap_s
from usageline.core.formatting import DAYS, MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from usageline.usage.model import Reading

HourlyUse: TypeAlias = dict[date, dict[int, float]]
"""Percentage points of the 5-hour limit by day and hour. A missing hour is not known."""

Row: TypeAlias = "tuple[date | int, dict[int, float]]"
"""A day or a weekday (0 is Monday), and its hours."""

WINDOW_S = 5 * 3600
QUARTER_S = 900
"""Offsets of time zones are multiples of this."""

MAX_DAYS = 14
"""More days than this are shown as the mean of each weekday."""

LEVELS = (0, 5, 10, 20)
"""At more than 20 points an hour, the limit is used up before the window's five hours end."""

LABEL_WIDTH = 11
MAX_CELL_WIDTH = 4
GLYPHS = (" ", "░", "▒", "▓", "█")
STYLES = ("", "green", "green", "yellow", "bold red")
UNKNOWN = "·"
SEPARATOR = "  "
TITLE = "5-hour limit used in each hour"
MEAN_TITLE = "5-hour limit used in each hour, mean of each weekday"
LEGEND = (
    ("░", "to 5%"),
    ("▒", "to 10%"),
    ("▓", "to 20%"),
    ("█", "over 20%"),
    (UNKNOWN, "not known"),
)


def use_by_hour(readings: Iterable[Reading]) -> HourlyUse:
    """Return the use by hour, without what was used in a gap between readings."""
    observations = [
        Observation(reading.observed_at, limit.percent, limit.resets_at)
        for reading in readings
        for limit in reading.limits
        if limit.kind == "session" and limit.percent is not None
    ]
    gap_s, use = max_gap_s(observations), HourlyUse()
    for previous, current in pairwise(observations):
        begin, points = previous.time, (current.percent or 0) - (previous.percent or 0)
        if not current.same_window(previous):
            # In a new window, all that is used was used since the window began.
            points = current.percent or 0
            if current.resets_at is not None:
                begin = max(begin, current.resets_at - WINDOW_S)
        if 0 < current.time - begin <= gap_s:
            _spread(use, begin, current.time, max(points, 0))
    return use


def level(points: float | None) -> int | None:
    """Return 0 for an hour without use, up to 4 for more than 20 points, None if not known."""
    return None if points is None else sum(points > threshold for threshold in LEVELS)


def rows(use: HourlyUse) -> list[Row]:
    """Return a row for each day, or for more than `MAX_DAYS` days one for each weekday.

    A weekday has the mean of its known hours.
    """
    if not use:
        return []
    first, last = min(use), max(use)
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    if len(days) <= MAX_DAYS:
        return [(day, use.get(day, {})) for day in days]
    means: list[Row] = []
    for weekday in range(7):
        same_weekday = [use[day] for day in days if day in use and day.weekday() == weekday]
        hours = {hour: [day[hour] for day in same_weekday if hour in day] for hour in range(24)}
        means.append(
            (weekday, {hour: sum(values) / len(values) for hour, values in hours.items() if values})
        )
    return means


def title(shown: Sequence[Row]) -> str:
    """Return the title above these rows."""
    return MEAN_TITLE if isinstance(shown[0][0], int) else TITLE


def day_name(day: date | int) -> str:
    """Return `Tue 24 Nov`, or `Tue` for a weekday."""
    if isinstance(day, int):
        return DAYS[day]
    return f"{DAYS[day.weekday()]} {day.day:>2} {MONTHS[day.month - 1]}"


def lines(use: HourlyUse, width: int) -> list[Text]:
    """Return the heatmap for a terminal of `width` columns (at least 36): hours across, days down.

    The list is empty if nothing is known.
    """
    shown = rows(use)
    if not shown:
        return []
    cell_width = min(max((width - LABEL_WIDTH) // 24, 1), MAX_CELL_WIDTH)
    step = 3 if cell_width > 1 else 6
    hours = "".join(f"{hour:02}".ljust(step * cell_width) for hour in range(0, 24, step))
    return [
        Text(title(shown), "bold"),
        Text((" " * LABEL_WIDTH + hours).rstrip()),
        *(_line(day, use_of_day, cell_width) for day, use_of_day in shown),
        *_legend(width),
    ]


def _line(day: date | int, use: dict[int, float], cell_width: int) -> Text:
    line = Text(f"{day_name(day):<{LABEL_WIDTH}}")
    for hour in range(24):
        number = level(use.get(hour))
        glyph, style = (UNKNOWN, "dim") if number is None else (GLYPHS[number], STYLES[number])
        line.append(glyph * cell_width, style)
    return line


def _legend(width: int) -> list[Text]:
    """Return the legend on as many lines as it needs."""
    legend = [Text()]
    for glyph, words in LEGEND:
        style = STYLES[GLYPHS.index(glyph)] if glyph in GLYPHS else "dim"
        entry = Text.assemble((glyph, style), f" {words}")
        if legend[-1].cell_len and legend[-1].cell_len + len(SEPARATOR) + entry.cell_len > width:
            legend.append(Text())
        legend[-1].append(SEPARATOR if legend[-1].cell_len else "")
        legend[-1].append_text(entry)
    return legend


def _spread(use: HourlyUse, begin: float, end: float, points: float) -> None:
    """Add `points`, used evenly from `begin` to `end`, to the hours between."""
    start = begin
    while start < end:
        until = min(end, (start // QUARTER_S + 1) * QUARTER_S)
        local = time.localtime(start)
        day = use.setdefault(date(*local[:3]), {})
        day[local.tm_hour] = day.get(local.tm_hour, 0) + points * (until - start) / (end - begin)
        start = until
