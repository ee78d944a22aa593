"""Running a program for a look at it: bounded in time, and gone with all its children afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.errors import error_text
from usageline.core.text import sanitize
from usageline.system import process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from usageline.cli.doctor.context import Context

LONGEST_S = 3.0
LEAST_S = 0.5
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Done:
    """How it ended: `status` is the exit status, or None where it did not start or not end in time. `fault` says so in words."""

    status: int | None
    output: str
    fault: str
    took_s: float


def run(
    context: Context,
    command: Sequence[str],
    env: Mapping[str, str],
    data: bytes = b"",
    longest_s: float = LONGEST_S,
) -> Done:
    """Run it in the root directory, where no project's files lie, with `data` on stdin."""
    began = time.monotonic()
    longest_s = min(longest_s, context.deadline - began)
    if longest_s < LEAST_S:
        return Done(None, "", "no time was left to try it", 0)
    try:
        done = process.run(
            command,
            env,
            "/",
            data,
            deadline=began + longest_s,
            max_bytes=MOST_BYTES,
            keep_errors=True,
        )
    except (OSError, ValueError) as error:
        return Done(
            None,
            "",
            f"it does not start: {error_text(error)}",
            0,
        )
    took_s = time.monotonic() - began
    if done.stop_reason:
        return Done(
            None,
            "",
            f"it did not end within {longest_s:.0f} s"
            if done.stop_reason == "timeout"
            else "it printed too much",
            took_s,
        )
    said = sanitize(done.errors.decode("utf-8", "replace").strip().rpartition("\n")[2])[:160]
    fault = (
        f"it ended with status {done.status}" + (f": {said}" if said else "") if done.status else ""
    )
    return Done(done.status, done.output.decode("utf-8", "replace"), fault, took_s)
