"""The heatmap in the terminal: hours across, days down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from usageline.cli.history.hours import level, rows, weekday_of
from usageline.core.formatting import DAYS, MONTHS

if TYPE_CHECKING:
    from usageline.cli.history.hours import Day, Hours, Row

LABEL_CELLS = 11
MOST_CELLS = 4
"""Of one hour."""

GLYPHS = (" ", "░", "▒", "▓", "█")
STYLES = ("", "green", "green", "yellow", "bold red")
UNKNOWN = "·"
BETWEEN = "  "
TITLE = "5-hour limit used in each hour"
MEAN_TITLE = "5-hour limit used in each hour, mean of each weekday"
LEGEND = (
    ("░", "to 5%"),
    ("▒", "to 10%"),
    ("▓", "to 20%"),
    ("█", "over 20%"),
    (UNKNOWN, "not known"),
)


def heatmap(found: Hours, width: int) -> list[Text]:
    """Its lines, none wider than `width` cells (at least 36): title, hours, a row for each day, legend. Nothing where nothing is known."""
    shown = rows(found)
    if not shown:
        return []
    cells = min(max((width - LABEL_CELLS) // 24, 1), MOST_CELLS)
    step = 3 if cells > 1 else 6
    lines = [
        Text(title(shown), "bold"),
        Text(
            " " * LABEL_CELLS
            + "".join(f"{hour:02}".ljust(step * cells) for hour in range(0, 24, step)).rstrip()
        ),
    ]
    for day, used in shown:
        line = Text(f"{day_name(day):<{LABEL_CELLS}}")
        for hour in range(24):
            found_level = level(used.get(hour))
            line.append(
                *(
                    (UNKNOWN * cells, "dim")
                    if found_level is None
                    else (GLYPHS[found_level] * cells, STYLES[found_level])
                )
            )
        lines.append(line)
    return [*lines, *_legend(width)]


def title(shown: list[Row]) -> str:
    """What these rows show."""
    return MEAN_TITLE if isinstance(shown[0][0], int) else TITLE


def day_name(day: Day | int) -> str:
    """`Tue 24 Nov`, or `Tue`."""
    return (
        DAYS[day]
        if isinstance(day, int)
        else f"{DAYS[weekday_of(day)]} {day[2]:>2} {MONTHS[day[1] - 1]}"
    )


def _legend(width: int) -> list[Text]:
    """As many lines as it takes."""
    lines = [Text()]
    for glyph, words in LEGEND:
        part = Text.assemble(
            (glyph, STYLES[GLYPHS.index(glyph)] if glyph in GLYPHS else "dim"), f" {words}"
        )
        if lines[-1].cell_len and lines[-1].cell_len + len(BETWEEN) + part.cell_len > width:
            lines.append(Text())
        lines[-1].append(BETWEEN if lines[-1].cell_len else "")
        lines[-1].append_text(part)
    return lines
