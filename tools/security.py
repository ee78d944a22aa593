"""Generate the tables of SECURITY.md from the code:
`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.security`.

A table is between `<!-- NAME -->` and `<!-- end -->`; the text around it is written by hand.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.secrets.variables import VARIABLES
from usageline.cli.doctor import client as doctor
from usageline.core import paths
from usageline.setup import command
from usageline.system import child_env, origin_record
from usageline.system import paths as cold_paths

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(__file__).parent.parent / "SECURITY.md"
HOME = {"HOME": "~"}
MAX_NAMES = 24
"""More names in a cell count as one word."""


def written(text: str) -> str:
    """Return the file with its tables replaced."""
    tables = {"variables": _variables, "processes": _processes, "files": _files}
    return re.sub(
        r"(<!-- (\w+) -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}\n{tables[match[2]]()}\n\n{match[3]}",
        text,
        flags=re.DOTALL,
    )


def _variables() -> str:
    rows = [(row.name, row.reaches, row.cannot, row.tried) for row in VARIABLES]
    return _table(("variable", "what it reaches", "what it cannot reach", "what was tried"), rows)


def _processes() -> str:
    rows = [
        (
            process.program,
            _names(process.passed),
            _names(process.fixed),
            _names(process.given),
            process.cwd,
        )
        for process in child_env.PROCESSES.values()
    ]
    withheld = _names(command.SECRET_VARIABLES)
    rows += [
        (
            "`pip`, `uv`, `python` at an install",
            f"the shell's, except what would move the target and {withheld}",
            "–",
            "`PIP_USER`, `TMPDIR`",
            "the release",
        ),
        (
            "`claude --version` in `usageline doctor`",
            _names(doctor.ENV_ALLOWLIST),
            "–",
            "`DISABLE_AUTOUPDATER`",
            "`/`",
        ),
        ("the editor of `usageline config edit`", "the shell's", "–", "–", "the shell's"),
    ]
    return _table(
        ("program", "from the environment", "from the install", "from usageline", "directory"), rows
    )


def _files() -> str:
    """Return every path that the environment decides, with the variables that move it."""
    rows = []
    functions = [
        *inspect.getmembers(paths, inspect.isfunction),
        *inspect.getmembers(cold_paths, inspect.isfunction),
    ]
    for name, function in functions:
        if name.startswith("_") or name in {"composed", "digest", "profile", "home"}:
            continue
        usual = function(HOME)
        moved = [
            variable
            for variable in origin_record.PROFILE
            if function({**HOME, variable: "/x"}) != usual
        ]
        purpose = (inspect.getdoc(function) or "").split("\n", 1)[0].removeprefix("Return ")
        rows.append((f"`{usual}`", _names(moved), purpose[:1].upper() + purpose[1:]))
    return _table(("path", "moved by", "what it is"), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(
        [
            *lines,
            *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows),
        ]
    )


def _names(names: Iterable[str]) -> str:
    names = tuple(names)
    if len(names) > MAX_NAMES:
        return f"`{', '.join(names)}`"
    return ", ".join(f"`{name}`" for name in names) or "–"


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text("utf-8")), "utf-8")
