"""Count a repository's changes with `git status`, without running a program that it names."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from usageline.core import git_repo, jobs
from usageline.core.errors import error_text
from usageline.core.text import sanitize
from usageline.storage import job_results
from usageline.system import child_env, origin, process, trust
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.system.process import Result

TIMEOUT_S = 3.0
"""Timeout for the whole job."""

UNTRACKED_TIMEOUT_S = 2.0
"""Timeout for counting with untracked files; after it, count without them."""

SKIP_UNTRACKED_S = 600
"""How long to skip untracked files after that timeout."""

MAX_BYTES = 1 << 20
MAX_REASON_CHARS = 160

APPLE_STUB = "/usr/bin/git"
"""Without developer tools, this stub of macOS opens a dialog at each call."""

APPLE_TOOLS = (
    "/Library/Developer/CommandLineTools/usr/bin/git",
    "/Applications/Xcode.app/Contents/Developer/usr/bin/git",
)
PLACES = (
    "/opt/homebrew/bin/git",
    "/usr/local/bin/git",
    *(APPLE_TOOLS if sys.platform == "darwin" else ("/usr/bin/git",)),
)

# A repository's own configuration can name programs: a file system monitor, hooks, filters,
# transports. Counting its changes must run none of them.
GIT_VARIABLES = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
SAFE_OPTIONS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
LIST_FILTERS = (
    "config",
    "--includes",
    "--show-scope",
    "--name-only",
    "-z",
    "--get-regexp",
    r"^filter\..*\.(clean|smudge|process)$",
)
STATUS = ("status", "--porcelain=v2", "--branch", "-z", "--ignore-submodules=dirty")
"""Ignore changes in submodules: each would take a git process of its own."""


def run(env: Mapping[str, str], cwd: str) -> None:
    """Count the changes of the repository around `cwd`, and publish them or the failure.

    Do nothing outside a repository, or if another process runs this job.
    """
    paths = Paths(env)
    repo = git_repo.repository(cwd)
    if repo is None:
        return
    with job_results.lock(paths, "git", repo.key) as is_free:
        if not is_free:
            return
        now, began = time.time(), time.monotonic()
        previous: dict[str, Any] = (
            jobs.result(env, "git", repo.key, git_repo.MAX_RESULT_BYTES) or {}
        )
        value = {
            "version": 1,
            "about": [repo.directory, repo.root],
            # Taken before the count, so that a change meanwhile triggers another job.
            "stamp": git_repo.fingerprint(repo),
            "at": now,
            **count(env, repo.root, previous.get("slow_at"), now),
            "took_s": round(time.monotonic() - began, 3),
        }
        job_results.write(paths, "git", repo.key, value)


def count(env: Mapping[str, str], root: str, slow_at: object, now: float) -> dict[str, Any]:
    """Return the counts of the worktree at `root`, or `failed` with the reason.

    The counts are `git_repo.COUNTS`, `branch`, `more` and `slow_at`. `slow_at` is when untracked
    files last took too long to find, or None. `untracked` is None then, and for
    SKIP_UNTRACKED_S afterwards.
    """
    program = find_git(env)
    if program is None:
        return {"failed": missing_reason(env)[:MAX_REASON_CHARS]}
    began = time.monotonic()
    # Only the user's own HOME: a project's would have a configuration with filters to run.
    git_env = child_env.build(
        "git",
        env,
        origin.own(env),
        {**GIT_VARIABLES, "GIT_CEILING_DIRECTORIES": os.path.dirname(root)},
    )
    slow = (
        slow_at
        if isinstance(slow_at, (int, float)) and 0 <= now - slow_at < SKIP_UNTRACKED_S
        else None
    )

    def git(*arguments: str, until_s: float = TIMEOUT_S) -> Result:
        command = [program, *SAFE_OPTIONS, *arguments]
        return process.run(
            command, git_env, root, deadline=began + until_s, max_bytes=MAX_BYTES, keep_errors=True
        )

    try:
        filters = git(*LIST_FILTERS)
        if filters.status not in (0, 1):  # 1: there are none
            return {"failed": _reason(filters)}
        unfiltered = without_filters(filters.output)
        if unfiltered is None:
            return {"failed": "a filter of the repository's own cannot be switched off"}
        if slow is None:
            done = git(
                *unfiltered, *STATUS, "--untracked-files=normal", until_s=UNTRACKED_TIMEOUT_S
            )
            slow = now if done.stop_reason == "timeout" else None
        if slow is not None:
            done = git(*unfiltered, *STATUS, "--untracked-files=no")
    except (OSError, ValueError) as error:
        return {"failed": f"git does not start: {error_text(error)}"}
    if done.status != 0 and done.stop_reason != "output":
        return {"failed": _reason(done), "slow_at": slow}
    counts = parse_status(done.output)
    return {
        **counts,
        "untracked": None if slow is not None else counts["untracked"],
        "more": bool(done.stop_reason),
        "slow_at": slow,
    }


def find_git(env: Mapping[str, str]) -> str | None:
    """Return the path of a trusted git, None if there is none."""
    program = trust.find_executable("git", PLACES, env)
    return None if sys.platform == "darwin" and program == APPLE_STUB else program


def missing_reason(env: Mapping[str, str]) -> str:
    """Return why `find_git` returned None."""
    return trust.missing_reason("git", PLACES, env)


def without_filters(listed: bytes) -> list[str] | None:
    """Return the arguments that disable each filter of the repository itself.

    Filters of the user and the system stay. `listed` is the output of LIST_FILTERS. Return None
    if a filter has a name that no argument can express.
    """
    words = listed.decode("utf-8", "surrogateescape").split("\0")
    names = {
        name
        for scope, name in zip(words[::2], words[1::2], strict=False)
        if scope not in {"system", "global"}
    }
    drivers = {name.rpartition(".")[0] for name in names}
    if any("=" in driver for driver in drivers):
        return None
    switched = [
        f"{driver}.{key}"
        for driver in sorted(drivers)
        for key in ("clean=", "smudge=", "process=", "required=false")
    ]
    return [word for setting in switched for word in ("-c", setting)]


def parse_status(status: bytes) -> dict[str, Any]:
    """Return the counts in the output of STATUS. Of truncated output, count the complete part."""
    counts: dict[str, Any] = dict.fromkeys(git_repo.COUNTS, 0)
    counts.update(branch="", ahead=None, behind=None)
    entries = iter(status.split(b"\0"))
    for entry in entries:
        kind, _, rest = entry.partition(b" ")
        counts["changed"] += kind in {b"1", b"2", b"u", b"?"}
        if kind == b"#":
            _header(counts, rest)
        elif kind in {b"1", b"2"}:
            counts["staged"] += rest[:1] != b"."
            counts["unstaged"] += rest[1:2] != b"."
            if kind == b"2":  # a renamed file's old name follows
                next(entries, None)
        elif kind == b"u":
            counts["conflicts"] += 1
        elif kind == b"?":
            counts["untracked"] += 1
    return counts


def _header(counts: dict[str, Any], text: bytes) -> None:
    name, _, value = text.decode("utf-8", "replace").partition(" ")
    if name == "branch.head" and value != "(detached)":
        counts["branch"] = value
    elif name == "branch.ab":  # "+1 -2"; there is none without an upstream
        ahead, _, behind = value.partition(" ")
        if ahead[1:].isdecimal() and behind[1:].isdecimal():
            counts["ahead"], counts["behind"] = int(ahead[1:]), int(behind[1:])


def _reason(done: Result) -> str:
    if done.stop_reason:
        return "git took too long" if done.stop_reason == "timeout" else "git printed too much"
    message = sanitize(done.errors.decode("utf-8", "replace").strip().partition("\n")[0])
    return (message or f"git ended with status {done.status}")[:MAX_REASON_CHARS]
