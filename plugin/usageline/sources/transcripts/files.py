"""Find the transcripts below configuration directories of Claude Code."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROJECTS = "projects"
JOURNAL = "journal.jsonl"
"""A workflow's own journal below `subagents/` repeats results. It has no responses."""

MAX_DEPTH = 32


class Transcript(NamedTuple):
    """A file of transcripts, and its state when it was listed."""

    path: str
    device: int
    inode: int
    size: int
    modified_ns: int


def roots(directories: Iterable[str]) -> list[str]:
    """Return the directories with projects, each once by device and inode."""
    entered: set[tuple[int, int]] = set()
    result = []
    for directory in directories:
        with contextlib.suppress(OSError, ValueError):
            status = os.stat(os.path.join(directory, PROJECTS))
            if (status.st_dev, status.st_ino) not in entered:
                entered.add((status.st_dev, status.st_ino))
                result.append(directory)
    return result


def transcripts(directories: Iterable[str]) -> Iterator[Transcript]:
    """Yield every transcript below the configuration directories, each file once.

    Follow links, and enter a directory once, whatever it is called. Skip what cannot be read.
    """
    entered: set[tuple[int, int]] = set()
    files: set[tuple[int, int]] = set()
    for directory in directories:
        yield from _below(os.path.join(directory, PROJECTS), entered, files, 0)


# tried by: tests/local
def _below(
    directory: str, entered: set[tuple[int, int]], files: set[tuple[int, int]], depth: int
) -> Iterator[Transcript]:
    try:
        status = os.stat(directory)
        if (status.st_dev, status.st_ino) in entered or depth > MAX_DEPTH:
            return
        entered.add((status.st_dev, status.st_ino))
        with os.scandir(directory) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError:
        return
    in_subagents = "/subagents" in directory
    for entry in entries:
        with contextlib.suppress(OSError):
            if entry.is_dir():
                yield from _below(entry.path, entered, files, depth + 1)
            elif entry.name.endswith(".jsonl") and not (entry.name == JOURNAL and in_subagents):
                status = entry.stat()
                # A FIFO or a device would block the reader.
                if entry.is_file() and (status.st_dev, status.st_ino) not in files:
                    files.add((status.st_dev, status.st_ino))
                    yield Transcript(
                        entry.path,
                        status.st_dev,
                        status.st_ino,
                        status.st_size,
                        status.st_mtime_ns,
                    )
