"""Which readings are meant: of which account, since when, and which of their limits. UsagelineError says what there is instead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.core import json_file, paths
from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.storage import history

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from usageline.usage.model import Limit, Reading

NONE_YET = "there is no history yet: each refresh adds to it, and the status line starts them"


def account(env: Mapping[str, str], named: str | None) -> str:
    """The account's key: as named, or the one that the status line shows, or the only one there is."""
    there = history.accounts(env)
    if not there:
        raise UsagelineError(NONE_YET)
    if named is not None:
        if named not in there:
            raise UsagelineError(
                f"there is no history of {sanitize(named)!r}; there is one of {', '.join(there)}"
            )
        return named
    shown = (json_file.json_file(paths.snapshot(env)) or {}).get("account")
    if shown in there:
        return str(shown)
    if len(there) > 1 or shown:
        whose = "the account signed in" if shown else "one account alone"
        raise UsagelineError(
            f"there is no history of {whose}; choose with --account from {', '.join(there)}"
        )
    return there[0]


def readings(env: Mapping[str, str], key: str, start: float, days: int) -> list[Reading]:
    """The account's readings from `start` on."""
    found = history.load(env, key, start)
    if found:
        return found
    if history.load(env, key):
        time = "day" if days == 1 else f"{days} days"
        raise UsagelineError(f"nothing was seen in the last {time}; choose more with --days")
    raise UsagelineError(NONE_YET)


def with_limits(found: Iterable[Reading], named: str | None) -> list[Reading]:
    """The readings with only the limits of that kind or label, and without credits; or all as they are."""
    found = list(found)
    if named is None:
        return found
    wanted = named.casefold()
    chosen = [
        replace(
            one, limits=tuple(limit for limit in one.limits if wanted in _names(limit)), credits=()
        )
        for one in found
    ]
    if not any(one.limits for one in chosen):
        there = dict.fromkeys(
            f"{sanitize(limit.kind)} ({sanitize(limit.label)})"
            for one in found
            for limit in one.limits
        )
        raise UsagelineError(
            f"there is no limit {sanitize(named)!r}; there is {', '.join(there) or 'none'}"
        )
    return [one for one in chosen if one.limits]


def _names(limit: Limit) -> tuple[str, str]:
    return limit.kind.casefold(), limit.label.casefold()
