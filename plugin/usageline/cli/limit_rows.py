"""Turn limits and credits into rows of words: the same for the table and the dashboard. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.core import formatting, vocabulary, windows
from usageline.line.segments import forecast
from usageline.usage.credits import MAX_TERMS, USAGE_CREDITS
from usageline.usage.values import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Clock = Callable[[float, float], str]

MAX_DECIMALS = 6
"""As in the status line: a damaged snapshot must not widen an amount without limit."""

MAX_AMOUNT = 10**15

ORDER = {"session": 0, "weekly_all": 1}

OFF = {
    "org_level_disabled": "by the organization",
    "org_level_disabled_until": "by the organization",
    "org_service_level_disabled": "by the organization",
    "member_level_disabled": "for this account",
    "member_zero_credit_limit": "for this account",
    "group_zero_credit_limit": "for this group",
    "seat_tier_level_disabled": "not part of this seat",
    "seat_tier_zero_credit_limit": "not part of this seat",
    "overage_not_provisioned": "not set up",
    "no_limits_configured": "not set up",
}
"""Why usage credits are off, by the reason that the service names."""


@dataclass(frozen=True, slots=True)
class Row:
    """One limit or credit.

    `percent` is None if unknown, and then there is no bar. `mark` is the percentage of even use,
    None if unknown. `first` and `second` are the two columns of words, `brief` a shorter `first`.
    """

    name: str
    short_name: str
    percent: float | None
    severity: str
    first: str = ""
    brief: str = ""
    second: str = ""
    mark: float | None = None


def in_order(limits: Iterable[Any]) -> list[Any]:
    """Return limits (`context.Window`) in the line's order: 5 hours, the week, then the others."""
    return sorted(limits, key=lambda window: rank(window.kind))


def rank(kind: str) -> int:
    """Return the place of a kind of limit: 5 hours, the week, then all others."""
    return ORDER.get(kind, len(ORDER))


def limit_row(window: Any, now: float, clock: Clock = formatting.clock) -> Row:
    """Return the row of a limit (`context.Window`)."""
    first = brief = second = ""
    if window.resets_at is None:
        first = brief = "not started" if window.percent == 0 else ""
    elif window.resets_at <= now:
        first = "reset" if window.percent is None else "reset overdue since"
        brief = "reset" if window.percent is None else "overdue"
        second = clock(window.resets_at, now)
    else:
        left = formatting.ago(window.resets_at - now)
        first, brief, second = f"resets in {left}", f"in {left}", clock(window.resets_at, now)
    return Row(
        vocabulary.title(window.kind, window.label),
        vocabulary.short_name(window.kind, window.label),
        window.percent,
        window.severity,
        first,
        brief,
        second,
        windows.even_percent(window, now),
    )


def credit_row(
    credit: dict[str, Any],
    now: float,
    observed_at: float | None = None,
    clock: Clock = formatting.clock,
) -> Row:
    """Return the row of a credit, observed at `observed_at`."""
    enabled, reached = credit.get("enabled", True) is True, credit.get("reached") is True
    share = _share(credit)
    first = _amount(credit, share)
    notes = []
    if reached:
        notes.append("limit reached")
    elif not enabled:
        notes.append(_why_off(credit))
    elif _has_no_cap(credit, share):
        notes.append("no cap")
    ends_at = windows.moment(credit.get("ends_at"))
    if ends_at:
        notes.append(_end(credit, ends_at, now, observed_at, clock))
        if ends_at <= now and not _is_overdue(credit, ends_at, observed_at):
            share = None
    severity = "critical" if reached else windows.severity(share)
    name = str(credit.get("label") or "")
    short_name = "credits" if name == USAGE_CREDITS else name
    return Row(name, short_name, share, severity, first, first, ", ".join(notes))


def outlook(window: Any, now: float, clock: Clock = formatting.clock) -> str:
    """Return when a limit (`context.Window`) will be reached, "" if not before its reset."""
    at = windows.exhausted_at(window, now)
    if at is None:
        return ""
    notes = [] if window.chance is None else [f"chance {round(window.chance * 100)}%"]
    if window.exhausts_from and window.exhausts_to:
        first, last = (
            clock(max(end, now), now) for end in (window.exhausts_from, window.exhausts_to)
        )
        notes += [] if first == last else [f"likely {first} to {last}"]
    note = f" ({', '.join(notes)})" if notes else ""
    time = f"{clock(at, now)}, {formatting.ago(window.resets_at - at)} before its reset{note}"
    if forecast.is_sure(window):
        return f"at this pace the limit is reached at {time}"
    return f"the limit may be reached by {time}"


def terms(credit: dict[str, Any]) -> str:
    """Return the service's sentence on what a credit is for, or ""."""
    return text(credit.get("terms"), MAX_TERMS) or ""


def _share(credit: dict[str, Any]) -> float | None:
    share = windows.percent(credit.get("percent"))
    used, limit = credit.get("used_minor"), credit.get("limit_minor")
    if share is not None or type(used) is not int or type(limit) is not int:
        return share
    is_credible = 0 < limit < MAX_AMOUNT and 0 <= used < MAX_AMOUNT
    return windows.percent(used * 100 / limit) if is_credible else None


def _why_off(credit: dict[str, Any]) -> str:
    reason = str(credit.get("disabled_reason") or "")
    words = OFF.get(reason) or reason.replace("_", " ")
    if credit.get("label") != USAGE_CREDITS or reason == "out_of_credits":
        return words or "off"
    return f"off: {words}" if words else "off"


def _amount(credit: dict[str, Any], share: float | None) -> str:
    """Return `$12.34 of $50`, `$12.34 spent`, or `of $50` if only a percentage is known."""
    used, limit, exponent, currency = (
        credit.get(name) for name in ("used_minor", "limit_minor", "exponent", "currency")
    )
    if type(exponent) is not int or not isinstance(currency, str):
        return ""
    if not 0 <= exponent <= MAX_DECIMALS:
        return ""
    cap = formatting.money(limit, exponent, currency) if type(limit) is int else ""
    if type(used) is int:
        spent = formatting.money(used, exponent, currency)
        return f"{spent} of {cap}" if cap else f"{spent} spent"
    return f"of {cap}" if cap and share is not None else ""


def _has_no_cap(credit: dict[str, Any], share: float | None) -> bool:
    """Return whether these are usage credits without a limit.

    Other credits may have a limit that the service does not name.
    """
    is_known = credit.get("label") == USAGE_CREDITS and type(credit.get("used_minor")) is int
    return (
        is_known and credit.get("limit_minor") is None and share is None and not credit.get("terms")
    )


def _end(
    credit: dict[str, Any], ends_at: float, now: float, observed_at: float | None, clock: Clock
) -> str:
    expires = credit.get("expires") is True
    # Usage credits reset with the month: as in Claude Code, show the day.
    at = formatting.day(ends_at) if credit.get("label") == USAGE_CREDITS else clock(ends_at, now)
    if ends_at > now:
        return f"{'expires' if expires else 'resets'} {at}"
    if expires:
        return f"expired {at}"
    return f"reset {'overdue since ' if _is_overdue(credit, ends_at, observed_at) else ''}{at}"


def _is_overdue(credit: dict[str, Any], ends_at: float, observed_at: float | None) -> bool:
    """Return whether the service reported the credit after its end.

    The percentage of an expired credit stays what was used of it.
    """
    return credit.get("expires") is True or (observed_at is not None and observed_at > ends_at)
