"""Select the kept readings of an account, since a time, and of one limit; write them as data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.cli.output import csv_text, data_time
from usageline.cli.profile_accounts import labels, listed, matching
from usageline.core import json_file
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.core.vocabulary import long_name
from usageline.storage import codec, history
from usageline.system.paths import Paths
from usageline.usage.headroom import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from usageline.usage.model import Reading

COLUMNS = ("observed_at", "source", "plan", "kind", "label", "percent", "resets_at")
EMPTY_HISTORY = "there is no history yet: run usageline refresh, or use Claude Code for a while"


def account(env: Mapping[str, str], requested: str | None) -> str:
    """Return the key of the account: the requested one, the one in the snapshot, or the only one.

    `requested` is a label or a key, or the beginning of one. Raise `UsagelineError` with the
    accounts to choose from if there is none of these.
    """
    paths = Paths(env)
    available = history.accounts(paths)
    if not available:
        raise UsagelineError(EMPTY_HISTORY)
    by_key = labels(env)
    called = {key: by_key.get(key, key) for key in available}
    if requested is not None:
        return _requested(requested, called)
    current = (json_file.json_file(paths.snapshot) or {}).get("account")
    if current in available:
        return str(current)
    if current:
        raise UsagelineError(
            f"the account signed in has no history: choose with --account from {listed(called)}"
        )
    if len(available) > 1:
        raise UsagelineError(
            f"several accounts have a history: choose with --account from {listed(called)}"
        )
    return available[0]


def complete(env: Mapping[str, str], incomplete: str) -> list[str]:
    """Return the labels and keys of accounts that begin so, for the shell."""
    by_key = labels(env)
    names = [*by_key.values(), *history.accounts(Paths(env))]
    return [sanitize(name) for name in names if name.casefold().startswith(incomplete.casefold())]


def _requested(requested: str, called: Mapping[str, str]) -> str:
    matches = matching(requested, called)
    if len(matches) == 1:
        return matches[0]
    if matches:
        choice = listed({key: called[key] for key in matches})
        raise UsagelineError(f"{sanitize(requested)!r} is not one account: choose from {choice}")
    raise UsagelineError(
        f"there is no history of {sanitize(requested)!r}: choose from {listed(called)}"
    )


def before(env: Mapping[str, str], key: str, start: float, end: float) -> list[Reading]:
    """Return the account's readings from `start` to before `end` (epoch seconds)."""
    if start >= end:
        return []
    return [one for one in history.load(Paths(env), key, start) if one.observed_at < end]


def since(env: Mapping[str, str], key: str, start: float, days: int) -> list[Reading]:
    """Return the account's readings since `start`; raise `UsagelineError` if there are none."""
    paths = Paths(env)
    if recent := history.load(paths, key, start):
        return recent
    if history.load(paths, key):
        time = "day" if days == 1 else f"{days} days"
        raise UsagelineError(f"there are no readings in the last {time}: choose more with --days")
    raise UsagelineError(EMPTY_HISTORY)


def with_limits(all_readings: Iterable[Reading], requested: str | None) -> list[Reading]:
    """Return the readings with only the limits of that kind or label, and without credits.

    If `requested` is None, return them unchanged. Raise `UsagelineError` if no limit matches.
    """
    all_readings = list(all_readings)
    if requested is None:
        return all_readings
    name = requested.casefold()
    selected = [
        replace(
            reading,
            limits=tuple(limit for limit in reading.limits if name in names(limit)),
            credits=(),
        )
        for reading in all_readings
    ]
    if not any(reading.limits for reading in selected):
        available = dict.fromkeys(
            f"{sanitize(limit.kind)} ({sanitize(long_name(limit.kind, limit.label))})"
            for reading in all_readings
            for limit in reading.limits
        )
        choices = ", ".join(available) or "none"
        raise UsagelineError(f"there is no limit {sanitize(requested)!r}: choose from {choices}")
    return [reading for reading in selected if reading.limits]


def as_json(readings: Iterable[Reading]) -> str:
    """Return an array of readings with all limits and credits; times in epoch seconds."""
    return json.dumps([codec.as_json(reading) for reading in readings], indent=1)


def as_csv(readings: Iterable[Reading]) -> str:
    """Return a row for each limit of each reading, below a row of `COLUMNS`.

    Times are UTC (`2026-11-24T21:56:55Z`). What is not known is empty.
    """
    rows = (
        (
            data_time(reading.observed_at),
            reading.source,
            reading.plan,
            limit.kind,
            limit.label,
            limit.percent,
            data_time(limit.resets_at),
        )
        for reading in readings
        for limit in reading.limits
    )
    return csv_text(COLUMNS, rows)
