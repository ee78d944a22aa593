"""From segments to one line of text: fitted to a width by display cells, cleaned, coloured.

A part is `(style, text)`. A form is `(rank, [part, …])`. A segment is its forms, longest first: while the line is too wide, forms
are given up in the order of their ranks, all of one rank at a time; a segment whose last form is given up is gone.
"""

SEPARATOR = ("dim", " │ ")

COLOURS = {
    "plain": "",
    "dim": "2",
    "name": "1",
    "normal": "32",
    "warning": "33",
    "critical": "1;31",
}
"""SGR codes of the 16 colours that every terminal theme defines for itself, so that they suit dark and light ones.

The client paints what has no colour in its own grey. `dim` makes that fainter still: it is for strokes and never for words.
"""


def fit(segments, width):
    """The parts of the best line that is at most `width` cells wide; cut with `…` only where nothing can be given up."""
    chosen = [forms for forms in segments if forms]
    ranks = sorted({rank for forms in chosen for rank, _ in forms})
    for rank in ranks:
        if line_cells(chosen) <= width:
            break
        kept = [[form for form in forms if form[0] > rank] for forms in chosen]
        kept = [forms for forms in kept if forms]
        if not kept:
            break
        chosen = kept
    parts: list[tuple[str, str]] = []
    for forms in chosen:
        if parts:
            parts.append(SEPARATOR)
        parts += forms[0][1]
    return parts if line_cells(chosen) <= width else cut(parts, width)


def line_cells(chosen):
    """The cells that a line of these segments takes in their longest forms."""
    return sum(part_cells(forms[0][1]) for forms in chosen) + len(SEPARATOR[1]) * (len(chosen) - 1)


def part_cells(parts):
    """The cells that these parts take."""
    return sum(cells(clean(text)) for _, text in parts)


def cut(parts, width):
    """These parts up to `width` cells, the last cell an ellipsis."""
    left = max(width, 1) - 1
    kept: list[tuple[str, str]] = []
    for style, text in parts:
        for index, char in enumerate(clean(text)):
            left -= cells(char)
            if left < 0:
                return [*kept, (style, clean(text)[:index] + "…")]
        kept.append((style, text))
    return kept


def paint(parts, colours):
    """The text of these parts; `colours` maps styles to SGR codes, and is empty for none. Every text is cleaned here and nowhere else."""
    line = ""
    for style, text in parts:
        code = colours.get(style)
        line += f"\x1b[{code}m{clean(text)}\x1b[0m" if code else clean(text)
    return line


def palette(env):
    """The colours that this environment asks for (no-color.org; a dumb terminal has none)."""
    return {} if env.get("NO_COLOR") or env.get("TERM") == "dumb" else COLOURS


def clean(text):
    """`text` without anything a terminal could act on: controls, escapes, bidi overrides, invisible and unassigned characters."""
    return text if text.isprintable() else "".join(char for char in text if char.isprintable())


def cells(text):
    """The terminal cells that cleaned `text` takes; where terminals differ, the larger number."""
    return len(text) if text.isascii() else sum(map(_char_cells, text))


def _char_cells(char):
    point = ord(char)
    # Latin to Cyrillic, the arrows and the blocks that bars are drawn with: known narrow without loading the tables.
    if point < 0x300 or 0x2190 <= point < 0x2200 or 0x2500 <= point < 0x25A0 or point in (0x2013, 0x2014, 0x2026, 0xB7, 0x20AC):
        return 1
    import unicodedata  # noqa: PLC0415 - only names and labels from outside need it

    if unicodedata.combining(char):
        return 0
    if point == 0xFE0F:  # the emoji presentation of a narrow character takes two
        return 1
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
