"""The environment, as text, with a HOME."""

import sys

from usageline.core import syscalls


def environment():
    """The environment as strings; bytes that are no text survive the way to a path and back."""
    encoding = sys.getfilesystemencoding()

    def text(value):
        return value.decode(encoding, "surrogateescape") if isinstance(value, bytes) else value

    env = {text(name): text(value) for name, value in syscalls.environ.items()}
    if not env.get("HOME"):
        fill_in_home(env)
    return env


def fill_in_home(env):
    """Set HOME from the user database if it is not set, as Claude Code does; not where the database has no such user, or no home."""
    if env.get("HOME") or not hasattr(syscalls, "geteuid"):
        return
    try:
        import pwd  # noqa: PLC0415 - built in, but seldom needed

        home = pwd.getpwuid(syscalls.geteuid()).pw_dir
    except (ImportError, KeyError, OSError):
        return
    if home[:1] == "/":
        env["HOME"] = home
