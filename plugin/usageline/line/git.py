"""The repository that a directory lies in, read from its files: no git process on the hot side."""

from usageline.core import background, jobs
from usageline.core.git_repo import COUNTS, MAX_BYTES, MAX_RESULT_BYTES, fingerprint, repository
from usageline.line import spawn

OLD_S = 10
"""A result older than this is looked at anew: files change without git's knowing."""

CLAIM_S = 5
"""The least time between two looks at one repository."""

REST = 10
"""A look that takes long is given so many times its duration of rest."""

LONGEST_REST_S = 300
CLOCK_JUMP_S = 60


def seen(env, cwd, now, *, counted):
    """What a segment shows of the repository around `cwd`, and the Repository to `launch` a look at as the last act: each may be None.

    The first is `{"branch", "state": text, "changed", "ahead", "behind": number or None, "more": bool or None}`; a detached HEAD's short hash stands for a branch.
    Without `counted` the numbers are None and nothing is looked at, unless only git can tell the branch.
    """
    found = repository(cwd)
    if found is None:
        return None, None
    named = found.branch or found.commit
    known, due = status(env, found, now) if counted or not named else (None, False)
    known = known or {}
    shown = {name: known.get(name) for name in ("changed", "ahead", "behind", "more")}
    if counted:
        shown["failed"] = known.get("failed", "")
    return {
        "branch": named or known.get("branch", ""),
        "state": found.state,
        **shown,
    }, found if due else None


def status(env, found, now):
    """What git said last of this Repository, and whether to look anew: `({count: number or None, "failed": text, …} or None, due)`.

    The counts are COUNTS, of them `changed` that of all paths; `branch` is git's own word; `more` says that there were too many files to count.
    Values are checked, text is not cleaned.
    """
    result = jobs.result(env, "git", found.key, MAX_RESULT_BYTES)
    if result is None or result.get("about") != [found.directory, found.root]:
        return None, jobs.claim(env, "git", found.key, now, CLAIM_S)
    known = {name: _count(result.get(name)) for name in COUNTS}
    known["branch"], known["failed"] = _word(result.get("branch")), _word(result.get("failed"))
    known["more"] = result.get("more") is True
    at, took_s = _number(result.get("at")), _number(result.get("took_s"))
    rest_s = min(took_s * REST, LONGEST_REST_S)
    fresh = at - CLOCK_JUMP_S <= now < at + max(OLD_S, rest_s) and result.get(
        "stamp"
    ) == fingerprint(found)
    return known, not fresh and jobs.claim(env, "git", found.key, now, max(CLAIM_S, rest_s))


def launch(python, env, found):
    """Start a look at this Repository, as the last act. It gets of the environment what a refresh gets."""
    return spawn.launch_job(python, ["git", found.root], background.refresh_environment(env))


def _number(value):
    return value if type(value) in (int, float) and 0 <= value < 1e10 else 0


def _count(value):
    return value if type(value) is int and 0 <= value < 10**9 else None


def _word(value):
    return value[:MAX_BYTES] if isinstance(value, str) else ""
