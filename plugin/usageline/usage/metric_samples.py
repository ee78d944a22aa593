"""Compute the samples of snapshots and of local usage. Pure.

A snapshot is a file that another program may have changed: what is not as usageline writes it has
no sample. Two limits or credits with the same labels become one, because Prometheus refuses a
series that is listed twice.

A label is stored for ever beside every number, by people who need not know the account. So no
e-mail address, host name or path becomes one, and a hostile snapshot adds no series without end.
Texts of the service are names of a few words; all others become `other`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from usageline.core.vocabulary import OTHER_WEEK
from usageline.core.windows import exhausted_at, moment, percent
from usageline.usage import metrics
from usageline.usage.credits import ONE_TIME, POOL_LABELS, USAGE_CREDITS
from usageline.usage.local.prices import PICO, listed_name
from usageline.usage.model import STATUSES, Limit
from usageline.usage.values import MAX_AMOUNT, integer, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from usageline.usage.metrics import Metric

MAX_LIMITS = 16
"""Of an account. The service has never had more than eight."""

MAX_CREDITS = 8
MAX_COUNT = 10**12
WHOLE_ACCOUNT = ("session", "weekly_all")
"""Limits that apply to everything, so that they have no scope."""

TOKEN_TYPES = {
    "input": "input",
    "output": "output",
    "cache_write_5m": "write_5m",
    "cache_write_1h": "write_1h",
    "cache_read": "read",
}
"""The values of the label `type`, as in `usageline usage --json`, with their fields."""


Highest = dict[tuple[str, tuple[str, ...]], float]
"""The highest value of each series, by the metric's name and its labels."""

LOCAL = (metrics.LOCAL_COST, metrics.LOCAL_TOKENS)
CORRECTED = 0.8
"""A fall to less than this share of a counter is not a correction."""

OTHER = "other"

_ACCOUNT = re.compile(r"[0-9a-f]{16}", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9]{0,15}(?:[_-][a-z0-9]{1,16}){0,4}", re.ASCII)
"""A word of the service such as `weekly_all`, or of usageline such as `claude-cache`."""

_NAME = re.compile(
    r"[A-Za-z0-9]{1,16}(?:\.\d{1,3})?(?:[ -][A-Za-z0-9]{1,16}(?:\.\d{1,3})?){0,4}", re.ASCII
)
"""Words, and versions such as 4.5. A dot between letters would be that of a host or a file."""

_CURRENCY = re.compile(r"[A-Z]{3,4}", re.ASCII)
_CREDITS = frozenset({USAGE_CREDITS, ONE_TIME, *POOL_LABELS.values()})


class Usage(Protocol):
    """The local usage of one model: tokens, and the cost in picodollars."""

    input: int
    output: int
    write_5m: int
    write_1h: int
    read: int
    cost: int


class Sample(NamedTuple):
    """One number. `labels` has a value for each label of the metric, in its order."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


def samples(
    snapshots: Iterable[Mapping[str, object]],
    local: Mapping[str, Usage],
    version: str,
    now: float,
) -> list[Sample]:
    """Return all samples at `now` (epoch s), each series once, in the order of the metrics.

    `snapshots` has one of each account, and `local` the usage of each model.
    """
    series: dict[tuple[str, tuple[str, ...]], Sample] = {}
    for sample in (
        *(sample for snapshot in snapshots for sample in _of_snapshot(snapshot, version, now)),
        *_of_local_usage(local),
    ):
        series.setdefault((sample.metric.name, sample.labels), sample)
    order = {metric.name: number for number, metric in enumerate(metrics.METRICS)}
    return sorted(series.values(), key=lambda sample: order[sample.metric.name])


def steady(listed: Iterable[Sample], highest: Highest) -> list[Sample]:
    """Return the samples with counters of local usage that do not fall by small corrections.

    Prometheus takes a counter that falls for one that began anew, and counts all of it again. A
    response may be corrected by a few tokens, or a price by some percent. The counter then stays
    until the sums pass it. A large fall is an index that began anew. `highest` has the values so
    far, and is changed.
    """
    result = []
    for sample in listed:
        if sample.metric in LOCAL:
            series = (sample.metric.name, sample.labels)
            before = highest.get(series, 0.0)
            if CORRECTED * before <= sample.value < before:
                sample = sample._replace(value=before)  # noqa: PLW2901 - the corrected one
            highest[series] = sample.value
        result.append(sample)
    return result


def _of_snapshot(snapshot: Mapping[str, object], version: str, now: float) -> Iterator[Sample]:
    account = _label(_ACCOUNT, snapshot.get("account"), "")
    yield from _limits(account, _rows(snapshot.get("limits"), MAX_LIMITS), now)
    yield from _credits(account, _rows(snapshot.get("credits"), MAX_CREDITS))
    observed_at = moment(snapshot.get("observed_at"))
    if observed_at is not None:
        yield Sample(metrics.READING, (account,), observed_at)
    for status in STATUSES:
        yield Sample(metrics.STATUS, (account, status), float(snapshot.get("status") == status))
    plan, source = snapshot.get("plan"), snapshot.get("source")
    names = (_name(plan) if plan else "", _label(_WORD, source) if source else "")
    yield Sample(metrics.INFORMATION, (account, version, *names), 1)
    requests = mapping(snapshot.get("requests"))
    for outcome in STATUSES:
        count = integer(requests.get(outcome), 0, MAX_COUNT)
        if count is not None:
            yield Sample(metrics.REQUESTS, (account, outcome), count)


def _limits(account: str, rows: list[Mapping[str, object]], now: float) -> Iterator[Sample]:
    """Yield the samples of limits; of two with the same labels, those of the fuller one."""
    limits: dict[tuple[str, ...], Limit] = {}
    for limit in map(_limit, rows):
        values = (account, limit.kind, limit.label)
        other = limits.setdefault(values, limit)
        if (limit.percent or 0) > (other.percent or 0):
            limits[values] = limit
    for series, limit in limits.items():
        has_ended = limit.resets_at is not None and limit.resets_at <= now
        if limit.percent is not None and not has_ended:
            yield Sample(metrics.UTILIZATION, series, limit.percent / 100)
        if limit.resets_at is not None and not has_ended:
            yield Sample(metrics.RESET, series, limit.resets_at)
        exhaustion = exhausted_at(limit, now)
        if exhaustion is not None:
            yield Sample(metrics.EXHAUSTION, series, exhaustion)


def _limit(row: Mapping[str, object]) -> Limit:
    """Return a limit of the snapshot, with the values of its labels as `kind` and `label`."""
    kind, label = _label(_WORD, row.get("kind")), row.get("label")
    scope = "" if kind in WHOLE_ACCOUNT else _name(label)
    resets_at, exhausts_at = moment(row.get("resets_at")), moment(row.get("exhausts_at"))
    return Limit(
        kind,
        OTHER if label == OTHER_WEEK else scope,
        percent(row.get("percent")),
        None if resets_at is None else int(resets_at),
        exhausts_at=None if exhausts_at is None else int(exhausts_at),
    )


def _credits(account: str, rows: list[Mapping[str, object]]) -> Iterator[Sample]:
    """Yield the samples of credits. Those with the same labels are added up."""
    used: dict[tuple[str, ...], float] = {}
    caps: dict[tuple[str, ...], float | None] = {}
    for row in rows:
        values = (account, _credit(row.get("label")), _label(_CURRENCY, row.get("currency")))
        spent, cap = _major(row, "used_minor"), _major(row, "limit_minor")
        if spent is not None:
            used[values] = used.get(values, 0) + spent
        other = caps.get(values, 0.0)
        # A credit without a cap leaves the sum without one.
        caps[values] = None if cap is None or other is None else other + cap
    for series, amount in used.items():
        yield Sample(metrics.CREDIT_USED, series, amount)
    for series, limit in caps.items():
        if limit is not None:
            yield Sample(metrics.CREDIT_LIMIT, series, limit)


def _major(row: Mapping[str, object], name: str) -> float | None:
    minor = integer(row.get(name), -MAX_AMOUNT, MAX_AMOUNT)
    exponent = integer(row.get("exponent"), 0, 6)
    return None if minor is None or exponent is None else minor / 10**exponent


def _of_local_usage(local: Mapping[str, Usage]) -> Iterator[Sample]:
    cost: dict[str, int] = {}
    tokens: dict[tuple[str, str], int] = {}
    for name, usage in local.items():
        model = listed_name(name) or OTHER
        cost[model] = cost.get(model, 0) + usage.cost
        for kind, attribute in TOKEN_TYPES.items():
            count = getattr(usage, attribute)
            tokens[kind, model] = tokens.get((kind, model), 0) + count
    for model, amount in cost.items():
        if model != OTHER:  # a model without a price is unpriced, not free
            yield Sample(metrics.LOCAL_COST, (model,), amount / PICO)
    for values, count in tokens.items():
        yield Sample(metrics.LOCAL_TOKENS, values, count)


def _rows(value: object, maximum: int) -> list[Mapping[str, object]]:
    rows = value[:maximum] if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, dict)]


def _name(value: object) -> str:
    """Return a short name, such as that of a model or a plan."""
    text = value.replace("(", "").replace(")", "") if isinstance(value, str) else ""
    return _label(_NAME, text)


def _credit(value: object) -> str:
    """Return the name of a credit that usageline knows."""
    return value if isinstance(value, str) and value in _CREDITS else OTHER


def _label(pattern: re.Pattern[str], value: object, otherwise: str = OTHER) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else otherwise
