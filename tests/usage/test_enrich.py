"""Test the pipeline from a reading to what is published, step by step and in its order."""

from __future__ import annotations

from dataclasses import replace

from usageline.usage.credits import USAGE_CREDITS, month_end
from usageline.usage.enrich import Previous, Rules, complete, enrich
from usageline.usage.model import Credit, Limit, Reading
from usageline.usage.plausibility import Unconfirmed

NOW = 1_795_464_000
RESET = NOW + 9000
RULES = Rules(300, (75, 90), ())
NEARLY_NEW_RESET = NOW + 5 * 3600 - 30
"""The reset of a session that began 30 seconds ago."""


def reading(percent: float | None, *, at: int = NOW, resets_at: int = RESET) -> Reading:
    """A reading of a session and of usage credits with a cap."""
    limit = Limit("session", "Current session", percent, resets_at)
    return Reading((limit,), (Credit(USAGE_CREDITS, 1, 100, 2, "USD", 1),), "oauth", at)


def test_every_step_adds_its_part() -> None:
    history = [reading(10 + step, at=NOW - 6000 + 300 * step) for step in range(20)]
    previous = Previous(history[-1], history[-1])
    result = enrich(reading(80), previous, history[:-1], NOW, RULES)
    (limit,) = result.reading.limits
    assert result.reading.credits[0].ends_at == month_end(NOW)
    assert (limit.percent, limit.lowered) == (80, False)
    assert limit.pace == 30
    assert limit.rate is not None
    assert limit.chance is not None
    assert [alert.threshold for alert in result.new_alerts] == [75]
    assert result.alerts == result.new_alerts
    assert (result.clock_agrees, result.clock_problem) == (True, "")


def test_a_fall_is_flagged_against_the_last_good_reading_only() -> None:
    before = reading(80, at=NOW - 300)
    assert enrich(reading(3), Previous(before, before), (), NOW, RULES).reading.limits[0].lowered
    other_sign_in = Previous(before, None)
    assert not enrich(reading(3), other_sign_in, (), NOW, RULES).reading.limits[0].lowered


def test_an_unconfirmed_percentage_raises_no_alert_and_has_no_forecast() -> None:
    doubtful = reading(98, resets_at=NEARLY_NEW_RESET)
    result = enrich(doubtful, Previous(), (), NOW, RULES)
    (limit,) = result.reading.limits
    assert (limit.percent, limit.pace, result.alerts) == (None, None, ())
    assert result.unconfirmed == (Unconfirmed("session", "Current session", NEARLY_NEW_RESET, NOW),)
    later = replace(doubtful, observed_at=NOW + 200)
    confirmed = enrich(later, Previous(unconfirmed=result.unconfirmed), (), NOW + 200, RULES)
    assert confirmed.reading.limits[0].percent == 98
    assert [alert.threshold for alert in confirmed.new_alerts] == [90]


def test_a_clock_that_is_days_off_keeps_the_alerts_as_they_were() -> None:
    sent = enrich(reading(92), Previous(), (), NOW, RULES).alerts
    wrong = replace(reading(10, resets_at=NOW + 10**7), clock_ahead_s=5 * 86400)
    result = enrich(wrong, Previous(alerts=sent), (), NOW, RULES)
    assert result.clock_agrees is False
    assert (result.new_alerts, result.alerts) == ((), sent)


def test_an_older_reading_is_completed_with_the_limits_that_it_lacks() -> None:
    last = reading(40, at=NOW - 900)
    week = Limit("weekly_all", "Current week (all models)", 20, NOW + 86400)
    last = replace(last, limits=(*last.limits, week))
    result = complete(reading(42, at=NOW - 300), Previous(last, last), RULES)
    assert [limit.percent for limit in result.limits] == [42, 20]
    assert result.observed_at == NOW - 300
    assert result.credits[0].ends_at == month_end(NOW - 300)
