"""A case of a fault, and what is expected after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.network.wire import Talk

    Script = Callable[[Talk], None]

WORDS = {
    "ok": "",
    "offline": "offline",
    "unreadable": "usage unreadable",
    "expired": "sign-in expired: any message renews it",
    "no-scope": "token without user:profile: /login",
    "rate-limited": "rate-limited until ",
}
"""The line's text for each status."""

MIN_WAIT_S = {
    "ok": 300,
    "offline": 30,
    "unreadable": 300,
    "expired": 300,
    "no-scope": 300,
    "rate-limited": 300,
}
"""The cooldown after the first failure of a kind; up to a tenth more."""


@dataclass(frozen=True)
class Case:
    """The service as `script`, and the resulting `status`.

    `detail` is the message, `waits` marks a slow case. `asked` is the number of requests, `wait_s`
    the cooldown if it is not the usual one. Only the full size runs a case that is not `quick`.
    """

    name: str
    status: str
    script: Script
    detail: str = ""
    waits: bool = False
    asked: int = 1
    wait_s: int = 0
    quick: bool = False

    @property
    def least_wait_s(self) -> int:
        """Return the minimum from the end of the refresh to the next request."""
        return self.wait_s or MIN_WAIT_S[self.status]
