"""What a case of a fault is, and what is expected after it."""

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
"""What the line says for each status."""

LEAST_WAIT_S = {
    "ok": 300,
    "offline": 30,
    "unreadable": 300,
    "expired": 300,
    "no-scope": 300,
    "rate-limited": 300,
}
"""How long nobody asks after the first failure of a kind; up to a tenth more."""


@dataclass(frozen=True)
class Case:
    """The service as `script` has it, and the `status` that it gives.

    `detail` is what people are told of it, `waits` says that it takes its time, `asked` how many requests the service sees, `wait_s` how long nobody
    asks afterwards, where that is not the usual time for the status. A case that is not `quick` is left to the full size.
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
        """From the end of the refresh to the next request, at least."""
        return self.wait_s or LEAST_WAIT_S[self.status]
