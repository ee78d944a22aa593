"""Programs run to their end, or ended."""

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


def test_output_errors_and_status_are_told() -> None:
    ended = run("cat; echo wrong >&2; exit 3", b"said", errors=True)
    assert (ended.status, ended.output, ended.errors, ended.stop_reason) == (
        3,
        b"said",
        b"wrong\n",
        "",
    )


def test_errors_are_thrown_away_unless_asked_for() -> None:
    assert run("yes >&2 & sleep 0.1; kill $!").errors == b""


def test_more_input_and_output_than_pipes_hold_go_through() -> None:
    data = os.urandom(300_000)
    assert run("cat", data).output == data


def test_input_that_nobody_reads_holds_nothing_up() -> None:
    ended = run("exec <&-; echo done", b"x" * 300_000)
    assert (ended.output, ended.stop_reason) == (b"done\n", "")
    assert run("sleep 0.1; echo done", b"x" * 300_000).output == b"done\n"


def test_a_program_that_closes_its_output_is_waited_for() -> None:
    assert run("exec >&- 2>&-; sleep 0.1; exit 4", errors=True).status == 4
    assert run("exec >&-; sleep 60", within_s=0.2).stop_reason == "timeout"


def test_too_much_output_ends_it_and_is_cut() -> None:
    ended = run("yes", most=1000)
    assert (ended.status, len(ended.output), ended.stop_reason) == (None, 1000, "output")


def test_too_many_errors_are_cut_and_end_nothing() -> None:
    ended = run("head -c 300000 /dev/zero >&2; echo done", most=1000, errors=True)
    assert (ended.output, len(ended.errors), ended.stop_reason) == (b"done\n", 1000, "")


def test_what_was_said_before_the_time_was_up_is_told() -> None:
    ended = run("echo first; sleep 60", within_s=0.3)
    assert (ended.status, ended.output, ended.stop_reason) == (None, b"first\n", "timeout")


@pytest.mark.parametrize("leave", [False, True])
def test_a_child_that_holds_the_output_is_not_waited_for(
    tmp_path: Path, eventually: Callable[[Callable[[], object]], None], leave: bool
) -> None:
    pid_file = tmp_path / "pid"
    ended = run(f"sleep 300 & echo $! >{pid_file}; echo said", leave=leave)
    assert (ended.output, ended.stop_reason) == (b"said\n", "")
    pid = int(pid_file.read_text())
    if leave:
        assert is_running(pid)
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not is_running(pid))


def test_one_that_does_not_start_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        process.run(["/no/such/program"], {}, "/", deadline=time.monotonic() + 5, max_bytes=10)
