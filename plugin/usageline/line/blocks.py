"""Paint what only a configured line has: powerline's blocks, `flex`, the chained command."""

from __future__ import annotations

from usageline.core import text
from usageline.line import layout, wrapping
from usageline.line.theme import joined, painted_parts, styled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from usageline.line.layout import Part, Row, Segment
    from usageline.line.theme import TerminalTheme

MIN_SHARED_WIDTH = 12
"""In a narrower row, the chained command's output stands below instead of left or right."""

THIN_CAPS = {"\ue0b0": "\ue0b1"}
"""The cap between two blocks of one color, which would hide the usual one."""

SEAM = "▏"
"""Without caps, between two blocks: the thinnest line there is, in the first cell of a pad."""


def paint_row(row: Row, look: TerminalTheme, width: int, spacing: layout.RowSpacing) -> str:
    """Return the text of a row with blocks, or with blanks between groups of segments."""
    groups: list[Row] = [[]]
    for kind, parts in row:
        if kind == layout.FLEX:
            groups.append([])
        else:
            groups[-1].append((kind, parts))
    while len(groups) > 1 and not groups[-1]:
        groups.pop()
    line = ""
    caps = sum(map(text.display_width, (look.caps or ["", "", ""])[::2])) - spacing.around
    taken = sum([wrapping.row_width(group, spacing) + caps for group in groups if group])
    left = max(width + caps - taken, 0)
    for index, group in enumerate(groups, 1 - len(groups)):
        line += render_powerline(group, look) if look.caps and group else joined(group, look)
        blanks = left // -index if index else 0
        line, left = line + " " * blanks, left - blanks
    return line


def render_powerline(row: Row, look: TerminalTheme) -> str:
    """Return the text of a row in which each segment is a block on its own background."""
    left, between, right = look.caps or ("", "", "")
    blocks = look.blocks or {}
    line, before, behind = "", "", None
    for kind, parts in row:
        front, back = blocks.get(kind) or blocks.get("*") or ("", "")
        pad = start = styled(look.pad, back)
        if behind is None:
            line = styled(left, front)
        elif between and behind != back:
            line += styled(between, f"{before};{back}")
        else:
            stroke = f"{back};{look.styles.get('separator', '')}".strip(";")
            if between:
                line += styled(THIN_CAPS.get(between, between), stroke)
            elif look.pad.startswith(" "):
                start = styled(SEAM + look.pad[1:], stroke)
        line += start + painted_parts(parts, look, back) + pad
        before, behind = front, back
    return line + styled(right, before)


def with_icons(row: list[Segment], icons: Mapping[str, str]) -> list[Segment]:
    """Return the segments with the theme's icons.

    Their texts are sanitized before, which leaves no private character in a text from outside.
    """
    return [
        (
            kind,
            [(priority, [("label", icons[kind]), *parts]) for priority, parts in variants]
            if icons.get(kind)
            else variants,
        )
        for kind, variants in row
    ]


def compose_chained(
    rows: Sequence[list[Segment]],
    chained: tuple[Sequence[list[Part]], str | None],
    look: TerminalTheme,
    width: int,
    paint: Callable[[Sequence[list[Segment]], int], list[str]],
) -> list[str]:
    """Return our rows and the chained command's, in the order of `chain.position`.

    `chained` has its rows and that position. Left or right, it has at most half of the first row.
    Its other rows follow. `paint` returns the texts of our rows for a width.
    """
    position = chained[1]
    others = [[_raw_part(part, look) for part in row] for row in chained[0]]
    if position not in ("left", "right") or not rows or width < MIN_SHARED_WIDTH:
        texts = [_paint_chained(row, width, look) for row in others]
        painted = paint(rows, width)
        return [*texts, *painted] if position == "above" else [*painted, *texts]
    separator = look.separator or " "
    room = max(width // 2 - text.display_width(separator), 1)
    first = _truncated(others[0], room, look)
    own_first, *rest = paint(
        rows[:1], max(width - layout.parts_width(first) - text.display_width(separator), 1)
    )
    both = [painted_parts(first, look), own_first]
    return [
        separator.join(both if position == "left" else reversed(both)),
        *rest,
        *paint(rows[1:], width),
        *(_paint_chained(row, width, look) for row in others[1:]),
    ]


def _raw_part(part: Part, look: TerminalTheme) -> Part:
    """Make the chained command's own codes a style of that name, if there are colors."""
    codes, label, *link = part
    if look.styles:
        look.styles[codes] = codes
    return (codes, label, *link)


def _paint_chained(row: list[Part], width: int, look: TerminalTheme) -> str:
    return painted_parts(_truncated(row, width, look), look)


def _truncated(parts: list[Part], width: int, look: TerminalTheme) -> list[Part]:
    has_room = layout.parts_width(parts) <= width
    return parts if has_room else layout.cut_parts(parts, width, look.glyphs["ellipsis"])
