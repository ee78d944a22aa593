"""The look at the chained command: run once, within its limits, its output taken apart."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from usageline.core.chained_rows import MAX_RESULT_BYTES
from usageline.jobs import ansi
from usageline.storage import job_results
from usageline.system import process, signals
from usageline.system.process_tree import (
    adopt_orphans,
    kill_descendants,
    running_descendants,
)
from usageline.system.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.system.process import Result

MAX_BYTES = 64 << 10
"""Of its output."""

MAX_PAYLOAD_BYTES = 1 << 20
POLL_INTERVAL_S = 0.05
NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""A shell's words for it."""


def run(env: Mapping[str, str], key: str, timeout_s: float, command: str) -> None:
    """Run the command with what is on stdin and publish its rows, or why there are none. Nothing where it runs already for this session.

    stdout is closed as soon as the result is there: a line may wait for that. What the command leaves running may go on until its time
    is up; then it is ended, as everything is at once that the command has started when it does not end in time.
    """
    with job_results.lock(env, "chain", key) as ours, Watchdog() as watchdog:
        if not ours:
            return
        deadline = time.monotonic() + timeout_s
        traceable = adopt_orphans()
        signals.restore_own()
        signal.signal(signal.SIGTERM, _cancelled)
        payload = sys.stdin.buffer.read(MAX_PAYLOAD_BYTES)
        try:
            # What is left running and cannot be found again later has to go at once.
            ended = process.run(
                ["/bin/sh", "-c", command],
                env,
                None,
                payload,
                deadline=deadline,
                max_bytes=MAX_BYTES,
                keep_children=traceable,
                watchdog=watchdog,
            )
        except (OSError, ValueError) as error:
            result = _failed(
                f"chain: it does not start: {getattr(error, 'strerror', None) or type(error).__name__}"
            )
        else:
            if ended.stop_reason:
                kill_descendants()
            result = _result(ended, timeout_s)
        _publish(env, key, result)
        os.close(1)
        while running_descendants() and time.monotonic() < deadline:
            time.sleep(POLL_INTERVAL_S)
        left = kill_descendants()
        if left and not result["failed"]:
            _publish(
                env,
                key,
                {
                    **result,
                    "failed": f"chain: left {left} process{'es' if left > 1 else ''} running",
                },
            )


def _failed(fault: str) -> dict[str, Any]:
    return {"rows": [], "failed": fault}


def _result(ended: Result, timeout_s: float) -> dict[str, Any]:
    rows = (
        ansi.parse_rows(ended.output) if ended.stop_reason != "timeout" and not ended.status else []
    )
    return {"rows": rows, "failed": _fault(ended, timeout_s, empty=not rows)}


def _fault(ended: Result, timeout_s: float, *, empty: bool) -> str:
    if ended.stop_reason == "timeout":
        return f"chain: timed out after {timeout_s:g} s"
    if ended.stop_reason == "output":
        return f"chain: printed more than {MAX_BYTES >> 10} KiB"
    status = ended.status or 0
    if status < 0:
        return f"chain: killed by signal {-status}"
    if status in {NOT_EXECUTABLE, NOT_FOUND}:
        return "chain: not found" if status == NOT_FOUND else "chain: not executable"
    if status:
        return f"chain: exit status {status}"
    return "chain: printed nothing" if empty else ""


def _publish(env: Mapping[str, str], key: str, result: Mapping[str, Any]) -> None:
    value = {"version": 1, "at": time.time(), **result}
    if len(job_results.encode(value)) > MAX_RESULT_BYTES:
        value["rows"] = [[[codes, text, ""] for codes, text, _ in row] for row in result["rows"]]
    if len(job_results.encode(value)) > MAX_RESULT_BYTES:
        value.update(rows=[], failed="chain: printed too much")
    job_results.write(env, "chain", key, value)


def _cancelled(_number: int, _frame: object) -> None:
    """The client has cancelled the line that waits for this: the command goes with it, though it may not heed the signal."""
    try:
        kill_descendants()
    finally:
        os._exit(0)
