"""Read line.json, the compiled configuration, and the results of background jobs.

A project can point the cache at its own files.
"""

from __future__ import annotations

import os
from typing import Any

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.drawn import COLUMNS, NOW, PRIVATE, judged, seen_of
from tests.faults.content.fuzz.scratch import scratch
from tests.faults.content.judge import visible
from usageline.cli.config import sample
from usageline.core import git_repo, jobs, json_file, paths
from usageline.core.text import sanitize
from usageline.line import chain, embed, git, local, render, settings

HOME = scratch()
ENV = {"HOME": HOME}
os.makedirs(paths.jobs_dir(ENV), 0o700)


def check(data: bytes) -> None:
    """Assert that the line stays valid."""
    given = Input(data)
    columns = given.choice(COLUMNS)
    content, looked = given.parts(2)
    configured = settings.checked(json_file._object(content) or {})
    rows, problem = _chained(looked)
    configured.pop("problem", None)
    if problem:
        configured["problem"] = problem
    context = seen_of(sample.payload(NOW), sample.snapshot(NOW, light=False))
    context = context.replaced(git=_git(looked), local=_local(looked))
    # What is between segments may be as wide as it likes there: no theme of ours is.
    judged(context, configured, columns, rows, fitting="theme" not in configured)
    for row in render.render(context, configured, {"TERM": "xterm"}, rows, width=60):
        text = embed.for_tmux(row)
        assert "\x1b" not in text
        visible(text, own=PRIVATE)


def _chained(content: bytes) -> tuple[Any, str]:
    result = json_file._object(content) or {}
    return chain.checked_rows(result.get("rows")), sanitize(
        jobs.word(result.get("failed"), jobs.MAX_CELLS)
    )


def _local(content: bytes) -> dict[str, Any]:
    """Return the line's view of a job's result for the transcripts."""
    return local.current(json_file._object(content) or {}, NOW)


def _git(content: bytes) -> dict[str, Any]:
    """Return the line's view of a job's result for a repository whose branch only git knows."""
    repository = git_repo.Repository("/r", "/r/.git")
    with open(
        os.open(
            jobs.result_file(ENV, "git", repository.key),
            os.O_CREAT | os.O_WRONLY | os.O_TRUNC,
            0o600,
        ),
        "wb",
    ) as file:
        file.write(content)
    counts, _ = git.read_counts(ENV, repository, NOW)
    counts = counts or {}
    return {
        "branch": counts.get("branch", ""),
        "state": "",
        **{name: counts.get(name) for name in ("changed", "ahead", "behind", "more")},
    }
