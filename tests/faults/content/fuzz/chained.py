"""Parse the output of another status line command."""

from __future__ import annotations

import json

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.drawn import chosen, judged, seen_of
from tests.faults.content.judge import one_line, units
from usageline.core import jobs
from usageline.jobs import ansi
from usageline.line import chain
from usageline.line.layout import parts_width
from usageline.storage import job_results

POSITIONS = ("below", "above", "left", "right")
STYLES = {
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "7",
    "9",
    "21",
    "53",
    *map(str, (*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108))),
}


def check(data: bytes) -> None:
    """Assert that only colors and web links survive, in every position and theme."""
    given = Input(data)
    configured, columns, nerd_font = chosen(given)
    configured["chain"] = {"command": "x", "position": given.choice(POSITIONS)}
    rows = ansi.parse_rows(given.left)
    assert len(rows) <= jobs.MAX_CHAIN_ROWS
    for row in rows:
        assert len(row) <= jobs.MAX_PARTS
        assert parts_width(row) <= jobs.MAX_CELLS
        one_line(text for _, text, _ in row)
        for codes, _, _ in row:
            assert all(
                unit in STYLES or unit[:3] in {"38;", "48;", "58;"} for unit in units(codes) if unit
            )
    read_rows = chain.checked_rows(json.loads(job_results.encode({"rows": rows}))["rows"])
    assert [[text for _, text, _ in row] for row in read_rows] == [
        [text for _, text, _ in row] for row in rows
    ]
    judged(seen_of({}, None), configured, columns, read_rows, nerd_font=nerd_font)
