"""The pieces of the line: each a function from the view and its options to its segments, none where there is nothing to say.

`function(view, options)` gives a list of forms lists (layout.py says what forms are), mostly one. Ranks, lowest given up first: 10–29 ornaments,
30–49 what the client shows elsewhere, 50–69 money and models, 70–99 the limits and why they are missing. Options are documented in
docs/CONFIGURATION.md; each has its default here and in the configuration's schema, and a test holds them equal.
"""

from usageline.core.windows import severity

MODULES = {
    "limits": ("session", "weekly", "scoped", "credits", "status"),
    "model": ("model", "effort", "context", "cache"),
    "session": ("output_style", "vim", "agent", "version", "cost", "duration", "lines"),
    "forecast": ("pace", "forecast", "alerts"),
    "workspace": ("directory", "git", "worktree", "pr"),
    "custom": ("clock", "plan", "account", "text"),
}
"""Every segment, by the module that has its function."""

DEFAULT_ROWS: tuple[tuple[tuple[str, dict[str, object]], ...], ...] = (
    (
        *(
            (kind, {})
            for kind in (
                "model",
                "context",
                "session",
                "weekly",
                "scoped",
                "credits",
                "forecast",
                "alerts",
                "status",
            )
        ),
    ),
)
"""The rows of a line that nobody configured."""

BAR_WIDTH = 10
MAX_BAR_WIDTH = 40
MAX_GLYPH_CHARS = 16
MIN_MARKED_WIDTH = 8
"""A narrower bar has no cell to spare for a mark."""

FIXED = ("normal", "warning", "critical", "track", "mark", "link")
"""Styles that say something by themselves: a segment's `style` option leaves them alone."""


SOURCES = {"credits": "credits", "forecast": "has_forecast", "alerts": "alerts"}
"""What of the view these segments are made from: without it there is nothing to draw, and nothing to import."""


def draw(view, row):
    """The segments `(kind, forms)` of one configured row `[(kind, options), …]`; one that is unknown is left out, one that fails is named."""
    drawn = []
    for kind, options in row:
        if getattr(view, SOURCES.get(kind, "now")):
            drawn += [(kind, _adjusted(forms, options)) for forms in _variants(view, kind, options)]
    return drawn


def _variants(view, kind, options):
    function = None if options.get("hide") else _function(kind)
    try:
        return function(view, options) if function else []
    except Exception as error:  # noqa: BLE001 - a mistake in one segment must not cost the others
        return [[(90, [("warning", f"{kind}: {type(error).__name__}")])]]


def _function(kind):
    for module, kinds in MODULES.items():
        if kind in kinds:
            # Only the modules that the configured segments need: each import costs a hundredth of the whole run.
            return getattr(
                __import__(f"usageline.line.segments.{module}", None, None, (kind,)), kind
            )
    return None


def _adjusted(forms, options):
    priority, style = options.get("priority"), options.get("style")
    if type(style) is str and style:
        forms = [
            (
                rank,
                [part if part[0].split(" ")[0] in FIXED else (style, *part[1:]) for part in parts],
            )
            for rank, parts in forms
        ]
    if type(priority) is int:
        last = len(forms) - 1
        forms = [
            (priority if index == last else min(rank, priority), parts)
            for index, (rank, parts) in enumerate(forms)
        ]
    return forms


def option(options, name, default):
    """The option where it is of its default's type (a list of texts for a tuple of them), else the default."""
    value = options.get(name, default)
    if type(default) is tuple:
        return (
            value if type(value) is list and all(type(item) is str for item in value) else default
        )
    if type(default) in (int, float) and type(value) in (int, float):
        return value
    return value if type(value) is type(default) else default


def clamped(options, name, default, least, most):
    """The option as a whole number from `least` to `most`."""
    return int(min(max(option(options, name, default), least), most))


def labeled(options, default):
    """The label's parts; none for an empty one."""
    label = option(options, "label", default)
    return [("label", label + " ")] if label else []


def graded(used, options, claimed=None):
    """The severity of a percentage by the segment's own thresholds."""
    return severity(used, claimed, option(options, "warning", 75), option(options, "critical", 90))


def bar_cells(options):
    """The cells of a segment's bar: a compiled configuration is not trusted to say how much memory a bar takes."""
    return min(max(int(option(options, "bar_width", BAR_WIDTH)), 2), MAX_BAR_WIDTH)


def bar_glyphs(view, options):
    """The theme's glyphs, with the segment's own for its bar."""
    given = option(options, "bar_glyphs", ())
    if len(given) != 3 or max(map(len, given)) > MAX_GLYPH_CHARS:
        return view.glyphs
    return {**view.glyphs, "full": given[0], "parts": given[1], "empty": given[2]}


def bar(used, width, glyphs, style, mark=None):
    """A bar for 0–100 percent in `width` cells, to an eighth of one where the glyphs have that; anything above zero shows.

    A percentage above 100 fills it.

    `mark`: the percentage at which a mark stands, or None.
    """
    full, steps, empty = glyphs["full"], glyphs["parts"], glyphs["empty"]
    used = min(max(used, 0), 100)
    eighths = max(int(used / 100 * width * 8), 1 if used > 0 else 0)
    whole, part = (
        divmod(eighths, 8) if steps else (-(-eighths // 8) if eighths < 8 else eighths // 8, 0)
    )
    drawn = [full] * whole + ([steps[part]] if part and len(steps) == 8 else [])
    cells = drawn + [empty] * (width - len(drawn))
    if mark is None or width < MIN_MARKED_WIDTH:
        return _runs([(style, "".join(drawn)), ("track", "".join(cells[len(drawn) :]))], steps)
    at = min(int(mark / 100 * width), width - 1)
    before, after = cells[:at], cells[at + 1 :]
    filled_after = max(len(drawn) - at - 1, 0)
    return _runs(
        [
            (style, "".join(before[: len(drawn)])),
            ("track", "".join(before[len(drawn) :])),
            # On a solid bar the mark is cut out of it.
            (f"{style} over" if steps and at < whole else "mark", glyphs["mark"]),
            (style, "".join(after[:filled_after])),
            ("track", "".join(after[filled_after:])),
        ],
        steps,
    )


def _runs(parts, steps):
    # Where a theme has a groove, a cell that is partly filled shows it behind; bars of whole cells, such as dots, stand on nothing.
    return [
        (style + " groove" if steps and style != "track" else style, text)
        for style, text in parts
        if text
    ]
