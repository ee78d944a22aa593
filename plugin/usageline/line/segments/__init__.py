"""The segments of the line, each a function from the context and its options to what it draws.

`function(ctx, options)` returns a list, mostly of one segment or none. A segment is a list of
variants `(priority, parts)` from rich to short (layout.py). The priority of the shortest variant
decides how long the segment stays in a narrow row, and the others' what it shows with more room.
URGENT is added to the shortest one's if the segment is a limit at warning or critical.

8      words that give way to the directory and the branch
10-24  ornaments
25-29  richer variants
30-49  what Claude Code shows elsewhere
50-69  money and models
70-99  the limits, and why they are missing

`options` have every option of the segment with a default, of that default's type. They come from
config/segments.py through the generated _catalog.py.
"""

from __future__ import annotations

import sys

from usageline.core.text import display_width
from usageline.core.windows import severity
from usageline.line._catalog import SEGMENTS
from usageline.line.layout import BAR, MARKED_BAR_WIDTH, URGENT, cut_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from usageline.line.context import StatusContext
    from usageline.line.layout import Part, Segment, Variant

    Entry = tuple[str, str, dict[str, object]]
    Options = Mapping[str, Any]
    Variants = list[Variant]

DEFERRED: Callable[[str], Any] | None = globals().get("__deferred__")
"""It returns a module, if this one runs from the bundle (core/bundled.py)."""

NUMBERS = (int, float)

MAX_BAR_WIDTH = 40
MAX_GLYPH_CHARS = 16
MAX_SHOWN = 16
"""Limits in one line, and credits; the others are counted."""

MAX_BRIEF = 10
"""Cells of a label in a limit's shortest variant."""

MAX_NAME = 32
"""Cells of the name of a model or limit from outside."""

BAR_PRIORITY = 28
"""Of a variant with a bar."""

FIXED = ("normal", "warning", "critical", "track", "mark", "link", BAR)
"""Styles with a meaning, which a segment's `style` option leaves alone."""


def draw(ctx: StatusContext, row: Iterable[tuple[str, Options]]) -> list[Segment]:
    """Return the segments `(name, variants)` of a configured row `[(name, options), …]`.

    An unknown one is left out, and one that fails is named in its place.
    """
    segments = []
    for name, options in row:
        entry = SEGMENTS.get(name) or _other(name)
        if entry and getattr(ctx, entry[1]) and not options.get("hide"):
            segments += [
                (name, _adjusted(variants, options) if options else variants)
                for variants in _variants(ctx, name, entry, options)
            ]
    return segments


def draw_rows(
    ctx: StatusContext, rows: Sequence[Sequence[tuple[str, Options]]], *, has_colors: bool = True
) -> list[list[Segment]]:
    """Return the segments of the configured rows.

    With colors, a fresh alert about a limit whose number has that of a warning emphasizes it.
    """
    if ctx.alerts and has_colors:
        from usageline.line.segments import forecast  # noqa: PLC0415 - only with an alert

        ctx = forecast.with_emphasis(ctx, rows)
    return [draw(ctx, row) for row in rows]


def alert_key(kind: str, label: str) -> tuple[str, str]:
    """Return the key of a limit or credit in `emphasized` of the context."""
    return kind, "" if kind in ("session", "weekly_all") else label


def emphasized(ctx: StatusContext, number: str, style: str, kind: str, label: str) -> Part:
    """Return a limit's number. It is emphasized if it has the color that a fresh alert is about."""
    key = alert_key(kind, label)
    if key not in ctx.emphasized or style not in ("warning", "critical"):
        return style, number
    ctx.emphasized[key] = True
    return f"{style} over", number


def shortened(ctx: StatusContext, text: str, cells: int = MAX_BRIEF) -> str:
    """Return a text of at most so many cells, by default a label for a limit's shortest variant."""
    if display_width(text) <= cells:
        return text
    short: str = cut_parts([("", text)], cells, ctx.glyphs["ellipsis"])[0][1]
    return short


def word(options: Options, priority: int, text: str, style: str = "plain") -> list[Variants]:
    """Return a segment of one variant, with its label, or none without a text."""
    return in_style(options, style, (priority, text)) if text else []


def in_style(options: Options, style: str, *texts: tuple[int, str]) -> list[Variants]:
    """Return a segment of variants `(priority, text)`, each with its label and one style."""
    label = labeled(options)
    return [[(priority, [*label, (style, text)]) for priority, text in texts]]


def omitted(count: int) -> list[Variants]:
    """Return the segment that counts the limits or credits without room."""
    return [[(60, [("quiet", f"+{count}")])]] if count > 0 else []


def with_defaults(name: str, options: Options) -> Options:
    """Return a segment's options over their defaults, without those of another type.

    The compiled configuration is not trusted.
    """
    entry = SEGMENTS.get(name) or _other(name)
    return _merged(entry[2], options) if entry else {}


def _merged(defaults: Options, options: Options) -> Options:
    if not options:
        return defaults
    merged = {**defaults}
    for key, value in options.items():
        if key not in defaults:
            continue
        expected, given = type(defaults[key]), type(value)
        if expected is tuple:
            if given is list and all(type(item) is str for item in value):
                merged[key] = value
        elif given is expected or (expected in NUMBERS and given in NUMBERS):
            merged[key] = value
    return merged


def _other(name: str) -> Entry | None:
    from usageline.line import _other_segments  # noqa: PLC0415 - only if a row has one

    return _other_segments.SEGMENTS.get(name)


def _variants(ctx: StatusContext, name: str, entry: Entry, options: Options) -> list[Variants]:
    # Only the modules of the configured segments: an import costs a hundredth of the whole run.
    path = f"usageline.line.segments.{entry[0]}"
    module = sys.modules.get(path) or (
        DEFERRED(path) if DEFERRED else __import__(path, None, None, (name,))
    )
    function: Callable[[StatusContext, Options], list[Variants]] = getattr(module, name)
    try:
        return function(ctx, _merged(entry[2], options))
    except Exception as error:  # noqa: BLE001 - a mistake in one segment must not cost the others
        return [[(90, [("warning", f"{name}: {type(error).__name__}")])]]


def _adjusted(variants: Variants, options: Options) -> Variants:
    priority, style = options.get("priority"), options.get("style")
    adjusted: Variants = []
    for own, parts in variants:
        if type(style) is str and style:
            parts = [  # noqa: PLW2901
                part if part[0].split(" ")[0] in FIXED else (style, *part[1:]) for part in parts
            ]
        rank = own
        if type(priority) is int:
            # A limit at warning or critical outlasts all else, whatever its priority is.
            is_last = len(adjusted) == len(variants) - 1
            rank = priority + own // URGENT * URGENT if is_last else min(own, priority)
        adjusted.append((rank, parts))
    return adjusted


def clamped(value: float, minimum: int, maximum: int) -> int:
    """Return the value as a whole number from `minimum` to `maximum`."""
    return int(min(max(value, minimum), maximum))


def labeled(options: Options) -> list[Part]:
    """Return the label's parts, [] for an empty label."""
    label = options["label"]
    return [("label", label + " ")] if label else []


def graded(used: float | None, options: Options, claimed: object = None) -> str:
    """Return the severity of a percentage by the segment's own thresholds."""
    return severity(used, claimed, options["warning"], options["critical"])


def bar_part(
    ctx: StatusContext, options: Options, used: float, style: str, mark: float | None = None
) -> Part:
    """Return the part of a bar, which the layout may shorten. `mark` is as in `bar`.

    The segment may have glyphs of its own. Its options are bounded, because the compiled
    configuration is not trusted.
    """
    glyphs, given = ctx.glyphs, options["bar_glyphs"]
    if len(given) == 3 and max(map(len, given)) <= MAX_GLYPH_CHARS:
        glyphs = {**glyphs, "full": given[0], "parts": given[1], "empty": given[2]}
    cells = clamped(options["bar_width"], 2, MAX_BAR_WIDTH)
    return BAR, " " * cells, (used, glyphs, style, mark)


def bar(
    used: float, width: int, glyphs: Mapping[str, Any], style: str, mark: float | None = None
) -> list[Part]:
    """Return the parts of a bar of `width` cells for a percentage; one above 100 fills it.

    It is exact to an eighth of a cell if the glyphs have that, and never empty above zero. `mark`
    is the percentage at which a mark stands, or None.
    """
    full, steps, empty = glyphs["full"], glyphs["parts"], glyphs["empty"]
    used = min(max(used, 0), 100)
    eighths = max(int(used / 100 * width * 8), 1 if used > 0 else 0)
    whole, part = (
        divmod(eighths, 8) if steps else (-(-eighths // 8) if eighths < 8 else eighths // 8, 0)
    )
    filled = [full] * whole + ([steps[part]] if part and len(steps) == 8 else [])
    cells = filled + [empty] * (width - len(filled))
    if mark is None or width < MARKED_BAR_WIDTH:
        return _runs([(style, "".join(filled)), ("track", "".join(cells[len(filled) :]))], steps)
    index = min(int(mark / 100 * width), width - 1)
    before, after = cells[:index], cells[index + 1 :]
    filled_after = max(len(filled) - index - 1, 0)
    return _runs(
        [
            (style, "".join(before[: len(filled)])),
            ("track", "".join(before[len(filled) :])),
            # The mark is cut out of a solid bar.
            (f"{style} over" if steps and index < whole else "mark", glyphs["mark"]),
            (style, "".join(after[:filled_after])),
            ("track", "".join(after[filled_after:])),
        ],
        steps,
    )


def _runs(parts: Iterable[tuple[str, str]], steps: Sequence[str]) -> list[Part]:
    # A partly filled cell shows the groove behind it; bars of whole cells have no groove.
    return [
        (style + " groove" if steps and style != "track" else style, text)
        for style, text in parts
        if text
    ]
