"""Keep the index of local usage up to date: one writer at a time, over all sessions.

Reading a line twice changes no total, so the remembered offsets are for speed only: every doubt
ends in reading a file from its beginning.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time

from usageline.core.errors import CacheUnsafe, UsagelineError
from usageline.sources.transcripts import files, roots
from usageline.sources.transcripts.files import PROJECTS, Listing, Report
from usageline.storage.usage_index import checks, database
from usageline.storage.usage_index.database import Index, open_in_memory, open_index
from usageline.system.directories import private_directory
from usageline.system.files import write_error
from usageline.system.lock import hold_existing
from usageline.system.paths import Paths
from usageline.usage.local.prices import PriceList, own_prices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from usageline.config.local import Local
    from usageline.sources.transcripts.files import Folder, Known, State, Transcript

DAY_MS = 86_400_000
LOCK_TIMEOUT_S = 60.0
"""A first build of a gigabyte takes seconds; a second process waits for it."""

UNLISTED_NS = 60 * 86_400 * 10**9
"""What is not there is remembered so long: it may be of another configuration directory."""

SETTLED_NS = 2 * 10**9
"""A directory that changed so recently may change again within one tick of its file system."""

FILES = "SELECT device, inode, size, modified_ns FROM files"


@contextlib.contextmanager
def updated(
    env: Mapping[str, str],
    *,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
    live: Sequence[str] = (),
) -> Iterator[tuple[Index, Report]]:
    """Yield the index after a full pass over the transcripts, and what the pass did.

    With `live` it is a pass over these sessions alone, unless the index is empty. They are named by
    their transcripts, of which those below other directories are ignored.

    Raise UsagelineError if the index cannot be kept or must not; it says what to do.
    """
    paths = Paths(env)
    place = paths.usage_dir
    local = roots.settings(env)
    try:
        private_directory(paths.state_dir)
        private_directory(place)
        with hold_existing(place, LOCK_TIMEOUT_S) as is_owner:
            if not is_owner:
                raise UsagelineError("another usageline is reading the transcripts: try again")
            directories = roots.directories(env, local)
            sessions = {each: files.of_session(each, directories) for each in live}

            def look(scan: Scan) -> Report:
                if live and not scan.is_first():
                    return scan.run_sessions(sessions)
                return scan.run_below(directories)

            index, report = _updated(place, look, local, progress)
            try:
                yield index, report
            except sqlite3.DatabaseError as error:
                if checks.is_damage(error):
                    index.discard()
                raise
            finally:
                index.close()
    except (sqlite3.Error, OSError, CacheUnsafe) as error:
        raise UsagelineError(
            f"{_problem(error, place)}. To read the transcripts without an index: "
            "usageline usage --roots ~/.claude"
        ) from error


def _updated(
    place: str,
    look: Callable[[Scan], Report],
    local: Local,
    progress: Callable[[int, int], object],
) -> tuple[Index, Report]:
    """Return the index after a pass. Build it anew if it turns out to be damaged."""
    prices = PriceList(own_prices(local.prices))
    for may_be_damaged in (True, False):
        index = open_index(place)
        try:
            saved = salvage_into(index, place, prices)
            report = _pass(index, look, prices, local.keep_days, progress)
        except Exception as error:
            if not may_be_damaged or not checks.is_damage(error):
                index.close()
                raise
            index.discard()
            continue
        report.salvaged = saved
        return index, report
    raise AssertionError


def _problem(error: Exception, place: str) -> str:
    if isinstance(error, CacheUnsafe):
        return str(error)
    # SQLite hides the system's reason.
    system = error if isinstance(error, OSError) else write_error(place)
    reason = (system.strerror if system else "") or str(error) or type(error).__name__
    return f"{place} cannot be used: {reason}"


@contextlib.contextmanager
def temporary_index(
    directories: Sequence[str],
    own: Mapping[str, Mapping[str, float]],
    *,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> Iterator[tuple[Index, Report]]:
    """Yield an index of other directories, with a user's own prices, that ends with the block."""
    index = open_in_memory()
    places, prices = files.roots(directories), PriceList(own_prices(own))
    try:
        yield index, _pass(index, lambda scan: scan.run_below(places), prices, None, progress)
    finally:
        index.close()


def _pass(
    index: Index,
    look: Callable[[Scan], Report],
    prices: PriceList,
    keep_days: int | None,
    progress: Callable[[int, int], object],
) -> Report:
    now_ms = int(time.time() * 1000)
    keep_from = None if keep_days is None else now_ms - keep_days * DAY_MS
    _apply_prices(index, prices)
    known_from = keep_from if database.trusts_clock(index, now_ms) else None
    report = look(Scan(index, prices, keep_from=known_from, progress=progress))
    if keep_from is not None and report.is_full and database.trusts_clock(index, now_ms):
        database.forget(index, keep_from)
    return report


def salvage_into(index: Index, place: str, prices: PriceList | None = None) -> int:
    """Add what an index that was set aside still has. Return how many responses that are."""
    identity = database.identity_aside(place)
    if not identity or index.meta().get("salvaged") == identity:
        return 0
    from usageline.storage.usage_index import salvage  # noqa: PLC0415 - seldom
    from usageline.storage.usage_index.writer import Writer  # noqa: PLC0415 - as above

    batch = salvage.batch(os.path.join(place, checks.NAME + database.ASIDE))
    with index.transaction():
        Writer(index, prices or PriceList()).write(batch)
        index.set_meta("salvaged", identity)
    return len(batch)


def _apply_prices(index: Index, prices: PriceList) -> None:
    if index.meta().get("prices") == prices.version:
        return
    from usageline.storage.usage_index.writer import Writer  # noqa: PLC0415 - seldom

    with index.transaction():
        Writer(index, prices).reprice()
        index.set_meta("prices", prices.version)


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


class _StoredFiles:
    """Contains the files that are as the index remembers them, without reading all of them."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def __contains__(self, state: State) -> bool:
        query = f"{FILES} WHERE device = ? AND inode = ?"
        return bool(self._index.connection.execute(query, state[:2]).fetchone() == state)


def _is_text(text: str) -> bool:
    """Return whether SQLite can store it, unlike some names of files."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
