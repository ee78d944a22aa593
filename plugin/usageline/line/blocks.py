"""Rows of blocks: each segment on a background of its own, with caps between them."""

from usageline.line.theme import painted_parts, styled

THIN = {"\ue0b0": "\ue0b1"}
"""What stands for a cap between two blocks of one colour, where the cap could not be seen."""

SEAM = "▏"
"""Between two such blocks where there are no caps: in the first cell of a pad, as thin a line as there is."""


def paint_blocks(row, look):
    """The text of a row of `(kind, parts)`, each segment a block in the colours that `look.blocks` has for its kind."""
    left, between, right = look.caps
    line, before, behind = "", "", None
    for kind, parts in row:
        front, back = look.blocks.get(kind) or look.blocks.get("*") or ("", "")
        pad = start = styled(look.pad, back)
        if behind is None:
            line = styled(left, front)
        elif behind == back:
            stroke = f"{back};{look.styles.get('separator', '')}".strip(";")
            if between:
                line += styled(THIN.get(between, between), stroke)
            elif look.pad.startswith(" "):
                start = styled(SEAM + look.pad[1:], stroke)
        elif between:
            line += styled(between, f"{before};{back}")
        line += start + painted_parts(parts, look, back) + pad
        before, behind = front, back
    return line + styled(right, before)
