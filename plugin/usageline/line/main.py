"""Run the status line once: read payload and snapshot, print the rows, start what is due, exit."""

from __future__ import annotations

import sys
import time

from usageline.core import freshness, git_repo, json_file, paths, syscalls
from usageline.line import ROOT, emit, render, theme, view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PROBLEMS = {
    "full": "no refresh: the disk is full",
    "unwritable": "no refresh: the cache cannot be written",
    "unlockable": "no refresh: the cache's disk has no locks",
    "failing": "no refresh: run usageline doctor",
    "unsafe": "no refresh: the cache directory is not yours alone",
    "uninstalled": "no refresh: install it again",
    "elsewhere": "no refresh: its Python is not on this system",
}
"""Messages shown when no refresh can start or recent ones failed.

The keys come from `throttle.acquire`, `throttle.last_failure` and `background.absence`.
"""


def main() -> None:
    """Print at least one row and exit with 0, whatever happens."""
    if sys.argv[1:]:
        from usageline.line import embed  # noqa: PLC0415 - Claude Code passes no arguments

        embed.main(sys.argv[1:])
    due: list[Callable[[], object]] = []
    try:
        env = paths.environment()
        payload, data = json_file.payload()
        rows, due = draw(env, payload, data, time.time())
    except Exception as error:  # noqa: BLE001 - a traceback would blank the line
        rows = [f"usageline: {type(error).__name__}; please report it"]
    emit(("\n".join(rows) + "\n").encode("utf-8", "replace"))
    try:
        for start in due:
            start()
    finally:
        syscalls._exit(0)


def draw(
    env: dict[str, str], payload: dict[str, Any] | None, data: bytes | bytearray, now: float
) -> tuple[list[str], list[Callable[[], object]]]:
    """Return the rows, and what to call after printing them. `data` has the payload's bytes."""
    problem = ""
    due: list[Callable[[], object]] = []
    try:
        snapshot = theme.published(env)
        credentials = freshness.file_fingerprint(paths.claude_credentials(env))
        config = freshness.file_fingerprint(paths.config_file(env))
    except LookupError:
        snapshot, credentials, config, problem = None, "", "", "HOME is not set: no plan usage"
    ctx = view.build(payload, snapshot, credentials, env, now, modified_at=freshness.modified_at)
    # Without a snapshot it is unknown whether the user declined this session's API key.
    has_plan = not ctx.other_sign_in or (snapshot is None and ctx.other_sign_in == "API key")
    if not problem and has_plan and freshness.is_stale(snapshot, credentials, now):
        due, problem = refresh(env, now)
    if not config:
        cwd = ctx.text_at_length("workspace", "current_dir") or ctx.text_at_length("cwd")
        git = git_repo.head(cwd) if cwd else None
        return render.render(ctx, {}, env, problem=problem, git=git), due
    from usageline.core import background  # noqa: PLC0415 - only with a configuration
    from usageline.line import jobs  # noqa: PLC0415 - only with a configuration

    python = background.interpreter(ROOT)
    configured = jobs.configuration(env, config, python, now)
    git, git_job = jobs.repository_status(ctx, configured, env, python)
    local, local_job = jobs.local_usage(ctx, configured, env, python)
    rows, chain_problem, chain_job = jobs.chained_command(ctx, configured, env, python, bytes(data))
    if chain_problem:
        problems = filter(None, (configured.get("problem"), chain_problem))
        configured = {**configured, "problem": "; ".join(problems)}
    painted = render.render(ctx, configured, env, rows, problem=problem, git=git, local=local)
    return painted, [*due, *filter(None, (git_job, local_job, chain_job))]


def refresh(env: dict[str, str], now: float) -> tuple[list[Callable[[], object]], str]:
    """Return what starts the refresh, if this run may, and a problem that prevents it, or ""."""
    from usageline.core import background, throttle  # noqa: PLC0415 - seldom due
    from usageline.line import spawn  # noqa: PLC0415 - seldom due

    python = background.interpreter(ROOT)
    failure = throttle.last_failure(paths.stamp(env), now)
    refused = throttle.acquire_refresh(env, now) if python else background.absence(ROOT)
    problem = PROBLEMS.get(refused) or PROBLEMS.get(failure, "")
    return [] if refused else [lambda: spawn.launch_refresh(python, env)], problem
