"""Test that both sides show a percentage as the service reports it.

It can exceed 100 and has no binary noise; an impossible one is rejected.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.core import windows
from usageline.storage import account_state, codec
from usageline.storage.codec import decode, encode
from usageline.usage import values
from usageline.usage.alerts import Alert, evaluate
from usageline.usage.model import Limit, Reading
from usageline.usage.parse import parse

AT, RESET = 1_795_464_000, "2026-11-23T22:00:00Z"
NOISE = {
    28.999999999999996: 29,
    56.99999999999999: 57,
    74.99999999999999: 75,
    99.99999999999999: 100,
    7.000000000000001: 7,
    -1.4210854715202004e-14: 0,
}
ABOVE = (100.1, 101, 103.5, 250, 999.9, 1234, 100_000)
NONE: tuple[Any, ...] = (
    -1,
    -0.001,
    -1e-8,
    AT,
    AT * 1000,
    1e7,
    float("nan"),
    float("inf"),
    "41",
    True,
    None,
    [],
    10**400,
)


def reading(percent: Any) -> Reading:
    """A body with that percentage in its flat form."""
    return Reading(
        *parse({"five_hour": {"utilization": percent, "resets_at": RESET}}),
        source="oauth",
        observed_at=AT,
    )


def percents(of: Reading) -> list[float | None]:
    return [limit.percent for limit in of.limits]


@pytest.mark.parametrize("percent", ABOVE)
def test_percentages_above_100_pass_every_form_of_a_body_and_every_file(percent: float) -> None:
    listed = {
        "kind": "weekly_scoped",
        "percent": percent,
        "resets_at": RESET,
        "scope": {"model": {"display_name": "Fable"}},
    }
    pool = {"utilization": percent, "resets_at": RESET, "limit_dollars": 10, "used_dollars": None}
    body = {
        "five_hour": {"utilization": percent, "resets_at": RESET},
        "limits": [listed],
        "harbor_lantern": pool,
    }
    parsed = Reading(*parse(body), source="oauth", observed_at=AT)
    assert [limit.percent for limit in parsed.limits] + [
        credit.percent for credit in parsed.credits
    ] == [percent] * 3
    assert codec.from_json(json.loads(json.dumps(codec.as_json(parsed)))) == parsed
    assert list(decode([encode(parsed)])) == [parsed]


@pytest.mark.parametrize("percent", NONE, ids=str)
def test_numbers_that_cannot_be_percentages_are_refused_on_both_sides(percent: object) -> None:
    assert values.percent(percent) is None
    assert windows.percent(percent) is None
    assert percents(reading(percent)) == [None]


@pytest.mark.parametrize(("percent", "meant"), NOISE.items())
def test_binary_noise_is_removed_everywhere(percent: float, meant: float) -> None:
    assert percents(reading(percent)) == [meant]
    assert windows.percent(percent) == meant
    line = encode(reading(50)).replace(b",50,", b",%r," % percent)
    assert percents(next(decode([line]))) == [meant]
    row = account_state.as_json(
        account_state.AccountState(
            reading=reading(50), alerts=(Alert("session", "S", 10, 50, None, AT),)
        )
    )
    row["reading"]["limits"][0]["percent"] = row["alerts"][0]["percent"] = percent
    again = account_state.from_json(json.loads(json.dumps(row, default=list)))
    assert again.reading is not None
    assert (percents(again.reading), again.alerts[0].percent) == ([meant], meant)


@pytest.mark.parametrize("percent", [12.77, 71.8, 99.99, 0.9999999, 28.9999, 100.09])
def test_percentages_that_are_no_noise_stay_as_they_are(percent: float) -> None:
    """To be floored, as the client floors them."""
    assert percents(reading(percent)) == [percent]
    assert windows.percent(percent) == percent


@given(st.integers(0, 10**6), st.sampled_from([100, 1000, 10_000]))
def test_no_share_of_whole_numbers_falls_below_itself_by_noise(n: int, scale: int) -> None:
    """As clients compute it: a ratio from a header, times 100."""
    noisy = n / scale * 100
    assert values.percent(noisy) == windows.percent(noisy)
    if noisy <= windows.MAX_PERCENT:
        assert int(windows.percent(noisy) or 0) == n * 100 // scale


@given(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.floats(0, 200)
    | st.text(max_size=3)
)
def test_both_sides_take_the_same_numbers(value: Any) -> None:
    assert values.percent(value) == windows.percent(value)


@pytest.mark.parametrize(
    ("percent", "threshold"), [(74.99999999999999, 75), (101, 90), (250, 90), (74.9, 0)]
)
def test_alerts_come_at_the_threshold_that_is_shown_as_reached(
    percent: float, threshold: int
) -> None:
    new, _ = evaluate(reading(percent), (75, 90), (), (), AT)
    assert [alert.threshold for alert in new] == ([threshold] if threshold else [])


OVERDUE = Reading((Limit("weekly_all", "W", 99, AT - 4200),), (), "oauth", AT)


def test_alerts_come_for_a_window_whose_reset_is_overdue_and_only_once() -> None:
    new, remembered = evaluate(OVERDUE, (75, 90), (), (), AT + 5)
    assert [(alert.threshold, alert.at > (alert.resets_at or 0)) for alert in new] == [(90, True)]
    assert evaluate(OVERDUE, (75, 90), (), remembered, AT + 305) == ((), remembered)


def test_an_alert_from_before_the_reset_is_not_repeated_while_the_reset_is_overdue() -> None:
    before = Alert("weekly_all", "W", 90, 95, AT - 4200, AT - 9000)
    assert evaluate(OVERDUE, (75, 90), (), (before,), AT)[0] == ()
    renewed = Reading((Limit("weekly_all", "W", 1, AT + 600_000),), (), "oauth", AT)
    assert evaluate(renewed, (75, 90), (), (before,), AT) == ((), ())


def test_no_alert_comes_of_a_number_that_is_older_than_its_reset() -> None:
    old = Reading((Limit("weekly_all", "W", 99, AT + 60),), (), "oauth", AT)
    assert evaluate(old, (90,), (), (), AT + 120) == ((), ())
