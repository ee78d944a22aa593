"""Load an organization's cost, tokens and spend limits, and write them as Prometheus text.

All series are gauges, because the service revises its numbers for 30 days. Labels are of small
sets: period, product, model, type and state. A person is a label only if that is asked for, by id.
"""

from __future__ import annotations

import operator
from collections import Counter
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily

from usageline.core.text import sanitize
from usageline.jobs import org_limits, org_report
from usageline.jobs.org_access import Request, open_org
from usageline.refresh.metrics.text import Families
from usageline.sources.org.adapter import Unsupported
from usageline.sources.org.errors import OrgFailure
from usageline.system.this_process import SYSTEM_CLOCK, Clock
from usageline.usage.org.limits import STATES
from usageline.usage.values import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from usageline.cli.org.loading import Progress
    from usageline.usage.org.limits import LimitsReport, SpendLimit
    from usageline.usage.org.model import Report, Sums

    Reports = dict[str, Report]
    Value = tuple[tuple[str, ...], Decimal | int | None]

TODAY, MONTH = "today", "month"
TOKENS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
MAX_LABEL = 100
MAX_NAMES = 50
"""Products, and models. The others share the label `other`: each name is a series for good."""

OTHER, NONE = "other", ""


class Numbers(NamedTuple):
    """What is exported. Reports are by period, and empty if there are none.

    `people` is None unless it is wanted, `limits` if they cannot be read.
    """

    products: Mapping[str, Report]
    models: Mapping[str, Report]
    people: Mapping[str, Report] | None = None
    limits: LimitsReport | None = None
    with_people: bool = False


def load(
    env: Mapping[str, str],
    progress: Progress,
    *,
    with_people: bool,
    clock: Clock = SYSTEM_CLOCK,
) -> Numbers:
    """Load what the key reaches. Report on stderr what it does not reach."""
    today = datetime.fromtimestamp(clock.now(), timezone.utc).date()
    days = {TODAY: today, MONTH: today.replace(day=1)}

    def reports(by: str) -> Reports:
        # Some of the older reports identify a person by e-mail address alone.
        requests = [Request(by, since, today, is_anonymous=True) for since in days.values()]
        loaded = (org_report.load(open_org(env, one, progress, clock)) for one in requests)
        return dict(zip(days, loaded, strict=True))

    try:
        models = _in_dollars(reports("model"))
        products = _products(reports)
        people = reports("person") if with_people else None
    except OrgFailure as failure:
        limits = _load_limits(env, progress, clock)
        if limits is None:
            raise
        progress.report(f"without cost and tokens: {failure}")
        return Numbers({}, {}, None, limits, with_people)
    return Numbers(products, models, people, _load_limits(env, progress, clock), with_people)


def _in_dollars(reports: Reports) -> Reports:
    """Return the reports. Raise OrgFailure if their amounts are not in dollars."""
    for one in reports.values():
        if one.currency != "USD":
            raise OrgFailure(
                f"the costs are in {sanitize(one.currency)}, and the metrics in dollars: use "
                "`usageline org --json`"
            )
    return reports


def _products(reports: Callable[[str], Reports]) -> Reports:
    """Return the reports by product; none if the key has only older reports without products."""
    try:
        return reports("product")
    except Unsupported:
        return {}


def _load_limits(env: Mapping[str, str], progress: Progress, clock: Clock) -> LimitsReport | None:
    """Return the limits. Report on stderr why there are none."""
    try:
        return org_limits.load(open_org(env, Request(is_anonymous=True), progress, clock))
    except OrgFailure as failure:
        progress.report(f"without spend limits: {failure}")
        return None


def exposition(numbers: Numbers) -> str:
    """Return the text."""
    return generate_latest(Families(_families(numbers))).decode()


def _families(numbers: Numbers) -> Iterator[GaugeMetricFamily]:
    if numbers.models:
        models = _Names(numbers.models)
        yield _gauge(
            "cost_dollars",
            "Cost after discount and before credits, in UTC days. It is revised for 30 days.",
            ("period", "product", "model"),
            _costs(numbers, models),
        )
        yield _gauge(
            "list_cost_dollars",
            "Cost before discount, in UTC days.",
            ("period", "model"),
            ((labels, sums.list_cost) for labels, sums in _by_model(numbers, models)),
        )
        yield _gauge(
            "tokens",
            "Tokens by their type, in UTC days.",
            ("period", "model", "type"),
            (
                ((*labels, kind), getattr(sums, kind))
                for labels, sums in _by_model(numbers, models)
                for kind in TOKENS
            ),
        )
        yield _gauge(
            "requests",
            "Requests to the models, in UTC days.",
            ("period", "model"),
            ((labels, sums.requests) for labels, sums in _by_model(numbers, models)),
        )
        times = [one.refreshed_at for one in numbers.models.values() if one.refreshed_at]
        if times:
            at, help_ = int(min(times).timestamp()), "The time up to which the service has data."
            yield GaugeMetricFamily("usageline_org_data_timestamp_seconds", help_, value=at)
    if numbers.people is not None:
        yield _gauge(
            "person_cost_dollars",
            "Cost of each person, service account and key after discount, by id.",
            ("period", "user_id", "kind"),
            _people(numbers.people),
        )
    if numbers.limits is not None:
        yield from _limits(numbers.limits, with_people=numbers.with_people)


def _gauge(
    name: str,
    help_: str,
    labels: tuple[str, ...],
    values: Iterable[Value],
    combine: Callable[[Decimal, Decimal], Decimal] = operator.add,
) -> GaugeMetricFamily:
    """Return a gauge. Values with the same labels are combined, and None is not a value."""
    series: dict[tuple[str, ...], Decimal] = {}
    for key, value in values:
        if value is not None:
            number = Decimal(value)
            series[key] = combine(series[key], number) if key in series else number
    family = GaugeMetricFamily(f"usageline_org_{name}", help_, labels=labels)
    for key, number in series.items():
        family.add_metric(key, float(number))
    return family


def _costs(numbers: Numbers, models: _Names) -> Iterator[Value]:
    products = _Names(numbers.products)
    if not numbers.products:
        for (period, model), sums in _by_model(numbers, models):
            yield (period, NONE, model), sums.cost
    for period, report in numbers.products.items():
        for key, sums in _parts(report):
            for model, cost in sums.models.items():
                yield (period, products.label(key), models.label(model)), cost
            # What the service names no model for must not be lost.
            rest = None if sums.cost is None else sums.cost - sum(sums.models.values())
            if rest:
                yield (period, products.label(key), NONE), rest


def _by_model(numbers: Numbers, models: _Names) -> Iterator[tuple[tuple[str, str], Sums]]:
    for period, report in numbers.models.items():
        for key, sums in _parts(report):
            yield (period, models.label(key)), sums


def _people(people: Mapping[str, Report]) -> Iterator[Value]:
    for period, report in people.items():
        for row in report.rows:
            yield (period, _label(row.key), _label(row.kind)), row.sums.cost
        if report.unattributed is not None:
            yield (period, NONE, NONE), report.unattributed.cost


def _limits(limits: LimitsReport, *, with_people: bool) -> Iterator[GaugeMetricFamily]:
    counts = Counter(limit.state for limit in limits.limits)
    states = (((state,), counts[state]) for state in STATES)
    yield _gauge("spend_limits", "Number of spend limits in each state.", ("state",), states)
    yield GaugeMetricFamily(
        "usageline_org_spend_limits_near",
        "Number of spend limits that are used to 80% or more.",
        value=sum(limit.is_near for limit in limits.limits),
    )
    if limits.requests is not None:
        yield GaugeMetricFamily(
            "usageline_org_spend_limit_requests",
            "Number of pending requests for a higher spend limit.",
            value=len(limits.requests),
        )
    if with_people:
        yield _gauge(
            "spend_limit_utilization_ratio",
            "Spending as a part of the limit, by the id of its holder.",
            ("user_id", "kind", "period"),
            map(_utilization, limits.limits),
            max,
        )


def _utilization(limit: SpendLimit) -> Value:
    labels = (_label(limit.holder.key), _label(limit.holder.kind), _label(limit.period))
    return labels, None if limit.percent is None else limit.percent / 100


class _Names:
    """The labels of the rows that cost the most, in all periods."""

    def __init__(self, reports: Mapping[str, Report]) -> None:
        sums: dict[str, Decimal] = {}
        for report in reports.values():
            for row in report.rows:
                sums[row.key] = sums.get(row.key, Decimal(0)) + (row.sums.cost or 0)
        self._names = set(sorted(sums, key=lambda key: (-sums[key], key))[:MAX_NAMES])

    def label(self, key: str) -> str:
        """Return the label of a row, `other` for those beyond MAX_NAMES."""
        return _label(key) if key in self._names or not key else OTHER


def _parts(report: Report) -> Iterator[tuple[str, Sums]]:
    yield from ((row.key, row.sums) for row in report.rows)
    if report.unattributed is not None:
        yield NONE, report.unattributed


def _label(words: str) -> str:
    return sanitize(text(words, MAX_LABEL) or NONE)
