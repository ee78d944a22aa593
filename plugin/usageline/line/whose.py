"""Decide whether the payload's numbers belong to the sign-in in the credentials file.

They may also be another sign-in's, or old. The cold side's half is `usage/whose.py`, and
docs/WHOSE.md has the table of both.
"""

from __future__ import annotations

from usageline.core.freshness import CLOCK_JUMP_S
from usageline.core.windows import LENGTH_S, SAME_RESET_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from usageline.core.windows import UsageWindow

MERGE, NEWER, READING, OTHER, BEFORE = "merge", "newer", "reading", "other", "before"
"""What to show of the payload's windows beside those of the snapshot.

    merge    one account, unknown order: show the higher percentage
    newer    one account, and the session had an answer since the reading: show the payload
    reading  one account, and it had none: show the reading if it has the window
    other    the session uses another sign-in: show the payload alone
    before   the session's last answer was before this sign-in: show the snapshot alone
"""


def signed_in_since(snapshot: dict[str, Any] | None, credentials: str | None) -> float | None:
    """Return the latest possible time of the sign-in in the credentials file (epoch s), or None.

    `snapshot` is None or was published under the fingerprint `credentials`, whose time is the
    fallback.
    """
    at: Any = snapshot.get("signed_in_since", 0) if snapshot else 0
    if type(at) in (int, float) and at > 0:
        since: float = at
        return since
    mtime_ns = (credentials or "").partition("-")[0]
    return int(mtime_ns) / 1e9 if mtime_ns.isdigit() else None


def of_payload(
    reported: Sequence[UsageWindow],
    previous: Sequence[UsageWindow],
    times: tuple[float | None, float | None],
    now: float,
    answered_at: Callable[[], float | None],
) -> str:
    """Return MERGE, NEWER, READING, OTHER or BEFORE for the payload's windows `reported`.

    `previous` are the snapshot's. `times` are `signed_in_since` and the time of the snapshot's
    reading, each None if unknown. `answered_at` returns the time of the session's last answer, or
    None. It costs a system call, so it is called only if the payload would change the line.
    """
    adds, alike, unlike, unstarted = _compared(reported, previous, now)
    if not adds:
        return MERGE
    since, observed_at = times
    at, seen_later = answered_at(), None
    if at is not None:
        # A reading's time is cut to the second, so compare it with the next one.
        is_before = since is not None and at < since
        if observed_at is not None:
            seen_later = at > observed_at and not (
                since is not None and is_before and since <= observed_at + 1
            )
        if seen_later is False:
            unlike += unstarted
        if is_before and (unlike or not alike):
            return BEFORE
    # An older reading has no live session window: it cannot identify the payload's account.
    is_fresh = observed_at is not None and -CLOCK_JUMP_S <= now - observed_at <= LENGTH_S["session"]
    if is_fresh and (unlike > 1 or (unlike and not alike and seen_later)):
        return OTHER
    return MERGE if seen_later is None else NEWER if seen_later else READING


def _compared(
    reported: Sequence[UsageWindow], previous: Sequence[UsageWindow], now: float
) -> tuple[bool, int, int, int]:
    """Return whether the payload could change the line, and how its windows compare.

    Of the windows that run in both, so many are alike, and so many unlike. The last number counts
    those that run in the payload and have not started in the reading.
    """
    adds, alike, unlike, unstarted = False, 0, 0, 0
    for new in reported:
        end = new.resets_at or 0
        for old in previous:
            if old.kind == new.kind:
                break
        else:
            adds = True
            continue
        if end > now:
            known_end = old.resets_at or 0
            if known_end <= now:
                adds, unstarted = True, unstarted + (not known_end and old.percent == 0)
            elif -SAME_RESET_S <= known_end - end <= SAME_RESET_S:
                alike += 1
            else:
                adds, unlike = True, unlike + 1
        adds = (
            adds or old.percent is None or (end > now and int(new.percent or 0) > int(old.percent))
        )
    return adds, alike, unlike, unstarted
