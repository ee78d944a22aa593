"""Generate the tables of SECURITY.md from the code:
`PYTHONPATH=plugin:. .tests-env/bin/python -m tools.security`.
"""

from __future__ import annotations

import inspect
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.secrets.variables import VARIABLES
from tools.markdown import replaced, rewrite, table
from usageline.cli.doctor import client as doctor
from usageline.core import paths
from usageline.setup import command
from usageline.system import child_env, origin_record
from usageline.system import paths as cold_paths

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(__file__).parent.parent / "SECURITY.md"
HOME = {"HOME": "~"}
NO_PATHS = ("composed", "digest", "environment", "fill_in_home", "home", "profile")
"""The functions that return no path that usageline uses."""

MAX_NAMES = 24
"""More names in a cell count as one word."""


def written(text: str) -> str:
    """Return the file with its tables replaced."""
    tables = {"variables": _variables, "processes": _processes, "files": _files}
    return replaced(text, lambda name: tables[name]())


def _variables() -> str:
    rows = [(row.name, row.reaches, row.cannot, row.tried) for row in VARIABLES]
    return table(("variable", "what it reaches", "what it cannot reach", "what was tried"), rows)


def _processes() -> str:
    rows = [
        (one.program, _names(one.passed), _names(one.fixed), _names(one.given), one.cwd)
        for one in child_env.PROCESSES.values()
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
    origins = ("from the environment", "from the install", "from usageline")
    return table(("program", *origins, "directory"), rows)


def _files() -> str:
    """Return every path that the environment decides, with the variables that move it."""
    rows = []
    members = [inspect.getmembers(module, inspect.isfunction) for module in (paths, cold_paths)]
    for name, function in chain.from_iterable(members):
        if name.startswith("_") or name in NO_PATHS:
            continue
        usual = function(HOME)
        moved = [
            variable
            for variable in origin_record.PROFILE
            if function({**HOME, variable: "/x"}) != usual
        ]
        purpose = (inspect.getdoc(function) or "").split("\n", 1)[0].removeprefix("Return ")
        rows.append((f"`{usual}`", _names(moved), purpose[:1].upper() + purpose[1:]))
    return table(("path", "moved by", "what it is"), rows)


def _names(names: Iterable[str]) -> str:
    names = tuple(names)
    if len(names) > MAX_NAMES:
        return f"`{', '.join(names)}`"
    return ", ".join(f"`{name}`" for name in names) or "–"


if __name__ == "__main__":
    rewrite(FILE, written)
