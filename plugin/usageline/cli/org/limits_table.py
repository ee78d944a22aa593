"""The tables of `usageline org limits`. Pure.

They show who will be stopped soon and who asks for more, or the rate limits.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rich.text import Text

from usageline.cli.columns import Column, column, fitted, print_lines, words, wrapped
from usageline.cli.org import wording
from usageline.cli.org.overview import DEFAULT_TOP
from usageline.cli.org.wording import digits, labels, model_name, money
from usageline.core.windows import severity
from usageline.usage.org import limits as spend_limits
from usageline.usage.org.limits import NEAR_PERCENT, ZERO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from usageline.cli.appearance import Appearance
    from usageline.usage.org.limits import IncreaseRequest, LimitsReport, SpendLimit
    from usageline.usage.org.settings import RateLimit

WORDS = {
    spend_limits.UNLIMITED: "no limit",
    spend_limits.PLAN_ONLY: "plan only",
    spend_limits.BLOCKED: "blocked: limit 0",
    spend_limits.UNREADABLE: "limit unreadable",
}
UNREAD = "unreadable"
ZERO_MARK = "?"
NOTES = {
    ZERO: f"{ZERO_MARK} the service also reports 0 if it cannot read the spending at the moment",
    spend_limits.PLAN_ONLY: "plan only: no spending beyond the usage that the plan includes",
    spend_limits.UNREADABLE: "unreadable: the service sent no amount that usageline can read",
}
NO_LIMITS = "there are no spend limits"
NO_RATE_LIMITS = "there are no rate limits"
RATE_NOTE = "these are the limits that are configured, and not what is left of them"
NAME_CELLS, MODEL_CELLS = 14, 24


def print_table(report: LimitsReport, top: int | None) -> None:
    """Print the limits as a table."""
    print_lines(lambda look, width: render(report, look, width, top or DEFAULT_TOP))


def render(report: LimitsReport, look: Appearance, width: int, top: int | None) -> list[Text]:
    """Return the lines for `width` columns, with the first `top` limits and requests."""
    shown = report.limits[:top]
    lines = wrapped(_heading(report), "name", look, width)
    lines += fitted(_forms(shown, report, look), width, look) if shown else []
    if left := len(report.limits) - len(shown):
        lines.append(words(f"{left:,} more", look, "quiet"))
    if report.requests:
        lines += [Text(), *_requests(report.requests, look, width, top)]
    states = {state for limit in shown for state in (limit.state, limit.spent_state)}
    notes = [note for state, note in NOTES.items() if state in states]
    for note in (*notes, *report.remarks):
        lines += wrapped(note, "quiet", look, width)
    return lines


def print_rates(limits: Sequence[RateLimit]) -> None:
    """Print the rate limits as a table."""
    print_lines(lambda look, width: render_rates(limits, look, width))


def render_rates(limits: Sequence[RateLimit], look: Appearance, width: int) -> list[Text]:
    """Return the lines for `width` columns."""
    if not limits:
        return wrapped(NO_RATE_LIMITS, "plain", look, width)
    group = column([limit.group for limit in limits], look, title="group", keeps=NAME_CELLS)
    kind = column([limit.kind.replace("_", " ") for limit in limits], look, title="limit")
    value = column([digits(limit.value) for limit in limits], look, title="value", right=True)
    whole = column(
        [digits(limit.whole) for limit in limits], look, "quiet", title="organization", right=True
    )
    models = column(
        [", ".join(map(model_name, limit.models)) for limit in limits],
        look,
        "quiet",
        title="models",
        keeps=MODEL_CELLS,
    )
    beside = [whole] if any(limit.whole is not None for limit in limits) else []
    numbers = (group, kind, value)
    lines = fitted(((*numbers, *beside, models), (*numbers, *beside), numbers), width, look)
    return [*lines, *wrapped(RATE_NOTE, "quiet", look, width)]


def _heading(report: LimitsReport) -> str:
    """Return `2 of 40 spend limits are used to 80% or more (29 Nov 07:15 UTC)`."""
    count, near = len(report.limits), sum(limit.is_near for limit in report.limits)
    time = wording.time(report.at)
    if not count:
        return f"{NO_LIMITS} ({time})"
    are = "is" if near == 1 else "are"
    return f"{near:,} of {count:,} spend limits {are} used to {NEAR_PERCENT}% or more ({time})"


def _forms(
    limits: Sequence[SpendLimit], report: LimitsReport, look: Appearance
) -> Iterator[Sequence[Column]]:
    """Yield the columns, from all of them to name, percent, spending and limit."""
    name = column(labels([limit.holder for limit in limits]), look, keeps=NAME_CELLS)
    period = column([limit.period or "?" for limit in limits], look, "quiet")
    percent = Column([_percent(limit, look) for limit in limits], right=True)
    spent = column(map(spent_words, limits), look, right=True)
    whole = column(map(limit_words, limits), look)
    resets = column([_reset(limit, report.at) for limit in limits], look, "quiet")
    source = column(map(_source, limits), look, "quiet", keeps=NAME_CELLS)

    def bar(cells: int) -> Column:
        return Column([_bar(limit, cells, look) for limit in limits])

    yield name, period, bar(16), percent, spent, whole, resets, source
    yield name, period, bar(16), percent, spent, whole, resets
    yield name, period, bar(10), percent, spent, whole, resets
    yield name, period, bar(8), percent, spent, whole, resets
    yield name, period, percent, spent, whole, resets
    yield name, period, percent, spent, whole
    yield name, percent, spent, whole


def _requests(
    requests: Sequence[IncreaseRequest], look: Appearance, width: int, top: int | None
) -> list[Text]:
    shown, count = requests[:top], len(requests)
    who = "1 person asks" if count == 1 else f"{count:,} people ask"
    names = [f"  {label}" for label in labels([request.holder for request in shown])]
    name = column(names, look, keeps=NAME_CELLS)
    period = column([request.period or "?" for request in shown], look, "quiet")
    now = column([_current(request.summary) for request in shown], look)
    asked = column(map(_asked, shown), look, "quiet")
    lines = wrapped(f"{who} for a higher limit:", "plain", look, width)
    lines += fitted(((name, period, now, asked), (name, period, now), (name, now)), width, look)
    if count > len(shown):
        lines.append(words(f"  {count - len(shown):,} more", look, "quiet"))
    return lines


def spent_words(limit: SpendLimit) -> str:
    """Return `$471.21`, `$0.00?` or `unreadable`."""
    if limit.spent is None:
        return UNREAD
    return money(limit.spent, limit.currency) + (ZERO_MARK if limit.spent_state == ZERO else "")


def limit_words(limit: SpendLimit) -> str:
    """Return `of $500.00`, `no limit`, `plan only`, …"""
    if limit.state == spend_limits.LIMITED and limit.limit is not None:
        words = f"of {money(limit.limit, limit.currency)}"
    else:
        words = WORDS[limit.state]
    return words if limit.enabled else f"{words} (switched off)"


def _current(summary: SpendLimit | None) -> str:
    """Return what is spent and allowed now."""
    return f"{spent_words(summary)} {limit_words(summary)}" if summary else "limit not known"


def _percent(limit: SpendLimit, look: Appearance) -> Text:
    if limit.state == spend_limits.BLOCKED:
        return words("!" if look.ascii else "●", look, "critical")
    if limit.percent is None:
        return Text()
    return words(f"{int(limit.percent)}%", look, _severity(limit))


def _bar(limit: SpendLimit, cells: int, look: Appearance) -> Text:
    if limit.percent is None:
        return Text()
    return look.bar(float(limit.percent), cells, _severity(limit))


def _severity(limit: SpendLimit) -> str:
    percent = float(limit.percent or 0)
    if not limit.enabled:
        return "quiet"
    return "warning" if limit.is_near and severity(percent) == "normal" else severity(percent)


def _reset(limit: SpendLimit, now: float) -> str:
    end = spend_limits.resets_at(limit.period, now)
    if end is None or limit.state not in (spend_limits.LIMITED, spend_limits.BLOCKED):
        return ""
    return f"until {_day(end)}"


def _source(limit: SpendLimit) -> str:
    groups = f"groups {', '.join(limit.groups)}" if limit.groups else ""
    return "; ".join(filter(None, [limit.source.replace("_", " ", 1), groups]))


def _asked(request: IncreaseRequest) -> str:
    return f"asked {_day(request.asked_at)}" if request.asked_at is not None else ""


def _day(timestamp: int) -> str:
    """Return the UTC day: `1 Dec`."""
    return wording.day(datetime.fromtimestamp(timestamp, tz=timezone.utc))
