"""The hot side: payload and snapshot in, line out, in hardly more time than the interpreter takes to start.

It imports `core/` alone, which imports no more than `sys`, `time` and C built-ins.
"""

from usageline.core import syscalls


def emit(data):
    """Write all of `data` to stdout; a reader that has gone is nobody's problem."""
    try:
        while data:
            data = data[syscalls.write(1, data) :]
    except OSError:
        return
