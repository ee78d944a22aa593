"""Build the command and the environment with which the hot side starts the cold side."""

from __future__ import annotations

from usageline.core import syscalls
from usageline.core.freshness import stat_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHON_FLAGS = ("-I", "-B", "-X", "utf8")
"""A path is UTF-8 whatever the locale is, as for Claude Code."""

ENV_ALLOWLIST = (
    *("HOME", "USER", "LOGNAME", "USERPROFILE", "SYSTEMROOT", "LANG", "LC_ALL", "TZ"),
    *("CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "USAGELINE_API_URL"),
)
"""The variables that a refresh gets.

A project's settings can set any variable. These choose an account and how a time is written, but no
program, proxy or certificate: the installer recorded those (system/origin.py).
"""

PLUGIN_POINTER = "/.usageline-installed.json"
"""In Claude Code's copy of a plugin: the installation made from it (setup/program_files.py)."""

ZONES = ("/usr/share/zoneinfo/", "/var/db/timezone/zoneinfo/", "/etc/zoneinfo/")
"""The directories of the system's time zones."""


def interpreter(root: str) -> str:
    """Return the cold side's interpreter in the installation at `root`, or "" if it is missing."""
    for name in ("/venv/bin/python", "/venv/Scripts/python.exe"):
        if stat_of(root + name):
            return root + name
    return ""


def absence(root: str) -> str:
    """Return why `interpreter` is missing.

    `elsewhere` if its link leads to nothing on this system, else `uninstalled`.
    """
    try:
        syscalls.lstat(root + "/venv/bin/python")
    except (OSError, ValueError):
        return "uninstalled"
    return "elsewhere"


def refresh_command(python: str, trigger: str = "line") -> list[str]:
    """Return the command of one refresh; `trigger` is a word for its log."""
    return [python, *PYTHON_FLAGS, "-m", "usageline.refresh", "--by", trigger]


def refresh_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return the allowed variables of `env`."""
    return {
        name: env[name]
        for name in ENV_ALLOWLIST
        if name in env and (name != "TZ" or is_zone(env[name]))
    }


def is_zone(name: str) -> bool:
    """Return whether a TZ names one of the system's zones.

    The C library opens the file that TZ names, and a project could name a FIFO. The wired command
    checks it, too, before any interpreter starts (setup/settings_changes.py).
    """
    path = name[1:] if name[:1] == ":" else name
    return ".." not in path and (
        path[:1] not in ("/", ".") or path == "/etc/localtime" or path.startswith(ZONES)
    )
