"""Run the chained command once within its limits, and publish its parsed output."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from usageline.core.errors import error_text
from usageline.core.jobs import MAX_CHAIN_BYTES
from usageline.jobs import ansi
from usageline.storage import job_results
from usageline.system import child_env, process, this_process
from usageline.system.paths import Paths
from usageline.system.process_tree import (
    Watchdog,
    adopt_orphans,
    kill_descendants,
    running_descendants,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.system.process import Result

MAX_BYTES = 64 << 10
"""Limit of its output."""

MAX_PAYLOAD_BYTES = 1 << 20
POLL_INTERVAL_S = 0.05
NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""Exit statuses of a shell."""


def run(env: Mapping[str, str], key: str, timeout: str, command: str) -> None:
    """Run the command with this process's stdin, and publish its rows or the failure.

    `timeout` has the seconds of its timeout, as this process's arguments do.

    Do nothing if it already runs for this session. Close stdout when the result is published,
    because a status line may wait for that. Children that the command leaves running get the rest
    of its time. If the command times out, kill all its descendants at once.
    """
    paths, timeout_s = Paths(env), float(timeout)
    with job_results.lock(paths, "chain", key) as is_free, Watchdog() as watchdog:
        if not is_free:
            return
        deadline = time.monotonic() + timeout_s
        can_trace = adopt_orphans()
        this_process.restore_own_signals()
        signal.signal(signal.SIGTERM, _on_sigterm)
        payload = sys.stdin.buffer.read(MAX_PAYLOAD_BYTES)
        # Children that cannot be traced later must be killed with the command.
        value, stop_reason = _outcome(
            command, env, payload, timeout_s, deadline, keep_children=can_trace, watchdog=watchdog
        )
        if stop_reason:
            kill_descendants()
        _publish(paths, key, value)
        os.close(1)
        while running_descendants() and time.monotonic() < deadline:
            time.sleep(POLL_INTERVAL_S)
        left = kill_descendants()
        if left and not value["failed"]:
            _publish(
                paths,
                key,
                {
                    **value,
                    "failed": f"chain: left {left} process{'es' if left > 1 else ''} running",
                },
            )


def run_once(
    command: str, env: Mapping[str, str], payload: bytes, timeout_s: float
) -> tuple[list[Any], str]:
    """Return the command's rows, and why it failed or "". Kill all that it leaves running."""
    value, _ = _outcome(command, env, payload, timeout_s, time.monotonic() + timeout_s)
    return value["rows"], value["failed"]


# tried by: chained
def _outcome(
    command: str,
    env: Mapping[str, str],
    payload: bytes,
    timeout_s: float,
    deadline: float,
    **options: Any,
) -> tuple[dict[str, Any], str]:
    """Return `rows` and `failed` of the command, and why it was stopped or ""."""
    shell = ["/bin/sh", "-c", command]
    chained = child_env.chained(env)
    try:
        result = process.run(
            shell, chained, None, payload, deadline=deadline, max_bytes=MAX_BYTES, **options
        )
    except (OSError, ValueError) as error:
        return {"rows": [], "failed": f"chain: it does not start: {error_text(error)}"}, ""
    is_whole = result.stop_reason != "timeout" and not result.status
    rows = ansi.parse_rows(result.output) if is_whole else []
    failed = _failure(result, timeout_s, empty=not rows)
    return {"rows": rows, "failed": failed}, result.stop_reason


def _failure(result: Result, timeout_s: float, *, empty: bool) -> str:
    if result.stop_reason == "timeout":
        return f"chain: timed out after {timeout_s:g} s"
    if result.stop_reason == "output":
        return f"chain: printed more than {MAX_BYTES >> 10} KiB"
    status = result.status or 0
    if status < 0:
        return f"chain: killed by signal {-status}"
    if status in {NOT_EXECUTABLE, NOT_FOUND}:
        return "chain: not found" if status == NOT_FOUND else "chain: not executable"
    if status:
        return f"chain: exit status {status}"
    return "chain: printed nothing" if empty else ""


def _publish(paths: Paths, key: str, outcome: Mapping[str, Any]) -> None:
    value = {"version": 1, "at": time.time(), **outcome}
    if len(job_results.encode(value)) > MAX_CHAIN_BYTES:
        value["rows"] = [[[codes, text, ""] for codes, text, _ in row] for row in outcome["rows"]]
    if len(job_results.encode(value)) > MAX_CHAIN_BYTES:
        value.update(rows=[], failed="chain: printed too much")
    job_results.write(paths, "chain", key, value)


def _on_sigterm(_number: int, _frame: object) -> None:
    """Kill the command too if the client stops the status line that waits for it."""
    try:
        kill_descendants()
    finally:
        os._exit(0)
