"""Run the installed program once: a refresh, the status line, a change of the configuration."""

from __future__ import annotations

import json
import shutil
import sys
import time

from usageline.core import background, jobs, throttle
from usageline.system import files, process
from usageline.system.paths import Paths

REFRESH_TIMEOUT_S = 12
"""A refresh aborts itself after 10 s; this stops one that does not."""

LINE_TIMEOUT_S = 10
CONFIG_TIMEOUT_S = 30
MAX_OUTPUT_BYTES = 1 << 20
_ADVICE = {
    "signed-out": "sign in with /login in Claude Code",
    "expired": "the sign-in has expired; Claude Code renews it when you use it",
    "no-scope": "this sign-in may not request usage; sign in with /login",
    "no-plan": "this sign-in has no plan limits",
    "offline": "the service could not be reached; retrying automatically",
    "rate-limited": "the service is rate limiting; retrying automatically",
    "unreadable": "the service's answer could not be read; retrying automatically",
}


def run_refresh(python: str, env: dict[str, str]) -> str:
    """Run one refresh and return its result in a few words. It may fail: the line retries."""
    command = background.refresh_command(python, "install")
    _run(command, background.refresh_environment(env), REFRESH_TIMEOUT_S)
    try:
        status = json.loads(files.read_regular(Paths(env).snapshot, MAX_OUTPUT_BYTES))["status"]
    except (OSError, ValueError, KeyError, TypeError):
        return "no numbers yet; retrying automatically"
    if status == "ok":
        return "numbers received"
    return f"no numbers yet: {_ADVICE.get(str(status), 'retrying automatically')}"


def reads_transcripts(env: dict[str, str]) -> bool:
    """Return whether the refresh started the job that reads the transcripts."""
    try:
        return throttle.acquired_at(Paths(env).job_stamp(jobs.LOCAL, jobs.LOCAL_KEY)) is not None
    except LookupError:
        return False


def chain_previous(command: str, env: dict[str, str]) -> str:
    """Configure the status line from before the install as the chained command.

    Return "" on success, else why not.
    """
    arguments = [command, "config", "set", "chain.command", "--previous"]
    deadline = time.monotonic() + CONFIG_TIMEOUT_S
    try:
        result = process.run(
            arguments, env, "/", deadline=deadline, max_bytes=MAX_OUTPUT_BYTES, keep_errors=True
        )
    except OSError as error:
        return str(error.strerror or error)
    if result.status == 0:
        return ""
    message = result.errors.decode("utf-8", "replace").strip()
    return message.removeprefix("usageline: ") or f"it ended with status {result.status}"


def command_output(command: str, arguments: tuple[str, ...], env: dict[str, str]) -> bytes:
    """Return what the installed command prints, b"" if it fails."""
    result = _run([command, *arguments], env, CONFIG_TIMEOUT_S)
    return result.output if result and result.status == 0 else b""


def run_line(command: str, env: dict[str, str]) -> str:
    """Return what `command` prints for an empty payload at this terminal's width."""
    env = {**env, "COLUMNS": str(shutil.get_terminal_size((120, 24)).columns)}
    if not sys.stdout.isatty():
        env["NO_COLOR"] = "1"
    result = _run(["/bin/sh", "-c", command], env, LINE_TIMEOUT_S, b"{}")
    return result.output.decode("utf-8", "replace").rstrip("\n") if result else ""


def _run(
    command: list[str], env: dict[str, str], timeout_s: float, payload: bytes = b""
) -> process.Result | None:
    """Return how the process ended; None if it cannot be started or times out."""
    deadline = time.monotonic() + timeout_s
    try:
        result = process.run(
            command, env, "/", payload, deadline=deadline, max_bytes=MAX_OUTPUT_BYTES
        )
    except OSError:
        return None
    return None if result.stop_reason else result
