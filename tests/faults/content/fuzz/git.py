"""Read a repository's own files and git's output."""

from __future__ import annotations

import os

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.drawn import NOW, chosen, judged, seen_of
from tests.faults.content.fuzz.scratch import scratch
from usageline.core import git_repo
from usageline.jobs import git_status as look
from usageline.line import git

ROOT = scratch()
KINDS = ("plain", "worktree", "rebase")


def check(data: bytes) -> None:
    """Assert a branch, a commit or nothing, a valid line, and that git's output is counted."""
    given = Input(data)
    configured, columns, nerd_font = chosen(given)
    kind = given.choice(KINDS)
    head, pointer, shared, printed = given.parts(4)
    root = f"{ROOT}/{kind}"
    directory = _laid_out(root, kind, head, pointer, shared)
    repository = git_repo.repository(root + "/below")
    if repository is not None:
        assert repository.state in {"", *(state for _, state in git_repo.STATES)}
        assert len(repository.branch) <= git_repo.MAX_BYTES
        git_repo.fingerprint(repository)
        status, _ = git.read({"HOME": ROOT}, root, NOW, counted=False)
        context = seen_of({}, None).replaced(git=status)
        judged(context, configured, columns, nerd_font=nerd_font)
    assert os.path.isdir(directory)
    counts = look.parse_status(printed)
    assert all(counts[name] is None or counts[name] >= 0 for name in git_repo.COUNTS)
    look.without_filters(printed)


def _laid_out(root: str, kind: str, head: bytes, pointer: bytes, shared: bytes) -> str:
    directory = root + ("/data" if kind == "worktree" else "/.git")
    os.makedirs(directory, exist_ok=True)
    os.makedirs(root + "/below", exist_ok=True)
    files = {directory + "/HEAD": head}
    if kind == "worktree":
        files |= {
            root + "/.git": b"gitdir: " + (pointer or directory.encode()),
            directory + "/commondir": shared,
        }
    if kind == "rebase":
        os.makedirs(directory + "/rebase-merge", exist_ok=True)
        files[directory + "/rebase-merge/head-name"] = pointer
    for path, content in files.items():
        with open(path, "wb") as file:
            file.write(content)
    return directory
