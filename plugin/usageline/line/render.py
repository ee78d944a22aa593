"""Render the rows on the screen from the status context."""

from __future__ import annotations

from usageline.core import text
from usageline.line import _defaults, layout, segments, theme
from usageline.line._catalog import DEFAULT_ROWS
from usageline.line.theme import painted_parts, styled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from usageline.line.layout import Part, Row, Segment
    from usageline.line.theme import TerminalTheme
    from usageline.line.view import StatusContext

UNKNOWN_WIDTH = 80
"""Columns if Claude Code does not set COLUMNS. It does since 2.1.153."""

CLIENT_MARGIN = 4
"""Cells of a row that Claude Code keeps for itself. It cuts off a longer row."""

PROBLEM_PRIORITY = 95

MIN_SHARED_WIDTH = 12
"""In a narrower row, the chained command's output stands below instead of left or right."""

THIN_CAPS = {"\ue0b0": "\ue0b1"}
"""The cap between two blocks of one color, which would hide the usual one."""

SEAM = "▏"
"""Without caps, between two blocks: the thinnest line there is, in the first cell of a pad."""


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
    rows = [_draw_row(ctx, row, look) for row in configured.get("rows", DEFAULT_ROWS)]
    problem = configured.get("problem")
    if problem:
        marked = layout.sanitized(
            [("status", [(PROBLEM_PRIORITY, [("warning", problem)])])], ascii_only=look.ascii
        )
        rows = [*rows[:-1], [*(rows[-1] if rows else []), *marked]]
    rows = [row for row in rows if row]
    if chained:
        painted = compose_chained(rows, chained, configured, look, width)
    else:
        painted = paint_rows(rows, configured, look, width)
    return list(map(text.strip_leading_combining, painted))


def columns(env: Mapping[str, str]) -> int:
    """Return the cells that a row may take."""
    value = env.get("COLUMNS", "")
    total = int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0
    return max((total or UNKNOWN_WIDTH) - CLIENT_MARGIN, 1)


def paint_rows(
    rows: Sequence[list[Segment]], configured: Mapping[str, Any], look: TerminalTheme, width: int
) -> list[str]:
    """Return the texts of rows of segments, fitted or wrapped to `width`."""
    spacing = _spacing(look)
    if "lines" in configured:
        fitted = layout.wrap(rows, width, spacing, configured["lines"])
    else:
        fitted = [layout.fit(row, width, spacing) for row in rows]
    return [paint_row(row, look) for row in fitted]


def paint_row(row: Row, look: TerminalTheme) -> str:
    """Return the text of a row with its colors. Its texts are sanitized."""
    if look.caps:
        return render_powerline(row, look)
    separator = styled(look.separator, look.styles.get("separator", ""))
    return separator.join(look.pad + painted_parts(parts, look) + look.pad for _, parts in row)


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


def compose_chained(
    rows: Sequence[list[Segment]],
    chained: Sequence[list[Part]],
    configured: Mapping[str, Any],
    look: TerminalTheme,
    width: int,
) -> list[str]:
    """Return our rows and the chained command's, in the order of `chain.position`.

    Left or right, the chained command has at most half of the first row. Its other rows follow.
    """
    position = configured.get("chain", {}).get("position")
    chained = [[_raw_part(part, look) for part in row] for row in chained]
    if position not in ("left", "right") or not rows or width < MIN_SHARED_WIDTH:
        texts = [_paint_chained(row, width, look) for row in chained]
        painted = paint_rows(rows, configured, look, width)
        return [*texts, *painted] if position == "above" else [*painted, *texts]
    separator = look.separator or " "
    room = max(width // 2 - text.display_width(separator), 1)
    first = _truncated(chained[0], room, look)
    own_first, *rest = paint_rows(
        rows[:1],
        configured,
        look,
        max(width - layout.parts_width(first) - text.display_width(separator), 1),
    )
    both = (
        [painted_parts(first, look), own_first]
        if position == "left"
        else [own_first, painted_parts(first, look)]
    )
    return [
        separator.join(both),
        *rest,
        *paint_rows(rows[1:], configured, look, width),
        *(_paint_chained(row, width, look) for row in chained[1:]),
    ]


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


def _draw_row(
    ctx: StatusContext, row: Sequence[tuple[str, dict[str, Any]]], look: TerminalTheme
) -> list[Segment]:
    sanitized = layout.sanitized(segments.draw(ctx, row), ascii_only=look.ascii)
    if not look.icons:
        return sanitized
    # After sanitizing, which leaves no private character in a text from outside.
    return [
        (
            kind,
            [(priority, [("label", look.icons[kind]), *parts]) for priority, parts in variants]
            if look.icons.get(kind)
            else variants,
        )
        for kind, variants in sanitized
    ]


def _spacing(look: TerminalTheme) -> layout.RowSpacing:
    pad = 2 * text.display_width(look.pad)
    if look.caps:
        left, between, right = map(text.display_width, look.caps)
        # Claude Code strips the blanks at the end of a full row. Keep the last pad clear of that.
        around = left + (right or min(pad, 1))
        return layout.RowSpacing(around, pad, between, look.glyphs["ellipsis"])
    return layout.RowSpacing(0, pad, text.display_width(look.separator), look.glyphs["ellipsis"])


def _raw_part(part: Part, look: TerminalTheme) -> Part:
    """Make the chained command's own codes a style of that name, if there are colors."""
    codes, label, *link = part
    if look.styles:
        look.styles[codes] = codes
    return (codes, label, *link)


def _paint_chained(row: list[Part], width: int, look: TerminalTheme) -> str:
    return painted_parts(_truncated(row, width, look), look)


def _truncated(parts: list[Part], width: int, look: TerminalTheme) -> list[Part]:
    return (
        parts
        if layout.parts_width(parts) <= width
        else layout.cut_parts(parts, width, look.glyphs["ellipsis"])
    )
