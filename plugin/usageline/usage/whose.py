"""Decide whether a reading belongs to the account and organization that are signed in. Pure.

`line/whose.py` is the status line's half, for the payload; docs/WHOSE.md is the table of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.usage.values import EARLIEST, LATEST, number

if TYPE_CHECKING:
    from collections.abc import Mapping

TOO_EARLY = "from before this sign-in"


@dataclass(frozen=True, slots=True)
class Held:
    """Since when the sign-in has held. Times are epoch seconds, 0 for unknown.

    since           when, at the latest, account and organization signed in; a renewal of the token
                    changes nothing
    readings_since  what Claude Code itself fetched before may be another sign-in's: its files
                    changed then
    """

    since: float = 0
    readings_since: float = 0


@dataclass(frozen=True, slots=True)
class Files:
    """When the sign-in's two files changed last (epoch seconds, None without a file).

    `stamp` is the fingerprint of the credentials file.
    """

    stamp: str
    credentials_at: float | None
    state_at: float | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reading of Claude Code's own names: its account, and when it was fetched.

    `fetched_at` is None if that is not a sane time.
    """

    account_uuid: object
    fetched_at: float | None


def held(previous: Mapping[str, Any] | None, account: str, files: Files, now: float) -> Held:
    """Return since when `account` (the key of account and organization) is signed in.

    The snapshot before is the only witness. Without one, the credentials file's time is the latest
    possible.
    """
    if previous is None:
        return Held(files.credentials_at or 0, 0)
    is_same_file = previous.get("credentials") == files.stamp or _is_unchanged(previous, files)
    # If the credentials are unchanged, `.claude.json` named another account.
    changed_at = (files.state_at if is_same_file else files.credentials_at) or now
    if previous.get("account") != account:
        return Held(changed_at, changed_at)
    readings_since = _time(previous.get("readings_since"), now) if is_same_file else changed_at
    since = _time(previous.get("signed_in_since"), now)
    if not since:  # published by 0.1.0: its numbers were this account's when they were taken
        times = [at for at in (files.credentials_at, _time(previous.get("observed_at"), now)) if at]
        since = min(times, default=0)
    return Held(since, readings_since)


def _is_unchanged(previous: Mapping[str, Any], files: Files) -> bool:
    """Return whether the credentials are those of a snapshot that names no fingerprint.

    It was published while it was too early for the first request of a sign-in.
    """
    published_at = number(previous.get("published_at"), EARLIEST, LATEST)
    if previous.get("credentials") or published_at is None or files.credentials_at is None:
        return False
    return files.credentials_at < published_at + 1  # it has whole seconds


def refusal(
    claim: Claim, account_uuid: str, organizations: tuple[str, str], readings_since: float
) -> str:
    """Return why a reading that Claude Code fetched does not count as this sign-in's, or "".

    Such a reading names the account and no organization. So it counts if it was fetched after the
    sign-in's files changed. The two files must not name different organizations (`organizations`:
    that of the credentials, that of `.claude.json`).
    """
    if not account_uuid or claim.account_uuid != account_uuid:
        return "of another account"
    if claim.fetched_at is None:
        return "without a time"
    if all(organizations) and organizations[0] != organizations[1]:
        return "of one of two organizations"
    if claim.fetched_at < readings_since:
        return TOO_EARLY
    return ""


def claim_of(cached: Mapping[str, Any]) -> Claim:
    """Return what Claude Code's own cache (`cachedUsageUtilization`) names."""
    fetched_ms = number(cached.get("fetchedAtMs"), EARLIEST * 1000, LATEST * 1000)
    return Claim(cached.get("accountUuid"), None if fetched_ms is None else fetched_ms / 1000)


def _time(value: object, now: float) -> float:
    """Return a time of the past, 0 if it is none."""
    at = number(value, EARLIEST, LATEST) or 0
    return at if at <= now + 1 else 0
