"""Load the configuration that the cold side compiled (usageline/config/compile.py).

TOML is never parsed here. Only a line with a config.toml imports this module.
"""

from __future__ import annotations

from usageline import __version__
from usageline.core import json_file, paths
from usageline.core.freshness import file_fingerprint
from usageline.core.paths import LINE_CONFIG_VERSION, MAX_LINE_CONFIG_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAX_ROWS = 6
MAX_SEGMENTS = 24
MAX_LINES = 12
MAX_THEMES = 32

SHAPES = {
    "theme": dict,
    "theme_daltonized": dict,
    "theme_chosen": bool,
    "color": str,
    "problem": str,
    "chain": dict,
    "clock": str,
    "fold": bool,
    "own_themes": dict,
    "cost_alerts": bool,
}
"""The type of each part. A part of another type is ignored."""


def load(env: Mapping[str, str], stamp: str) -> tuple[dict[str, Any], bool]:
    """Return the valid parts of the compiled configuration, and whether it is out of date.

    It is out of date if config.toml no longer has the fingerprint `stamp`, or if a theme of the
    user's has changed. Until the next compilation the previous configuration applies, but without
    a chained command. A project's settings can aim XDG_CACHE_HOME at its own file, so a program
    runs only if the cold side has just agreed to it.
    """
    configured, is_old = load_from(paths.line_config(env), stamp)
    for name, known in [*configured.get("own_themes", {}).items()][:MAX_THEMES]:
        theme = f"{paths.themes_dir(env)}/{name}.toml"
        is_old = is_old or "/" in name or file_fingerprint(theme) != known
    return configured, is_old


def load_from(path: str, stamp: str) -> tuple[dict[str, Any], bool]:
    """Load as `load` does, from that file."""
    content = json_file.json_file(path, MAX_LINE_CONFIG_BYTES) or {}
    if content.get("version") != LINE_CONFIG_VERSION:
        return {}, True
    is_old = content.get("stamp") != stamp or content.get("program") != __version__
    configured = checked(content)
    if "chain" in configured and (is_old or not _is_agreed(configured["chain"])):
        del configured["chain"]
        is_old = True
    return configured, is_old


def checked(content: dict[str, Any]) -> dict[str, Any]:
    """Return the valid parts of a compiled configuration.

    The parts of SHAPES are as compiled, `rows` are `[[(kind, options), …], …]`, and `lines` is the
    number of lines that a wrapped row may take.
    """
    configured: dict[str, Any] = {
        name: content[name] for name, shape in SHAPES.items() if type(content.get(name)) is shape
    }
    if type(content.get("rows")) is list:
        rows = [row[:MAX_SEGMENTS] for row in content["rows"][:MAX_ROWS] if type(row) is list]
        rows = [[segment for segment in row if _is_segment(segment)] for row in rows]
        # If no chosen segment is valid, the default is better than an empty line.
        if any(rows) or not content["rows"]:
            configured["rows"] = rows
    if content.get("wrap") is True:
        lines = content.get("max_rows")
        configured["lines"] = lines if type(lines) is int and 0 < lines <= MAX_LINES else MAX_ROWS
    return configured


def segment(configured: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """Return the options of the first segment of that kind, or None without one."""
    rows = configured.get("rows", ())
    return next((options for row in rows for name, options in row if name == kind), None)


def _is_agreed(chain: dict[str, Any]) -> bool:
    """Return whether the command is the compiled one, unchanged by a fault of the disk."""
    command = chain.get("command")
    return type(command) is str and chain.get("digest") == paths.digest(
        command.encode("utf-8", "surrogatepass")
    )


def _is_segment(value: Any) -> bool:
    return (
        type(value) is list and len(value) == 2 and type(value[0]) is str and type(value[1]) is dict
    )
