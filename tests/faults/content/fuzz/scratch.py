"""A directory for what a target has to have on disk."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

MEMORY = "/dev/shm"
"""Where the system has one: a disk is slow, and wears."""


def scratch() -> str:
    """The path of a new directory that is gone when the process ends; a fuzzer's end is none, so that it is in TMPDIR where that is set."""
    in_memory = "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK)
    path = tempfile.mkdtemp(prefix="usageline-fuzz-", dir=MEMORY if in_memory else None)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
