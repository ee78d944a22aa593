"""Read what is new in the transcripts into the index.

Reading a line twice changes no total, so the remembered offsets are for speed only: every doubt
ends in reading a file from its beginning.
"""

from __future__ import annotations

import os
import time

from usageline.sources.transcripts.files import PROJECTS, Listing, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from usageline.sources.transcripts.files import Folder, Known, State, Transcript
    from usageline.storage.usage_index.database import Index
    from usageline.usage.local.prices import PriceList

UNLISTED_NS = 60 * 86_400 * 10**9
"""What is not there is remembered so long: it may be of another configuration directory."""


SETTLED_NS = 2 * 10**9
"""A directory that changed so recently may change again within one tick of its file system."""


FILES = "SELECT device, inode, size, modified_ns FROM files"


class _StoredFiles:
    """Contains the files that are as the index remembers them, without reading all of them."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def __contains__(self, state: State) -> bool:
        query = f"{FILES} WHERE device = ? AND inode = ?"
        return bool(self._index.connection.execute(query, state[:2]).fetchone() == state)


class Scan:
    """One pass over transcripts.

    `keep_from` is epoch ms: older responses are not counted, so that what the index has forgotten
    does not come back. `progress(done, total)` is called with bytes.
    """

    def __init__(
        self,
        index: Index,
        prices: PriceList,
        *,
        keep_from: int | None = None,
        progress: Callable[[int, int], object] = lambda _done, _total: None,
    ) -> None:
        self.report = Report()
        self._index = index
        self._prices = prices
        self._keep_from = keep_from
        self._progress = progress

    def is_first(self) -> bool:
        """Return whether the index knows no transcript."""
        return not self._index.has_files()

    def run_below(self, directories: Iterable[str]) -> Report:
        """Read what is new below configuration directories, and commit it.

        Raise sqlite3.Error or OSError if it cannot be kept.
        """
        known = set(self._index.connection.execute(FILES))
        places = [os.path.join(directory, PROJECTS) for directory in directories]
        listing = Listing(places, self._known_folders(), known)
        self._read(listing, listing.changed())
        self.report.is_full = True
        if self.report.read:
            self._forget_files(known - listing.unchanged)
            self._remember(listing.listed)
        return self.report

    def run_sessions(self, sessions: Mapping[str, str]) -> Report:
        """Read what is new of sessions: transcripts with the directories of their subagents.

        One without a directory is none. Raise as `run_below`.
        """
        counted = {each: folder for each, folder in sessions.items() if folder}
        listing = Listing(counted.values(), {}, _StoredFiles(self._index))
        self._read(listing, listing.changed(counted))
        return self.report

    def _read(self, listing: Listing, changed: Sequence[Transcript]) -> None:
        self.report.files = len(listing.unchanged) + len(changed)
        self.report.unreadable = listing.unreadable
        if not changed:
            return
        # Mostly nothing has changed, and the parsers take longer to import than the rest.
        from usageline.jobs.transcript_reader import Reader  # noqa: PLC0415

        reader = Reader(self._index, self._prices, self.report, self._keep_from, self._progress)
        reader.read(changed)

    def _forget_files(self, unlisted: Iterable[tuple[int, int, int, int]]) -> None:
        before = time.time_ns() - UNLISTED_NS
        gone = [(device, inode) for device, inode, _, modified in unlisted if modified < before]
        query = "DELETE FROM files WHERE device = ? AND inode = ? AND modified_ns < ?"
        for device, inode in gone:
            self._index.connection.execute(query, (device, inode, before))

    def _known_folders(self) -> dict[str, Known]:
        rows = self._index.connection.execute("SELECT * FROM folders")
        return {row[0]: row for row in rows}

    def _remember(self, folders: Iterable[Folder]) -> None:
        now = time.time_ns()
        oldest, settled = now - UNLISTED_NS, now - SETTLED_NS
        rows = [
            folder[:7]
            for folder in folders
            if oldest < max(folder.modified_ns, folder.changed_ns) < settled
            and not folder.has_links
            and _is_text(folder.path + folder.folders + folder.files)
        ]
        with self._index.transaction():
            self._index.connection.execute(
                "DELETE FROM folders WHERE max(modified_ns, changed_ns) <= ?", (oldest,)
            )
            self._index.connection.executemany(
                "INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )


def _is_text(text: str) -> bool:
    """Return whether SQLite can store it, unlike some names of files."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
