"""Bound the rows of a chained command, for the job that writes them and for the line."""

from __future__ import annotations

from usageline.core.text import is_web_address

MAX_ROWS = 8
MAX_CELLS = 2000
MAX_PARTS = 256
MAX_URL = 512
MAX_RESULT_BYTES = 1 << 18


def is_web_link(url: str) -> bool:
    """Return whether `url` is safe and short enough for a link."""
    return len(url) <= MAX_URL and is_web_address(url)
