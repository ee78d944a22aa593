"""What `usageline usage` shows: its rows, and the words beside them."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from usageline.cli.formatting import counted, cut
from usageline.core.formatting import DAYS, MONTHS
from usageline.core.text import sanitize
from usageline.storage.usage_index.selection import SEVERAL, UNKNOWN
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from usageline.sources.transcripts.files import Report
    from usageline.storage.usage_index.queries import Row

TIMES = ("day", "week", "month", "hour", "block")
"""The kinds whose rows follow each other in time. The others are ordered by cost."""

NO_TRANSCRIPTS = "there are no transcripts: use Claude Code once"
NONE_READABLE = "there are no transcripts that can be read"
UNKNOWN_ACCOUNTS = {UNKNOWN: "not named in the transcripts", SEVERAL: "several accounts"}
NO_RESPONSES = "no responses in this time"
MAX_UNPRICED = 5
MAX_NAME = 40
"""Characters of a model's name in a sentence."""


class Result(NamedTuple):
    """The rows of a kind, in the order in which they are shown, and their total.

    zone     the name of the time zone of the days
    limits   sentences on the plan's limits
    notes    sentences on what is not as it should be
    percents the percentage of the limit by the key of a 5-hour window, where it is known
    shares   the cost by model (picodollars) by the key of a row, {} if it is not needed
    empty    the words for no rows
    """

    kind: str
    zone: str
    rows: Sequence[Row]
    total: Row
    limits: Sequence[str] = ()
    notes: Sequence[str] = ()
    percents: Mapping[str, int] = {}
    shares: Mapping[str, Mapping[str, int]] = {}
    empty: str = NO_RESPONSES

    @property
    def is_time(self) -> bool:
        """Whether the rows follow each other in time."""
        return self.kind in TIMES


def in_order(rows: Iterable[Row], kind: str) -> list[Row]:
    """Return the rows by time, or the most expensive first."""
    if kind in TIMES:
        return sorted(rows, key=lambda row: row.key)
    return sorted(rows, key=lambda row: (-row.cost, -row.tokens, row.key))


def dollars(picodollars: int, decimals: int = 6) -> str:
    """Return picodollars as a decimal text, rounded half up."""
    unit = PICO // 10**decimals
    rounded = (picodollars + unit // 2) // unit
    return f"{rounded // 10**decimals}.{rounded % 10**decimals:0{decimals}d}"


def amount(picodollars: int) -> str:
    """Return `$1,234.50`."""
    whole, _, cents = dollars(picodollars, 2).partition(".")
    return f"${int(whole):,}.{cents}"


def cost_text(row: Row) -> str:
    """Return the cost with its marks: `≥$12.34 + unpriced`, or `unpriced` alone."""
    if row.unpriced and not row.cost:
        return "unpriced"
    mark = "≥" if row.unfinished else ""
    return f"{mark}{amount(row.cost)}" + (" + unpriced" if row.unpriced else "")


def project_names(directories: Iterable[str]) -> dict[str, str]:
    """Return for each directory the shortest end of its path that no other one has."""
    parts = {each: each.replace("\\", "/").rstrip("/").split("/") for each in directories}
    sizes = dict.fromkeys(parts, 1)
    while True:
        names = {each: "/".join(parts[each][-size:]) or each for each, size in sizes.items()}
        counts = Counter(names.values())
        longer = [
            each
            for each, name in names.items()
            if counts[name] > 1 and sizes[each] < len(parts[each])
        ]
        if not longer:
            return names
        for each in longer:
            sizes[each] += 1


def account_names(env: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """Return what each account is called: the user's label, else its key."""
    from usageline.cli.profile_accounts import labels  # noqa: PLC0415 - seldom

    by_key = {**UNKNOWN_ACCOUNTS, **labels(env)}
    return {key: by_key.get(key, key) for key in keys}


def short_label(key: str, kind: str) -> str:
    """Return the label for the axis of a chart: `Nov 24`, `Nov 24 14:00`."""
    at = _date(key, kind)
    if at is None:
        return sanitize(key)[:8] if kind == "session" else sanitize(key)
    if kind == "month":
        return f"{MONTHS[at.month - 1]} {at.year}"
    clock = f" {key[11:16]}" if kind in {"hour", "block"} else ""
    return f"{MONTHS[at.month - 1]} {at.day}{clock}"


def long_label(key: str, kind: str) -> str:
    """Return the label for a table: `2026-11-24 Tue`, `2026-11-24 Tue 14:00` with a time of day."""
    at = _date(key, kind) if kind in {"day", "hour", "block"} else None
    if at is None:
        return sanitize(key)
    clock = "" if kind == "day" else f" {key[11:16]}"
    zone = f" UTC{key[20:]}" if kind == "block" else ""
    return sanitize(f"{key[:10]} {DAYS[at.weekday()]}{clock}{zone}")


def _date(key: str, kind: str) -> date | None:
    """Return the day with which a row of a kind in TIMES begins, else None."""
    if kind not in TIMES:
        return None
    try:
        return date.fromisoformat(f"{key[:7]}-01" if kind == "month" else key[:10])
    except ValueError:
        return None


def incomplete(total: Row) -> list[str]:
    """Return what a cost lacks: the last lines of responses, and the prices of models."""
    sentences = []
    if total.unfinished:
        responses = counted(total.unfinished, "response")
        sentences.append(f"≥: {responses} without a last line, counted as far as known")
    unpriced = sorted(total.unpriced.items(), key=lambda item: (-item[1], item[0]))
    sentences += [
        f"unpriced: {counted(number, 'response')} of {cut(sanitize(model), MAX_NAME)}; "
        "set local.prices to price them"
        for model, number in unpriced[:MAX_UNPRICED]
    ]
    if len(unpriced) > MAX_UNPRICED:
        sentences.append(f"unpriced: {counted(len(unpriced) - MAX_UNPRICED, 'other model')}")
    return sentences


def notes(total: Row, scanned: Report) -> list[str]:
    """Return what a user must know of the numbers."""
    sentences = incomplete(total)
    if scanned.salvaged:
        saved = counted(scanned.salvaged, "response")
        sentences.append(f"the index was damaged: {saved} of it could still be read")
    if scanned.too_long:
        sentences.append(f"{scanned.too_long} lines were too long to read")
    if scanned.unreadable:
        sentences.append(
            f"{scanned.unreadable} of the files and directories below projects/ could not be read"
        )
    return sentences
