"""After an install: get numbers once, and print the line just as Claude Code will."""

from __future__ import annotations

import json
import shutil
import sys
import time

from usageline.core import background, paths
from usageline.system import files, process

REFRESH_TIMEOUT_S = 12
"""A refresh ends itself within 10 s; this is for one that does not."""

LINE_TIMEOUT_S = 10
_SIZE_LIMIT = 1 << 20
_ADVICE = {
    "signed-out": "sign in with /login in Claude Code",
    "expired": "the sign-in has expired; Claude Code renews it when you use it",
    "no-scope": "this sign-in may not ask for usage; sign in with /login",
    "no-plan": "this sign-in has no plan limits",
    "offline": "the service could not be reached; it is tried again by itself",
    "rate-limited": "the service asks to wait; it is tried again by itself",
    "unreadable": "the service's answer could not be read; it is tried again by itself",
}


def refresh(python: str, env: dict[str, str]) -> str:
    """Run one refresh to its end; gives in a few words how it went. No failure of it matters here."""
    _output(
        background.refresh_command(python, "install"),
        background.refresh_environment(env),
        REFRESH_TIMEOUT_S,
        b"",
    )
    try:
        status = json.loads(files.read_regular(paths.snapshot(env), _SIZE_LIMIT))["status"]
    except (OSError, ValueError, KeyError, TypeError):
        return "no numbers yet; the line gets them by itself"
    return (
        "numbers are in"
        if status == "ok"
        else f"no numbers yet: {_ADVICE.get(str(status), 'tried again by itself')}"
    )


def line(command: str, env: dict[str, str]) -> str:
    """What the wired command prints for an empty payload, as wide as this terminal."""
    env = {**env, "COLUMNS": str(shutil.get_terminal_size((120, 24)).columns)}
    if not sys.stdout.isatty():
        env["NO_COLOR"] = "1"
    return (
        _output(["/bin/sh", "-c", command], env, LINE_TIMEOUT_S, b"{}")
        .decode("utf-8", "replace")
        .rstrip("\n")
    )


def _output(command: list[str], env: dict[str, str], timeout_s: float, payload: bytes) -> bytes:
    """What a process writes to stdout; b"" where it does not start, or not end in time."""
    try:
        done = process.run(
            command, env, "/", payload, deadline=time.monotonic() + timeout_s, max_bytes=_SIZE_LIMIT
        )
    except OSError:
        return b""
    return b"" if done.stop_reason else done.output
