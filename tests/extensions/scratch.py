"""Copies of the repository to which the examples of docs/EXTENDING.md are added."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.world import REPOSITORY
from usageline.system import origin_record

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = REPOSITORY / "docs" / "EXTENDING.md"
BLOCK = re.compile(
    r"```python\n# (\S+), (at the end|new|in (\w+)|before (\w+))\n(.*?)```", re.DOTALL
)
COPIED = ("plugin", "hooks", "tools", "tests", "docs")
IGNORED = shutil.ignore_patterns("__pycache__", "corpus", "client", "pictures", ".*")
MAX_FILES = 2


@dataclass(frozen=True)
class Block:
    """A code block of the guide: the text, and its place."""

    file: str
    where: str
    name: str
    text: str


def blocks(section: str) -> list[Block]:
    """Return the code blocks of a section of the guide."""
    text = GUIDE.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [
        Block(match[1], match[2].split(" ")[0], match[3] or match[4] or "", match[5])
        for match in BLOCK.finditer(text)
    ]


class Scratch:
    """A copy of the repository with the examples of sections added, to run commands in."""

    def __init__(self, root: Path, *sections: str) -> None:
        self.root = root
        for folder in COPIED:
            shutil.copytree(REPOSITORY / folder, root / folder, ignore=IGNORED)
        for file in ("README.md", "pyproject.toml"):
            shutil.copy(REPOSITORY / file, root / file)
        added = [block for section in sections for block in blocks(section)]
        self.files = {block.file for block in added}
        for block in added:
            self._add(block)
        self.python("-m", "tools.generated")
        # Its tests have homes of their own: what the environment names is the user's.
        origin_record.disable(str(root))

    def python(self, *arguments: str) -> str:
        """Run Python in the copy; return what it prints, and fail if it fails."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "home"),
            "PYTHONPATH": f"{self.root / 'plugin'}{os.pathsep}{self.root}",
            "COLUMNS": "400",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def passes(self, *tests: str) -> None:
        """Run tests in the copy."""
        # Sessions that end at the same time remove one another's files in the usual directory.
        options = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly")
        self.python("-m", "pytest", *options, f"--basetemp={self.root}-temporary", *tests)

    def text(self, file: str) -> str:
        """Return the text of a file in the copy."""
        return (self.root / file).read_text(encoding="utf-8")

    def _add(self, block: Block) -> None:
        path = self.root / block.file
        if block.where == "new":
            assert not path.exists()
            path.write_text(block.text, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        if block.where == "at":
            changed = f"{text}\n\n{block.text}"
        elif block.where == "in":
            changed = _inserted(text, _end_of(text, block.name), block.text)
        else:
            index = text.index(f"def {block.name}(")
            changed = f"{text[:index]}{block.text}\n\n{text[index:]}"
        path.write_text(changed, encoding="utf-8")


def _end_of(text: str, name: str) -> int:
    """Return the offset of the bracket that closes the value of a module's variable."""
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = getattr(node, "value", None)
            assert isinstance(value, ast.Dict | ast.Tuple)
            assert value.end_lineno
            assert value.end_col_offset
            before = text.splitlines(keepends=True)[: value.end_lineno - 1]
            return len("".join(before)) + value.end_col_offset - 1
    raise LookupError(name)


def _inserted(text: str, index: int, added: str) -> str:
    before = text[:index].rstrip()
    comma = "" if before.endswith((",", "(", "{")) else ","
    return f"{before}{comma}\n{added}{text[index:]}"
