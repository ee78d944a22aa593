"""What the user configured, as the cold side compiled it (usageline/config/compile.py): TOML is never parsed here. Imported where there is any."""

from usageline import __version__
from usageline.core import json_file, paths
from usageline.core.compiled_config import MAX_BYTES, VERSION

MOST_ROWS = 6
MOST_SEGMENTS = 24
MOST_LINES = 12

SHAPES = {
    "theme": dict,
    "theme_daltonized": dict,
    "theme_chosen": bool,
    "color": str,
    "problem": str,
    "chain": dict,
    "clock": str,
}
"""What a part of the compiled configuration is; one that is not is left out."""


def load(env, stamp):
    """The compiled configuration with all that is wrong left out, and whether it is of another config.toml than the one with that stamp.

    Until it is compiled anew the configuration before the change holds, but for its chained command: a project's settings can aim
    XDG_CACHE_HOME at a file of its own making, and a program is run only where the cold side has just agreed to it.
    """
    return load_from(paths.line_config(env), stamp)


def load_from(path, stamp):
    """As `load`, from that file."""
    found = json_file.json_file(path, MAX_BYTES) or {}
    if found.get("version") != VERSION:
        return {}, True
    is_old = found.get("stamp") != stamp or found.get("program") != __version__
    configured = checked(found)
    if "chain" in configured and (is_old or not _is_agreed(configured["chain"])):
        del configured["chain"]
        is_old = True
    return configured, is_old


def checked(found):
    """A compiled configuration with all that is wrong left out.

    `theme`, `theme_daltonized`, `theme_chosen`, `color`, `problem`, `chain`, `clock` as compiled; `rows` as `[[(kind, options), …], …]`; `lines` so many a wrapped line may take.
    """
    configured = {
        name: found[name] for name, shape in SHAPES.items() if type(found.get(name)) is shape
    }
    if type(found.get("rows")) is list:
        rows = [row[:MOST_SEGMENTS] for row in found["rows"][:MOST_ROWS] if type(row) is list]
        rows = [[segment for segment in row if _is_segment(segment)] for row in rows]
        if (
            any(rows) or not found["rows"]
        ):  # else nothing is left of what was chosen: better the default than an empty line
            configured["rows"] = rows
    lines = found.get("max_rows")
    if found.get("wrap") is True:
        configured["lines"] = lines if type(lines) is int and 0 < lines <= MOST_LINES else MOST_ROWS
    return configured


def segment(configured, kind):
    """The options of the first segment of that kind, or None where no row has one."""
    return next(
        (options for row in configured.get("rows", ()) for name, options in row if name == kind),
        None,
    )


def _is_agreed(chain):
    """Whether the command is the one that was compiled, to the bit: the disk may have made another one of it."""
    command = chain.get("command")
    return type(command) is str and chain.get("digest") == paths.digest(
        command.encode("utf-8", "surrogatepass")
    )


def _is_segment(value):
    return (
        type(value) is list and len(value) == 2 and type(value[0]) is str and type(value[1]) is dict
    )
