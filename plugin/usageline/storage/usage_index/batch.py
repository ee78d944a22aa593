"""Collect the content of lines before it is written, each response once."""

from __future__ import annotations

from itertools import islice

from usageline.usage.local.cost_states import Counts, Owner
from usageline.usage.local.responses import Response, is_of_group, merged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from usageline.usage.local.cost_states import CostState

    T = TypeVar("T")

MAX_VARIABLES = 500
"""Of one statement; SQLite allows 999 everywhere."""


class Batch:
    """Responses that are not in the index yet. Lines of one response are merged here first."""

    def __init__(self) -> None:
        self.single: dict[bytes, Response] = {}
        self.grouped: dict[bytes, list[Response]] = {}
        self.states: dict[tuple[str, str], tuple[int, Counts]] = {}
        self.owners: set[Owner] = set()

    def add(self, response: Response) -> None:
        """Add the content of one line."""
        if response.grouped:
            group = self.grouped.setdefault(response.key, [])
            group[:] = joined([*group, response])
            return
        known = self.single.get(response.key)
        self.single[response.key] = response if known is None else merged(known, response)

    def add_state(self, state: CostState | Owner) -> None:
        """Add what Claude Code itself notes of a session."""
        if isinstance(state, Owner):
            self.owners.add(state)
            return
        for model, counts in state.models.items():
            key = (state.session, model)
            started, known = self.states.get(key, (0, Counts()))
            self.states[key] = (max(started, state.started), counts.greatest(known))

    def __len__(self) -> int:
        return len(self.single) + len(self.grouped)


def joined(group: Iterable[Response]) -> list[Response]:
    """Merge those of one group that are one response, by the time between their lines."""
    result: list[Response] = []
    for response in sorted(group, key=lambda each: (each.at, each.claims)):
        if result and is_of_group(result[-1], response):
            result[-1] = merged(result[-1], response)
        else:
            result.append(response)
    return result


def chunks(keys: Iterable[T]) -> Iterator[list[T]]:
    """Yield the keys, no more at once than one statement takes."""
    remaining = iter(keys)
    while chunk := list(islice(remaining, MAX_VARIABLES)):
        yield chunk
