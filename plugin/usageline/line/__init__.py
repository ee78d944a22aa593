"""The hot side: payload and snapshot in, line out, in hardly more time than the interpreter takes to start.

Nothing here imports more than `sys`, `time` and C built-ins. `os` alone costs a sixth of the bare interpreter's start, so the
system calls come from the C module beneath it.
"""

import sys

try:
    import posix as system
except ImportError:  # Windows
    import nt as system  # type: ignore[no-redef]  # mypy runs elsewhere

__all__ = ["emit", "environment", "system"]


def environment():
    """The environment as strings; bytes that are no text survive the way to a path and back."""
    encoding = sys.getfilesystemencoding()

    def text(value):
        return value.decode(encoding, "surrogateescape") if isinstance(value, bytes) else value

    return {text(name): text(value) for name, value in system.environ.items()}


def emit(data):
    """Write all of `data` to stdout; a reader that has gone is nobody's problem."""
    try:
        while data:
            data = data[system.write(1, data) :]
    except OSError:
        return
