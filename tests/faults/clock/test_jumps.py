"""Set a clock a year ahead or behind, or to 1970, and correct it again."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.clock.clocks import YEAR_S, assert_sane
from tests.faults.promises import promise

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.clock.clocks import Clock

NO_BATTERY_S = 86400
"""The time on a machine whose clock has lost its battery."""

GOOD = re.compile(
    r"5h \S+ 37% ↻ 1h5\dm │ 7d \S+ 26% ↻ \w{3} \d\d:\d\d │ 7d Fable 55% │ credits \$12\.34/\$50"
)


@promise(
    "With a clock that is a year ahead or behind, no old number is shown as fresh and no "
    "countdown is absurd. Once the clock is right again, one refresh repairs everything.",
    sees=(
        "No percentage for a limit whose reset has passed by that clock. No countdown to a "
        "reset too far ahead. Old numbers with their age."
    ),
    topic="clock",
)
@pytest.mark.parametrize("shift_s", [YEAR_S, -YEAR_S], ids=["a year ahead", "a year behind"])
@pytest.mark.slow
def test_a_clock_that_is_a_year_off(
    clock: Clock, figure: Callable[[str], None], shift_s: int
) -> None:
    clock.refresh()
    assert GOOD.fullmatch(clock.line())

    clock.api.fault = "500"
    clock.set(shift_s)
    first = clock.line()
    failed = clock.settled_line()
    for line in (first, failed):
        assert_sane(line)
        assert "365d0h ago" in line if shift_s > 0 else "age unknown" in line, line
        assert "%" not in line if shift_s > 0 else "↻" not in line, line
    assert "offline" in failed

    clock.api.fault = ""
    clock.pass_floor()
    clock.refresh("--force")
    under = clock.line()
    assert_sane(under)
    assert ("5h – reset" in under, "37% │" in under, "ago" in under) == (
        shift_s > 0,
        shift_s < 0,
        False,
    ), under

    clock.set(0)
    back = clock.line()
    assert_sane(back)
    assert "age unknown" in back if shift_s > 0 else "365d0h ago" in back, back
    asked = clock.requests
    assert GOOD.fullmatch(clock.settled_line())
    assert clock.requests == asked + 1
    figure(f"{asked + 1} requests in all, 1 for each time that it was set, and 1 that was wanted")


@promise(
    "A clock that jumps back and forth causes at most one request per jump, and no more "
    "while the service answers 429.",
    sees="Numbers, or `rate-limited` with the time until which.",
    topic="clock",
)
@pytest.mark.timeout(300)
@pytest.mark.slow
def test_a_clock_that_jumps_makes_no_storm(
    clock: Clock, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    clock.refresh()
    asked = []
    for fault in ("", "429:600"):
        clock.api.fault = fault
        before = clock.requests
        for number in range(1, size(2, 6) + 1):
            clock.set(
                (YEAR_S, -YEAR_S, NO_BATTERY_S - time.time())[number // 2 % 3] if number % 2 else 0
            )
            at = clock.requests
            for _ in range(2):
                assert_sane(clock.settled_line())
                clock.pass_floor()
                clock.refresh(
                    *["--force"] * bool(fault)
                )  # after 429 not even a forced refresh sends a request
            assert clock.requests <= at + 1
        asked.append(clock.requests - before)
    figure(
        f"{size(2, 6)} jumps, of a year or to 1970 and back, and {size(4, 12)} refreshes: "
        f"{asked[0]} requests; the same while it answers 429: {asked[1]}"
    )
