"""Mark each test of a fault with the promise that it verifies.

docs/FAULTS.md is generated from these promises and from the figures of a run.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

FAULTS_DIR = Path(__file__).resolve().parent

AREAS = {
    "kill": "Killed at any moment",
    "crowd": "Many sessions and a hanging process",
    "disk": "Disk and directories",
    "corruption": "Damaged and hostile files",
    "transcripts": "Transcripts and their index",
    "network": "Network and service",
    "clock": "Clock",
    "content": "Input and terminal output",
    "secrets": "The token and a project's settings",
    "supply": "Installed packages",
    "versions": "Upgrades, downgrades and a missing interpreter",
}
"""The folders here, in the order of docs/FAULTS.md, and their headings there."""


def promise(holds: str, *, sees: str = "", topic: str) -> pytest.MarkDecorator:
    """Mark a test with what it shows. All three are plain strings.

    holds  what is true of the program during and after the fault
    sees   what the user sees
    topic  the row of docs/RELIABILITY.md that covers it, by its name in `topics.TOPICS`
    """
    return pytest.mark.promise(holds, sees, topic)


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise. `test` is a path below tests/faults and a name: `kill/test_calls.py::test_…`."""

    area: str
    test: str
    holds: str
    sees: str
    topic: str


@cache
def promises() -> tuple[Promise, ...]:
    """Return all promises by area, file and line. Reads the source of the tests and runs none."""
    return tuple(_promises())


def _promises() -> Iterator[Promise]:
    for area in AREAS:
        for path in sorted((FAULTS_DIR / area).rglob("test_*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef):
                    yield from _promises_of(
                        node, area, f"{path.relative_to(FAULTS_DIR).as_posix()}::{node.name}"
                    )


def _promises_of(function: ast.FunctionDef, area: str, test: str) -> Iterator[Promise]:
    for mark in function.decorator_list:
        if (
            isinstance(mark, ast.Call)
            and isinstance(mark.func, ast.Name)
            and mark.func.id == "promise"
        ):
            words = {keyword.arg: ast.literal_eval(keyword.value) for keyword in mark.keywords}
            yield Promise(
                area, test, ast.literal_eval(mark.args[0]), words.get("sees", ""), words["topic"]
            )
