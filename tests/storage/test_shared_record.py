"""What a profile remembers of the shared server. What is damaged counts as absent."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.storage import shared_record
from usageline.storage.shared_record import SharedRecord
from usageline.system.directories import prepare

if TYPE_CHECKING:
    from tests.world import World

RECORD = SharedRecord(
    "0badcafe", "0123456789abcdef", 8, 5, 1_795_464_000, 12, 3, 9, "offline", 2, 7, "no", "old"
)


def path_of(world: World) -> Path:
    prepare(world.paths)
    return Path(world.paths.shared_record)


def test_record_is_read_as_it_was_written(world: World) -> None:
    path = path_of(world)
    shared_record.save(world.paths, RECORD)
    assert shared_record.load(world.paths, RECORD.account) == RECORD
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_account_begins_a_record_with_another_name(world: World) -> None:
    path_of(world)
    shared_record.save(world.paths, RECORD)
    other = shared_record.load(world.paths, "f" * 16)
    assert (other.machines, other.account) == (1, "f" * 16)
    assert other.machine != RECORD.machine


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps({"version": 2, **asdict(RECORD)}),
        json.dumps({"version": 1, **asdict(RECORD), "machine": "../../x"}),
        json.dumps({"version": 1, **asdict(RECORD), "account": "x"}),
        "[" * 100_000,
    ],
)
def test_damaged_record_counts_as_absent(world: World, content: str) -> None:
    path_of(world).write_text(content)
    assert shared_record.read(world.paths) is None
    assert shared_record.load(world.paths, RECORD.account).machines == 1


def test_invalid_fields_count_as_absent(world: World) -> None:
    row: dict[str, object] = dict.fromkeys(asdict(RECORD), -1) | {"problem": "\x1b[31m" + "x" * 500}
    row |= {"version": 1, "machine": RECORD.machine, "account": RECORD.account}
    path_of(world).write_text(json.dumps(row))
    record = shared_record.read(world.paths)
    assert record is not None
    assert (record.machines, record.at_ms, record.wait_until, record.wait_why) == (1, 0, 0, "")
    assert "\x1b" not in record.problem
    assert len(record.problem) <= shared_record.MAX_PROBLEM


def test_record_that_cannot_be_written_is_no_failure(world: World) -> None:
    shared_record.save(world.paths, RECORD)
    shared_record.remove(world.paths)
    assert shared_record.read(world.paths) is None
