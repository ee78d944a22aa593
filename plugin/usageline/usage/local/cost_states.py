"""What Claude Code itself notes of a session: its counters by model, and its account. Pure.

A `cost-state` line has the counters of its session until then. They include requests of which no
transcript has a line, such as titles, and subagents whose last line was never written.
"""

from __future__ import annotations

from usageline.core.named_tuple import NamedTuple


class Counts(NamedTuple):
    """Tokens of a model, and its web searches. Cache writes are not split by how long they live."""

    input: int = 0
    output: int = 0
    cache_write: int = 0
    cache_read: int = 0
    web_searches: int = 0

    def beyond(self, other: Counts) -> Counts:
        """Return what this has more than the other, 0 if it has less."""
        return Counts(*(max(mine - theirs, 0) for mine, theirs in zip(self, other, strict=True)))

    def plus(self, other: Counts) -> Counts:
        """Return both together."""
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def greatest(self, other: Counts) -> Counts:
        """Return the higher values of two readings of the same counters, which only grow."""
        return Counts(*map(max, zip(self, other, strict=True)))


class CostState(NamedTuple):
    """The counters of a session that started at a time (epoch ms)."""

    session: str
    started: int
    models: dict[str, Counts]


class Owner(NamedTuple):
    """The account that a session was of, at least for some time, by the key of its history."""

    session: str
    account: str


class Comparison(NamedTuple):
    """One model of a session: what Claude Code counted, and what the transcripts have."""

    session: str
    model: str
    counted: Counts
    indexed: Counts

    @property
    def missing(self) -> Counts:
        """What is not in the transcripts."""
        return self.counted.beyond(self.indexed)
