"""The result of a refresh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a refresh.

    state      `refreshed` (the snapshot is `ok`), `not-due`, `busy` (another process runs it),
               or `failed`
    snapshot   the object that is published now, None if there is none
    problem    why nothing could be published
    took_over  another refresh hung, and this one killed it
    """

    state: str
    snapshot: dict[str, Any] | None
    problem: str | None = None
    took_over: bool = False
