"""Find the transcripts below configuration directories of Claude Code."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
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


@dataclass(slots=True)
class Report:
    """What a pass has done: files listed and read, bytes, lines with usage, and what it skipped.

    `salvaged` counts responses from a damaged index that was set aside.
    """

    files: int = 0
    read: int = 0
    bytes: int = 0
    lines: int = 0
    too_long: int = 0
    unreadable: int = 0
    salvaged: int = 0


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


# tried by: tests/local
def transcripts(directories: Iterable[str]) -> Iterator[Transcript]:
    """Yield every transcript below the configuration directories, each file once.

    Follow each link to a directory once, so that a loop ends. Skip what cannot be read.
    """
    entered: set[tuple[int, int]] = set()
    files: set[tuple[int, int]] = set()
    pending = [(os.path.join(directory, PROJECTS), True, 0) for directory in directories]
    while pending:
        directory, is_link, depth = pending.pop()
        try:
            # Only a link leads back: without it, the files tell whether they were listed.
            if depth > MAX_DEPTH or (is_link and not _enter(directory, entered)):
                continue
            with os.scandir(directory) as scan:
                entries = list(scan)
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir():
                    pending.append((entry.path, entry.is_symlink(), depth + 1))
                elif entry.name.endswith(".jsonl") and not (
                    entry.name == JOURNAL and "/subagents" in directory
                ):
                    status = entry.stat()
                    file = (status.st_dev, status.st_ino)
                    # A FIFO or a device would block the reader.
                    if stat.S_ISREG(status.st_mode) and file not in files:
                        files.add(file)
                        yield Transcript(entry.path, *file, status.st_size, status.st_mtime_ns)
            except OSError:  # noqa: PERF203 - a broken link hides no other file
                continue


def _enter(directory: str, entered: set[tuple[int, int]]) -> bool:
    """Return whether the directory was not entered yet, and remember that it is now."""
    status = os.stat(directory)
    identity = (status.st_dev, status.st_ino)
    if identity in entered:
        return False
    entered.add(identity)
    return True
