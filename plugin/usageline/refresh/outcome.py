"""How a refresh ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a refresh ended.

    `state` is `refreshed` (the snapshot says `ok`), `not-due`, `busy` (another process is at it) or `failed`.
    `snapshot` is the object that is published now, or None where there is none. `problem` says why nothing could be published.
    `took_over`: another refresh hung, and was ended for this one.
    """

    state: str
    snapshot: dict[str, Any] | None
    problem: str | None = None
    took_over: bool = False
