"""Test that a damaged index loses no more than what is on its damaged pages."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.local.transcripts import MAIN, OTHER, Directory, bridge, cost_state, everything, line
from tests.world import ACCOUNT
from usageline.jobs.local_usage import salvage_into
from usageline.storage.usage_index import checks, database

if TYPE_CHECKING:
    from pathlib import Path

RESPONSES = 600
PAGE_BYTES = 4096


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return the directory of an index of responses, some of them in two sessions."""
    place = tmp_path / "index"
    directory = Directory(tmp_path / "claude", database.open_index(str(place)))
    lines = [line(number, after_s=number * 60) for number in range(RESPONSES)]
    directory.write(MAIN, *lines, cost_state(), bridge(ACCOUNT))
    directory.write("p/fork.jsonl", *({**each, "sessionId": OTHER} for each in lines[:20]))
    directory.scan()
    directory.index.close()
    return place


def saved(place: Path) -> tuple[int, int, list[str]]:
    """Open the index, and return how many responses were saved and are known, and all of it."""
    index = database.open_index(str(place))
    number = salvage_into(index, str(place))
    assert salvage_into(index, str(place)) == 0
    (known,) = index.connection.execute("SELECT count(*) FROM responses").fetchone()
    content = everything(index)
    index.close()
    return number, known, content


def test_all_is_saved_from_an_index_whose_pages_are_good(place: Path) -> None:
    before = saved(place)[2]
    connection = database.connect(str(place / checks.NAME))
    connection.execute("CREATE TABLE other (a)")
    connection.close()
    assert saved(place) == (RESPONSES, RESPONSES, before)


@pytest.mark.slow
def test_any_damaged_page_costs_its_own_rows(place: Path, tmp_path: Path) -> None:
    content = (place / checks.NAME).read_bytes()
    pages = len(content) // PAGE_BYTES
    assert pages > 10
    numbers = []
    for page in range(pages):
        other = tmp_path / f"damaged-{page}"
        shutil.copytree(place, other)
        start = page * PAGE_BYTES
        damaged = content[:start] + b"\xff" * PAGE_BYTES + content[start + PAGE_BYTES :]
        (other / checks.NAME).write_bytes(damaged)
        number, known, _ = saved(other)
        assert known in {number, RESPONSES}
        numbers.append(known)
    # Without the first page, the names, or the root of the responses, none can be read.
    assert sum(number >= RESPONSES - 100 for number in numbers) >= pages - 3


def test_hostile_values_are_not_taken_over(place: Path) -> None:
    connection = database.connect(str(place / checks.NAME))
    connection.execute(
        "UPDATE responses SET "
        "output = CASE WHEN key < x'40' THEN -5 WHEN key < x'80' THEN 'many' ELSE output END, "
        "at = CASE WHEN key >= x'80' AND key < x'C0' THEN 1e300 ELSE at END, "
        "model = CASE WHEN key >= x'C0' THEN 99999 ELSE model END"
    )
    connection.execute("CREATE VIEW v AS SELECT 1")
    connection.close()
    assert saved(place)[:2] == (0, 0)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\xff" * 99, b"x" * 10_000_000, b"{state} at nan", b"{state} at inf"),
        *(b"{state} at -1", b"{state} at 1e999", b"{state}", b"{state} at \xd9\xa1"),
    ],
)
def test_a_hostile_note_of_a_check_has_the_index_checked(place: Path, content: bytes) -> None:
    database.open_index(str(place)).close()
    note = place / f"{checks.NAME}{checks.SUFFIX}"
    state = note.read_bytes().partition(b" at ")[0]
    note.write_bytes(content.replace(b"{state}", state))
    path = str(place / checks.NAME)
    assert checks.checked_at(path) is None
    database.open_index(str(place)).close()
    assert checks.checked_at(path) is not None


def test_an_index_with_another_time_is_checked_again(place: Path) -> None:
    path = place / checks.NAME
    database.open_index(str(place)).close()
    os.utime(path, ns=(1, 1))
    assert checks.checked_at(str(path)) is None
