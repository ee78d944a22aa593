"""Rows of blocks: each segment on a background of its own, with caps between them."""

from usageline.line.theme import painted_parts, styled


def paint_blocks(row, look):
    """The text of a row of `(kind, parts)`, each segment a block in the colours that `look.blocks` has for its kind."""
    left, between, right = look.caps
    line, before = "", ""
    for kind, parts in row:
        front, back = look.blocks.get(kind) or look.blocks.get("*") or ("", "")
        if not line:
            line = styled(left, front)
        elif between:
            line += styled(between, f"{before};{back}")
        pad = styled(look.pad, back)
        line += pad + painted_parts(parts, look, back) + pad
        before = front
    return line + styled(right, before)
