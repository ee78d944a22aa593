"""From segments to rows: cleaned, measured in display cells, fitted to a width.

A part is `(style, text)` or `(style, text, url)`. A form is `(rank, [part, …])`. A segment is `(kind, forms)`, its forms longest first: while a
row is too wide, forms are given up in the order of their ranks, all of one rank at a time; a segment whose last form is given up is gone.
A row is a list of `(kind, parts)`.
"""

from usageline.core.text import display_width, sanitize, sanitize_ascii


def cleaned(segments, *, ascii_only=False):
    """The segments with every text cleaned: here, and nowhere else, does text from outside become output."""
    wash = sanitize_ascii if ascii_only else sanitize
    return [
        (
            kind,
            [
                (rank, [(part[0], wash(part[1]), *part[2:]) for part in parts])
                for rank, parts in forms
            ],
        )
        for kind, forms in segments
    ]


def fit(segments, width, joint):
    """The best row that is at most `width` cells wide; cut with an ellipsis only where nothing can be given up. `joint` is a Joint."""
    chosen = _reduced(
        [segment for segment in segments if segment[1]],
        lambda kept: row_cells(kept, joint) <= width,
    )
    row = [(kind, forms[0][1]) for kind, forms in chosen]
    return row if row_cells(chosen, joint) <= width else cut(row, width, joint)


def wrap(rows, width, joint, most):
    """Rows of segments broken into at most `most` lines, each at most `width` wide; forms are given up only where the lines do not suffice.

    No two rows share a line, and each that has anything keeps one.
    """
    lines: list[list[tuple[str, list[tuple[str, ...]]]]] = []
    for index, segments in enumerate(rows):
        left = max(most - len(lines) - (len(rows) - 1 - index), 1)

        def fits(kept, left=left):
            broken = _broken(kept, width, joint)
            return len(broken) <= left and all(row_cells(line, joint) <= width for line in broken)

        lines += [
            fit(line, width, joint)
            for line in _broken(_reduced(segments, fits), width, joint)[:left]
        ]
    return lines[:most]


class Joint:
    """What a row has besides its segments, in cells: `around` the whole, `pad` around each segment, `between` two. And the `ellipsis`, a text."""

    __slots__ = ("around", "between", "ellipsis", "pad")

    def __init__(self, around=0, pad=0, between=3, ellipsis="…"):
        self.around = around
        self.pad = pad
        self.between = between
        self.ellipsis = ellipsis


def row_cells(segments, joint):
    """The cells that a row of these segments takes in their longest forms."""
    if not segments:
        return 0
    taken = sum(part_cells(forms[0][1]) for _, forms in segments)
    return joint.around + taken + joint.pad * len(segments) + joint.between * (len(segments) - 1)


def part_cells(parts):
    """The cells that these parts take."""
    return sum(display_width(part[1]) for part in parts)


def cut(row, width, joint):
    """A row up to `width` cells, the last of its text an ellipsis."""
    left = width - joint.around
    kept: list[tuple[str, list[tuple[str, ...]]]] = []
    for kind, parts in row:
        room = left - joint.pad - (joint.between if kept else 0)
        if room < 1 and kept:
            break
        taken = part_cells(parts)
        if taken > room:
            return [*kept, (kind, cut_parts(parts, max(room, 1), joint.ellipsis))]
        kept.append((kind, parts))
        left = room - taken
    return kept


def cut_parts(parts, width, ellipsis="…"):
    """Parts that take more than `width` cells, up to there, the last of them an ellipsis."""
    ellipsis = ellipsis[:width]
    left = width - display_width(ellipsis)
    kept: list[tuple[str, ...]] = []
    for part in parts:
        for index, char in enumerate(part[1]):
            left -= display_width(char)
            if left < 0:
                return [*kept, (part[0], part[1][:index] + ellipsis, *part[2:])]
        kept.append(part)
    return kept


def _reduced(segments, fits):
    """The segments without the forms that must be given up, least rank first, until they fit; something is always left."""
    for rank in sorted({rank for _, forms in segments for rank, _ in forms}):
        kept = segments if fits(segments) else _without(segments, rank)
        if kept is segments or not kept:
            break
        segments = kept
    return segments


def _without(segments, rank):
    kept = [(kind, [form for form in forms if form[0] > rank]) for kind, forms in segments]
    return [segment for segment in kept if segment[1]]


def _broken(segments, width, joint):
    rows: list[list[tuple[str, list[tuple[int, list[tuple[str, ...]]]]]]] = []
    for segment in segments:
        if rows and row_cells([*rows[-1], segment], joint) <= width:
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return rows
