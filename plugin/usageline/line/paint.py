"""Rows of segments, fitted and painted."""

from usageline.core import text
from usageline.line import layout
from usageline.line.theme import painted_parts, styled


def painted(drawn, configured, look, width):
    """The texts of rows of segments, fitted or wrapped to `width`."""
    joint = _joint(look)
    if "lines" in configured:
        rows = layout.wrap(drawn, width, joint, configured["lines"])
    else:
        rows = [layout.fit(row, width, joint) for row in drawn]
    return [paint(row, look) for row in rows]


def paint(row, look):
    """The text of a row of `(kind, parts)`, coloured. Every text is clean already; what is written besides is the theme's own."""
    if look.caps:
        from usageline.line.blocks import paint_blocks  # noqa: PLC0415 - only some themes have them

        return paint_blocks(row, look)
    separator = styled(look.separator, look.styles.get("separator", ""))
    return separator.join(look.pad + painted_parts(parts, look) + look.pad for _, parts in row)


def _joint(look):
    pad = 2 * text.display_width(look.pad)
    if look.caps:
        left, between, right = map(text.display_width, look.caps)
        # The client takes the blanks off the end of a row that fills all the cells it shows: a last pad keeps clear of that.
        return layout.Joint(left + (right or min(pad, 1)), pad, between, look.glyphs["ellipsis"])
    return layout.Joint(0, pad, text.display_width(look.separator), look.glyphs["ellipsis"])
