"""Test that no order of writing and reading changes what the index knows."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.local.transcripts import (
    MAIN,
    OTHER,
    SESSION,
    Directory,
    cost_state,
    encoded,
    everything,
    line,
)
from usageline.jobs import transcript_reader
from usageline.storage.usage_index import database

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    MAIN,
    f"-home-dev-work-one/{OTHER}.jsonl",
    f"-home-dev-work-one/{SESSION}/subagents/agent-a1.jsonl",
)


def invented(seed: int) -> dict[str, bytes]:
    """Return files with lines of thirty responses, repeated, forked, unfinished and grouped."""
    choose = random.Random(seed)
    lines: list[dict[str, Any]] = []
    for number in range(30):
        grouped: dict[str, Any] = (
            {"message_id": "relay", "requestId": None} if choose.random() < 0.2 else {}
        )
        lines += [
            line(
                number,
                output=choose.choice((1, 50, 50 + number)),
                after_s=number * choose.choice((3, 40, 900)) + block,
                stop=choose.choice((None, "end_turn")),
                isSidechain=choose.random() < 0.3,
                sessionId=choose.choice((SESSION, SESSION, OTHER, "33333333", "44444444")),
                forkedFrom=choose.choice((None, None, {"sessionId": SESSION})),
                cwd=choose.choice(("/one", "/two")),
                **grouped,
            )
            for block in range(choose.randint(1, 4))
        ]
    lines += [cost_state(output, session=choose.choice((SESSION, OTHER))) for output in (50, 70)]
    return {name: encoded(*choose.sample(lines, choose.randint(5, 60))) for name in NAMES}


def whole(tmp: Path, files: dict[str, bytes]) -> list[str]:
    """Return what an index knows that reads the finished files once."""
    directory = Directory(tmp)
    for name, content in files.items():
        directory.write_bytes(name, content)
    directory.scan()
    return everything(directory.index)


@given(seed=st.integers(0, 10**6), data=st.data())
def test_pieces_rewrites_and_deletions_change_no_total(
    tmp_path_factory: pytest.TempPathFactory, seed: int, data: st.DataObject
) -> None:
    files = invented(seed)
    directory = Directory(tmp_path_factory.mktemp("grown"))
    written = dict.fromkeys(files, 0)
    for step in range(data.draw(st.integers(1, 6))):
        name = data.draw(st.sampled_from(NAMES))
        written[name] = data.draw(st.integers(written[name], len(files[name])))
        path = directory.write_bytes(name, files[name][: written[name]])
        if step % 2:  # another inode, as after a restore
            path.replace(path.with_suffix(".tmp"))
            path.with_suffix(".tmp").rename(path)
        directory.scan()
        if step == 2:
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
