"""Check the service's requests to wait."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.network.people import BEHIND_S
from tests.faults.promises import promise

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.network.outcomes import Outcome

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]


@promise(
    "After a 429 there is no request for at least five minutes, and for as long as "
    "Retry-After requests, in whatever form. The wait is at most 75 minutes plus a tenth.",
    sees="`rate-limited until 14:05 · 12m ago`",
    topic="rate-limit",
)
def test_every_form_of_retry_after_is_kept(
    everything: dict[str, list[Outcome]], figure: Callable[[str], None]
) -> None:
    limited = [
        outcome for outcome in everything["service"] if outcome.case.status == "rate-limited"
    ]
    for outcome in limited:
        until = outcome.snapshot["until"]
        assert until == outcome.snapshot["next_refresh_at"] == outcome.again["until"], (
            outcome.case.name
        )
        wait_s, least_s = until - outcome.ended_at, outcome.case.least_wait_s
        assert least_s - 3 <= wait_s <= least_s * 1.1 + 2, (outcome.case.name, wait_s)
        of_day = time.strftime("%H:%M", time.gmtime(until - BEHIND_S))
        assert re.search(rf"rate-limited until (\w+ )?{of_day} · ", outcome.line), (
            outcome.case.name,
            outcome.line,
        )
    figure(f"{len(limited)} forms")
