"""What the service takes back."""

from __future__ import annotations

import pytest

from usageline.usage.model import Limit, Reading
from usageline.usage.plausibility import flag_decreases

AT = 1795464000


def reading(
    percent: float | None,
    resets_at: int | None = AT,
    *,
    observed_at: int = AT - 9000,
    lowered: bool = False,
) -> Reading:
    """A reading of one limit."""
    return Reading(
        (Limit("session", "Current session", percent, resets_at, lowered=lowered),),
        (),
        "oauth",
        observed_at,
    )


@pytest.mark.parametrize(
    ("before", "after", "lowered"),
    [
        (None, reading(3), False),
        (reading(90), reading(3), True),
        (reading(3), reading(90), False),
        (reading(41.9), reading(41.2), False),
        (reading(90), reading(3, AT + 18000), False),
        (reading(90), reading(3, AT + 59), True),
        (reading(90, None), reading(3, None), False),
        (reading(None), reading(3), False),
        (reading(90), reading(None), False),
        (reading(3, lowered=True), reading(20), True),
        (reading(3, lowered=True), reading(20, AT + 18000), False),
        (reading(90, observed_at=AT - 8000), reading(3), False),
    ],
    ids=[
        "first",
        "fell",
        "rose",
        "rounding",
        "next window",
        "same window",
        "no window",
        "unknown before",
        "unknown now",
        "once lowered",
        "over with the window",
        "older",
    ],
)
def test_a_limit_is_lowered_when_it_fell_in_its_window_and_until_that_ends(
    before: Reading | None, after: Reading, lowered: bool
) -> None:
    """A percentage that merely rounds differently did not fall."""
    assert flag_decreases(after, before).limits[0].lowered is lowered
