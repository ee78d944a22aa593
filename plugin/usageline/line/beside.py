"""Another command's output beside our rows."""

from usageline.core.text import display_width
from usageline.line import layout, theme
from usageline.line.paint import painted

LEAST_WIDTH = 12
"""Cells of a row in which two have room beside each other; in fewer the other's is below."""


def beside(drawn, chained, configured, look, width):
    """The painted rows of ours and the other's, above, below, left or right as `chain.position` says.

    Beside ours it has at most half of the first row; what more rows it has follow below.
    """
    position = configured.get("chain", {}).get("position")
    theirs = [[_raw(part, look) for part in row] for row in chained]
    if position not in ("left", "right") or not drawn or width < LEAST_WIDTH:
        texts = [_painted(row, width, look) for row in theirs]
        ours = painted(drawn, configured, look, width)
        return [*texts, *ours] if position == "above" else [*ours, *texts]
    separator = look.separator or " "
    room = max(width // 2 - display_width(separator), 1)
    first = _cut(theirs[0], room, look)
    ours, *rest = painted(
        drawn[:1],
        configured,
        look,
        max(width - layout.part_cells(first) - display_width(separator), 1),
    )
    both = (
        [theme.painted_parts(first, look), ours]
        if position == "left"
        else [ours, theme.painted_parts(first, look)]
    )
    return [
        separator.join(both),
        *rest,
        *painted(drawn[1:], configured, look, width),
        *(_painted(row, width, look) for row in theirs[1:]),
    ]


def _raw(part, look):
    """A part of another command's output: its own codes become a style of that name, where there are colours."""
    codes, text, *link = part
    if look.styles:
        look.styles[codes] = codes
    return (codes, text, *link)


def _painted(row, width, look):
    return theme.painted_parts(_cut(row, width, look), look)


def _cut(parts, width, look):
    return (
        parts
        if layout.part_cells(parts) <= width
        else layout.cut_parts(parts, width, look.glyphs["ellipsis"])
    )
