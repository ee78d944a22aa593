"""`usageline doctor --log`: the last refreshes, why each ran and how it ended, in local time, the newest last."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from rich.table import Table

from usageline.cli.formatting import local_time, short
from usageline.cli.table import console, text
from usageline.core import paths
from usageline.core.errors import CacheUnsafe, UsagelineError
from usageline.core.formatting import clock
from usageline.storage import refresh_log
from usageline.usage.values import number
from usageline.usage.values import text as one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADINGS = ("when", "by", "why", "ended", "took", "")
MOST_TEXTS = 16
LONGEST_TEXT = 200
"""Characters; the log itself is shorter."""

STYLES = {"refreshed": "normal", "failed": "warning", "cut off": "warning"}


def show_log(env: Mapping[str, str], lines: int) -> None:
    """Print the last `lines` of it. UsagelineError where there is none, or what is there is not the user's alone."""
    path = paths.log(env)
    name = short(path, env)
    try:
        found = refresh_log.read_last(env, lines)
    except FileNotFoundError:
        raise UsagelineError(
            f"there is no {name} yet: each refresh adds a line to it; run usageline refresh"
        ) from None
    except (OSError, ValueError, CacheUnsafe):
        raise UsagelineError(
            f"{name} is no file of yours alone, or cannot be read: remove it, and the next refresh makes a new one"
        ) from None
    table = Table.grid(padding=(0, 2))
    table.add_row(*(text(heading, "dim") for heading in HEADINGS))
    for line in found:
        cells = row(line)
        if cells:
            table.add_row(
                *(
                    text(cell, STYLES.get(cells[3], "plain") if index == 3 else "plain")
                    for index, cell in enumerate(cells)
                )
            )
    target = console()
    target.print(table)
    target.print()
    target.print(text(f"{name}, and what is older in {name}{refresh_log.OLDER}", "dim"))


def row(line: bytes) -> tuple[str, ...]:
    """The cells for one line of the file: a text for each of HEADINGS, () where it is no line of ours."""
    try:
        entry: Any = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return ()
    if not isinstance(entry, dict):
        return ()
    took = number(entry.get("ms"), 0, 1e9)
    words = [one_line(entry.get(name)) or "" for name in ("by", "why", "ended")]
    return (
        _when(entry.get("at")),
        *words,
        "" if took is None else f"{took / 1000:.1f} s",
        "; ".join(_said(entry)),
    )


def _said(entry: dict[str, Any]) -> list[str]:
    """What was published, what was tried, what else happened."""
    status, due_at = one_line(entry.get("status")), _moment(entry.get("next"))
    due = f"next {clock(due_at, time.time())}" if due_at else ""
    published = ", ".join(filter(None, (status if status != "ok" else "", due)))
    return [
        found
        for found in (published, *_texts(entry.get("tried")), *_texts(entry.get("notes")))
        if found
    ]


def _texts(value: object) -> list[str]:
    rows = value[:MOST_TEXTS] if isinstance(value, list) else []
    return [found[:LONGEST_TEXT] for found in rows if isinstance(found, str)]


def _when(value: object) -> str:
    at = _moment(value)
    return local_time(at) if at else "?"


def _moment(value: object) -> float:
    """Epoch seconds of `2026-11-25T09:31:55Z`, 0 where it is no such text."""
    try:
        return (
            datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ")
            .replace(tzinfo=timezone.utc)
            .timestamp()
        )
    except (ValueError, OverflowError):
        return 0
