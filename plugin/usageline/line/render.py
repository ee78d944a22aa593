"""From what is known to the rows on the screen."""

from usageline.core import text
from usageline.line import default, layout, segments, theme
from usageline.line._catalog import DEFAULT_ROWS
from usageline.line.paint import painted

UNKNOWN_WIDTH = 80
"""Columns assumed where the client does not say; it does since 2.1.153."""

CLIENT_MARGIN = 4
"""Cells of a row that the client keeps for itself; it cuts a longer row."""

PROBLEM_RANK = 95


def render(seen, configured, env, chained=(), width=None):
    """The painted rows for a view, one text each, none wider than the client shows (or than `width` cells).

    `configured` is what settings.load gives, {} for the defaults; `chained` the rows of another command's output as lists of
    `(SGR codes, text, address or "")`.
    """
    look = theme.Look(
        configured.get("theme", default.THEME)
        if seen.palette != "daltonized"
        else _daltonized(configured),
        env,
        color=configured.get("color", "auto"),
        is_light=seen.is_light,
        ansi=seen.palette == "ansi",
    )
    width = columns(env) if width is None else width
    seen.glyphs, seen.half_days = look.glyphs, configured.get("clock") == "12h"
    drawn = [_drawn(seen, row, look) for row in configured.get("rows", DEFAULT_ROWS)]
    problem = configured.get("problem")
    if problem:
        marked = layout.cleaned(
            [("status", [(PROBLEM_RANK, [("warning", problem)])])], ascii_only=look.ascii
        )
        drawn = [*drawn[:-1], [*(drawn[-1] if drawn else []), *marked]]
    drawn = [row for row in drawn if row]
    if chained:
        from usageline.line.beside import beside  # noqa: PLC0415 - only where another command is kept

        return list(
            map(text.strip_leading_combining, beside(drawn, chained, configured, look, width))
        )
    return list(map(text.strip_leading_combining, painted(drawn, configured, look, width)))


def _daltonized(configured):
    """Return the theme for a color-blind theme of the client: the user's own choice comes first."""
    if "theme_daltonized" in configured:
        return configured["theme_daltonized"]
    if "theme" in configured or configured.get("theme_chosen"):
        return configured.get("theme", default.THEME)
    from usageline.line.color_blind_safe import THEME  # noqa: PLC0415 - only with such a theme

    return THEME


def columns(env):
    """The cells that a row may take."""
    told = env.get("COLUMNS", "")
    wide = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0
    return max((wide or UNKNOWN_WIDTH) - CLIENT_MARGIN, 1)


def _drawn(seen, row, look):
    cleaned = layout.cleaned(segments.draw(seen, row), ascii_only=look.ascii)
    if not look.icons:
        return cleaned
    # After the cleaning, which leaves no private character in anybody's text.
    return [
        (
            kind,
            [(rank, [("label", look.icons[kind]), *parts]) for rank, parts in forms]
            if look.icons.get(kind)
            else forms,
        )
        for kind, forms in cleaned
    ]
