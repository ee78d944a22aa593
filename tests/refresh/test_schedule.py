"""When the next refresh is due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from usageline.config.loader import Config
from usageline.refresh.rate_limit import next_refresh_at
from usageline.usage.model import Limit, Reading

NOW = 1795464000


def due(
    *resets_at: int | None,
    observed_at: int = NOW,
    requested_at: int = NOW,
    jitter: float = 0.5,
    config: Config | None = None,
) -> int:
    """Seconds from NOW to the next refresh of a reading with these resets."""
    reading = Reading(
        tuple(Limit("session", "L", 5, at) for at in resets_at), (), "oauth", observed_at
    )
    return (
        next_refresh_at(
            reading, config or Config(), requested_at=requested_at, now=NOW, jitter=jitter
        )
        - NOW
    )


def test_a_reading_is_good_for_the_ttl_and_up_to_a_tenth_more() -> None:
    """Counted from when it was taken, in seconds that were rounded down: never for less."""
    assert (due(jitter=0), due(jitter=0.5), due(jitter=1)) == (301, 316, 331)
    assert due(observed_at=NOW - 200, requested_at=0, jitter=0) == 101


def test_a_reset_is_followed_within_seconds() -> None:
    """The number of before is void then; one that lies behind is no reason."""
    assert due(NOW + 200, NOW + 150, NOW - 5, None) == 155
    assert due(NOW + 9000, jitter=0) == 301


def test_it_is_never_sooner_than_the_floor_after_the_last_request() -> None:
    """However close a reset is."""
    assert due(NOW + 10) == 121
    assert due(NOW + 10, requested_at=NOW - 119) == 15
    assert due(NOW + 10, config=Config(floor_s=1)) == 15
    assert due(NOW + 10, requested_at=NOW + 99999) == 15


@given(
    st.integers(-10_000, 100),
    st.lists(st.integers(-10_000, 10_000), max_size=4),
    st.floats(0, 1),
    st.integers(-10_000, 0),
)
def test_it_always_lies_ahead_and_within_the_ttl(
    observed: int, resets: list[int], jitter: float, requested: int
) -> None:
    """For any reading."""
    due_in_s = due(
        *(NOW + reset for reset in resets),
        observed_at=NOW + observed,
        requested_at=NOW + requested,
        jitter=jitter,
    )
    assert 1 <= due_in_s <= 331 + max(observed, 0)
