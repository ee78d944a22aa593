"""Share a background job's last result, and start the job at most once per interval.

A job has a `kind` ("git", "local", "chain") and a `key`, the digest of what it is about. Its result
lies in `paths.jobs_dir`, beside its throttle's stamp. The bounds of a chained command's rows are
here, too, and the key of the only job of "local".
Only a configured line imports this module.
"""

from __future__ import annotations

from usageline.core import json_file, paths
from usageline.core.text import is_web_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

LOCAL = "local"
LOCAL_KEY = "usage"
LOCAL_VERSION = 1
MAX_LOCAL_BYTES = 1 << 13

REST = 10
"""A job rests for at least so many times its duration, up to MAX_REST_S."""

MAX_REST_S = 300
CLOCK_JUMP_S = 60

MAX_CHAIN_ROWS = 8
MAX_CELLS = 2000
MAX_PARTS = 256
MAX_URL = 512
MAX_CHAIN_BYTES = 1 << 18
MAX_CHAIN_ENV = 64

CHAIN_ENV = (
    *("HOME", "USER", "LOGNAME", "USERPROFILE", "SYSTEMROOT", "PATH"),
    *("CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"),
    *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"),
    *("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SESSION_ID", "CLAUDE_PROJECT_DIR"),
    *("LANG", "LANGUAGE", "LC_*", "TZ", "LINES", "TERM", "COLORTERM", "COLORFGBG"),
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"),
    *("TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TERM_SESSION_ID", "WINDOWID"),
    *("TMUX", "TMUX_PANE", "STY", "ZELLIJ", "ZELLIJ_SESSION_NAME", "WT_SESSION", "VTE_VERSION"),
    *("KITTY_WINDOW_ID", "WEZTERM_PANE", "ITERM_SESSION_ID", "KONSOLE_VERSION"),
    *("SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "HOSTNAME", "WSL_DISTRO_NAME"),
)
"""The variables that a chained command gets, besides those of `chain.env`. `LC_*` is a prefix.

They tell of the session and its terminal, and name no program. A project's settings can set any
variable, such as SHELL, TMPDIR or NODE_OPTIONS, which programs take for the place of others.
"""


def result_file(env: Mapping[str, str], kind: str, key: str) -> str:
    """Return the path of a job's result. LookupError as in core/paths.py."""
    return f"{paths.jobs_dir(env)}/{kind}-{key}.json"


def stamp_file(env: Mapping[str, str], kind: str, key: str) -> str:
    """Return the path of the job's stamp. Its lock lets one process run the job at a time."""
    return f"{paths.jobs_dir(env)}/{kind}-{key}.stamp"


def result(env: Mapping[str, str], kind: str, key: str, limit: int) -> dict[str, Any] | None:
    """Return the last result of at most `limit` bytes, or None. Its values are unchecked."""
    try:
        return json_file.json_file(result_file(env, kind, key), limit)
    except LookupError:
        return None


def times(result: Mapping[str, Any]) -> tuple[float, float]:
    """Return when a result was published, and for how many seconds its job then rests."""
    return number(result.get("at")), min(number(result.get("took_s")) * REST, MAX_REST_S)


def is_fresh(at: float, now: float, max_age_s: float) -> bool:
    """Return whether a result of that time is at most so old, and not from another clock."""
    return at - CLOCK_JUMP_S <= now < at + max_age_s


def number(value: Any) -> float:
    """Return a time or a duration in a result, 0 if it is invalid."""
    return value if type(value) in (int, float) and 0 <= value < 1e10 else 0


def word(value: Any, max_length: int) -> str:
    """Return a text in a result, "" if it is invalid. It is not sanitized."""
    return value[:max_length] if isinstance(value, str) else ""


def claim(env: Mapping[str, str], kind: str, key: str, now: float, interval_s: float) -> bool:
    """Return whether this run may start the job.

    It may if no run of any session started it within `interval_s`, and its result can be written.
    """
    from usageline.core import throttle  # noqa: PLC0415 - only for an old result

    try:
        return throttle.acquire(stamp_file(env, kind, key), 3, now, interval_s) == ""
    except LookupError:
        return False


def listed_variables(env: Mapping[str, str], names: Iterable[object]) -> dict[str, str]:
    """Return the variables of `env` with one of these names or prefixes (`LC_*`)."""
    listed = [name for name in names if isinstance(name, str) and name]
    prefixes = tuple(name[:-1] for name in listed if name[1:].endswith("*"))
    return {
        name: value for name, value in env.items() if name in listed or name.startswith(prefixes)
    }


def is_web_link(url: str) -> bool:
    """Return whether `url` is safe and short enough for a link."""
    return len(url) <= MAX_URL and is_web_address(url)
