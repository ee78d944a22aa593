"""The readings themselves, for other programs."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from usageline.core.text import sanitize
from usageline.storage import codec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from usageline.usage.model import Reading

FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula."""

COLUMNS = ("observed_at", "source", "plan", "kind", "label", "percent", "resets_at")


def as_json(readings: Iterable[Reading]) -> str:
    """An array of readings with all their limits and credits; times in epoch seconds."""
    return json.dumps([codec.as_json(reading) for reading in readings], indent=1)


def as_csv(readings: Iterable[Reading]) -> str:
    """A row for each limit of each reading, under a row of COLUMNS; times in UTC (`2026-11-24T21:56:55Z`), empty where nothing is known."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for reading in readings:
        head = (_utc(reading.observed_at), _cell(reading.source), _cell(reading.plan))
        rows.writerows(
            (*head, _cell(limit.kind), _cell(limit.label), limit.percent, _utc(limit.resets_at))
            for limit in reading.limits
        )
    return text.getvalue()


def _cell(text: str | None) -> str | None:
    """Return text that a spreadsheet takes for text: one that begins as a formula gets an apostrophe.

    Nor is there anything in it that a terminal could act on.
    """
    shown = sanitize(text) if text else text
    return "'" + shown if shown and shown.lstrip()[:1] in FORMULA else shown


def _utc(at: int | None) -> str | None:
    return (
        None
        if at is None
        else datetime.fromtimestamp(at, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    )
