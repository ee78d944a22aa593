"""Whose numbers the payload has: those of the sign-in in the credentials file, of another one, or old ones. Pure.

The cold side's half is `usage/whose.py`; docs/WHOSE.md is the table of both.
"""

SAME_RESET_S = 60
"""Two reports of one window's reset may differ by a second or so; further apart than this they are two windows."""

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

ACCOUNTS_WAIT = "asked for by the service before this token came"
"""The snapshot's detail where the service told another token of the same account to wait."""


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
    since, observed_at = times
    pairs = [(_of_kind(known, window.kind), window) for window in reported]
    if not any(_adds(old, new, now) for old, new in pairs):
        return MERGE
    at = answered_at()
    seen_later = None if at is None or observed_at is None else at > observed_at
    verdicts = [_is_one_window(old, new, now, seen_later) for old, new in pairs]
    alike, unlike = verdicts.count(True), verdicts.count(False)
    if at is not None and since is not None and at < since and (unlike or not alike):
        return BEFORE
    is_fresh = observed_at is not None and -CLOCK_SLACK_S <= now - observed_at <= SESSION_S
    if is_fresh and (unlike > 1 or (unlike and not alike and seen_later)):
        return OTHER
    return MERGE if seen_later is None else NEWER if seen_later else READING


def _of_kind(windows, kind):
    for window in windows:
        if window.kind == kind:
            return window
    return None


def _is_live(window, now):
    return window.resets_at is not None and window.resets_at > now


def _adds(known, reported, now):
    """Whether the payload's window could change what is shown of the snapshot's."""
    if known is None or known.percent is None:
        return True
    if not _is_live(reported, now):
        return False
    if not _is_live(known, now) or abs(known.resets_at - reported.resets_at) > SAME_RESET_S:
        return True
    return int(reported.percent) > int(known.percent)


def _is_one_window(known, reported, now, seen_later):
    """Whether both are one window of one account; None if that cannot be told: one has passed, or has not started yet."""
    if known is None or not _is_live(reported, now):
        return None
    if _is_live(known, now):
        return abs(known.resets_at - reported.resets_at) <= SAME_RESET_S
    # A reading that is newer and says that the account's window has not started.
    return False if known.resets_at is None and known.percent == 0 and seen_later is False else None
