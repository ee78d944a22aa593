"""Running a program within its limits."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.running import is_running
from usageline.system import process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def run(
    script: str,
    data: bytes = b"",
    *,
    within_s: float = 20,
    most: int = 1 << 20,
    errors: bool = False,
    leave: bool = False,
) -> process.Result:
    deadline = time.monotonic() + within_s
    env = {"PATH": "/usr/bin:/bin"}
    return process.run(
        ["/bin/sh", "-c", script],
        env,
        "/",
        data,
        deadline=deadline,
        max_bytes=most,
        keep_errors=errors,
        keep_children=leave,
    )


def test_result_has_output_errors_and_status() -> None:
    result = run("cat; echo wrong >&2; exit 3", b"said", errors=True)
    assert (result.status, result.output, result.errors, result.stop_reason) == (
        3,
        b"said",
        b"wrong\n",
        "",
    )


def test_errors_are_discarded_by_default() -> None:
    assert run("yes >&2 & sleep 0.1; kill $!").errors == b""


def test_input_and_output_may_exceed_a_pipe() -> None:
    data = os.urandom(300_000)
    assert run("cat", data).output == data


def test_unread_input_does_not_block() -> None:
    result = run("exec <&-; echo done", b"x" * 300_000)
    assert (result.output, result.stop_reason) == (b"done\n", "")
    assert run("sleep 0.1; echo done", b"x" * 300_000).output == b"done\n"


def test_run_waits_for_a_program_that_closed_its_output() -> None:
    assert run("exec >&- 2>&-; sleep 0.1; exit 4", errors=True).status == 4
    assert run("exec >&-; sleep 60", within_s=0.2).stop_reason == "timeout"


def test_too_much_output_stops_the_program() -> None:
    result = run("yes", most=1000)
    assert (result.status, len(result.output), result.stop_reason) == (None, 1000, "output")


def test_too_many_errors_are_truncated() -> None:
    result = run("head -c 300000 /dev/zero >&2; echo done", most=1000, errors=True)
    assert (result.output, len(result.errors), result.stop_reason) == (b"done\n", 1000, "")


def test_output_before_the_timeout_is_returned() -> None:
    result = run("echo first; sleep 60", within_s=2)
    assert (result.status, result.output, result.stop_reason) == (None, b"first\n", "timeout")


@pytest.mark.parametrize("leave", [False, True])
def test_run_does_not_wait_for_a_child_that_holds_the_output(
    tmp_path: Path, eventually: Callable[[Callable[[], object]], None], leave: bool
) -> None:
    pid_file = tmp_path / "pid"
    result = run(f"sleep 300 & echo $! >{pid_file}; echo said", leave=leave)
    assert (result.output, result.stop_reason) == (b"said\n", "")
    pid = int(pid_file.read_text())
    if leave:
        assert is_running(pid)
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not is_running(pid))


def test_missing_program_raises() -> None:
    with pytest.raises(FileNotFoundError):
        process.run(["/no/such/program"], {}, "/", deadline=time.monotonic() + 5, max_bytes=10)
