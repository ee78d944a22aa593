"""Test that no order of writing and reading changes what the index knows."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.local.invented import NAMES, invented, whole
from tests.local.transcripts import MAIN, Directory, everything, line
from usageline.jobs import transcript_reader
from usageline.storage.usage_index import database

if TYPE_CHECKING:
    from pathlib import Path


def interrupted(directory: Directory, operations: int) -> None:
    """Scan, and stop the database after so many of its operations, as a kill does."""
    connection = directory.index.connection
    connection.set_progress_handler(lambda: True, operations)
    with contextlib.suppress(sqlite3.OperationalError):
        directory.scan()
    connection.set_progress_handler(None, 0)


@given(seed=st.integers(0, 10**6), data=st.data())
@pytest.mark.slow
def test_pieces_rewrites_deletions_and_kills_change_no_total(
    tmp_path_factory: pytest.TempPathFactory, seed: int, data: st.DataObject
) -> None:
    files = invented(seed)
    directory = Directory(tmp_path_factory.mktemp("grown"))
    written = dict.fromkeys(files, 0)
    for _ in range(data.draw(st.integers(1, 6))):
        name = data.draw(st.sampled_from(NAMES))
        written[name] = data.draw(st.integers(written[name], len(files[name])))
        path = directory.write_bytes(name, files[name][: written[name]])
        if data.draw(st.booleans()):  # another inode, as after a restore
            path.replace(path.with_suffix(".tmp"))
            path.with_suffix(".tmp").rename(path)
        if data.draw(st.booleans()):
            interrupted(directory, data.draw(st.integers(1, 3000)))
        else:
            directory.scan()
            if data.draw(st.booleans()):
                path.unlink()
                directory.scan()
    for name, content in files.items():
        directory.write_bytes(name, content)
    directory.scan()
    assert everything(directory.index) == whole(tmp_path_factory.mktemp("whole"), files)


def test_reading_again_changes_nothing(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    for name, content in invented(1).items():
        directory.write_bytes(name, content)
    directory.scan()
    before = everything(directory.index)
    assert directory.scan().read == 0
    directory.index.connection.execute("DELETE FROM files")
    assert directory.scan().read == len(NAMES)
    assert everything(directory.index) == before


def test_a_deleted_transcript_stays_counted(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    path = directory.write(MAIN, line())
    before = directory.total()
    path.unlink()
    assert directory.total() == before


def test_small_batches_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = invented(2)
    expected = whole(tmp_path / "whole", files)
    monkeypatch.setattr(transcript_reader, "BATCH_RESPONSES", 3)
    assert whole(tmp_path / "batches", files) == expected


@pytest.mark.parametrize("statement", range(0, 60, 3))
def test_a_pass_that_is_cut_off_loses_nothing(tmp_path: Path, statement: int) -> None:
    files = invented(3)
    expected = whole(tmp_path / "whole", files)
    place = str(tmp_path / "index")
    directory = Directory(tmp_path / "cut", database.open_index(place))
    for name, content in files.items():
        directory.write_bytes(name, content)
    left = [statement]

    def stop() -> bool:
        left[0] -= 1
        return left[0] < 0

    directory.index.connection.set_progress_handler(stop, 20)
    with contextlib.suppress(sqlite3.Error):
        directory.scan()
    directory.index.connection.set_progress_handler(None, 0)
    directory.index.close()
    directory.index = database.open_index(place)
    assert not directory.index.set_aside
    directory.scan()
    assert everything(directory.index) == expected
    directory.index.close()
