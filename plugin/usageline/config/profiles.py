"""Apply `[profiles.NAME]`: the keys and the account's label of one Claude Code directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.config.schema import PROFILE_OVERRIDES
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from usageline.config.validate import Values

DEFAULT = "default"
ACCOUNT_SEGMENT = "account"


def directory(name: str, values: Values, paths: Paths) -> str | None:
    """Return the Claude Code directory of a profile, "" for the default one, None without one.

    Raise LookupError if the environment names no home directory.
    """
    path = values.profiles[name].get("directory")
    if path is None:
        return "" if name == DEFAULT else None
    return expanded(path, paths)


def expanded(path: str, paths: Paths) -> str:
    """Return a directory of config.toml as an absolute path without a slash at its end."""
    return paths.expand(path).rstrip("/") or "/"


def keys(name: str, values: Values, paths: Paths) -> tuple[str, ...]:
    """Return the keys by which the files of a profile are named (`paths.settings_profile`).

    ~/.claude has two: one if CLAUDE_CONFIG_DIR names it, and one if the variable is not set.
    """
    path = directory(name, values, paths)
    if path is None:
        return ()
    if not path:
        return (DEFAULT,)
    key = Paths({"CLAUDE_CONFIG_DIR": path}).settings_profile
    is_default = path == paths.home.rstrip("/") + "/.claude"
    return (key, DEFAULT) if is_default else (key,)


def chosen(values: Values, paths: Paths) -> str | None:
    """Return the name of the profile that the environment chooses, or None."""
    if not values.profiles:
        return None
    try:
        current = paths.settings_profile
        return next(
            (name for name in values.profiles if current in keys(name, values, paths)), None
        )
    except LookupError:
        return None


def label(name: str, values: Values) -> str:
    """Return the user's label of a profile, or the name of its table."""
    return str(values.profiles[name].get("label") or name)


def apply(values: Values, paths: Paths) -> Values:
    """Return the values as they hold for the profile that the environment chooses.

    The segment `account` shows the profile's label, unless the user gave it a text.
    """
    name = chosen(values, paths)
    if name is None:
        return values
    profile = values.profiles[name]
    overrides = {key: profile[key] for key in PROFILE_OVERRIDES if key in profile}
    account = values.segments.get(ACCOUNT_SEGMENT, {})
    segments = values.segments
    if not account.get("text"):
        segments = {**segments, ACCOUNT_SEGMENT: {**account, "text": label(name, values)}}
    return values._replace(top={**values.top, **overrides}, segments=segments)
