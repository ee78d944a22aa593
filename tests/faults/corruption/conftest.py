"""Provide a place for files that are written and synced thousands of times."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = "/dev/shm"


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """Return a directory in memory if there is one: a disk would take most of the time."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="usageline-") as path:
        yield Path(path)
