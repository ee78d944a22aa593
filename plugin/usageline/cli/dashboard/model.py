"""What the dashboard shows, from the snapshot, the history and the clock. Pure."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from usageline.cli import limit_rows, table
from usageline.cli.formatting import capitalized, counted
from usageline.cli.history.series import Point, all_series
from usageline.core import formatting, vocabulary, windows
from usageline.core.text import sanitize
from usageline.line import view
from usageline.line.segments import forecast
from usageline.usage.forecast import History

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.cli.appearance import Appearance
    from usageline.cli.limit_rows import Row
    from usageline.cli.profile_accounts import ProfileAccount
    from usageline.usage.model import Reading

HOUR_S = 3600
PAST_S = 24 * HOUR_S
"""The chart begins so long ago."""

AHEAD_S = 6 * HOUR_S
"""The chart ends so far ahead, for the forecast."""

FORECAST_PAST_S = 35 * 86400
"""The forecast uses five weeks of readings."""

Key = tuple[str, str]
"""Kind and label of a limit."""

Band = tuple[float, float]
"""The lowest and the highest likely percentage."""

Line = tuple[str, str]
"""A style of the theme, and text."""


@dataclass(frozen=True, slots=True)
class Past:
    """The values computed from the history, once for each reading.

    `pieces` and `resets` are of each limit's last 24 hours. `at_reset` is the likely range of its
    percentage at the reset. `requests` are those of the last 24 hours, None if unknown.
    """

    pieces: dict[Key, tuple[tuple[Point, ...], ...]] = field(default_factory=dict)
    resets: dict[Key, tuple[int, ...]] = field(default_factory=dict)
    at_reset: dict[Key, Band] = field(default_factory=dict)
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """The last 24 hours of one limit, and the hours ahead.

    `cone` are points (time, low, high) of the forecast from now on, empty without one.
    """

    name: str
    pieces: tuple[tuple[Point, ...], ...]
    resets: tuple[int, ...]
    start: float
    end: float
    now: float
    cone: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Meter:
    """One limit or credit: its row, the forecast band of its bar, notes, and its chart."""

    row: Row
    band: Band | None = None
    notes: tuple[Line, ...] = ()
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One account in the list: whether it is the shown one, its label, and its limits in short."""

    is_current: bool
    label: str
    values: tuple[Line, ...]
    age: str


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What one model cost today, and its share of the whole, from 0 to 1."""

    name: str
    cost: str
    tokens: str
    share: float


@dataclass(frozen=True, slots=True)
class Today:
    """What all sessions on this machine cost today, and the alerts on cost.

    `cost` and `total` are the whole in short and in long.
    """

    cost: str
    total: str
    models: tuple[ModelCost, ...] = ()
    alerts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown. `facts` are pairs of a heading and text.

    `today` is None without an index of local usage.
    """

    title: str
    time: str
    meters: tuple[Meter, ...]
    alerts: tuple[Line, ...]
    facts: tuple[tuple[str, Line], ...]
    accounts: tuple[Account, ...]
    problem: str = ""
    today: Today | None = None


def past(readings: Sequence[Reading], now: float, requests: int | None = None) -> Past:
    """Return what the dashboard needs of the history; `readings` are oldest first."""
    recent = [reading for reading in readings if reading.observed_at >= now - PAST_S]
    charts = all_series(recent, now)
    pieces = {(series.kind, series.label): series.pieces for series in charts}
    resets = {(series.kind, series.label): series.resets for series in charts}
    at_reset, history = {}, History()
    for reading in readings:
        history.add(reading)
    for limit in readings[-1].limits if readings else ():
        ends = history.at_reset(limit, readings[-1].observed_at)
        if ends is not None:
            at_reset[limit.kind, limit.label] = (ends[0], ends[2])
    return Past(pieces, resets, at_reset, requests)


def build(  # noqa: PLR0913 - all that is shown
    snapshot: dict[str, Any] | None,
    credentials: str,
    now: float,
    look: Appearance,
    history: Past,
    *,
    label: str = "",
    note: str = "",
    accounts: Sequence[Account] = (),
    today: Today | None = None,
) -> View:
    """Return the view. `label` is the account's, and `note` says what the refresh does."""
    ctx = look.context(snapshot, credentials, now)
    snapshot = snapshot or {}
    observed_at = None if ctx.age_s is None else now - ctx.age_s
    meters = [
        _limit_meter(window, now, look, history) for window in limit_rows.in_order(ctx.windows)
    ]
    meters += [
        Meter(
            limit_rows.credit_row(credit, now, observed_at, look.clock),
            notes=(("quiet", text),) if (text := limit_rows.terms(credit)) else (),
        )
        for credit in ctx.credits
    ]
    plan = snapshot.get("plan") if ctx.plan else ""
    return View(
        title=" · ".join(filter(None, ("usageline", label, str(plan or "")))),
        time=formatting.time_of_day(time.localtime(now), half_days=look.half_days, seconds=True),
        meters=tuple(meters),
        alerts=(*_alerts(ctx), *(today.alerts if today else ())),
        facts=_facts(snapshot, ctx, history, note),
        accounts=tuple(accounts),
        problem=table.reason(snapshot, ctx),
        today=today,
    )


def _limit_meter(window: Any, now: float, look: Appearance, history: Past) -> Meter:
    row = limit_rows.limit_row(window, now, look.clock)
    key = (window.kind, window.label)
    is_running = window.resets_at is not None and window.resets_at > now
    band = None
    if window.percent is not None and window.percent < 100 and is_running:
        ends = history.at_reset.get(key)
        band = ends and (max(ends[0], window.percent), max(ends[1], window.percent))
    style = "warning" if forecast.is_sure(window) else "quiet"
    outlook = limit_rows.outlook(window, now, look.clock)
    notes = ((style, capitalized(outlook)),) if outlook else ()
    start, end = now - PAST_S, now + AHEAD_S
    pieces, resets = history.pieces.get(key, ()), history.resets.get(key, ())
    cone = _cone(window, band, now, end)
    return Meter(row, band, notes, Chart(row.name, pieces, resets, start, end, now, cone))


def _cone(
    window: Any, band: Band | None, now: float, end: float
) -> tuple[tuple[float, float, float], ...]:
    """Return the forecast from now to the reset, or to the end of the chart."""
    if band is None:
        return ()
    until = min(end, window.resets_at)
    share = (until - now) / (window.resets_at - now)
    low, high = (window.percent + share * (edge - window.percent) for edge in band)
    return (now, window.percent, window.percent), (until, low, high)


def pace(row: Row) -> tuple[Line, ...]:
    """Return how far the use is from even use in this window, long and short; () if unknown."""
    if row.percent is None or row.mark is None:
        return ()
    ahead = int(row.percent - row.mark)
    if ahead == 0:
        return (("quiet", "even pace"),)
    style = row.severity if ahead > 0 and row.severity != "normal" else "quiet"
    direction = "over" if ahead > 0 else "under"
    return (style, f"{counted(abs(ahead), 'point')} {direction} even pace"), (
        style,
        f"{abs(ahead)} {direction} pace",
    )


def _alerts(ctx: Any) -> tuple[Line, ...]:
    """Return the alerts of windows that still run, without those of a lower threshold."""
    highest: dict[Key, tuple[float, str]] = {}
    for row in ctx.alerts:
        kind, label = row.get("kind"), row.get("label")
        used = windows.percent(row.get("percent"))
        threshold = windows.percent(row.get("threshold"))
        resets_at = windows.moment(row.get("resets_at"))
        if not isinstance(kind, str) or not isinstance(label, str):
            continue
        if used is None or threshold is None:
            continue
        if resets_at is not None and resets_at <= ctx.now:
            continue
        if (kind, label) not in highest or threshold > highest[kind, label][0]:
            # The limit's percentage now is higher than that of the alert.
            own = [one for one in ctx.windows if (one.kind, one.label) == (kind, label)]
            now_at = math.floor(max([used, *(one.percent or 0 for one in own)]))
            name = vocabulary.title(kind, label)
            highest[kind, label] = (threshold, f"{name} passed {threshold:.0f}%: now {now_at}%")
    return tuple(
        ("critical" if threshold >= windows.CRITICAL_PERCENT else "warning", text)
        for threshold, text in highest.values()
    )


def _facts(
    snapshot: dict[str, Any], ctx: Any, history: Past, note: str
) -> tuple[tuple[str, Line], ...]:
    age = "no numbers yet" if ctx.age_s is None else formatting.age(ctx.age_s)
    source = f", from {table.source_label(snapshot)}" if ctx.age_s is not None else ""
    facts: list[tuple[str, Line]] = [("Numbers", ("plain", age + source))]
    if note:
        facts.append(("Refresh", ("plain", note)))
    if history.requests is not None:
        count = f"{history.requests} in 24 hours, all sessions together"
        facts.append(("Requests", ("plain", count)))
    return tuple(facts)


def account(row: ProfileAccount, now: float) -> Account:
    """Return an account of the list."""
    ctx = view.build(None, row.snapshot, row.credentials, {}, now)
    values = tuple(
        (
            "quiet" if window.percent is None else window.severity,
            vocabulary.short_name(window.kind, window.label)
            + (" –" if window.percent is None else f" {int(window.percent)}%"),
        )
        for window in limit_rows.in_order(ctx.windows)
    )
    if not values:
        values = (("quiet", table.reason(row.snapshot, ctx) or "no numbers"),)
    age = "" if ctx.age_s is None else formatting.age(ctx.age_s)
    return Account(row.is_current, sanitize(row.label), values, age)
