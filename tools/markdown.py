"""Write the generated parts of a page of Markdown.

Each is between `<!-- NAME -->` and `<!-- end -->`; the text around it is written by hand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

PART = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def replaced(text: str, part: Callable[[str], str]) -> str:
    """Return a page in which each generated part is what `part` returns for its name."""
    return PART.sub(lambda match: f"{match[1]}\n{part(match[2])}\n\n{match[3]}", text)


def rewrite(file: Path, written: Callable[[str], str]) -> None:
    """Replace a page by what `written` returns for it."""
    file.write_text(written(file.read_text("utf-8")), "utf-8")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table."""
    head = tuple(head)
    return "\n".join(map(row, [head, ("---",) * len(head), *rows]))


def row(cells: Iterable[str]) -> str:
    """Return a row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
