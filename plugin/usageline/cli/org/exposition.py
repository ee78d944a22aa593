"""An organization's cost, tokens and spend limits as Prometheus text. Pure.

All series are gauges, because the service revises its numbers for 30 days. Labels are of small
sets: period, product, model, type and state. A person is a label only if that is asked for, by id.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from usageline.core.text import sanitize
from usageline.usage.org.limits import STATES
from usageline.usage.values import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from usageline.usage.org.limits import LimitsReport
    from usageline.usage.org.model import Report, Sums

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


def exposition(numbers: Numbers) -> str:
    """Return the text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Metrics(numbers))
    return generate_latest(registry).decode()


class _Metrics(Collector):
    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[GaugeMetricFamily]:
        numbers = self._numbers
        if numbers.models:
            yield _cost(numbers)
            yield _by_model(
                numbers,
                "list_cost_dollars",
                "Cost before discount, in UTC days.",
                lambda sums: [((), sums.list_cost)],
            )
            yield _by_model(
                numbers,
                "tokens",
                "Tokens by their type, in UTC days.",
                lambda sums: [((kind,), getattr(sums, kind)) for kind in TOKENS],
                ("type",),
            )
            yield _by_model(
                numbers,
                "requests",
                "Requests to the models, in UTC days.",
                lambda sums: [((), sums.requests)],
            )
            yield from _refreshed(numbers)
        if numbers.people is not None:
            yield _people(numbers.people)
        if numbers.limits is not None:
            yield from _limits(numbers.limits, with_people=numbers.with_people)


class _Family:
    """A gauge. Several values with the same labels are added up, or the largest one counts."""

    def __init__(
        self, name: str, help_: str, labels: tuple[str, ...], *, largest: bool = False
    ) -> None:
        self._largest = largest
        self._family = GaugeMetricFamily(f"usageline_org_{name}", help_, labels=labels)
        self._values: dict[tuple[str, ...], Decimal] = {}

    def add(self, labels: tuple[str, ...], value: Decimal | int | None) -> None:
        """Add a value to the series; None is no value."""
        if value is None:
            return
        before = self._values.get(labels)
        if self._largest:
            self._values[labels] = Decimal(value if before is None else max(before, value))
        else:
            self._values[labels] = (before or Decimal(0)) + value

    def done(self) -> GaugeMetricFamily:
        """Return the gauge with its series."""
        for labels, value in self._values.items():
            self._family.add_metric(labels, float(value))
        return self._family


def _cost(numbers: Numbers) -> GaugeMetricFamily:
    family = _Family(
        "cost_dollars",
        "Cost after discount and before credits, in UTC days. It is revised for 30 days.",
        ("period", "product", "model"),
    )
    models = _Names(numbers.models)
    products = _Names(numbers.products)
    for period, report in (numbers.products or numbers.models).items():
        for key, sums in _parts(report):
            if not numbers.products:
                family.add((period, NONE, models.label(key)), sums.cost)
                continue
            for model, cost in sums.models.items():
                family.add((period, products.label(key), models.label(model)), cost)
            # What the service names no model for must not be lost.
            rest = None if sums.cost is None else sums.cost - sum(sums.models.values())
            if rest:
                family.add((period, products.label(key), NONE), rest)
    return family.done()


def _by_model(
    numbers: Numbers,
    name: str,
    help_: str,
    values: Callable[[Sums], Iterable[tuple[tuple[str, ...], Decimal | int | None]]],
    labels: tuple[str, ...] = (),
) -> GaugeMetricFamily:
    """Return a gauge by period, model and `labels`, with the `values` of each row."""
    family = _Family(name, help_, ("period", "model", *labels))
    names = _Names(numbers.models)
    for period, report in numbers.models.items():
        for key, sums in _parts(report):
            for more, value in values(sums):
                family.add((period, names.label(key), *more), value)
    return family.done()


def _refreshed(numbers: Numbers) -> Iterator[GaugeMetricFamily]:
    times = [report.refreshed_at for report in numbers.models.values() if report.refreshed_at]
    if times:
        yield GaugeMetricFamily(
            "usageline_org_data_timestamp_seconds",
            "Up to when the service has data.",
            value=int(min(times).timestamp()),
        )


def _people(people: Mapping[str, Report]) -> GaugeMetricFamily:
    family = _Family(
        "person_cost_dollars",
        "Cost of each person, service account and key after discount, by id.",
        ("period", "user_id", "kind"),
    )
    for period, report in people.items():
        for row in report.rows:
            family.add((period, _label(row.key), _label(row.kind)), row.sums.cost)
        if report.unattributed is not None:
            family.add((period, NONE, NONE), report.unattributed.cost)
    return family.done()


def _limits(limits: LimitsReport, *, with_people: bool) -> Iterator[GaugeMetricFamily]:
    counts = Counter(limit.state for limit in limits.limits)
    family = _Family("spend_limits", "Number of spend limits in each state.", ("state",))
    for state in STATES:
        family.add((state,), counts[state])
    yield family.done()
    yield GaugeMetricFamily(
        "usageline_org_spend_limits_near",
        "Number of spend limits that are used to 80 % or more.",
        value=sum(limit.is_near for limit in limits.limits),
    )
    if limits.requests is not None:
        yield GaugeMetricFamily(
            "usageline_org_spend_limit_requests",
            "Number of pending requests for a higher spend limit.",
            value=len(limits.requests),
        )
    if with_people:
        family = _Family(
            "spend_limit_utilization_ratio",
            "Spending as a part of the limit, by the id of its holder.",
            ("user_id", "kind", "period"),
            largest=True,
        )
        for limit in limits.limits:
            labels = (_label(limit.holder.key), _label(limit.holder.kind), _label(limit.period))
            family.add(labels, None if limit.percent is None else limit.percent / 100)
        yield family.done()


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
