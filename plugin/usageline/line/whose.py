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

    Answered = Callable[[], tuple[float | None, float | None]]

MERGE, NEWER, READING, OTHER, BEFORE = "merge", "newer", "reading", "other", "before"
"""What to show of the payload's windows beside those of the snapshot.

    merge    one account, unknown order: show the higher percentage
    newer    one account, and the session had an answer since the reading: show the payload
    reading  one account, and it had none: show the reading if it has the window
    other    the session uses another sign-in: show the payload alone
    before   the session's last answer was before this sign-in: show the snapshot alone
"""

GROWTH = {"session": (15, 5), "weekly_all": (5, 1)}
"""By how much the use of a window can grow at once, and in each minute after (percentage points).

A payload that is higher by more than that is not newer than the reading, but older.
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
    answered: Answered,
) -> str:
    """Return MERGE, NEWER, READING, OTHER or BEFORE for the payload's windows `reported`.

    `previous` are the snapshot's. `times` are `signed_in_since` and the time of the snapshot's
    reading, each None if unknown. `answered` returns the earliest and the latest possible time of
    the session's last answer, each None if unknown. It costs a system call, so it is called only
    if the payload would change the line.
    """
    since, observed_at = times
    adds, alike, unlike, unstarted, is_leap = _compared(reported, previous, now, observed_at)
    if not adds:
        return MERGE
    earliest, latest = answered()
    for window in reported:
        # The payload came while its windows ran.
        if window.resets_at is not None and window.resets_at < (now if latest is None else latest):
            latest = window.resets_at
    is_before = latest is not None and since is not None and latest < since
    if is_before and since is not None and observed_at is not None and since <= observed_at + 1:
        latest = observed_at  # a reading's time is cut to the second
    seen_later = _is_newer(earliest, latest, observed_at, is_leap=is_leap)
    if seen_later is False:
        unlike += unstarted
    if is_before and (unlike or not alike):
        return BEFORE
    # An older reading has no live session window: it cannot identify the payload's account.
    is_fresh = observed_at is not None and -CLOCK_JUMP_S <= now - observed_at <= LENGTH_S["session"]
    if is_fresh and (unlike > 1 or (unlike and not alike and seen_later)):
        return OTHER
    return MERGE if seen_later is None else NEWER if seen_later else READING


def _is_newer(
    earliest: float | None, latest: float | None, observed_at: float | None, *, is_leap: bool
) -> bool | None:
    """Return whether an answer between these times is newer than the reading, None if unknown."""
    if observed_at is None:
        return None
    if latest is not None and latest <= observed_at:
        return False
    if is_leap and (earliest is None or earliest != latest):
        return False  # only a known time outweighs it
    return True if earliest is not None and earliest > observed_at else None


def _compared(
    reported: Sequence[UsageWindow],
    previous: Sequence[UsageWindow],
    now: float,
    observed_at: float | None,
) -> tuple[bool, int, int, int, bool]:
    """Return whether the payload could change the line, and how its windows compare.

    Of the windows that run in both, so many are alike, and so many unlike. The last number counts
    those that run in the payload and have not started in the reading. The last value is whether a
    window would have grown by more than is possible since the reading.
    """
    adds, alike, unlike, unstarted, is_leap = False, 0, 0, 0, False
    for new in reported:
        end = new.resets_at or 0
        for old in previous:
            if old.kind == new.kind:
                break
        else:
            adds = True
            continue
        can_compare = False
        if end > now:
            known_end = old.resets_at or 0
            if known_end <= now:
                can_compare = not known_end and old.percent == 0
                adds, unstarted = True, unstarted + can_compare
            elif -SAME_RESET_S <= known_end - end <= SAME_RESET_S:
                can_compare, alike = True, alike + 1
            else:
                adds, unlike = True, unlike + 1
        adds = (
            adds or old.percent is None or (end > now and int(new.percent or 0) > int(old.percent))
        )
        if can_compare and observed_at is not None and old.percent is not None:
            at_once, per_minute = GROWTH[new.kind]
            growth = at_once + per_minute * max(now - observed_at, 0) / 60
            is_leap = is_leap or (new.percent or 0) > old.percent + growth
    return adds, alike, unlike, unstarted, is_leap
