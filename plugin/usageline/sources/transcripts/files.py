"""Find the transcripts below configuration directories of Claude Code."""

from __future__ import annotations

import contextlib
import os
import stat

from usageline.core.named_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol

    Known = tuple[str, int, int, int, int, str, str]
    State = tuple[int, int, int, int]

    class States(Protocol):
        """Some of the states."""

        def __contains__(self, state: State, /) -> bool:
            """Return whether a state is among them."""


PROJECTS = "projects"
JOURNAL = "journal.jsonl"
"""A workflow's own journal below `subagents/` repeats results. It has no responses."""

SUBAGENTS = "subagents"
"""The directory of a session's subagents lies in one that is named as the session."""

MAX_DEPTH = 32
MAX_INTEGER = (1 << 63) - 1
"""SQLite's. Some file systems have larger inodes, and ext4 has times until 2446."""


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


class Report:
    """What a pass has done: files listed and read, bytes, and what it skipped.

    `salvaged` counts responses from a damaged index that was set aside. `is_full` is whether the
    pass looked at every directory.
    """

    def __init__(self) -> None:
        self.files = self.read = self.bytes = 0
        self.too_long = self.unreadable = self.salvaged = 0
        self.is_full = False


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


def state_of(status: os.stat_result) -> State:
    """Return the device, inode, size and modification time, so that the index can store them."""
    return (
        status.st_dev & MAX_INTEGER,
        status.st_ino & MAX_INTEGER,
        status.st_size,
        status.st_mtime_ns & MAX_INTEGER,
    )


def of_session(transcript: str, directories: Iterable[str]) -> str:
    """Return the directory of a session's subagents, "" unless its transcript is one that counts.

    It lies below `directories`. A path with `..` may lead anywhere.
    """
    folder, _, suffix = transcript.rpartition(".")
    if suffix != "jsonl" or ".." in transcript:
        return ""
    below = (f"{os.path.join(each, PROJECTS)}/" for each in directories)
    is_below = any(transcript.startswith((place, os.path.realpath(place) + "/")) for place in below)
    return folder if is_below else ""


def session_of(transcript: str) -> str:
    """Return the session of lines that name none, by the path of their transcript."""
    name = transcript.rpartition(f"/{PROJECTS}/")[2].partition(f"/{SUBAGENTS}/")[0]
    return os.path.basename(name).removesuffix(".jsonl")


class Listing:
    """Every transcript below some directories, each file once.

    A directory is entered once, so that a loop of links ends. What cannot be read is skipped, and
    `unreadable` counts such directories. A directory of `folders` that has not changed is not read
    again; `listed` has the others.
    `folders` has the fields of each `Folder` but the last one, by its path. `files` has those of
    each `Transcript` but the first one, and `unchanged` those that are as they were.
    """

    def __init__(
        self,
        places: Iterable[str],
        folders: Mapping[str, Known],
        files: States,
    ) -> None:
        self.listed: list[Folder] = []
        self.unreadable = 0
        self.unchanged: set[State] = set()
        self._pending = [(place, 0) for place in places]
        self._folders = folders
        self._files = files
        self._entered: set[tuple[int, int]] = set()
        self._changed: dict[tuple[int, int], Transcript] = {}

    # tried by: tests/local
    def changed(self, single: Iterable[str] = ()) -> list[Transcript]:
        """Return the transcripts that are not as in `files`, in any order.

        `single` are further ones, which may be missing.
        """
        for file in single:
            self._check(file)
        pending = self._pending
        while pending:
            path, depth = pending.pop()
            try:
                folders, files = self._names(path)
            except FileNotFoundError:  # removed meanwhile
                continue
            except OSError:
                self.unreadable += 1
                continue
            if depth > MAX_DEPTH:
                continue
            if folders:
                pending += [(f"{path}/{name}", depth + 1) for name in folders[1:].split("/")]
            for name in files[1:].split("/") if files else ():
                self._check(f"{path}/{name}")
        return list(self._changed.values())

    def _check(self, file: str) -> None:
        try:
            status = os.stat(file)
        except OSError:
            return
        state = state_of(status)
        if state in self._files:
            self.unchanged.add(state)
        # A FIFO or a device would block the reader.
        elif stat.S_ISREG(status.st_mode):
            self._changed.setdefault(state[:2], Transcript(file, *state))

    def _names(self, path: str) -> tuple[str, str]:
        """Return the folders and files of a directory, none if it was entered before."""
        status = os.stat(path)
        device, inode = status.st_dev & MAX_INTEGER, status.st_ino & MAX_INTEGER
        modified_ns, changed_ns = status.st_mtime_ns, status.st_ctime_ns
        if (device, inode) in self._entered:
            return "", ""
        self._entered.add((device, inode))
        known = self._folders.get(path)
        # An entry that is added, removed or renamed changes both times.
        if known is not None and known[1:5] == (device, inode, modified_ns, changed_ns):
            return known[5:]
        folder = Folder(path, device, inode, modified_ns, changed_ns, *_entries(path))
        self.listed.append(folder)
        return folder.folders, folder.files


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
