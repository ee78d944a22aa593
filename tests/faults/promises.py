"""What usageline promises to survive, each beside the test that tries it. docs/RELIABILITY.md is made of these and of the figures of a run."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

FAULTS = Path(__file__).resolve().parent

AREAS = {
    "kill": "Killed at any moment",
    "crowd": "Many sessions, and a process that hangs",
    "disk": "The disk and the directories",
    "corruption": "Files that are not what was written",
    "network": "The network and the service",
    "clock": "The clock",
    "content": "What comes in, and what reaches the terminal",
    "secrets": "The token, and a project's settings",
    "supply": "What is installed",
    "versions": "Upgrades, downgrades, and an interpreter that goes",
}
"""The folders here, in the order of docs/RELIABILITY.md, and their headings there."""


def promise(holds: str, *, sees: str = "") -> pytest.MarkDecorator:
    """Say what the test shows: `holds` is true of the program whatever the fault, `sees` is what the user then sees. Both plain strings."""
    return pytest.mark.promise(holds, sees)


@dataclass(frozen=True, slots=True)
class Promise:
    """`test` is its file below tests/faults and its name, as pytest writes them: `kill/test_line.py::test_…`."""

    area: str
    test: str
    holds: str
    sees: str


def promises() -> Iterator[Promise]:
    """All of them, by area, file and place in it, read from the tests' text: no test need run for it."""
    for area in AREAS:
        for path in sorted((FAULTS / area).rglob("test_*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef):
                    yield from _promises_of(
                        node, area, f"{path.relative_to(FAULTS).as_posix()}::{node.name}"
                    )


def _promises_of(function: ast.FunctionDef, area: str, test: str) -> Iterator[Promise]:
    for mark in function.decorator_list:
        if (
            isinstance(mark, ast.Call)
            and isinstance(mark.func, ast.Name)
            and mark.func.id == "promise"
        ):
            words = {keyword.arg: ast.literal_eval(keyword.value) for keyword in mark.keywords}
            yield Promise(area, test, ast.literal_eval(mark.args[0]), words.get("sees", ""))
