"""docs/RELIABILITY.md says what the tests here hold, no more and no less, and that every figure in it is of a run that passed."""

from __future__ import annotations

import re

import pytest

from tests.faults.promises import AREAS, FAULTS, promises
from tests.world import REPOSITORY

TEXT = (REPOSITORY / "docs" / "RELIABILITY.md").read_text("utf-8")
_ROW = re.compile(
    r"^\| (?P<holds>.*?) \| (?P<sees>.*?) \| (?P<measured>.*?) \| \[`(?P<name>\w+)`\]\(\.\./tests/faults/(?P<file>[\w/.]+)\) \|$"
)


def rows_of(area: str) -> list[dict[str, str]]:
    table = TEXT.partition(f"<!-- {area} -->\n")[2].partition("<!-- end -->")[0]
    return [found.groupdict() for found in map(_ROW.match, table.splitlines()) if found]


@pytest.mark.parametrize("area", AREAS)
def test_every_promise_stands_in_its_table(area: str) -> None:
    promised = [
        (made.holds, made.sees or "–", made.test) for made in promises() if made.area == area
    ]
    assert promised
    assert [
        (row["holds"], row["sees"], f"{row['file']}::{row['name']}") for row in rows_of(area)
    ] == promised


@pytest.mark.parametrize("area", AREAS)
def test_every_figure_is_of_a_run_that_passed(area: str) -> None:
    assert [
        row["name"] for row in rows_of(area) if row["measured"] in {"", "not run", "FAILED"}
    ] == []


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_its_heading(area: str) -> None:
    assert f"## {AREAS[area]}\n" in TEXT


def test_every_test_of_a_fault_is_in_an_area() -> None:
    """A new folder is listed in `promises.AREAS`, else what it holds is told nobody."""
    assert {path.relative_to(FAULTS).parts[0] for path in FAULTS.rglob("*/test_*.py")} == set(AREAS)
