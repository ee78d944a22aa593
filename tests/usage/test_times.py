"""Times as the service writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.usage.values import epoch

AT = 1795464000  # 2026-11-23T20:00:00Z


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T20:00:00Z",
        "2026-11-23t20:00:00z",
        "2026-11-23T20:00:00+00:00",
        "2026-11-23T20:00:00.4Z",
        "2026-11-23T20:00:00.499999+00:00",
        "2026-11-23T20:00:00.5Z",
        "2026-11-23T20:00:00.999999999Z",
        "2026-11-23T22:00:00+02:00",
        "2026-11-23T14:30:00.000-05:30",
        "2026-11-23 20:00:00+0000",
        "2026-11-23T20:00Z",
        "2026-11-24T01:30+05:30",
    ],
)
def test_every_form_of_one_moment_is_the_same_second(text: str) -> None:
    """Any number of fraction digits, `Z` or an offset; the second that it lies in."""
    assert epoch(text) == AT


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026-11-23",
        "2026-11-23T20:00:00",
        "2026-13-23T20:00:00Z",
        "2026-02-30T20:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T20:00:60Z",
        "2026-11-23T20:00:00+24:00",
        "2026-11-23T20:00:00Z ",
        "2026-11-23T20Z",
        "2026-11-23T20:00.5Z",
        "٢٠٢٦-11-23T20:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "1999-01-01T00:00:00Z",
        None,
        True,
        [],
        {},
        float("nan"),
        float("inf"),
        -1,
        0,
        10**400,
        1795464000000000,
    ],
)
def test_what_is_no_sane_time_is_none(value: object) -> None:
    """No local times, no leap seconds, nothing outside 2001 to 2286, no microseconds."""
    assert epoch(value) is None


@pytest.mark.parametrize("value", [AT, AT + 0.6, AT * 1000, AT * 1000 + 999, AT * 1000.0])
def test_numbers_are_epoch_seconds_or_milliseconds(value: float) -> None:
    """The status line payload has seconds; Claude Code reads milliseconds in a body."""
    assert epoch(value) == AT


@given(
    st.datetimes(datetime(2002, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001
    st.integers(-1439, 1439),
)
def test_every_time_that_python_writes_is_read(moment: datetime, offset_minutes: int) -> None:
    """`isoformat` with any fraction and any offset of whole minutes."""
    moment = moment.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    seconds = epoch(moment.isoformat())
    assert seconds is not None
    assert -0.0001 <= moment.timestamp() - seconds <= 1


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    """A time or None, whatever the text."""
    assert epoch(text) is None or isinstance(epoch(text), int)
