"""The hot side: payload and snapshot in, line out, in hardly more time than the interpreter takes to start.

Nothing here imports more than `sys`, `time` and C built-ins. `os` alone costs a sixth of the bare interpreter's start, so the
system calls come from the C module beneath it.
"""

import sys

try:
    import posix as system
except ImportError:  # Windows
    import nt as system  # type: ignore[no-redef]  # mypy runs elsewhere

__all__ = ["emit", "environment", "fill_in_home", "system"]


def environment():
    """The environment as strings; bytes that are no text survive the way to a path and back."""
    encoding = sys.getfilesystemencoding()

    def text(value):
        return value.decode(encoding, "surrogateescape") if isinstance(value, bytes) else value

    env = {text(name): text(value) for name, value in system.environ.items()}
    if not env.get("HOME"):
        fill_in_home(env)
    return env


def fill_in_home(env):
    """Set HOME from the user database if it is not set, as Claude Code does; not where the database has no such user, or no home."""
    if env.get("HOME") or not hasattr(system, "geteuid"):
        return
    try:
        import pwd  # noqa: PLC0415 - built in, but seldom needed

        home = pwd.getpwuid(system.geteuid()).pw_dir
    except (ImportError, KeyError, OSError):
        return
    if home[:1] == "/":
        env["HOME"] = home


def emit(data):
    """Write all of `data` to stdout; a reader that has gone is nobody's problem."""
    try:
        while data:
            data = data[system.write(1, data) :]
    except OSError:
        return
