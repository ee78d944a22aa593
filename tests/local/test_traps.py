"""Read each trap, and compare with what is billed in it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.local.transcripts import Directory
from tests.local.traps import TRAPS, Billed, Trap
from tools import usage_peers
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from usageline.storage.usage_index.queries import Row


def expected(parts: Iterable[Billed]) -> tuple[int | Decimal, ...]:
    listed = list(parts)
    return (
        *(
            sum(getattr(part, name) for part in listed)
            for name in ("input", "output", "write_5m", "write_1h", "read", "searches")
        ),
        sum((part.cost for part in listed), Decimal(0)),
    )


def counted(row: Row) -> tuple[int | Decimal, ...]:
    cost = Decimal(row.cost) / PICO
    return (row.input, row.output, row.write_5m, row.write_1h, row.read, row.searches, cost)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_a_trap_is_counted_right(tmp_path: Path, trap: Trap) -> None:
    trap.write(tmp_path)
    directory = Directory(tmp_path)
    assert counted(directory.total()) == expected(trap.billed)
    for kind, name in (("day", "day"), ("model", "model")):
        for key, row in directory.rows(kind).items():
            assert counted(row) == expected(
                part for part in trap.billed if getattr(part, name).startswith(key)
            ), kind


def test_documentation_lists_each_trap() -> None:
    assert usage_peers.documented() == [trap.name for trap in TRAPS]


def test_traps_have_names_of_their_own() -> None:
    assert max(Counter(trap.name for trap in TRAPS).values()) == 1
