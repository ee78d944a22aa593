"""Reading the client's files: bounded, and never held up by what somebody put in their place."""

from __future__ import annotations

import json
import os
import stat
from typing import Any

from usageline import client_text


def read_bytes(path: str, most: int) -> bytes | None:
    """The content of the regular file at `path`, or None where there is none that can be read or it is longer than `most` bytes."""
    try:
        # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        with os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(most + 1)
    except OSError:
        return None
    finally:
        os.close(fd)
    return content if len(content) <= most else None


def settings_object(content: bytes | None) -> dict[str, Any] | None:
    """Return the JSON object in a settings file of the client's, read in its encoding, or None."""
    if content is None:
        return None
    try:
        return parse_object(client_text.shown(content))
    except UnicodeError:
        return None


def parse_object(content: bytes | str | None) -> dict[str, Any] | None:
    """The JSON object in `content`, or None where it is anything else."""
    if content is None:
        return None
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
