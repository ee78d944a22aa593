"""Samples of snapshots and of local usage, and the table of metrics."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from usageline.refresh.metrics import text
from usageline.storage.usage_index.queries import Row
from usageline.usage import metric_samples, metrics
from usageline.usage.local.prices import PICO
from usageline.usage.metric_samples import MAX_LIMITS, Highest, Sample, samples, steady
from usageline.usage.model import STATUSES

NOW = 1_795_593_600
ACCOUNT = "0123456789abcdef"

HOSTILE = (
    'x"} 1\nusageline_forged{a="b',
    "bob@example.com",
    "db-1.internal.example.com",
    "/home/bob/project",
    "..\\..\\secret",
    "a\nb",
    "\x1b[31mred",
    "\u202egnissem",
    "é" * 40,
    "x" * 300,
    "",
)


def limit(kind: str = "session", label: str = "Current session", **values: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "label": label,
        "percent": 37,
        "resets_at": NOW + 7200,
        "exhausts_at": None,
        **values,
    }


def credit(label: str = "Usage credits", **values: Any) -> dict[str, Any]:
    return {
        "label": label,
        "used_minor": 1234,
        "limit_minor": 5000,
        "exponent": 2,
        "currency": "USD",
        **values,
    }


def snapshot(**values: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "account": ACCOUNT,
        "plan": "Max 5x",
        "source": "oauth",
        "observed_at": NOW - 60,
        "status": "ok",
        "limits": [limit(), limit("weekly_scoped", "Fable", percent=55.5)],
        "credits": [credit()],
        "requests": {"ok": 12, "rate-limited": 1},
        **values,
    }


def series(*snapshots: dict[str, Any], local: Any = None) -> dict[str, float]:
    """Return the values by series, as the text has them."""
    listed = samples(snapshots, local or {}, "1.2.3", NOW)
    lines = text.prometheus(listed).decode().splitlines()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


def only(metric: str, values: dict[str, float]) -> dict[str, float]:
    """Return the series of a metric, without its name."""
    return {name.removeprefix(metric): v for name, v in values.items() if name.startswith(metric)}


def test_snapshot_becomes_its_documented_series() -> None:
    account = f'account="{ACCOUNT}"'
    session, fable = f'{account},limit="session",scope=""', f'{account},limit="weekly_scoped"'
    assert {name: value for name, value in series(snapshot()).items() if "_status" not in name} == {
        f"usageline_limit_utilization_ratio{{{session}}}": 0.37,
        f'usageline_limit_utilization_ratio{{{fable},scope="Fable"}}': 0.555,
        f"usageline_limit_reset_timestamp_seconds{{{session}}}": NOW + 7200,
        f'usageline_limit_reset_timestamp_seconds{{{fable},scope="Fable"}}': NOW + 7200,
        f'usageline_credit_used{{{account},currency="USD",label="Usage credits"}}': 12.34,
        f'usageline_credit_limit{{{account},currency="USD",label="Usage credits"}}': 50,
        f"usageline_reading_timestamp_seconds{{{account}}}": NOW - 60,
        f'usageline_info{{{account},plan="Max 5x",source="oauth",version="1.2.3"}}': 1,
        f'usageline_service_requests_total{{{account},outcome="ok"}}': 12,
        f'usageline_service_requests_total{{{account},outcome="rate-limited"}}': 1,
    }


@pytest.mark.parametrize("status", STATUSES)
def test_status_is_one_for_the_current_one_alone(status: str) -> None:
    found = only("usageline_status", series(snapshot(status=status)))
    assert [name for name, value in found.items() if value] == [
        f'{{account="{ACCOUNT}",status="{status}"}}'
    ]
    assert len(found) == len(STATUSES)


@pytest.mark.parametrize(
    ("values", "metrics"),
    [
        ({}, ["utilization", "reset"]),
        ({"resets_at": NOW}, []),
        ({"resets_at": NOW + 1}, ["utilization", "reset"]),
        ({"resets_at": None}, ["utilization"]),
        ({"percent": None}, ["reset"]),
        ({"percent": "37"}, ["reset"]),
        ({"percent": -1}, ["reset"]),
        ({"percent": 0, "resets_at": None}, ["utilization"]),
        ({"exhausts_at": NOW + 60}, ["utilization", "reset", "exhaustion"]),
        ({"exhausts_at": NOW + 9000}, ["utilization", "reset"]),
        ({"exhausts_at": NOW - 1}, ["utilization", "reset"]),
        ({"exhausts_at": NOW + 60, "percent": 100}, ["utilization", "reset"]),
    ],
)
def test_limit_has_only_the_series_that_are_known(
    values: dict[str, Any], metrics: list[str]
) -> None:
    """A window that has ended has none: 0 would be a guess."""
    names = series(snapshot(limits=[limit(**values)]))
    assert [name.split("_")[2] for name in names if name.startswith("usageline_limit")] == metrics


@pytest.mark.parametrize(
    ("rows", "used", "limits"),
    [
        ([credit(limit_minor=None)], [12.34], []),
        ([credit(used_minor=None)], [], [50]),
        ([credit(exponent=0, currency="JPY")], [1234], [5000]),
        ([credit("One-time credit"), credit("One-time credit")], [24.68], [100]),
        ([credit("One-time credit"), credit("One-time credit", limit_minor=None)], [24.68], []),
        ([credit(), credit(currency="EUR")], [12.34, 12.34], [50, 50]),
        ([credit(exponent=99)], [], []),
        ([credit(used_minor=10**30)], [], [50]),
    ],
)
def test_credits_are_in_major_units_and_added_up(
    rows: list[Any], used: list[float], limits: list[float]
) -> None:
    values = series(snapshot(credits=rows))
    assert list(only("usageline_credit_used", values).values()) == used
    assert list(only("usageline_credit_limit", values).values()) == limits


def test_two_limits_with_the_same_labels_are_the_fuller_one() -> None:
    rows = [
        limit("weekly_scoped", "a@example.com", percent=20),
        limit("weekly_scoped", "b@example.com", percent=70),
    ]
    values = only("usageline_limit_utilization_ratio", series(snapshot(limits=rows)))
    assert values == {f'{{account="{ACCOUNT}",limit="weekly_scoped",scope="other"}}': 0.7}


def test_local_usage_is_by_model_and_type() -> None:
    row = Row("m", input=1, output=2, write_5m=3, write_1h=4, read=5, cost=PICO // 2)
    dated = Row("n", input=10, cost=PICO)
    local = {"claude-opus-4-5": row, "us.anthropic.claude-opus-4-5-20251101-v1:0": dated}
    values = series(local=local)
    model = 'model="claude-opus-4-5"'
    assert only("usageline_local_cost_usd_total", values) == {f"{{{model}}}": 1.5}
    assert only("usageline_local_tokens_total", values) == {
        f'{{{model},type="input"}}': 11,
        f'{{{model},type="output"}}': 2,
        f'{{{model},type="cache_write_5m"}}': 3,
        f'{{{model},type="cache_write_1h"}}': 4,
        f'{{{model},type="cache_read"}}': 5,
    }


def test_model_without_a_price_has_tokens_and_no_cost() -> None:
    values = series(local={"/home/bob/model": Row("m", input=7)})
    assert only("usageline_local_cost_usd_total", values) == {}
    assert values['usageline_local_tokens_total{model="other",type="input"}'] == 7


@pytest.mark.parametrize(
    ("before", "now", "exported"),
    [
        (0.0, 5.0, 5.0),
        (5.0, 7.0, 7.0),
        (100.0, 99.0, 100.0),
        (100.0, 80.0, 100.0),
        (100.0, 79.0, 79.0),
        (100.0, 0.0, 0.0),
    ],
)
def test_counter_hides_a_correction_and_shows_a_new_beginning(
    before: float, now: float, exported: float
) -> None:
    """Prometheus counts all of a counter again that falls by one token."""
    highest: Highest = {(metrics.LOCAL_COST.name, ("opus",)): before}
    (sample,) = steady([Sample(metrics.LOCAL_COST, ("opus",), now)], highest)
    assert sample.value == exported
    assert highest == {(metrics.LOCAL_COST.name, ("opus",)): exported}


def test_other_samples_may_fall() -> None:
    listed = [Sample(metrics.UTILIZATION, ("a", "session", ""), 0.5)]
    highest: Highest = {(metrics.UTILIZATION.name, ("a", "session", "")): 0.51}
    assert steady(listed, highest) == listed


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_becomes_no_label_and_no_series(hostile: str) -> None:
    rows = [limit(hostile, hostile), limit("weekly_scoped", hostile)]
    values = snapshot(
        account=hostile,
        plan=hostile,
        source=hostile,
        status=hostile,
        limits=rows,
        credits=[credit(hostile, currency=hostile)],
        requests={hostile: 5},
    )
    listed = samples([values], {hostile: Row("m", input=1)}, "1.2.3", NOW)
    families = list(text_string_to_metric_families(text.prometheus(listed).decode()))
    parsed = [sample for family in families for sample in family.samples]
    assert len(parsed) == len(listed)
    assert {sample.name for sample in parsed} <= {metric.name for metric in metrics.METRICS}
    texts = {value for sample in parsed for value in sample.labels.values()}
    words = {"", metric_samples.OTHER, "1.2.3", "weekly_scoped", *STATUSES}
    assert texts <= words | usual_token_types()


def usual_token_types() -> set[str]:
    return {"input", "output", "cache_write_5m", "cache_write_1h", "cache_read"}


def test_many_limits_add_no_more_series_than_allowed() -> None:
    rows = [limit("weekly_scoped", f"Model {number}") for number in range(500)]
    values = series(snapshot(limits=rows))
    assert len(only("usageline_limit_utilization_ratio", values)) == MAX_LIMITS


SCALAR = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20)
ANYTHING = SCALAR | st.lists(SCALAR, max_size=3) | st.dictionaries(st.text(max_size=9), SCALAR)
LIMIT = st.dictionaries(
    st.sampled_from(["kind", "label", "percent", "resets_at", "exhausts_at"]), ANYTHING
)
CREDIT = st.dictionaries(
    st.sampled_from(["label", "used_minor", "limit_minor", "exponent", "currency"]), ANYTHING
)
SNAPSHOT = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("account", "plan", "source", "observed_at", "status"), ANYTHING),
        "requests": st.dictionaries(st.sampled_from(STATUSES), ANYTHING) | ANYTHING,
        "limits": st.lists(LIMIT | ANYTHING, max_size=4) | ANYTHING,
        "credits": st.lists(CREDIT | ANYTHING, max_size=4) | ANYTHING,
    },
)


@given(st.lists(SNAPSHOT, max_size=3))
def test_any_snapshot_gives_text_that_a_scraper_takes(snapshots: list[dict[str, Any]]) -> None:
    listed = samples(snapshots, {}, "1.2.3", NOW)
    written = text.prometheus(listed).decode()
    families = list(text_string_to_metric_families(written))
    parsed = [
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in families
        for sample in family.samples
    ]
    assert len(parsed) == len(set(parsed)) == len(listed)
    assert "nan" not in written.lower()
    assert all(re.fullmatch(r"[\w .()-]*", value) for _, pairs in parsed for _, value in pairs)


def in_prometheus(metric: metrics.Metric) -> str:
    """Return the name that a collector gives to the metric for Prometheus."""
    units = {"s": "_seconds", "1": "_ratio", "": ""}
    name = metric.otel.replace(".", "_") + units.get(metric.unit, "")
    return name + ("_total" if metric.kind == metrics.COUNTER else "")


@pytest.mark.parametrize("metric", metrics.METRICS, ids=lambda metric: metric.name)
def test_both_names_of_a_metric_are_one_name_in_prometheus(metric: metrics.Metric) -> None:
    """Rules and dashboard then hold for OpenTelemetry, too."""
    assert in_prometheus(metric) == metric.name


def test_names_are_unique_and_helps_are_sentences() -> None:
    names = [metric.name for metric in metrics.METRICS]
    assert len(set(names)) == len(names)
    assert all(metric.help.endswith(".") for metric in metrics.METRICS)


def test_open_metrics_ends_with_its_mark() -> None:
    listed: list[Sample] = samples([snapshot()], {}, "1.2.3", NOW)
    assert text.open_metrics(listed).endswith(b"# EOF\n")
