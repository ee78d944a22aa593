"""Read what is new in the transcripts into the index.

Reading a line twice changes no total, so the remembered offsets are for speed only: every doubt
ends in reading a file from its beginning.
"""

from __future__ import annotations

import contextlib
import gc
import os
import stat
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from usageline.sources.transcripts.chunks import CHUNK_BYTES, Lines, marked
from usageline.sources.transcripts.records import parser
from usageline.sources.transcripts.states import parse as parse_state
from usageline.storage.usage_index.batch import Batch
from usageline.storage.usage_index.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from usageline.sources.transcripts.files import Transcript
    from usageline.sources.transcripts.records import Parser
    from usageline.storage.usage_index.database import Index
    from usageline.usage.local.prices import PriceList

BATCH_RESPONSES = 20_000
"""Of one transaction. A killed pass goes on after the last one."""

BULK_BYTES = 1 << 20
"""With more to read, importing msgspec pays."""

EDGE_BYTES = 512
"""A file whose first bytes, or last bytes before the offset, changed is read from its beginning."""


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


@dataclass(frozen=True, slots=True)
class _State:
    """What the index remembers of a file."""

    size: int = -1
    modified_ns: int = -1
    offset: int = 0
    digest: bytes = b""
    too_long: int = 0


class Scan:
    """One pass over listed transcripts.

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
        self._connection = index.connection
        self._writer = Writer(index, prices)
        self._keep_from = keep_from
        self._progress = progress
        self._batch = Batch()
        self._states: list[tuple[object, ...]] = []
        self._parse: Parser = parser(bulk=False)
        self._buffer = bytearray(CHUNK_BYTES)

    def run(self, listed: Iterable[Transcript]) -> Report:
        """Read what is new, and commit it. Raise sqlite3.Error or OSError if it cannot be kept."""
        known = self._known()
        due = []
        for transcript in listed:
            self.report.files += 1
            state = known.get((transcript.device, transcript.inode), _State())
            if (state.size, state.modified_ns) != (transcript.size, transcript.modified_ns):
                due.append((transcript, state))
        total = sum(max(transcript.size - state.offset, 0) for transcript, state in due)
        if is_bulk := total > BULK_BYTES:
            gc.disable()
        self._parse = parser(bulk=is_bulk)
        for transcript, state in due:
            try:
                self._read(transcript, state)
            except (OSError, ValueError):
                self.report.unreadable += 1
            self._progress(self.report.bytes, total)
        self._commit()
        return self.report

    def _known(self) -> dict[tuple[int, int], _State]:
        rows = self._connection.execute("SELECT * FROM files")
        return {(row[0], row[1]): _State(*row[2:]) for row in rows}

    # tried by: tests/local
    def _read(self, transcript: Transcript, state: _State) -> None:
        descriptor = os.open(transcript.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return
            offset = _offset(descriptor, state, status.st_size)
            self._lines(descriptor, offset, transcript, status, state.too_long if offset else 0)
        finally:
            os.close(descriptor)
        self.report.read += 1

    def _lines(
        self,
        descriptor: int,
        offset: int,
        transcript: Transcript,
        status: os.stat_result,
        too_long: int,
    ) -> None:
        is_main = "/subagents/" not in transcript.path
        blocks = Lines(descriptor, offset, self._buffer)
        session = os.path.basename(transcript.path)
        identity = (status.st_dev, status.st_ino)
        for buffer, start, end in blocks:
            usage, states = marked(buffer, start, end, states=is_main)
            if usage:
                self._add(usage, session)
            for line in states:
                if state := parse_state(bytes(line)):
                    self._batch.add_state(state)
            if len(self._batch) >= BATCH_RESPONSES:
                self._remember(
                    descriptor, identity, (-1, -1), blocks.offset, too_long + blocks.too_long
                )
                self._commit()
        self._buffer = blocks.buffer
        self.report.bytes += max(status.st_size - offset, 0)
        self.report.too_long += blocks.too_long
        seen = (status.st_size, status.st_mtime_ns)
        self._remember(descriptor, identity, seen, blocks.offset, too_long + blocks.too_long)

    def _add(self, lines: list[memoryview], session: str) -> None:
        add, keep_from = self._batch.add, self._keep_from
        for line in self._parse(lines):
            if keep_from is None or line.at >= keep_from:
                add((line if line.session else line._replace(session=session)).response())
        self.report.lines += len(lines)

    def _remember(
        self,
        descriptor: int,
        identity: tuple[int, int],
        state: tuple[int, int],
        offset: int,
        too_long: int,
    ) -> None:
        digest = _digest(descriptor, offset)
        self._states.append((*identity, *state, offset, digest, too_long))

    def _commit(self) -> None:
        if not self._batch and not self._states:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._writer.write(self._batch)
            self._connection.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", self._states
            )
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(Exception):
                self._connection.execute("ROLLBACK")
            raise
        self._batch, self._states = Batch(), []


def _offset(descriptor: int, state: _State, size: int) -> int:
    """Return from where the file is new: 0 if it is another file than before."""
    if not state.offset or size < state.offset:
        return 0
    return state.offset if _digest(descriptor, state.offset) == state.digest else 0


def _digest(descriptor: int, offset: int) -> bytes:
    length = min(EDGE_BYTES, offset)
    edges = os.pread(descriptor, length, 0) + os.pread(descriptor, length, offset - length)
    return blake2b(edges, digest_size=16).digest()
