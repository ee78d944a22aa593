"""Whose numbers the payload has: those of the sign-in in the credentials file, of another one, or old ones. Pure.

The cold side's half is `usage/whose.py`; docs/WHOSE.md is the table of both.
"""

from usageline.core.windows import SAME_RESET_S

SESSION_S = 5 * 3600
"""A reading older than this has no live session window: it says nothing of whose windows the payload has."""

CLOCK_SLACK_S = 60
"""A time further in the future than this was written under another clock."""

MERGE, NEWER, READING, OTHER, BEFORE = "merge", "newer", "reading", "other", "before"
"""What to show of the payload's windows beside those of the snapshot.

    merge    both are of one account, and nothing tells which was seen later: the higher percentage
    newer    both are of one account, and the session has had an answer since the reading: the payload
    reading  both are of one account, and the session has had none: the reading, wherever it has the window
    other    the session uses another sign-in: the payload alone, and nothing of the snapshot
    before   the session had its last answer before this sign-in: nothing of the payload
"""


def signed_in_since(snapshot, credentials):
    """From when on the sign-in in the credentials file has held, at the latest (epoch s), or None.

    `snapshot` is None or was published under the stamp `credentials`. Without its word the file's own time is the only one.
    """
    at = snapshot.get("signed_in_since", 0) if snapshot else 0
    if type(at) in (int, float) and at > 0:
        return at
    mtime_ns = credentials.partition("-")[0]
    return int(mtime_ns) / 1e9 if mtime_ns.isdigit() else None


def of_payload(reported, known, times, now, answered_at):
    """One of MERGE, NEWER, READING, OTHER, BEFORE for the windows `reported`, beside the snapshot's `known`.

    `times` are `signed_in_since` and when the snapshot's were seen, each None if unknown; `answered_at` gives when the session had its
    last answer, or None. It costs a system call, and is called only if the payload would change what is shown.
    """
    adds, alike, unlike, unstarted = _compared(reported, known, now)
    if not adds:
        return MERGE
    since, observed_at = times
    at, seen_later = answered_at(), None
    if at is not None:
        # A reading's time is cut to the second: one of after the sign-in is newer than an answer of before it.
        is_before = since is not None and at < since
        if observed_at is not None:
            seen_later = at > observed_at and not (is_before and since <= observed_at + 1)
        if seen_later is False:
            unlike += unstarted
        if is_before and (unlike or not alike):
            return BEFORE
    is_fresh = observed_at is not None and -CLOCK_SLACK_S <= now - observed_at <= SESSION_S
    if is_fresh and (unlike > 1 or (unlike and not alike and seen_later)):
        return OTHER
    return MERGE if seen_later is None else NEWER if seen_later else READING


def _compared(reported, known, now):
    """Whether the payload could change what is shown; how many windows are alike, and unlike, of those that run in both.

    The last number is of windows that run in the payload only, and have not started in the reading.
    """
    adds, alike, unlike, unstarted = False, 0, 0, 0
    for new in reported:
        end = new.resets_at or 0
        for old in known:
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
        adds = adds or old.percent is None or (end > now and int(new.percent) > int(old.percent))
    return adds, alike, unlike, unstarted
