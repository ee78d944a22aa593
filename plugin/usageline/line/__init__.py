"""Run the hot side: payload and snapshot in, line out, in little more time than Python's start.

It imports only `core/`, which imports only `sys`, `time` and C built-ins.
"""

from __future__ import annotations

import sys

from usageline.core import syscalls

FILE = __file__.replace("\\", "/") if sys.platform == "win32" else __file__
ROOT = FILE.rpartition("/plugin/usageline/")[0]
"""The installation: `plugin/`, `hooks/` and the cold side's `venv/`.

A backslash in its path may be a letter.
"""


def emit(data: bytes) -> None:
    """Write all of `data` to stdout. Ignore a closed pipe."""
    try:
        while data:
            data = data[syscalls.write(1, data) :]
    except OSError:
        return
