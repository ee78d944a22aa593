"""The year's usage by model, for metrics."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from usageline.storage.usage_index import checks, database, totals
from usageline.storage.usage_index.tables import QUARTER_MS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def at(*day: int) -> float:
    return datetime(*day, tzinfo=timezone.utc).timestamp()  # type: ignore[misc,arg-type]


INSERT = "INSERT INTO quarters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
NOW = at(2026, 11, 29)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[database.Index]:
    """Yield an index with two models, one of them in two years."""
    opened = database.open_index(str(tmp_path / "usage"))
    for number, name in enumerate(("s", "p", "opus", "sonnet")):
        opened.connection.execute("INSERT INTO names VALUES (?, ?)", (number, name))
    for model, day, cost in ((2, at(2025, 12, 31), 7), (2, at(2026, 1, 1), 5), (3, NOW, 1)):
        quarter = int(day * 1000) // QUARTER_MS
        row = (quarter, 0, 1, model, 1, 0, 0, 10, 20, 30, 40, 50, 0, cost)
        opened.connection.execute(INSERT, row)
    yield opened
    opened.close()


def costs(directory: Path, now: float = NOW) -> dict[str, int]:
    found = totals.since_new_year(str(directory / "usage"), now)
    return {model: row.cost for model, row in found.items()}


def test_sums_begin_with_the_year(index: database.Index, tmp_path: Path) -> None:
    assert costs(tmp_path) == {"opus": 5, "sonnet": 1}
    row = totals.since_new_year(str(tmp_path / "usage"), NOW)["opus"]
    assert (row.input, row.output, row.write_5m, row.write_1h, row.read) == (10, 20, 30, 40, 50)
    assert costs(tmp_path, at(2025, 12, 31)) == {"opus": 12, "sonnet": 1}
    del index


def test_sums_are_read_while_another_process_writes(index: database.Index, tmp_path: Path) -> None:
    index.connection.execute("BEGIN IMMEDIATE")
    index.connection.execute("UPDATE quarters SET cost = 1000")
    assert costs(tmp_path) == {"opus": 5, "sonnet": 1}
    index.connection.execute("ROLLBACK")


def test_without_an_index_there_are_none(tmp_path: Path) -> None:
    assert costs(tmp_path) == {}
    assert not (tmp_path / "usage").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (a)",
        "CREATE TRIGGER t AFTER INSERT ON names BEGIN SELECT 1; END",
        "UPDATE quarters SET cost = 'text'",
        "UPDATE quarters SET cost = -5",
    ],
)
def test_index_that_usageline_did_not_write_has_none(
    index: database.Index, tmp_path: Path, statement: str
) -> None:
    index.connection.execute(statement)
    assert costs(tmp_path) in ({}, {"opus": 0, "sonnet": 0})


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_damaged_file_has_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "usage").mkdir()
    (tmp_path / "usage" / checks.NAME).write_bytes(content)
    assert costs(tmp_path) == {}


def test_file_of_another_kind_is_not_opened(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    sqlite3.connect(elsewhere).close()
    elsewhere.write_bytes(b"x")
    (tmp_path / "usage").mkdir()
    (tmp_path / "usage" / checks.NAME).symlink_to(elsewhere)
    assert costs(tmp_path) == {}
