"""Generate the tables of docs/RELIABILITY.md and docs/FAULTS.md.

`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.reliability [FIGURES...]` takes the texts from
tests/faults and the figures from a run, by default from `tests/run faults` in this clone.
With `--texts` the figures stay as they are, and with `--keep` those of tests that did not run.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults import figures
from tests.faults.promises import AREAS, Promise, promises
from tests.faults.topics import TOPICS
from tools.markdown import replaced, rewrite, table

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path(__file__).parent.parent / "docs" / "FAULTS.md"
USERS_FILE = FILE.with_name("RELIABILITY.md")
RUN = Path(__file__).parent.parent / ".tests-env" / "figures.jsonl"
HEAD = ("promise", "what you see", "measured", "test")
USERS_HEAD = ("What happens if…", "What usageline does", "What you see", "Tested")
NOT_RUN = "not run"
TEST_LINK = r"\[`(?P<name>\w+)`\]\(\.\./tests/faults/(?P<file>[\w/.]+)\)"
ROW = re.compile(rf"^\| .* \| (?P<measured>.*?) \| {TEST_LINK} \|$", re.MULTILINE)

Rows = dict[str, list[dict[str, Any]]]


def written(text: str, measured: Callable[[str], str]) -> str:
    """Return docs/FAULTS.md with its tables replaced. `measured` returns the figures of a test."""
    return replaced(
        text,
        lambda area: table(
            HEAD,
            [row(made, measured(made.test)) for made in promises() if made.area == area],
        ),
    )


def written_for_users(text: str) -> str:
    """Return docs/RELIABILITY.md with its table replaced."""
    return replaced(text, lambda _: table(USERS_HEAD, map(users_row, TOPICS)))


def row(promise: Promise, measured: str) -> tuple[str, ...]:
    """Return one row of docs/FAULTS.md."""
    name = promise.test.rpartition("::")[2]
    test = f"[`{name}`](../tests/faults/{promise.test.partition('::')[0]})"
    return promise.holds, promise.sees or "–", measured, test


def users_row(name: str) -> tuple[str, ...]:
    """Return one row of docs/RELIABILITY.md, with links to its areas in docs/FAULTS.md."""
    topic = TOPICS[name]
    areas = Counter(promise.area for promise in promises() if promise.topic == name)
    links = ", ".join(
        f"[{area}](FAULTS.md#{anchor(AREAS[area])}) × {count}" for area, count in areas.items()
    )
    return f"… {topic.question}", topic.answer, topic.sees, links


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def from_run(rows: Rows) -> Callable[[str], str]:
    """Return the figures of a run (`figures.read`), by test."""
    return lambda test: _measured(rows.get(test, []))


def from_text(text: str) -> Callable[[str], str]:
    """Return the figures that docs/FAULTS.md already has, by test."""
    standing = {
        f"{match['file']}::{match['name']}": match["measured"] for match in ROW.finditer(text)
    }
    return lambda test: standing.get(test, NOT_RUN)


def either(first: Callable[[str], str], second: Callable[[str], str]) -> Callable[[str], str]:
    """Return the figures of `first`, and those of `second` for tests that did not run there."""

    def measured(test: str) -> str:
        figures_of_first = first(test)
        return second(test) if figures_of_first == NOT_RUN else figures_of_first

    return measured


def _measured(cases: list[dict[str, Any]]) -> str:
    if not cases:
        return NOT_RUN
    if not all(case["passed"] for case in cases):
        return "FAILED"
    reported = dict.fromkeys(figure for case in cases for figure in case["figures"])
    count = [f"{len(cases)} cases"] if len(cases) > 1 else []
    return "; ".join([*count, *reported]).replace("; ", ".<br>") or "passed"


def main(arguments: list[str]) -> int:
    """Write both pages. Return 0 if every promise has a figure of a test that passed."""
    old = FILE.read_text("utf-8")
    paths = [argument for argument in arguments if not argument.startswith("--")]
    if "--texts" in arguments:
        measured = from_text(old)
    else:
        measured = from_run(figures.read(*(paths or [str(RUN)])))
    if "--keep" in arguments:
        measured = either(measured, from_text(old))
    text = written(old, measured)
    FILE.write_text(text, "utf-8")
    rewrite(USERS_FILE, written_for_users)
    return int(f"| {NOT_RUN} |" in text or "| FAILED |" in text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
