"""Render the rows on the screen from the status context."""

from __future__ import annotations

from usageline.core import text
from usageline.line import _defaults, layout, segments, theme
from usageline.line._catalog import DEFAULT_ROWS
from usageline.line.layout import BAR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from usageline.line.context import StatusContext
    from usageline.line.layout import Part, Row, Segment
    from usageline.line.theme import TerminalTheme

MIN_LINES = 18
"""A lower terminal has one row instead of the two of the default, if LINES has its height."""

UNKNOWN_WIDTH = 80
"""Columns if Claude Code does not set COLUMNS. It does since 2.1.153."""

CLIENT_MARGIN = 4
"""Cells of a row that Claude Code keeps for itself. It cuts off a longer row."""

PROBLEM_PRIORITY = 95

ONE_ROW_WIDTH = 106
"""A row that may be folded has two lines if it is narrower."""

LOWER = ("session", "weekly", "scoped", "credits", "pace")
"""The segments in the lower line of a folded row."""

PLACE = ("directory", "git")
PLACE_PRIORITY, PATH_PRIORITY = 25, 20
"""Of the segments of PLACE in a row that may be folded: below the context, bars and short resets,
above long resets and amounts. A longer path is below all of these.
"""


def render(
    ctx: StatusContext,
    configured: Mapping[str, Any],
    env: Mapping[str, str],
    chained: Sequence[list[Part]] = (),
    width: int | None = None,
    **fields: Any,
) -> list[str]:
    """Return the painted rows, none wider than `width` cells or than Claude Code shows.

    `configured` comes from settings.load and is {} for the defaults. `chained` has the rows of the
    chained command, as lists of `(SGR codes, text, address or "")`. `fields` replace those of
    `ctx`.
    """
    look = theme.TerminalTheme(
        configured.get("theme", _defaults.THEME)
        if ctx.palette != "daltonized"
        else _color_blind_theme(configured),
        env,
        color=configured.get("color", "auto"),
        is_light=ctx.is_light,
        ansi=ctx.palette == "ansi",
    )
    width = columns(env) if width is None else width
    ctx = ctx.replaced(glyphs=look.glyphs, half_days=configured.get("clock") == "12h", **fields)
    drawn = segments.draw_rows(
        ctx, configured.get("rows", DEFAULT_ROWS), has_colors=bool(look.styles)
    )
    rows = [_cleaned(row, look) for row in drawn]
    problem = configured.get("problem")
    if problem:
        marked = layout.sanitized(
            [("status", [(PROBLEM_PRIORITY, [("warning", problem)])])], ascii_only=look.ascii
        )
        rows = [*rows[:-1], [*(rows[-1] if rows else []), *marked]]
    rows = [row for row in rows if row]
    fold = "rows" not in configured or configured.get("fold", False)
    if fold and 0 < _number(env, "LINES") < MIN_LINES:
        rows, fold = [_with_place(row) for row in rows], False
    lines, spacing = configured.get("lines", 0), row_spacing(look)

    def paint(rows: Sequence[list[Segment]], width: int) -> list[str]:
        arranged = arrange(rows, width, spacing, max_lines=lines, fold=fold)
        return [paint_row(row, look, width) for row in arranged]

    if chained:
        from usageline.line import blocks  # noqa: PLC0415 - only with a chained command

        position = configured.get("chain", {}).get("position")
        painted = blocks.compose_chained(rows, (chained, position), look, width, paint)
    else:
        painted = paint(rows, width)
    return list(map(text.strip_leading_combining, painted))


def columns(env: Mapping[str, str]) -> int:
    """Return the cells that a row may take."""
    return max((_number(env, "COLUMNS") or UNKNOWN_WIDTH) - CLIENT_MARGIN, 1)


def arrange(
    rows: Sequence[list[Segment]],
    width: int,
    spacing: layout.RowSpacing,
    *,
    max_lines: int = 0,
    fold: bool = False,
) -> list[Row]:
    """Return the lines of these rows, each at most `width` wide.

    With `max_lines` a row that is too wide continues on the next line. With `fold` a single row has
    two lines if it is narrow or has no room for all segments. If a limit at warning or
    critical has no room in its row, only such limits are shown, on all lines.
    """
    if fold and len(rows) == 1:
        placed = _with_place(rows[0])
        if width >= ONE_ROW_WIDTH and not max_lines:
            row, others = layout.fit_row(placed, width, spacing)
            if not others:
                return [row]
        if width < ONE_ROW_WIDTH or not max_lines:
            rows = _folded(placed)
    lines: list[Row] = []
    left_out: list[Segment] = []
    if max_lines:
        from usageline.line import wrapping  # noqa: PLC0415 - only if configured

        lines, left_out = wrapping.wrap(rows, width, spacing, max_lines)
    else:
        for segments in rows:
            row, others = layout.fit_row(segments, width, spacing)
            lines.append(row)
            left_out += others
    if [one for one in left_out if one[1][-1][0] >= layout.URGENT]:
        segments = [one for row in rows for one in row if one[1] and one[1][-1][0] >= layout.URGENT]
        from usageline.line import wrapping  # noqa: PLC0415 - only in need

        lines, _ = wrapping.wrap([segments], width, spacing, max_lines or len(rows))
    return lines


def paint_row(row: Row, look: TerminalTheme, width: int = 0) -> str:
    """Return the text of a row with its colors. Its texts are sanitized.

    A `flex` segment becomes the blanks that make the row `width` cells wide.
    """
    row = [(kind, _with_bar(parts)) for kind, parts in row]
    if look.caps or layout.FLEX in [kind for kind, _ in row]:
        from usageline.line import blocks  # noqa: PLC0415 - only if configured

        return blocks.paint_row(row, look, width, row_spacing(look))
    return theme.joined(row, look)


def _with_place(row: list[Segment]) -> list[Segment]:
    return [
        (
            kind,
            [
                *[(min(priority, PATH_PRIORITY), parts) for priority, parts in variants[:-1]],
                *[(min(priority, PLACE_PRIORITY), parts) for priority, parts in variants[-1:]],
            ],
        )
        if kind in PLACE
        else (kind, variants)
        for kind, variants in row
    ]


def _folded(row: list[Segment]) -> list[list[Segment]]:
    upper = [segment for segment in row if segment[0] not in LOWER]
    lower = [segment for segment in row if segment[0] in LOWER]
    return [part for part in (upper, lower) if part]


def _color_blind_theme(configured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the theme for a color-blind theme of Claude Code, unless the user chose another."""
    theme: dict[str, Any]
    if "theme_daltonized" in configured:
        theme = configured["theme_daltonized"]
    elif "theme" in configured or configured.get("theme_chosen"):
        theme = configured.get("theme", _defaults.THEME)
    else:
        from usageline.line._color_blind import THEME as theme  # noqa: N811, PLC0415 - seldom
    return theme


def _cleaned(row: list[Segment], look: TerminalTheme) -> list[Segment]:
    """Return the segments with sanitized texts and the theme's icons."""
    sanitized = layout.sanitized(row, ascii_only=look.ascii)
    if not look.icons:
        return sanitized
    from usageline.line import blocks  # noqa: PLC0415 - only with a Nerd Font

    return blocks.with_icons(sanitized, look.icons)


def _with_bar(parts: list[Part]) -> list[Part]:
    """Return the parts with their bar drawn at the width that it has now."""
    for index, part in enumerate(parts):
        if part[0] == BAR:
            used, glyphs, style, mark = part[2]
            cells = segments.bar(used, len(part[1]), glyphs, style, mark)
            return [*parts[:index], *cells, *parts[index + 1 :]]
    return parts


def row_spacing(look: TerminalTheme) -> layout.RowSpacing:
    """Return the cells of a row besides its segments."""
    pad = 2 * text.display_width(look.pad)
    if look.caps:
        left, between, right = map(text.display_width, look.caps)
        # Claude Code strips the blanks at the end of a full row. Keep the last pad clear of that.
        around = left + (right or min(pad, 1))
        return layout.RowSpacing(around, pad, between, look.glyphs["ellipsis"])
    return layout.RowSpacing(0, pad, text.display_width(look.separator), look.glyphs["ellipsis"])


def _number(env: Mapping[str, str], name: str) -> int:
    value = env.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0
