"""Provide a directory for files of a target."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

MEMORY = "/dev/shm"
"""Use memory if the system offers it: a disk is slow and wears out."""


def scratch() -> str:
    """Return the path of a new directory that is removed at exit.

    A fuzzer does not exit normally, so it is in TMPDIR if that is set.
    """
    in_memory = "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK)
    path = tempfile.mkdtemp(prefix="usageline-fuzz-", dir=MEMORY if in_memory else None)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
