"""Start the background work of a configured line: compilation, git, transcripts, chained command.

Each shows its last result at once, and new results on later lines. Only a line with a config.toml
imports this module.
"""

from __future__ import annotations

from usageline.core import paths
from usageline.core.freshness import file_fingerprint
from usageline.line import render, settings
from usageline.line.segments import with_defaults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from usageline.line.context import StatusContext
    from usageline.line.layout import Part

COMPILE_WAIT_S = 0.5
"""How long the first run after an edit waits for the config to compile.

After that it shows the previous one.
"""

COMPILE_INTERVAL_S = 3

UNREAD = "config.toml is not read: "
REASONS = {"full": "the disk is full", "failing": "run usageline doctor"}
OTHER_REASON = "the cache cannot be written"
LOCAL_SEGMENTS = ("usage_today", "burn")
"""The segments that need the job of the transcripts, as does `cost` with `today`."""

HALVES = ("left", "right")


def configuration(env: dict[str, str], stamp: str, python: str, now: float) -> dict[str, Any]:
    """Return the compiled configuration, and compile it again if config.toml has changed.

    `stamp` is the file's fingerprint, `python` the cold interpreter or "".
    """
    configured, is_old = settings.load(env, stamp)
    if not is_old or not python:
        return configured
    from usageline.core import throttle  # noqa: PLC0415 - only after a change

    compile_stamp = paths.line_config_stamp(env)
    why = throttle.acquire(compile_stamp, 2, now, COMPILE_INTERVAL_S)
    if not why:
        from usageline.core import background  # noqa: PLC0415 - only after a change
        from usageline.line import spawn  # noqa: PLC0415 - only after a change

        command = [python, *background.PYTHON_FLAGS, "-m", "usageline.config.compile"]
        spawn.wait_for(command, background.refresh_environment(env), COMPILE_WAIT_S)
        configured, is_old = settings.load(env, stamp)
    if why in ("", "recent"):
        why = throttle.last_failure(compile_stamp, now) if is_old else ""
    return {**configured, "problem": UNREAD + REASONS.get(why, OTHER_REASON)} if why else configured


def repository_status(
    ctx: StatusContext, configured: dict[str, Any], env: dict[str, str], python: str
) -> tuple[dict[str, Any] | None, Callable[[], object] | None]:
    """Return the repository for a segment that shows it, and what starts a due job for it.

    Each may be None.
    """
    options = settings.segment(configured, "git")
    cwd = ctx.text_at_length("workspace", "current_dir") or ctx.text_at_length("cwd")
    if options is None or not cwd:
        return None, None
    from usageline.line import git  # noqa: PLC0415 - only with such a segment

    counted = not {"dirty", "ahead"}.isdisjoint(with_defaults("git", options)["show"])
    status, repo = git.read(env, cwd, ctx.now, counted=counted)
    if repo is None or not python:
        return status, None
    return status, lambda: _launch(python, env, "git", repo.root)


def local_usage(
    ctx: StatusContext, configured: dict[str, Any], env: dict[str, str], python: str
) -> tuple[dict[str, Any], Callable[[], object] | None]:
    """Return the cost of the transcripts for a segment that shows it, and what starts a due job.

    The first is {} and the second None without such a segment or an alert on cost. Alerts on cost
    are added to those of `ctx`.
    """
    if not configured.get("cost_alerts") and not any(
        name in LOCAL_SEGMENTS or (name == "cost" and options.get("today") is True)
        for row in configured.get("rows", ())
        for name, options in row
    ):
        return {}, None
    from usageline.line import local  # noqa: PLC0415 - only with such a segment

    usage, is_due = local.read(env, ctx.now, ctx.answered_at())
    ctx.add_alerts(usage.get("alerts", []))
    if not is_due or not python:
        return usage, None
    transcript = ctx.text_at_length("transcript_path")
    # No process gets an argument with a NUL.
    arguments = [transcript] if transcript.isprintable() else []
    return usage, lambda: _launch(python, env, "local", *arguments)


def _launch(python: str, env: Mapping[str, str], *arguments: str) -> None:
    """Start a background job as the last act. It gets the environment of a refresh."""
    from usageline.core import background  # noqa: PLC0415 - seldom due
    from usageline.line import spawn  # noqa: PLC0415 - seldom due

    spawn.launch_job(python, [*arguments], background.refresh_environment(env))


def chained_command(
    ctx: StatusContext, configured: dict[str, Any], env: dict[str, str], python: str, payload: bytes
) -> tuple[list[list[Part]], str, Callable[[], object] | None]:
    """Return the chained command's rows, its problem or "", and what starts it if it is due.

    `payload` has the bytes of stdin.
    """
    if "chain" not in configured:
        return [], "", None
    from usageline.line.chain import (  # noqa: PLC0415 - only with a chained command
        UNTRUSTED,
        Command,
        trusted_config,
    )

    trusted = trusted_config(env)
    if trusted is None:
        return [], UNTRUSTED, None
    compiled, config, fixed = trusted
    chain = configured["chain"]
    if compiled != paths.line_config(env):
        # Another name of the same directory may lead elsewhere by now. Run the recorded one's.
        chain = settings.load_from(compiled, file_fingerprint(config))[0].get("chain")
        if chain is None:
            return [], UNTRUSTED, None
    room = chain_columns(configured, env)
    command = Command(python, env, chain, ctx.text("session_id"), fixed)
    rows, problem, is_due = command.result(payload, room, ctx.now)
    return rows, problem, (lambda: command.launch(payload, room)) if is_due else None


def chain_columns(configured: Mapping[str, Any], env: Mapping[str, str]) -> int:
    """Return the width of the terminal that the chained command gets."""
    columns = render.columns(env) + render.CLIENT_MARGIN
    return columns // 2 if configured["chain"].get("position") in HALVES else columns
