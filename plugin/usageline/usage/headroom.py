"""Decide whether the limits of a snapshot leave room for a job. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.freshness import CLOCK_JUMP_S
from usageline.core.vocabulary import SHORT, long_name, short_name
from usageline.core.windows import MAX_ROWS, moment, percent
from usageline.usage.model import Limit
from usageline.usage.values import objects, text

if TYPE_CHECKING:
    from collections.abc import Mapping

BELOW, REACHED, UNKNOWN = "below", "reached", "unknown"
"""States of a verdict."""


@dataclass(frozen=True, slots=True)
class Question:
    """Are all limits, or those of `kinds`, below a percentage?

    `kinds` are kinds, labels or short names. Older numbers than `max_age_s` decide nothing.
    """

    below: float
    kinds: tuple[str, ...] = ()
    max_age_s: float = 3600


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer.

    state   BELOW, REACHED or UNKNOWN
    limits  the limits that decided it: with REACHED those that are, else all that were asked about
    until   when the last of them resets (epoch s), None if that is unknown; it has passed if the
            service still reports the old window
    reason  why it is UNKNOWN
    """

    state: str
    limits: tuple[Limit, ...] = ()
    until: float | None = None
    reason: str = ""


def judge(snapshot: Mapping[str, object], question: Question, now: float) -> Verdict:
    """Return whether the limits in the snapshot are below the percentage at `now` (epoch s).

    The use of a window only grows. So an old number that reaches the percentage decides, and an
    old one below it does not. A window that has ended begins at 0.
    """
    limits = _limits(snapshot)
    wanted = {kind.casefold(): kind for kind in question.kinds}
    asked = [limit for limit in limits if not wanted or wanted.keys() & names(limit)]
    known = {name for limit in limits for name in names(limit)}
    missing = [kind for name, kind in wanted.items() if name not in known]
    observed_at = moment(snapshot.get("observed_at"))
    if not asked or missing or observed_at is None:
        return Verdict(UNKNOWN, reason=_missing_reason(limits, missing))
    used = [(limit, _used(limit, observed_at, now)) for limit in asked]
    reached = tuple(limit for limit, share in used if share is not None and share >= question.below)
    if reached:
        resets = [limit.resets_at for limit in reached]
        known_resets = [at for at in resets if at is not None]
        until = max(known_resets) if len(known_resets) == len(resets) else None
        return Verdict(REACHED, reached, until)
    if any(share is None for _, share in used):
        return Verdict(UNKNOWN, reason="the service did not report how much is used")
    if not -CLOCK_JUMP_S <= now - observed_at <= question.max_age_s:
        return Verdict(UNKNOWN, reason="the numbers are too old")
    return Verdict(BELOW, tuple(asked))


def _limits(snapshot: Mapping[str, object]) -> list[Limit]:
    limits = []
    for row in objects(snapshot.get("limits"), MAX_ROWS):
        if kind := text(row.get("kind")):
            resets_at = moment(row.get("resets_at"))
            limits.append(
                Limit(
                    kind,
                    text(row.get("label")) or kind,
                    percent(row.get("percent")),
                    None if resets_at is None else int(resets_at),
                )
            )
    return limits


def _used(limit: Limit, observed_at: float, now: float) -> float | None:
    has_ended = limit.resets_at is not None and observed_at < limit.resets_at <= now
    return 0.0 if has_ended else limit.percent


def names(limit: Limit) -> set[str]:
    """Return the names by which a limit can be asked about, in lower case.

    They are those of the service, and those that usageline shows.
    """
    shown = (name(limit.kind, limit.label) for name in (short_name, long_name))
    return {name.casefold() for name in (limit.kind, limit.label, *shown)}


def _missing_reason(limits: list[Limit], missing: list[str]) -> str:
    if not limits:
        return "there are no limits"
    if not missing:
        return "there are no numbers"
    known = ", ".join(limit.kind if limit.kind in SHORT else limit.label for limit in limits)
    return f"there is no limit {missing[0]!r}: this account has {known}"
