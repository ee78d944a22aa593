"""Read new parts of transcripts, and write what they say to the index in large transactions."""

from __future__ import annotations

import contextlib
import gc
import os
import stat

from usageline.core.named_tuple import NamedTuple
from usageline.sources.transcripts.chunks import CHUNK_BYTES, Lines, relevant
from usageline.sources.transcripts.files import session_of, state_of
from usageline.sources.transcripts.records import parse_state, parser
from usageline.storage.usage_index.writer import Writer
from usageline.usage.local.responses import Batch, digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from usageline.sources.transcripts.files import Report, State, Transcript
    from usageline.sources.transcripts.records import Parser
    from usageline.storage.usage_index.database import Index
    from usageline.usage.local.prices import PriceList

BATCH_RESPONSES = 20_000
"""Of one transaction. A killed pass goes on after the last one."""

BULK_BYTES = 1 << 20
"""With more to read, importing msgspec pays."""

EDGE_BYTES = 512
"""A file whose first bytes, or last bytes before the offset, changed is read from its beginning."""


class _State(NamedTuple):
    """What the index remembers of a file that has changed."""

    offset: int = 0
    digest: bytes = b""
    too_long: int = 0


class Reader:
    """Read files into an index. `keep_from` and `progress` are those of `Scan`."""

    def __init__(
        self,
        index: Index,
        prices: PriceList,
        report: Report,
        keep_from: int | None,
        progress: Callable[[int, int], object],
    ) -> None:
        self._index = index
        self._writer = Writer(index, prices)
        self._report = report
        self._keep_from = keep_from
        self._progress = progress
        self._batch = Batch()
        self._states: list[tuple[object, ...]] = []
        self._parse: Parser = parser(bulk=False)
        self._buffer = bytearray(CHUNK_BYTES)

    def read(self, due: Sequence[Transcript]) -> None:
        """Read what is new in these files, and commit it."""
        has_known = self._index.has_files()
        work = [(each, self._known(each) if has_known else _State()) for each in due]
        total = sum(max(transcript.size - state.offset, 0) for transcript, state in work)
        is_bulk = total > BULK_BYTES
        self._parse = parser(bulk=is_bulk)
        with _paused_collection() if is_bulk else contextlib.nullcontext():
            for transcript, state in work:
                try:
                    self._read(transcript, state)
                except (OSError, ValueError):
                    self._report.unreadable += 1
                self._progress(self._report.bytes, total)
            self._commit()

    def _known(self, transcript: Transcript) -> _State:
        query = "SELECT offset, digest, too_long FROM files WHERE device = ? AND inode = ?"
        identity = (transcript.device, transcript.inode)
        row = self._index.connection.execute(query, identity).fetchone()
        state = _State(*row) if row else _State()
        # A damaged page may have anything.
        is_whole = isinstance(state.offset, int) and isinstance(state.too_long, int)
        return state if is_whole else _State()

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
        self._report.read += 1

    def _lines(
        self,
        descriptor: int,
        offset: int,
        transcript: Transcript,
        status: os.stat_result,
        too_long: int,
    ) -> None:
        is_main = "/subagents/" not in transcript.path
        blocks = Lines(descriptor, offset, status.st_size, self._buffer)
        session = session_of(transcript.path)
        state = state_of(status)
        for buffer, start, end in blocks:
            lines, notes = relevant(buffer, start, end, states=is_main)
            if lines:
                self._add(lines, session)
            for line in notes:
                if note := parse_state(bytes(line)):
                    self._batch.add_state(note)
            if len(self._batch) >= BATCH_RESPONSES:
                # With a size that no file has, so that the rest is due.
                unfinished = (*state[:2], -1, -1)
                self._remember(descriptor, unfinished, blocks.offset, too_long + blocks.too_long)
                self._commit()
        self._buffer = blocks.buffer
        self._report.bytes += max(status.st_size - offset, 0)
        self._report.too_long += blocks.too_long
        self._remember(descriptor, state, blocks.offset, too_long + blocks.too_long)

    def _add(self, lines: list[memoryview], session: str) -> None:
        add, keep_from = self._batch.add, self._keep_from
        for response in self._parse(lines, session):
            if keep_from is None or response.at >= keep_from:
                add(response)

    def _remember(self, descriptor: int, state: State, offset: int, too_long: int) -> None:
        self._states.append((*state, offset, _digest(descriptor, offset), too_long))

    def _commit(self) -> None:
        batch = self._batch
        if not (batch or self._states or batch.states or batch.owners):
            return
        with self._index.transaction():
            self._writer.write(batch)
            self._index.connection.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", self._states
            )
        self._batch, self._states = Batch(), []


@contextlib.contextmanager
def _paused_collection() -> Iterator[None]:
    """Collect no garbage: there are no cycles, and each collection visits the whole batch."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _offset(descriptor: int, state: _State, size: int) -> int:
    """Return from where the file is new: 0 if it is another file than before."""
    if not state.offset or size < state.offset:
        return 0
    return state.offset if _digest(descriptor, state.offset) == state.digest else 0


# tried by: tests/local
def _digest(descriptor: int, offset: int) -> bytes:
    length = min(EDGE_BYTES, offset)
    edges = os.pread(descriptor, length, 0) + os.pread(descriptor, length, offset - length)
    return digest(edges)
