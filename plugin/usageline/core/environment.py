"""Read the environment."""

from __future__ import annotations

import sys

from usageline.core import syscalls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping


def environment() -> dict[str, str]:
    """Return the environment with a HOME. Bytes that are not text survive the way to a path."""
    encoding = sys.getfilesystemencoding()

    def text(value: bytes | str) -> str:
        return value.decode(encoding, "surrogateescape") if isinstance(value, bytes) else value

    env = {text(name): text(value) for name, value in syscalls.environ.items()}
    if not env.get("HOME"):
        fill_in_home(env)
    return env


def fill_in_home(env: MutableMapping[str, str]) -> None:
    """Set a missing HOME from the user database, as Claude Code does.

    Do nothing if the database has no absolute home for this user.
    """
    if env.get("HOME") or not hasattr(syscalls, "geteuid"):
        return
    try:
        import pwd  # noqa: PLC0415 - built in, but seldom needed

        home = pwd.getpwuid(syscalls.geteuid()).pw_dir
    except (ImportError, KeyError, OSError):
        return
    if home[:1] == "/":
        env["HOME"] = home
