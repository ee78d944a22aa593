"""Find the transcripts below configuration directories of Claude Code."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Known = tuple[str, int, int, int, int, str, str]

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


class Folder(NamedTuple):
    """What a directory has: the names of folders, and of transcripts, each behind a slash.

    With `has_links`, that may change without a change of the directory.
    """

    path: str
    device: int
    inode: int
    modified_ns: int
    changed_ns: int
    folders: str
    files: str
    has_links: bool = False


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


class Listing:
    """Every transcript below the configuration directories, each file once.

    A directory is entered once, so that a loop of links ends. What cannot be read is skipped. A
    directory of `known` that has not changed is not read again; `listed` has the others. `known`
    has the fields of each `Folder` but the last one, by its path.
    """

    def __init__(
        self, directories: Iterable[str], known: Mapping[str, Known] | None = None
    ) -> None:
        self.listed: list[Folder] = []
        self._pending = [(os.path.join(directory, PROJECTS), 0) for directory in directories]
        self._known = known or {}
        self._entered: set[tuple[int, int]] = set()

    # tried by: tests/local
    def __iter__(self) -> Iterator[Transcript]:
        """Yield the transcripts, in any order."""
        listed: set[tuple[int, int]] = set()
        while self._pending:
            path, depth = self._pending.pop()
            try:
                folder = self._entered_once(path)
            except OSError:
                continue
            if folder is None or depth > MAX_DEPTH:
                continue
            *_, folders, files = folder
            if folders:
                names = folders[1:].split("/")
                self._pending += [(f"{path}/{name}", depth + 1) for name in names]
            for name in files[1:].split("/") if files else ():
                file = f"{path}/{name}"
                try:
                    status = os.stat(file)
                except OSError:
                    continue
                identity = (status.st_dev, status.st_ino)
                # A FIFO or a device would block the reader.
                if stat.S_ISREG(status.st_mode) and identity not in listed:
                    listed.add(identity)
                    yield Transcript(file, *identity, status.st_size, status.st_mtime_ns)

    def _entered_once(self, path: str) -> Known | None:
        status = os.stat(path)
        identity = (status.st_dev, status.st_ino)
        if identity in self._entered:
            return None
        self._entered.add(identity)
        known = self._known.get(path)
        # An entry that is added, removed or renamed changes both times.
        state = (path, *identity, status.st_mtime_ns, status.st_ctime_ns)
        if known is not None and known[:5] == state:
            return known
        folder = Folder(*state, *_entries(path))
        self.listed.append(folder)
        return folder[:7]


# tried by: tests/local
def _entries(directory: str) -> tuple[str, str, bool]:
    """Return the last three fields of a `Folder`. Raise OSError if it cannot be read."""
    folders, files = "", ""
    has_links = False
    with os.scandir(directory) as scan:
        for entry in scan:
            has_links = has_links or entry.is_symlink()
            with contextlib.suppress(OSError):
                if entry.is_dir():
                    folders += f"/{entry.name}"
                elif entry.name.endswith(".jsonl") and not (
                    entry.name == JOURNAL and "/subagents" in directory
                ):
                    files += f"/{entry.name}"
    return folders, files, has_links
