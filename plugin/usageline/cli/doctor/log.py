"""`usageline doctor --log`: the last refreshes, why each ran and how it ended.

Times are local, the newest refresh is last.
"""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from usageline.cli.formatting import local_time, short
from usageline.cli.table import console, text
from usageline.config.sources import is_quiet
from usageline.core.errors import CacheUnsafe, UsagelineError
from usageline.core.formatting import clock
from usageline.storage import refresh_log
from usageline.usage.values import number
from usageline.usage.values import text as one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from usageline.system.paths import Paths

HEADINGS = ("when", "by", "why", "ended", "took", "")
WHY, ENDED = 2, 3
SHORT = (0, 1, ENDED, 4)
"""The columns of an entry's first line, if the terminal is narrow."""

TABLE_COLUMNS = 110
"""In a terminal of at least this width, the entries are a table."""

GAP = 2
MAX_TEXTS = 16
MAX_LENGTH = 200

ABSENT = "unreadable, "
"""How the log calls a source that had no good reading."""

STYLES = {"refreshed": "normal", "failed": "warning", "cut off": "warning"}


def show_log(paths: Paths, lines: int) -> None:
    """Print the last `lines` entries.

    Raise `UsagelineError` if there is no log, or it is not a private file of the user.
    """
    path = paths.log
    name = short(path, paths)
    try:
        entries = refresh_log.read_last(paths, lines)
    except FileNotFoundError:
        raise UsagelineError(f"{name} does not exist yet: run usageline refresh") from None
    except (OSError, ValueError, CacheUnsafe):
        raise UsagelineError(
            f"{name} is not a private file of yours: remove it; the next refresh creates a new one"
        ) from None
    rows = [cells for line in entries if (cells := row(line))]
    target = console()
    for item in [_table(rows)] if target.width >= TABLE_COLUMNS else _blocks(rows):
        target.print(item)
    target.print()
    target.print(text(f"from {name}; older entries: {name}{refresh_log.OLDER}", "dim"))


def _table(rows: Iterable[tuple[str, ...]]) -> Table:
    """Return one row for each entry, with the details in the last column."""
    table = Table.grid(padding=(0, 2))
    table.add_row(*(text(heading, "dim") for heading in HEADINGS))
    for cells in rows:
        table.add_row(*(_cell(cells, index) for index in range(len(cells))))
    return table


def _blocks(rows: list[tuple[str, ...]]) -> Iterator[RenderableType]:
    """Yield a short row for each entry, with reason and details below it."""
    table = [HEADINGS, *rows]
    widths = [max(len(cells[index]) for cells in table) for index in range(len(HEADINGS))]
    for at, cells in enumerate(table):
        head = Text()
        for index in SHORT:
            cell = _cell(cells, index) if at else text(cells[index], "dim")
            cell.pad_right(widths[index] - cell.cell_len + GAP)
            head += cell
        head.rstrip()
        yield head
        below = "; ".join(filter(None, (cells[WHY], cells[-1])))
        if at and below:
            yield Padding(text(below), (0, 0, 0, 2 * GAP))


def _cell(cells: tuple[str, ...], index: int) -> Text:
    return text(cells[index], STYLES.get(cells[ENDED], "plain") if index == ENDED else "plain")


def row(line: bytes) -> tuple[str, ...]:
    """Return the cells of one line of the file, one for each of `HEADINGS`, or () if invalid."""
    entry = parse(line)
    if entry is None:
        return ()
    at = _moment(entry.get("at"))
    took = number(entry.get("ms"), 0, 1e9)
    words = [one_line(entry.get(name)) or "" for name in ("by", "why", "ended")]
    return (
        local_time(at) if at else "?",
        *words,
        "" if took is None else f"{took / 1000:.1f} s",
        "; ".join(_details(entry)),
    )


def parse(line: bytes) -> dict[str, Any] | None:
    """Return one entry of the file, None if it is invalid."""
    try:
        entry = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _details(entry: dict[str, Any]) -> list[str]:
    """Return what the refresh published, which sources it tried, and its notes."""
    status, due_at = one_line(entry.get("status")), _moment(entry.get("next"))
    due = f"next {clock(due_at, time.time())}" if due_at else ""
    published = ", ".join(filter(None, (status if status != "ok" else "", due)))
    tried = map(_worded, texts(entry.get("tried")))
    details = (published, *tried, *texts(entry.get("notes")))
    return [detail for detail in details if detail]


def _worded(tried: str) -> str:
    """Return what a source answered. One that often has nothing to offer is not at fault."""
    name, _, answer = tried.partition(": ")
    if not is_quiet(name) or not answer.startswith(ABSENT):
        return tried
    return f"{name}: not used, {answer.removeprefix(ABSENT)}"


def texts(value: object) -> list[str]:
    """Return the texts in a list, bounded in number and length."""
    items = value[:MAX_TEXTS] if isinstance(value, list) else []
    return [item[:MAX_LENGTH] for item in items if isinstance(item, str)]


def _moment(value: object) -> float:
    """Return the epoch seconds of `2026-11-25T09:31:55Z`, 0 for anything else."""
    try:
        return datetime.strptime(f"{value}+0000", "%Y-%m-%dT%H:%M:%SZ%z").timestamp()
    except (ValueError, OverflowError):
        return 0
