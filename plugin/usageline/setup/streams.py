"""Standard streams that the caller closed, or that cannot be written."""

from __future__ import annotations

import contextlib
import os
import sys


def open_missing() -> None:
    """Open /dev/null for each standard descriptor that is closed: a file opened later would get its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as the process


def give_up(number: int) -> None:
    """Let what is written to that descriptor go nowhere: its reader has gone, or its disk is full."""
    with contextlib.suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)
