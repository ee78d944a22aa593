"""Test when an alert is sent, and when it is not sent again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.usage.alerts import FREE, MAX_ALERTS, Alert, evaluate
from usageline.usage.model import Credit, Limit, Reading

AT = 1_795_464_000
NOW = AT - 9000
WINDOW_S = 18000
THRESHOLDS = (75, 90)


def limit(
    percent: float | None,
    resets_at: int | None = AT,
    *,
    kind: str = "session",
    label: str = "Current session",
) -> Limit:
    return Limit(kind, label, percent, resets_at)


def reading(*meters: Limit | Credit) -> Reading:
    limits = tuple(meter for meter in meters if isinstance(meter, Limit))
    return Reading(
        limits, tuple(meter for meter in meters if isinstance(meter, Credit)), "oauth", NOW
    )


def credit(percent: float, ends_at: int | None = AT) -> Credit:
    return Credit("Usage credits", 1, 2, 2, "USD", percent, ends_at)


def free_again(
    *readings: Reading, thresholds: tuple[int, ...] = THRESHOLDS, now: float = NOW
) -> list[list[int]]:
    """Return the thresholds sent after each reading, which follows the one before."""
    remembered: tuple[Alert, ...] = ()
    sent, before = [], None
    for each in readings:
        new, remembered = evaluate(each, thresholds, (), remembered, now, before=before)
        sent.append([alert.threshold for alert in new])
        before = each
    return sent


def sent_by_reading(
    *readings: Reading,
    thresholds: tuple[int, ...] = THRESHOLDS,
    kinds: tuple[str, ...] = (),
    now: float = NOW,
) -> list[list[int]]:
    """Return the thresholds sent after each reading."""
    fired: tuple[Alert, ...] = ()
    sent = []
    for each in readings:
        new, fired = evaluate(each, thresholds, kinds, fired, now)
        assert set(new) <= set(fired)
        sent.append([alert.threshold for alert in new])
    return sent


def test_a_limit_at_its_threshold_raises_an_alert_with_all_its_values() -> None:
    """At the very first reading, too."""
    new, remembered = evaluate(reading(limit(75)), THRESHOLDS, (), (), NOW + 0.5)
    assert new == remembered == (Alert("session", "Current session", 75, 75, AT, NOW),)


@pytest.mark.parametrize(
    ("percents", "expected"),
    [
        ([74.9, 75, 76], [[], [75], []]),
        ([80, 95], [[75], [90]]),
        ([95, 80, 95], [[90], [], []]),
        ([91, 76], [[90], []]),
        ([None, 100], [[], [90]]),
        ([80, None, 80], [[75], [], []]),
    ],
    ids=[
        "once",
        "each threshold",
        "not after a fall that nobody confirmed",
        "the highest stands for the lower",
        "unknown",
        "unknown between",
    ],
)
def test_each_threshold_raises_one_alert_in_a_window(
    percents: list[float | None], expected: list[list[int]]
) -> None:
    assert sent_by_reading(*(reading(limit(percent)) for percent in percents)) == expected


@pytest.mark.parametrize(
    ("later_s", "again"), [(0, False), (60, False), (-60, False), (61, True), (WINDOW_S, True)]
)
def test_a_window_is_known_by_its_reset_to_a_minute(later_s: int, again: bool) -> None:
    assert sent_by_reading(reading(limit(92)), reading(limit(92, AT + later_s))) == [
        [90],
        [90] if again else [],
    ]


def test_limits_are_distinguished_by_kind_and_label() -> None:
    fable, opus = (limit(80, kind="weekly_scoped", label=name) for name in ("Fable", "Opus"))
    assert sent_by_reading(reading(fable, opus, limit(80)), reading(opus, fable, limit(80))) == [
        [75, 75, 75],
        [],
    ]


def test_a_window_that_has_ended_raises_no_alert_and_is_forgotten() -> None:
    """Not in the minute in which its reset may be reported later than before."""
    assert sent_by_reading(reading(limit(92)), now=AT) == [[]]
    _, remembered = evaluate(reading(limit(92)), THRESHOLDS, (), (), NOW)
    assert evaluate(reading(limit(92, AT + 30)), THRESHOLDS, (), remembered, AT + 10) == (
        (),
        remembered,
    )
    assert evaluate(reading(), THRESHOLDS, (), remembered, AT + 60) == ((), ())


def test_what_is_missing_from_a_reading_is_remembered() -> None:
    assert sent_by_reading(reading(limit(92)), reading(), reading(limit(92))) == [[90], [], []]


@pytest.mark.parametrize(
    ("fell_to", "then", "expected"),
    [(3, 80, [75]), (3, 95, [90]), (80, 95, [90]), (80, 82, []), (89.5, 95, []), (74, 75, [75])],
    ids=[
        "below all",
        "below all, then both",
        "below one",
        "still above the other",
        "rounding",
        "a point is enough",
    ],
)
def test_a_threshold_that_use_was_lowered_below_raises_an_alert_again(
    fell_to: float, then: float, expected: list[int]
) -> None:
    lowered = (reading(replace(limit(percent), lowered=True)) for percent in (fell_to, then))
    assert sent_by_reading(reading(limit(92)), *lowered) == [[90], [], expected]


def test_a_threshold_sent_with_a_higher_one_is_not_published() -> None:
    _, remembered = evaluate(reading(limit(92)), THRESHOLDS, (), (), NOW)
    _, remembered = evaluate(
        reading(replace(limit(80), lowered=True)), THRESHOLDS, (), remembered, NOW
    )
    assert [(alert.threshold, alert.at) for alert in remembered] == [(75, 0)]


def test_without_a_reset_there_is_one_window_until_use_falls_or_a_reset_is_known() -> None:
    nameless = [reading(limit(percent, None)) for percent in (92, 93, 10, 80)]
    assert sent_by_reading(*nameless) == [[90], [], [], [75]]
    assert sent_by_reading(nameless[0], reading(limit(10)), nameless[0]) == [[90], [], [90]]


def test_a_reset_that_is_left_out_once_changes_nothing() -> None:
    assert sent_by_reading(reading(limit(80)), reading(limit(92, None)), reading(limit(93))) == [
        [75],
        [90],
        [],
    ]
    assert sent_by_reading(reading(limit(92)), reading(limit(10, None)), reading(limit(93))) == [
        [90],
        [],
        [],
    ]


def test_credits_raise_alerts_and_their_limit_may_be_raised() -> None:
    new, _ = evaluate(reading(credit(120)), THRESHOLDS, (), (), NOW)
    assert new == (Alert("credits", "Usage credits", 90, 120, AT, NOW),)
    assert sent_by_reading(*(reading(credit(percent)) for percent in (92, 46, 80))) == [
        [90],
        [],
        [75],
    ]


def test_a_limit_that_the_service_reports_twice_raises_one_alert() -> None:
    """And a lower one of the two is no fall."""
    twice = reading(replace(limit(10), lowered=True), limit(92), replace(limit(10), lowered=True))
    assert sent_by_reading(twice, twice) == [[90], []]
    half_known = reading(limit(92, None), limit(10))
    assert sent_by_reading(half_known, half_known) == [[90], []]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((), 3),
        (("session",), 1),
        (("Weekly",), 1),
        (("scoped",), 0),
        (("usage CREDITS",), 1),
        (("credits", "session"), 2),
        (("nothing",), 0),
    ],
)
def test_kinds_choose_by_kind_label_or_segment(kinds: tuple[str, ...], expected: int) -> None:
    everything = reading(limit(80), limit(80, kind="weekly_all", label="Current week"), credit(80))
    assert len(sent_by_reading(everything, kinds=kinds)[0]) == expected


def test_without_thresholds_no_alert_is_raised_or_forgotten() -> None:
    _, remembered = evaluate(reading(limit(92)), THRESHOLDS, (), (), NOW)
    assert evaluate(reading(limit(99)), (), (), remembered, NOW) == ((), remembered)


def test_a_threshold_added_later_raises_an_alert_if_no_higher_one_did() -> None:
    _, remembered = evaluate(reading(limit(85)), (75,), (), (), NOW)
    assert [
        alert.threshold for alert in evaluate(reading(limit(85)), (75, 80), (), remembered, NOW)[0]
    ] == [80]
    assert evaluate(reading(limit(85)), (60, 75), (), remembered, NOW)[0] == ()


def test_what_is_remembered_is_bounded_and_of_the_limits_that_there_are() -> None:
    crowd = reading(*(limit(92, kind="new", label=str(number)) for number in range(3 * MAX_ALERTS)))
    others = tuple(Alert("old", str(number), 75, 80, AT, NOW) for number in range(MAX_ALERTS))
    new, remembered = evaluate(crowd, THRESHOLDS, (), others, NOW)
    assert len(new) == len(remembered) == MAX_ALERTS
    assert evaluate(crowd, THRESHOLDS, (), remembered, NOW) == ((), remembered)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.dictionaries(
            st.sampled_from(["session", "weekly"]),
            st.tuples(
                st.none() | st.floats(0, 100),
                st.integers(0, 3),
                st.integers(-30, 30),
                st.booleans(),
            ),
        ),
    ),
    max_size=40,
)


@given(STEPS, st.lists(st.integers(1, 100), max_size=4).map(tuple))
def test_each_threshold_raises_exactly_one_alert_in_a_window_without_a_fall(
    steps: list[tuple[int, dict[str, tuple[float | None, int, int, bool]]]],
    thresholds: tuple[int, ...],
) -> None:
    """In any sequence: windows come back, resets are reported unevenly.

    Percentages rise and fall.
    """
    now, fired = NOW, tuple[Alert, ...]()
    ever: dict[tuple[str, int], set[int]] = {}
    since_fall: dict[tuple[str, int], set[int]] = {}
    for wait_s, rows in steps:
        now += wait_s
        limits = {}
        for kind, (percent, number, jitter_s, lowered) in rows.items():
            limits[kind, number] = Limit(
                kind, "", percent, AT + number * WINDOW_S + jitter_s, lowered=lowered
            )
            if lowered and percent is not None:
                since_fall[kind, number] = {
                    threshold
                    for threshold in since_fall.get((kind, number), ())
                    if threshold <= percent
                }
        new, fired = evaluate(reading(*limits.values()), thresholds, (), fired, now)
        for alert in new:
            assert alert.resets_at is not None
            window = alert.kind, round((alert.resets_at - AT) / WINDOW_S)
            assert alert.threshold not in since_fall.setdefault(window, set())
            for counted in (ever.setdefault(window, set()), since_fall[window]):
                counted |= {threshold for threshold in thresholds if threshold <= alert.threshold}
        for window, each in limits.items():
            assert each.resets_at is not None
            if each.percent is not None and each.resets_at > now:
                assert {
                    threshold for threshold in thresholds if threshold <= each.percent
                } <= ever.get(window, set())


@pytest.mark.parametrize(
    ("readings", "sent"),
    [
        ([limit(100), limit(0, AT + WINDOW_S)], [[90], [FREE]]),
        ([limit(104), limit(12, AT + WINDOW_S), limit(20, AT + WINDOW_S)], [[90], [FREE], []]),
        ([limit(100), limit(0, None), limit(3, AT + WINDOW_S)], [[90], [FREE], []]),
        ([limit(100), replace(limit(40), lowered=True)], [[90], [FREE]]),
        ([limit(99), limit(0, AT + WINDOW_S)], [[90], []]),
        ([limit(100), limit(100)], [[90], []]),
        ([limit(100), limit(80, AT + WINDOW_S)], [[90], [75]]),
        ([limit(100), limit(None, AT + WINDOW_S)], [[90], []]),
    ],
    ids=["reset", "above 100", "no window yet", "lowered", "not reached", "still", "75%", "none"],
)
def test_a_limit_that_was_reached_raises_one_alert_when_it_is_free_again(
    readings: list[Limit], sent: list[list[int]]
) -> None:
    assert free_again(*map(reading, readings)) == sent


def test_a_free_limit_raises_its_thresholds_again_and_no_alert_if_there_are_none() -> None:
    later = AT + WINDOW_S
    readings = [reading(limit(100)), reading(limit(0, later)), reading(limit(76, later))]
    assert free_again(*readings) == [[90], [FREE], [75]]
    assert free_again(*readings, thresholds=()) == [[], [], []]
