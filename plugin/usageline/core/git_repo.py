"""Read a git repository's files, without starting git."""

from __future__ import annotations

from usageline.core import json_file, paths
from usageline.core.freshness import stat_of

MAX_STEPS = 64
"""Directories to check on the way up."""

MAX_BYTES = 4096
"""To read of HEAD, a `.git` file, or a rebase's head-name."""

STATES = (
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)
"""Each operation in progress, after the name that the git directory holds meanwhile."""

MAX_RESULT_BYTES = 1 << 14

COUNTS = ("changed", "staged", "unstaged", "untracked", "conflicts", "ahead", "behind")


class Repository:
    """A worktree's absolute paths and its state.

    `root` is the worktree, `directory` its git data, `common` the data that worktrees share.
    `branch` is "" if HEAD is detached or only git can read it (reftable). `commit` is a detached
    HEAD's short hash or "". `state` is one of the words in STATES or "".
    """

    def __init__(self, root: str, directory: str) -> None:
        self.root = root
        self.directory = directory
        self.common = directory
        self.branch = self.commit = self.state = ""

    @property
    def key(self) -> str:
        """The digest that names this repository's background job."""
        return paths.digest(f"{self.directory}\n{self.root}".encode("utf-8", "replace"))


def repository(cwd: str) -> Repository | None:
    """Return the Repository that contains the absolute path `cwd`, or None. Its text is unclean."""
    repo = _find(cwd)
    if repo is None:
        return None
    head = _text(repo.directory + "/HEAD").strip().removeprefix("ref: ")
    for name, state in STATES:
        if stat_of(repo.directory + "/" + name):
            repo.state = state
            if state == "rebase":  # HEAD is detached meanwhile
                rebased = _text(f"{repo.directory}/{name}/head-name").strip()
                head = rebased if rebased.startswith("refs/heads/") else head
            break
    is_linked = repo.directory != repo.root + "/.git"
    shared = _text(repo.directory + "/commondir").strip() if is_linked else ""
    if shared:
        repo.common = shared if shared[:1] == "/" else repo.directory + "/" + shared
    if head.startswith("refs/heads/"):
        repo.branch = "" if head == "refs/heads/.invalid" else head[11:]
    elif len(head) in (40, 64) and not head.strip("0123456789abcdef"):
        repo.commit = head[:7]
    return repo


def head(cwd: str) -> dict[str, str] | None:
    """Return `branch`, or a detached HEAD's short hash, and `state` of the repository, or None."""
    repo = repository(cwd)
    return {"branch": repo.branch or repo.commit, "state": repo.state} if repo else None


def fingerprint(repo: Repository) -> str:
    """Return a text that changes with every commit, checkout, add and merge."""
    files = [
        repo.directory + "/index",
        repo.directory + "/HEAD",
        f"{repo.common}/refs/heads/{repo.branch}",
        repo.common + "/packed-refs",
    ]
    return " ".join(map(_time, files))


def _find(cwd: str) -> Repository | None:
    path = cwd.rstrip("/")
    if cwd[:1] != "/" and cwd[1:2] != ":":
        return None
    for _ in range(MAX_STEPS):
        stat = stat_of(path + "/.git")
        kind = stat.st_mode & 0o170000 if stat else 0
        directory = (
            path + "/.git" if kind == 0o040000 else _linked_dir(path) if kind == 0o100000 else ""
        )
        if directory and stat_of(directory + "/HEAD"):
            return Repository(path, directory)
        if not path:
            return None
        path = path.rpartition("/")[0]
    return None


def _linked_dir(path: str) -> str:
    """Return the git directory that a worktree's or submodule's `.git` file names, or ""."""
    content = _text(path + "/.git")
    if not content.startswith("gitdir:"):
        return ""
    target = content[7:].strip()
    return target if target[:1] == "/" or target[1:2] == ":" or not target else path + "/" + target


def _text(path: str) -> str:
    """Return a file's beginning, or "" if it cannot be read."""
    return (json_file.regular_file(path, MAX_BYTES) or b"").decode("utf-8", "replace")


def _time(path: str) -> str:
    stat = stat_of(path)
    return str(stat.st_mtime_ns) if stat else ""
