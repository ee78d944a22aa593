"""The hot side: payload and snapshot in, line out, in hardly more time than the interpreter takes to start.

It imports `core/` alone, which imports no more than `sys`, `time` and C built-ins.
"""

import sys

from usageline.core import syscalls

FILE = __file__.replace("\\", "/") if sys.platform == "win32" else __file__
ROOT = FILE.rpartition("/plugin/usageline/")[0]
"""The installation: `plugin/` and `hooks/`, and the cold side's `venv/` beside them.

A backslash in its path may be a letter.
"""


def emit(data):
    """Write all of `data` to stdout; a reader that has gone is nobody's problem."""
    try:
        while data:
            data = data[syscalls.write(1, data) :]
    except OSError:
        return
