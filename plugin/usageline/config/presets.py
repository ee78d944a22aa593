"""Ready-made lines: rows, and a theme if it belongs to them."""

from __future__ import annotations

from typing import NamedTuple


class Preset(NamedTuple):
    """A preset. Without `rows` it is the default line; without `theme` the user's theme stays."""

    name: str
    about: str
    rows: tuple[tuple[str, ...], ...] = ()
    theme: str = ""


_LIMITS = ("session", "weekly", "scoped", "credits", "forecast", "alerts", "status")

PRESETS = (
    Preset("standard", "model, context and every limit: the line without a configuration"),
    Preset(
        "minimal",
        "only limits, in gray until one fills up",
        (("session", "weekly", "scoped", "alerts", "status"),),
        "minimal",
    ),
    Preset(
        "two-rows",
        "model, context and place above, limits below",
        (("model", "context", "directory", "git"), _LIMITS),
    ),
    Preset(
        "full",
        "also effort, cost, changes, pull request and cache, in three rows",
        (
            ("directory", "git", "worktree", "pr", "lines", "output_style", "agent", "vim"),
            ("model", "effort", "context", "cache", "cost", "duration", "plan"),
            ("session", "pace", *_LIMITS[1:]),
        ),
    ),
    Preset(
        "powerline",
        "blocks of color in two rows, with arrows if there is a Nerd Font",
        (("directory", "git", "model", "context"), _LIMITS),
        "powerline",
    ),
)


def find(name: str) -> Preset | None:
    """Return the preset of that name, None if there is none."""
    return next((preset for preset in PRESETS if preset.name == name), None)


def changes(preset: Preset, theme: str, rows_in_use: object = None) -> dict[str, object]:
    """Return the keys that a preset sets, None for a key to unset.

    If `rows_in_use` and the theme are those of another preset, its theme goes with its rows.
    """
    changed: dict[str, object] = {
        "rows": [list(row) for row in preset.rows] or None,
        "fold": None,
    }
    if preset.theme:
        return {"theme": preset.theme, **changed}
    in_use = [[*row] for row in rows_in_use] if isinstance(rows_in_use, list) else None
    if any(other.theme == theme and [[*row] for row in other.rows] == in_use for other in PRESETS):
        return {"theme": None, **changed}
    return changed
