"""The result of a check, and of an external program that it runs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.errors import error_text
from usageline.core.text import sanitize
from usageline.system import process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from usageline.cli.doctor.context import Context

    Check: TypeAlias = Callable[[Context], "Result | None"]
    """It returns None if it does not apply, or if an earlier check reported its cause."""

INSTALL_AGAIN = "install it again"
MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}

TIMEOUT_S = 3.0
MIN_TIMEOUT_S = 0.5
MAX_BYTES = 1 << 20
MAX_MESSAGE = 160


@dataclass(frozen=True, slots=True)
class Result:
    """`level` is a key of `MARKS`, `text` what is the case, `advice` what to do about it."""

    level: str
    text: str
    advice: str = ""


def ok(text: str) -> Result:
    """Return the result of a step that works."""
    return Result("ok", text)


def warning(text: str, advice: str = "") -> Result:
    """Return a result for something wrong that the status line works with."""
    return Result("warning", text, advice)


def problem(text: str, advice: str) -> Result:
    """Return a result for what breaks the status line or its numbers."""
    return Result("problem", text, advice)


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """How a program ended. `error` describes a failure, "" if there was none.

    `was_slow`: it had too little time, so nothing is known of it.
    """

    output: str
    error: str
    took_s: float
    was_slow: bool = False


def run(
    context: Context,
    command: Sequence[str],
    env: Mapping[str, str],
    stdin: bytes = b"",
    timeout_s: float = TIMEOUT_S,
) -> ProgramResult:
    """Run `command` in the root directory, which contains no project's files."""
    began = time.monotonic()
    timeout_s = min(timeout_s, context.deadline - began)
    if timeout_s < MIN_TIMEOUT_S:
        return ProgramResult("", "no time was left to try it", 0, was_slow=True)
    try:
        done = process.run(
            command,
            env,
            "/",
            stdin,
            deadline=began + timeout_s,
            max_bytes=MAX_BYTES,
            keep_errors=True,
        )
    except (OSError, ValueError) as error:
        return ProgramResult("", f"it does not start: {error_text(error)}", 0)
    took_s = time.monotonic() - began
    if done.stop_reason:
        timed_out = done.stop_reason == "timeout"
        fault = f"it timed out after {timeout_s:.0f} s" if timed_out else "it printed too much"
        return ProgramResult("", fault, took_s, was_slow=timed_out)
    fault = ""
    if done.status:
        last_line = done.errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
        message = sanitize(last_line)[:MAX_MESSAGE]
        fault = f"it exited with status {done.status}" + (f": {message}" if message else "")
    return ProgramResult(done.output.decode("utf-8", "replace"), fault, took_s)
