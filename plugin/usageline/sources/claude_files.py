"""Read the client's files with size limits, and never wait for a FIFO or a device."""

from __future__ import annotations

import json
import os
from typing import Any

from usageline.sources.json_scan import parse_integer, top_level
from usageline.system import client_text
from usageline.system.files import open_regular

WHOLE_BYTES = 1 << 20
"""Up to this size a file is parsed whole; of a longer one only the requested keys."""


def read_bytes(path: str, max_bytes: int) -> bytes | None:
    """Return the content of the regular file at `path`, None if unreadable or over `max_bytes`."""
    try:
        with open_regular(path) as fd, os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(max_bytes + 1)
    except (OSError, ValueError):
        return None
    return content if len(content) <= max_bytes else None


def read_keys(path: str, keys: tuple[str, ...], max_bytes: int) -> dict[str, Any]:
    """Return those of `keys` at the top level of the JSON object in the file at `path`.

    Time and memory are bounded. Decode the file as the client does. Raise OSError if the file is
    missing or unreadable. Raise ValueError with the reason if it is longer than `max_bytes` or
    not a JSON object.
    """
    with open_regular(path) as fd:
        size = os.fstat(fd).st_size
        if size > max_bytes:
            raise ValueError(f"it has {size >> 20} MiB, more than {max_bytes >> 20}")
        if size > WHOLE_BYTES:
            return top_level(fd, keys)
        with os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(WHOLE_BYTES + 1)
    value = parse_object(client_text.decode_lossy(content))
    if value is None:
        raise ValueError("it is not the JSON that Claude Code writes")
    return {key: value[key] for key in keys if key in value}


def parse_object(content: bytes | str | None) -> dict[str, Any] | None:
    """Return the JSON object in `content`, None if it is anything else."""
    if content is None:
        return None
    try:
        value = json.loads(content, parse_int=parse_integer)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
