"""Test when the cost of a day or month raises an alert."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.core.alert_text import alert_text, brief_cost_text
from usageline.storage.cost_alerts import CODEC
from usageline.usage.local.cost_alerts import KINDS, MAX_SENT, CostAlert, Period, current, evaluate

NOW = 1_795_400_000.0
DAY = Period("cost_day", "2026-11-29", int(NOW) + 3600, 25_000_000, 25_400_000)
MONTH = replace(DAY, kind="cost_month", name="2026-11", amount=200_000_000, cost=260_000_000)

amounts = st.integers(0, 60)
steps = st.tuples(
    st.sampled_from(KINDS), st.integers(0, 5), amounts, amounts, st.booleans(), st.integers(0, 2)
)


@given(st.lists(steps, max_size=40))
def test_alert_is_raised_once_for_each_period_and_amount(
    history: list[tuple[str, int, int, int, bool, int]],
) -> None:
    """Costs rise, fall while an index is built again, and days come back as a clock jumps."""
    sent: tuple[CostAlert, ...] = ()
    raised: list[CostAlert] = []
    for step, (kind, number, amount, cost, at_least, unpriced) in enumerate(history):
        period = Period(kind, f"{number}", 100, amount, cost, at_least, unpriced)
        new, sent = evaluate([period], sent, NOW + step)
        raised += new
        reached = 0 < amount <= cost
        for alert in new:
            assert reached
            assert (alert.kind, alert.name, alert.amount) == (kind, period.name, amount)
        earlier = [alert for alert in sent if (alert.kind, alert.name) == (kind, period.name)]
        assert not reached or max(alert.amount for alert in earlier) >= amount
        assert len(sent) <= MAX_SENT
    amounts_of: dict[tuple[str, str], list[int]] = {}
    for alert in raised:
        amounts_of.setdefault((alert.kind, alert.name), []).append(alert.amount)
    if len(raised) <= MAX_SENT:
        for each in amounts_of.values():
            assert each == sorted(set(each)), "an amount was alerted twice"


@given(
    st.builds(
        CostAlert,
        st.sampled_from(KINDS),
        st.just("2026-11"),
        *[st.integers(1, 10**12)] * 3,
        st.booleans(),
        *[st.integers(0, 10**9)] * 2,
    )
)
def test_remembered_alert_is_read_back(alert: CostAlert) -> None:
    assert CODEC.decode(json.loads(json.dumps(asdict(alert)))) == alert


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "session"),
        ("kind", []),
        ("name", 3),
        ("name", "\x1b"),
        ("amount", 0),
        ("amount", "25"),
        ("cost", -1),
        ("at", float("nan")),
        ("ends_at", None),
    ],
)
def test_damaged_alert_is_not_remembered(field: str, value: object) -> None:
    ((alert,), _) = evaluate([DAY], (), NOW)
    assert CODEC.decode({**asdict(alert), field: value}) is None


def test_greater_amount_raises_an_alert_again() -> None:
    _, sent = evaluate([DAY], (), NOW)
    for amount, cost, number in ((50, 49, 0), (50, 50, 1), (20, 60, 0), (50, 10, 0)):
        period = replace(DAY, amount=amount * 10**6, cost=cost * 10**6)
        new, sent = evaluate([period], sent, NOW)
        assert len(new) == number


def test_line_gets_the_alerts_of_the_configured_amounts_and_periods() -> None:
    new, sent = evaluate([DAY, MONTH], (), NOW)
    assert current([DAY, MONTH], sent) == new
    assert current([replace(DAY, amount=50_000_000), MONTH], sent) == new[1:]
    assert current([replace(DAY, name="2026-11-30")], sent) == ()


@pytest.mark.parametrize(
    ("changes", "text", "brief"),
    [
        (
            {},
            "today's cost is $25.40 at list prices: it passed $25",
            "today passed $25",
        ),
        (
            {"at_least": True},
            "today's cost is at least $25.40 at list prices: it passed $25",
            "today passed $25",
        ),
        (
            {"unpriced": 1, "kind": "cost_month", "amount": 12_500_000},
            "this month's cost is at least $25.40 at list prices: it passed $12.50",
            "this month passed $12.50",
        ),
    ],
)
def test_text_says_what_is_known(changes: dict[str, object], text: str, brief: str) -> None:
    ((alert,), _) = evaluate([replace(DAY, **changes)], (), NOW)  # type: ignore[arg-type]
    assert alert_text(alert.as_row(), NOW) == text
    assert brief_cost_text(alert.as_row()) == brief
