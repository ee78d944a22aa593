"""Read the colors of Claude Code's own theme from its settings.

A status line imports this module only if settings.json changed after the refresh that wrote the
snapshot: `/theme` then shows on the next line.
"""

from __future__ import annotations

from usageline.core import freshness, json_file, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

DEFAULT_THEME = "dark"
"""Claude Code's theme if none was chosen."""

AUTO = "auto"
CUSTOM = "custom:"
PALETTES = ("ansi", "daltonized")
BASES = ("dark", "light", "dark-ansi", "light-ansi", "dark-daltonized", "light-daltonized")
"""Claude Code's own themes. A custom theme has one of them as its base."""

MAX_BYTES = 1 << 18
"""Of a file that a status line reads. A refresh reads longer ones."""


def appearance(theme: str, background: str = "") -> str | None:
    """Return `dark` or `light` for a theme of Claude Code, or None if that is unknown.

    For the theme `auto` it is `background`, the terminal's last answer.
    """
    if theme == AUTO:
        return background or None
    return next((word for word in ("dark", "light") if theme.startswith(word)), None)


def palette(theme: str) -> str | None:
    """Return `ansi` or `daltonized` for a theme of that palette, else None."""
    return next((word for word in PALETTES if theme.endswith("-" + word)), None)


def theme_in(
    content: Mapping[str, Any], read_theme: Callable[[str], Mapping[str, Any] | None]
) -> str | None:
    """Return the theme that a file of Claude Code names, None if it names none.

    For a custom theme it is the base, "" if that is unknown. `read_theme` returns a custom theme's
    file, or None.
    """
    chosen = content.get("theme")
    if type(chosen) is not str:
        return None
    if chosen in (AUTO, *BASES):
        return chosen
    if not chosen.startswith(CUSTOM):
        return None
    name = chosen[len(CUSTOM) :]
    custom = read_theme(name) if name and "/" not in name and name[:1] != "." else None
    if custom is None:
        return ""
    base = custom.get("base")
    return base if base in BASES else DEFAULT_THEME


def custom_theme(env: Mapping[str, str], name: str) -> str:
    """Return the path of a custom theme of Claude Code."""
    return f"{paths.claude_dir(env)}/themes/{name}.json"


# tried by: tests/line
def current(env: Mapping[str, str], snapshot: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return `appearance` and `palette` by the current settings.json, or else the snapshot's.

    The snapshot's also apply if the file cannot be read.
    """
    path = paths.claude_settings(env)
    settings = _read(path) if freshness.file_fingerprint(path) else {}
    if settings is None:
        return snapshot.get("appearance"), snapshot.get("palette")
    theme = theme_in(settings, lambda name: _read(custom_theme(env, name)))
    if theme is None:
        other = snapshot.get("default_theme")
        theme = other if type(other) is str else ""
    background = ""
    if theme == AUTO:
        answer = (json_file.json_file(paths.terminal_background(env)) or {}).get("background")
        background = answer if answer in ("dark", "light") else ""
    return appearance(theme, background), palette(theme)


# tried by: tests/line
def _read(path: str) -> dict[str, Any] | None:
    """Return the JSON object in a regular file, which may be a link, or None."""
    data = json_file.regular_file(path, MAX_BYTES + 1)
    if data is None or len(data) > MAX_BYTES:
        return None
    try:
        value = json_file.first_value(data.decode("utf-8").lstrip("\ufeff"))
    except ValueError:
        return None
    return value if type(value) is dict else None
