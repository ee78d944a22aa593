"""Limits, credits and readings. Times are epoch seconds, percentages from 0 (use can pass 100), money is in minor units."""

from __future__ import annotations

from dataclasses import dataclass

from usageline.core.errors import UsagelineError

STATUSES = (
    "ok",
    "signed-out",
    "expired",
    "no-scope",
    "rate-limited",
    "offline",
    "unreadable",
    "no-plan",
)
"""What a snapshot can say of the newest try to get a reading."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One usage limit.

    `kind` is the server's own word (`session`, `weekly_all`, `weekly_scoped`, or one that does not exist yet).
    `percent` is None where it cannot be known. `resets_at` is None where the window has not started or has no reset.
    `severity` is the server's word, where it gave one. `lowered` says that the service has taken use back in this window (a banked reset,
    another plan), so that a higher percentage of the same window may be from before.

    What `usage/forecast` adds, None where nothing can be said: `pace` is how many percentage points more than even use were used (negative:
    less), `rate` the use of late in percentage points an hour, `chance` that the limit is reached before its reset (0 to 1), and if that is
    at least a half, `exhausts_at` when, as likely from `exhausts_from` to `exhausts_to`.
    """

    kind: str
    label: str
    percent: float | None
    resets_at: int | None
    severity: str | None = None
    pace: float | None = None
    rate: float | None = None
    exhausts_at: int | None = None
    exhausts_from: int | None = None
    exhausts_to: int | None = None
    lowered: bool = False
    chance: float | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """One money meter: usage credits, an organisation's pool, a one-time credit that expires.

    `used_minor` and `limit_minor` are whole minor units (cents where `exponent` is 2); a `limit_minor` of None is no cap.
    `ends_at` is when it resets, or with `expires` when what is left is lost.
    `disabled_reason` is the server's word for why it cannot be spent from (`out_of_credits`, …).
    `reached`: the spend limit is used up, whether or not the service has switched the credits off for it.
    `terms` is a sentence of the server's on what the credit is for.
    """

    label: str
    used_minor: int | None
    limit_minor: int | None
    exponent: int
    currency: str
    percent: float | None
    ends_at: int | None = None
    expires: bool = False
    enabled: bool = True
    disabled_reason: str | None = None
    reached: bool = False
    terms: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """All limits and credits of one account, seen at one moment by one source.

    `clock_ahead_s` is how far this machine's clock was ahead of the service's (negative: behind), None if the source does not know.
    """

    limits: tuple[Limit, ...]
    credits: tuple[Credit, ...]
    source: str
    observed_at: int
    plan: str | None = None
    clock_ahead_s: int | None = None


class SourceFailure(UsagelineError):
    """A source gave no reading.

    `status` is one of `usageline.usage.model.STATUSES` other than `ok`; `detail` is a short text for people;
    `retry_after_s` is what the server asked for, in seconds, where it asked; `http_status` is that of its answer, where it gave one.
    `reading` is an older reading that the source had in place of a new one, or None.
    """

    def __init__(self, status: str, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(detail or status)
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.http_status: int | None = None
        self.reading: Reading | None = None
