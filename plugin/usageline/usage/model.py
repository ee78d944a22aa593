"""Define limits, credits and readings.

Times are epoch seconds, percentages begin at 0 and can exceed 100, money is in minor units.
"""

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
"""The status words of a snapshot: the result of the last refresh."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One usage limit.

    `kind` is the server's own word (`session`, `weekly_all`, `weekly_scoped`, or a new one).
    `percent` is None if it is unknown. `resets_at` is None if the window has not started or has no
    reset. `severity` is the server's word, if any.

    `lowered`: the service took use back in this window, for a banked reset or another plan. A
    higher percentage of the same window may then be from before.

    `usage.forecast` adds the rest; each is None if it is unknown. `pace` is how many percentage
    points more than even use were used (negative: less). `rate` is the recent use in percentage
    points an hour. `chance`, 0 to 1, is that of reaching the limit before its reset. If it is at
    least a half, `exhausts_at` is when, most likely between `exhausts_from` and `exhausts_to`.
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
    """One money meter: usage credits, an organization's pool, or a one-time credit that expires.

    `used_minor` and `limit_minor` are whole minor units (cents if `exponent` is 2); a `limit_minor`
    of None is no cap. `ends_at` is when the meter resets, or with `expires` when the rest is lost.
    `disabled_reason` is the server's word for why it cannot be spent (`out_of_credits`, …).
    `reached`: the spend limit is used up, whether or not the service switched the credits off.
    `terms` is the server's sentence on what the credit is for.
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
    """All limits and credits of one account at one moment, from one source.

    `clock_ahead_s` is how far this machine's clock was ahead of the service's (negative: behind),
    None if the source does not report it.
    """

    limits: tuple[Limit, ...]
    credits: tuple[Credit, ...]
    source: str
    observed_at: int
    plan: str | None = None
    clock_ahead_s: int | None = None


class SourceFailure(UsagelineError):
    """A source returned no reading.

    status         one of `STATUSES` except `ok`
    detail         a short text for the user
    retry_after_s  the wait that the server asked for, in seconds, or None
    http_status    that of the answer, or None
    reading        an older reading that the source had in place of a new one, or None
    """

    def __init__(self, status: str, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(detail or status)
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.http_status: int | None = None
        self.reading: Reading | None = None
