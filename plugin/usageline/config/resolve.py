"""Turn valid values into what the status line reads: rows with options, and a resolved theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from usageline.config import profiles, user_themes
from usageline.config.segments import BARS, icons, non_defaults
from usageline.core import paths
from usageline.themes import colors
from usageline.themes.theme import STYLES, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.validate import Values

ALWAYS_SHOWN = ("*", "status")
"""Blocks that any row may show: those of unlisted segments, and of a problem."""

COLOR_BLIND_SAFE = "color-blind-safe"


def resolve_values(values: Values, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the compiled configuration without `version`, `stamp`, `program` and `problem`.

    It is that of the profile that `env` chooses.

    `theme` and `chain` are absent if the file does not choose one. `theme_daltonized` replaces
    `theme` if Claude Code's own theme is a color-blind one; `theme_chosen` is true if the file
    names the default theme. `fold` is true if a single row may have two lines.
    """
    custom: dict[str, str] = {}
    if env is not None:
        values = profiles.apply(values, env)
    rows = [
        [
            _segment(name, values, custom)
            for name in row
            if not values.segments.get(name, {}).get("hide")
        ]
        for row in values.get("rows")
    ]
    compiled: dict[str, Any] = {
        "rows": [row for row in rows if row],
        **{name: values.get(name) for name in ("wrap", "max_rows", "color", "clock")},
    }
    fold = values.get("fold")
    if ("rows" not in values.top if fold is None else fold) and values.get("max_rows") > 1:
        compiled["fold"] = True
    theme = _theme(values, custom, values.get("theme"))
    if theme is not None:
        compiled["theme"] = theme
    if "theme" not in values.top and theme is not None:
        # Without a chosen theme, the line follows Claude Code's color-blind themes.
        compiled["theme_daltonized"] = _theme(values, custom, COLOR_BLIND_SAFE)
    elif "theme" in values.top and theme is None:
        compiled["theme_chosen"] = True
    if values.table("chain")["command"]:
        chain = values.table("chain")
        compiled["chain"] = {
            **chain,
            "digest": paths.digest(chain["command"].encode("utf-8", "surrogatepass")),
        }
    return compiled


def _segment(name: str, values: Values, custom: dict[str, str]) -> list[Any]:
    """Return the kind of a segment or an instance, and its options other than the defaults."""
    kind, dot, _instance = name.partition(".")
    options = non_defaults(
        kind, values.segments.get(name) or (values.segments.get(kind, {}) if dot else {})
    )
    if "bar" in options:
        options["bar_glyphs"] = BARS[options.pop("bar")]
    style = options.get("style", "")
    if style and style not in STYLES:
        options["style"] = custom.setdefault(style, f"custom-{len(custom) + 1}")
    return [kind, options]


def _theme(values: Values, custom: dict[str, str], chosen: str) -> dict[str, Any] | None:
    separator, styles, glyphs = (
        values.get("separator"),
        values.tables.get("styles", {}),
        values.tables.get("glyphs", {}),
    )
    if chosen == "default" and not (
        values.get("nerd_font") or separator is not None or styles or glyphs or custom
    ):
        return None
    theme = resolve(user_themes.find(chosen), icons() if values.get("nerd_font") else None)
    _drop_unused_blocks(theme, values)
    theme["glyphs"].update(glyphs)
    if glyphs.keys() & {"full", "parts", "empty"} and "groove" not in styles:
        styles = {**styles, "groove": ""}  # a groove would hide the empty part
    if separator is not None:
        theme["separator"] = separator
        if "caps" in theme:
            theme["caps"] = ["", separator, ""]
    for name, spec in [*styles.items(), *((name, spec) for spec, name in custom.items())]:
        parsed = colors.parse(spec)
        for palette in (theme["styles"], theme.get("light", {})):
            for depth, codes in palette.items():
                codes[name] = colors.codes(parsed, depth)
    return theme


def _drop_unused_blocks(theme: dict[str, Any], values: Values) -> None:
    """Keep the blocks of segments in `rows`, because each line reads all that is compiled."""
    shown = {name.partition(".")[0] for row in values.get("rows") for name in row}
    for name in ("blocks", "light_blocks"):
        for depth, kinds in theme.get(name, {}).items():
            theme[name][depth] = {
                kind: pair for kind, pair in kinds.items() if kind in {*shown, *ALWAYS_SHOWN}
            }
