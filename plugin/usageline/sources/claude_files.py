"""Reading the client's files: bounded, and never held up by what somebody put in their place."""

from __future__ import annotations

import json
import os
from typing import Any

from usageline.sources.json_scan import parse_integer, top_level
from usageline.system import client_text
from usageline.system.files import open_regular

WHOLE_BYTES = 1 << 20
"""A file of this size is parsed whole; of a longer one only the keys that are asked for."""


def read_bytes(path: str, most: int) -> bytes | None:
    """The content of the regular file at `path`, or None where there is none that can be read or it is longer than `most` bytes."""
    try:
        with open_regular(path) as fd, os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(most + 1)
    except (OSError, ValueError):
        return None
    return content if len(content) <= most else None


def read_keys(path: str, keys: tuple[str, ...], most: int) -> dict[str, Any]:
    """Return those of `keys` that stand at the top level of the JSON object in the file at `path`, in bounded time and memory.

    OSError if the file cannot be read or there is none, ValueError with the reason if it is longer than `most` bytes or no JSON object.
    Its encoding is read as the client reads it.
    """
    with open_regular(path) as fd:
        size = os.fstat(fd).st_size
        if size > most:
            raise ValueError(f"it has {size >> 20} MiB, more than {most >> 20}")
        if size > WHOLE_BYTES:
            return top_level(fd, keys)
        with os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(WHOLE_BYTES + 1)
    value = parse_object(client_text.decode_lossy(content))
    if value is None:
        raise ValueError("it is not the JSON that Claude Code writes")
    return {key: value[key] for key in keys if key in value}


def parse_object(content: bytes | str | None) -> dict[str, Any] | None:
    """The JSON object in `content`, or None where it is anything else."""
    if content is None:
        return None
    try:
        value = json.loads(content, parse_int=parse_integer)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
