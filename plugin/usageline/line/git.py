"""Read the repository around a directory from its files. The hot side starts no git process."""

from __future__ import annotations

from usageline.core import jobs
from usageline.core.git_repo import COUNTS, MAX_BYTES, MAX_RESULT_BYTES, fingerprint, repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from usageline.core.git_repo import Repository

OLD_S = 10
"""An older result is refreshed: files change without git's knowledge."""

CLAIM_S = 5
"""The minimum interval between two jobs of one repository."""


def read(
    env: Mapping[str, str], cwd: str, now: float, *, counted: bool
) -> tuple[dict[str, Any] | None, Repository | None]:
    """Return the status of the repository around `cwd`, and the Repository if its job is due.

    The status is `{"branch", "state": text, "changed", "ahead", "behind": number or None, "more":
    bool or None}`. A detached HEAD's short hash stands for a branch. Without `counted` the numbers
    are None, and no job is due unless only git can read the branch.
    """
    repo = repository(cwd)
    if repo is None:
        return None, None
    name = repo.branch or repo.commit
    counts, is_due = read_counts(env, repo, now) if counted or not name else (None, False)
    counts = counts or {}
    status = {key: counts.get(key) for key in ("changed", "ahead", "behind", "more")}
    status |= {"branch": name or counts.get("branch", ""), "state": repo.state}
    if counted:
        status["failed"] = counts.get("failed", "")
    return status, repo if is_due else None


def read_counts(
    env: Mapping[str, str], repo: Repository, now: float
) -> tuple[dict[str, Any] | None, bool]:
    """Return the last counts of git, or None, and whether this run should start the job.

    They are COUNTS, each a number or None. Of these, `changed` counts all paths. `branch` is
    git's own text, `failed` an error or "", and `more` is set if there were too many files to
    count. Values are checked, texts are not sanitized.
    """
    result = jobs.result(env, "git", repo.key, MAX_RESULT_BYTES)
    if result is None or result.get("about") != [repo.directory, repo.root]:
        return None, jobs.claim(env, "git", repo.key, now, CLAIM_S)
    counts: dict[str, Any] = {name: _count(result.get(name)) for name in COUNTS}
    counts.update((name, jobs.word(result.get(name), MAX_BYTES)) for name in ("branch", "failed"))
    counts["more"] = result.get("more") is True
    at, rest_s = jobs.times(result)
    is_fresh = jobs.is_fresh(at, now, max(OLD_S, rest_s)) and result.get("stamp") == fingerprint(
        repo
    )
    return counts, not is_fresh and jobs.claim(env, "git", repo.key, now, max(CLAIM_S, rest_s))


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 10**9 else None
