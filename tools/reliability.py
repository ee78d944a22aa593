"""Writes the tables of docs/RELIABILITY.md anew, from the promises in tests/faults and the figures of a run:
`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.reliability [FIGURES...]`, by default those of `tests/run faults` in this clone.

A table stands between `<!-- AREA -->` and `<!-- end -->`; the words around it are written by hand.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults import figures
from tests.faults.promises import AREAS, Promise, promises

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent.parent
FILE = HERE / "docs" / "RELIABILITY.md"
RUN = HERE / ".tests-env" / "figures.jsonl"
HEAD = "| what holds | what you see | measured | test |\n| --- | --- | --- | --- |"
NOT_RUN = "not run"

Rows = dict[str, list[dict[str, Any]]]


def written(text: str, rows: Rows) -> str:
    """The text of the file with a table for each area, its figures taken from `rows` (`figures.read`)."""
    areas = {area: [promise for promise in promises() if promise.area == area] for area in AREAS}
    return re.sub(
        r"(<!-- (\w+) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{_table(areas[found[2]], rows)}\n\n{found[3]}",
        text,
        flags=re.DOTALL,
    )


def row(promise: Promise, measured: str) -> str:
    """One row of a table."""
    name = promise.test.rpartition("::")[2]
    test = f"[`{name}`](../tests/faults/{promise.test.partition('::')[0]})"
    return (
        "| "
        + " | ".join(
            cell.replace("|", "\\|")
            for cell in (promise.holds, promise.sees or "–", measured, test)
        )
        + " |"
    )


def _table(made: Iterable[Promise], rows: Rows) -> str:
    return "\n".join(
        [HEAD, *(row(promise, _measured(rows.get(promise.test, []))) for promise in made)]
    )


def _measured(cases: list[dict[str, Any]]) -> str:
    if not cases:
        return NOT_RUN
    if not all(case["passed"] for case in cases):
        return "FAILED"
    said = dict.fromkeys(figure for case in cases for figure in case["figures"])
    return "; ".join([*([f"{len(cases)} cases"] if len(cases) > 1 else []), *said]) or "passed"


def main(paths: list[str]) -> int:
    """0 where every promise has a figure of a test that passed."""
    text = written(FILE.read_text("utf-8"), figures.read(*(paths or [str(RUN)])))
    FILE.write_text(text, "utf-8")
    return int(f"| {NOT_RUN} |" in text or "| FAILED |" in text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
