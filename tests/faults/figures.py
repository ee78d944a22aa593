"""What a run measured: one line of JSON for each test that passed or failed, added to a file."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.promises import FAULTS_DIR

if TYPE_CHECKING:
    import pytest


class Figures:
    """The pytest plugin that writes them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.commit = _commit()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """After each test's call."""
        if report.when != "call" or report.skipped:
            return
        figures = [value for name, value in report.user_properties if name == "figure"]
        test, _, case = report.nodeid.partition("[")
        row: dict[str, Any] = {
            "test": _below_faults(test),
            "case": case.rstrip("]"),
            "commit": self.commit,
        }
        row |= {"passed": report.passed, "figures": figures, "seconds": round(report.duration)}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read(*paths: str | Path) -> dict[str, list[dict[str, Any]]]:
    """The last row of each case in these files, by test (as `promises.Promise.test`)."""
    rows: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for path in paths:
        for line in Path(path).read_text("utf-8").splitlines():
            row = json.loads(line)
            rows[row["test"]][row["case"]] = row
    return {test: list(cases.values()) for test, cases in rows.items()}


def _below_faults(test: str) -> str:
    path, _, name = test.partition("::")
    return (
        Path(os.path.relpath(path, FAULTS_DIR.relative_to(FAULTS_DIR.parent.parent))).as_posix()
        + "::"
        + name
    )


def _commit() -> str:
    """The commit that runs, with a + where something is changed beside it."""
    words = [
        "git",
        "-C",
        str(FAULTS_DIR),
        "describe",
        "--always",
        "--dirty=+",
        "--abbrev=7",
        "--exclude=*",
    ]
    try:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
