"""Check that the modules that docs and comments name exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tools import prose

ROOT = Path(__file__).resolve().parent.parent.parent
PATH = re.compile(r"(?<![\w/.<$*-])(?:[a-z_]+/)*[a-z_]+\.py\b")
FOLDERS = ("", "plugin", "plugin/usageline", "tests", "tests/faults")
NAMES = {
    path.name for folder in ("plugin", "tests", "tools") for path in (ROOT / folder).rglob("*.py")
}
PACKAGES = sorted((ROOT / "plugin").rglob("__init__.py"))
ROW = re.compile(r"^ *([a-z_]+) +\S", re.MULTILINE)
INVENTED = {"docs/EXTENDING.md", "tests/repository/test_prose.py"}
"""Files that name modules which a reader or a test makes."""


def listed(package: Path) -> set[str] | None:
    """Return the names in a package's table of its modules, None if it has no table."""
    _, _, table = (ast.get_docstring(ast.parse(package.read_text("utf-8"))) or "").partition("\n\n")
    blocks = [{*ROW.findall(block)} for block in table.split("\n\n")]
    modules = {path.stem for path in package.parent.glob("*.py")}
    # A block of prose may begin a line with a module's name.
    return next((names for names in blocks if len(names & modules) > 1), None)


def missing(path: str, text: str) -> list[str]:
    if not PATH.search(text):  # to parse each file takes seconds
        return []
    return [
        f"{path}:{block.line}: {name}"
        for block in prose.blocks(path, text)
        if block.kind in {"text", "docstring", "comment"}
        for name in PATH.findall(block.text)
        if name not in NAMES and not any((ROOT / folder / name).exists() for folder in FOLDERS)
    ]


def test_every_module_that_docs_and_comments_name_exists() -> None:
    paths = [path for folder in prose.GROUPS.values() for path in folder if (ROOT / path).exists()]
    texts = {path: (ROOT / path).read_text("utf-8") for path in prose.files(paths)}
    assert [
        name for path in sorted(texts.keys() - INVENTED) for name in missing(path, texts[path])
    ] == []


def test_a_missing_module_is_reported() -> None:
    text = "See `line/gone.py`, `lost.py`, `line/main.py` and `main.py`."
    assert missing("docs/a.md", text) == ["docs/a.md:1: line/gone.py", "docs/a.md:1: lost.py"]


@pytest.mark.parametrize(
    "package", [*filter(listed, PACKAGES)], ids=lambda package: "/".join(package.parts[-3:-1])
)
def test_a_table_of_modules_has_each_module_of_its_package(package: Path) -> None:
    assert listed(package) == {path.stem for path in package.parent.glob("*.py")} - {"__init__"}
