"""Read the money in a body: usage credits, promotional credits, and pools.

Usage credits come in two forms and count once. Pools have changing code names.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.core.windows import MAX_ROWS
from usageline.usage.limits import DOLLARS, is_flat_window
from usageline.usage.model import Credit
from usageline.usage.money import cents_of_dollars, currency_code, usage_amounts
from usageline.usage.values import Body, epoch, mapping, objects, percent, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.usage.model import Reading

USAGE_CREDITS = "Usage credits"

ONE_TIME = "One-time credit"
"""The label of a pool if the service gives it no name that is fit to be shown."""

POOL_LABELS = {
    "cinder_cove": "Claude Code and Cowork credit",
    "wattle_ember": "Credit",
}
"""Claude Code's own labels of the pools that it shows; it shows these at 0%, too."""

IN_PERIODS = "wattle_ember"
"""The pool whose periods Claude Code puts into words."""

NO_POOLS = ("extra_usage", "spend")

CREDIT_LISTS = ("promo_credits",)
"""Keys of the body with a list of credits."""

LEFT_OUT = ("model_promo_fable",)
"""Promotional credits that Claude Code does not show, by `program_id`."""

MAX_TERMS = 240

CODE_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+", re.ASCII)

LIMIT_REACHED = ("cap_reached", "limit_reached")
"""Ends a reason that means that a spend limit is used up.

Examples: `org_spend_cap_reached`, `enforced_spend_limit_reached`.
"""


def credits(body: Body) -> tuple[Credit, ...]:  # noqa: A001 - the glossary's word
    """Return every money meter in `body`.

    First the usage credits, then the pools in the server's order, then the listed ones.
    """
    usage = _usage_credits(mapping(body.get("spend")), mapping(body.get("extra_usage")))
    listed = (credit for key in CREDIT_LISTS for credit in _listed(body.get(key)))
    return (*([usage] if usage else []), *_pools(body), *listed)


def _usage_credits(spend: Body, extra: Body) -> Credit | None:
    """Return the usage credits, or None if they are off and never were used.

    `spend` is the newer form of `extra_usage`: the same money. Claude Code's own screen shows
    `extra_usage`, so its texts take precedence.
    """
    amounts = usage_amounts(spend, extra)
    used, limit = amounts.used, amounts.limit
    flags = (extra.get("is_enabled"), spend.get("enabled"))
    enabled = next(
        (flag for flag in flags if isinstance(flag, bool)), used is not None or limit is not None
    )
    reason = text(extra.get("disabled_reason")) or text(spend.get("disabled_reason"))
    has_cap = limit is not None or amounts.cap_problem is not None
    reached = _is_reached(extra, None if enabled else reason) and (has_cap or not enabled)
    if not enabled and reason is None and reached:
        reason = "spend_limit_reached"
    if not enabled and reason is None and not used and not limit:
        return None
    if used is None and limit is None and reason is None and not reached:
        return None
    given, rounded = extra.get("utilization"), spend.get("percent")
    share = _share(given, used, limit, rounded, enabled=enabled or reached)
    if amounts.cap_problem:
        share = percent(given)
        share = percent(rounded) if share is None else share
    return Credit(
        label=USAGE_CREDITS,
        used_minor=used,
        limit_minor=limit,
        exponent=amounts.exponent,
        currency=amounts.currency,
        percent=share,
        enabled=enabled,
        disabled_reason=None if enabled else reason,
        reached=reached,
        terms=amounts.cap_problem,
    )


def _is_reached(extra: Body, reason: str | None) -> bool:
    """Whether the spend limit is used up, by Claude Code's rule.

    The flag decides, or the reason for which credits are off.
    """
    flag = extra.get("spend_limit_reached")
    if flag is True or (reason or "").endswith(LIMIT_REACHED):
        return True
    return reason == "org_level_disabled_until" and flag is not False


def _pools(body: Body) -> Iterator[Credit]:
    for name, value in list(body.items())[: 2 * MAX_ROWS]:
        pool = mapping(value)
        if name in NO_POOLS or is_flat_window(name, pool):
            continue
        credit = _pool(pool, POOL_LABELS.get(name, ONE_TIME), is_drawn=name in POOL_LABELS)
        if credit is not None:
            yield replace(credit, terms=_periods_in_words(pool)) if name == IN_PERIODS else credit


def _listed(rows: object) -> Iterator[Credit]:
    for row in objects(rows, MAX_ROWS):
        if row.get("program_id") in LEFT_OUT:
            continue
        credit = _pool(row, ONE_TIME, is_drawn=True)
        if credit is not None:
            yield credit


def _pool(pool: Body, label: str, *, is_drawn: bool) -> Credit | None:
    """Return a credit that is granted for a time, or None if there is nothing to show.

    `is_drawn`: Claude Code shows it at 0%, too.
    """
    limit, used, left = (cents_of_dollars(pool.get(key)) for key in DOLLARS)
    if used is None and limit is not None and left is not None:
        used = limit - left
    if limit is None and used is not None and left is not None:
        limit = used + left
    locked = text(pool.get("locked_reason"))
    share = percent(pool.get("utilization"))
    if share is None:
        share = _share(None, used, limit, None, enabled=locked is None)
    if not limit and not used and not (share is not None if is_drawn else share):
        return None
    if not limit and not used and not {"utilization", "resets_at"} <= set(pool):
        return None
    ends_at = epoch(pool.get("resets_at"))
    return Credit(
        label=_shown_name(pool.get("label")) or _shown_name(pool.get("display_name")) or label,
        used_minor=used,
        limit_minor=limit,
        exponent=2,
        currency=currency_code(pool.get("currency")),
        percent=share,
        ends_at=ends_at,
        expires=not _goes_on(pool.get("periods"), ends_at),
        enabled=locked is None,
        disabled_reason=locked,
        terms=text(pool.get("terms_line"), MAX_TERMS),
    )


def _shown_name(value: object) -> str | None:
    """Return the service's name of a pool, unless it is a code name or the usage credits'."""
    name = text(value)
    return None if name is None or CODE_NAME.fullmatch(name) or name == USAGE_CREDITS else name


def _goes_on(periods: object, ends_at: int | None) -> bool:
    """Whether a period of the credit follows the one that ends.

    It then resets, and does not expire.
    """
    if not isinstance(periods, list) or len(periods) < 2 or ends_at is None:
        return False
    last = epoch(mapping(periods[-1]).get("ends_at"))
    return last is not None and ends_at < last


def _periods_in_words(pool: Body) -> str | None:
    """Return Claude Code's sentence on a credit of two periods."""
    periods, limit = pool.get("periods"), cents_of_dollars(pool.get("limit_dollars"))
    if not isinstance(periods, list) or len(periods) != 2 or limit is None:
        return None
    first, second = (mapping(period) for period in periods)
    days = [
        _day(period.get(name))
        for period, name in ((first, "starts_at"), (first, "ends_at"), (second, "ends_at"))
    ]
    if None in days:
        return None
    amount = f"${limit / 100:,.2f}".removesuffix(".00")
    models = text(pool.get("covered_models_label")) or "Fable"
    return (
        f"You have {amount} USD of {models} usage for each of two periods: "
        f"{days[0]} to {days[1]}, and {days[1]} to {days[2]}. "
        "Unused credit doesn't carry over."
    )


def _day(value: object) -> str | None:
    at = epoch(value)
    if at is None:
        return None
    local = time.localtime(at)
    return f"{time.strftime('%B', local)} {local.tm_mday}"


def _share(
    given: object, used: int | None, limit: int | None, rounded: object, *, enabled: bool
) -> float | None:
    """Return the percentage used: as given, else computed, else the service's rounded one.

    Without a cap there is none: `spend.percent` is 0 then (u08). A cap of 0 or less is used up, as
    in Claude Code; refunds do not count below 0.
    """
    if limit is None:
        return None
    exact = percent(given)
    if exact is None and used is not None and limit > 0:
        exact = percent(max(used, 0) * 100 / limit)
    if exact is None and used is not None and limit <= 0 and enabled:
        exact = 100.0
    if exact is None and used is None:
        exact = percent(rounded)
    return exact


def with_reset_date(reading: Reading) -> Reading:
    """Return the reading with the end of its month in usage credits that have a cap or reached one.

    The service reports no reset for them. Claude Code's own screen shows the first of the next
    month in local time.
    """
    credits = tuple(  # noqa: A001 - the glossary's word
        replace(credit, ends_at=month_end(reading.observed_at)) if _is_monthly(credit) else credit
        for credit in reading.credits
    )
    return replace(reading, credits=credits)


def month_end(at: float) -> int:
    """Return when the month after that of `at` begins in this process's time zone, in epoch s."""
    local = time.localtime(at)
    return int(time.mktime((local.tm_year, local.tm_mon + 1, 1, 0, 0, 0, 0, 0, -1)))


def _is_monthly(credit: Credit) -> bool:
    if credit.label != USAGE_CREDITS or credit.expires or credit.ends_at is not None:
        return False
    return credit.reached or (credit.enabled and credit.limit_minor is not None)
