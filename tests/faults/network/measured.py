"""Run commands for a test and measure each: `measured.py CONTROL_FD PLAN`.

It can be started in its own network. PLAN is JSON with these keys. `mounts` are pairs of a file and
its target, `setup` are commands to run first. `listen` are pairs of address and port, with `udp` as
a third. The listening sockets are sent through CONTROL_FD, a Unix socket. They stay in their
network, whichever process answers.

Each line of JSON on CONTROL_FD has `command`, `env`, `cwd` and `later` (seconds and a command to
run meanwhile). The answer is a line with `code`, `seconds`, `cpu_s`, `peak_kib`, `left`,
`stalled_s`, `stdout` and `stderr`. `left` counts processes that outlived the command. `stalled_s`
is how long the machine delayed a sleeping process.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

TIMEOUT_S, TICK_S = 40, 0.05
PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    control, plan = socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2])
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for over, path in plan["mounts"]:
        subprocess.run(["mount", "--bind", over, path], check=True)
    for words in plan["setup"]:
        subprocess.run(words, check=True)
    sockets = [_listening(*wish) for wish in plan["listen"]]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if sockets:
        socket.send_fds(control, [b"\n"], [listener.fileno() for listener in sockets])
    else:
        control.send(b"\n")
    for listener in sockets:
        listener.close()
    with control.makefile("rw") as lines:
        for line in lines:
            print(json.dumps(_measure(**json.loads(line))), file=lines, flush=True)


def _listening(address: str, port: int, kind: str = "tcp") -> socket.socket:
    listener = socket.socket(
        socket.AF_INET6 if ":" in address else socket.AF_INET,
        socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM,
    )
    listener.bind((address, port))
    if kind == "tcp":
        listener.listen(128)
    return listener


def _measure(
    command: list[str], env: dict[str, str], cwd: str, later: tuple[float, list[str]] | None = None
) -> dict[str, Any]:
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        started = time.monotonic()
        # From this small process: a child's peak starts at its parent's memory at the fork.
        child = subprocess.Popen(
            command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
        timers = [threading.Timer(TIMEOUT_S, child.kill)]
        if later:
            timers.append(threading.Timer(later[0], subprocess.run, [later[1]], {"check": True}))
        for timer in timers:
            timer.start()
        stalled: list[float] = []
        ended = threading.Event()
        watch = threading.Thread(target=_watch, args=[ended, stalled])
        watch.start()
        _, state, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        ended.set()
        watch.join()
        for timer in timers:
            timer.cancel()
            timer.join()
        texts = []
        for file in (stdout, stderr):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return {
        "code": os.waitstatus_to_exitcode(state),
        "seconds": seconds,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_kib": usage.ru_maxrss,
        "left": _end_orphans(),
        "stalled_s": sum(stalled),
        "stdout": texts[0],
        "stderr": texts[1],
    }


def _watch(ended: threading.Event, stalled: list[float]) -> None:
    while not ended.is_set():
        before = time.monotonic()
        time.sleep(TICK_S)
        stalled.append(time.monotonic() - before - TICK_S)


def _end_orphans() -> int:
    """Return how many processes outlived the command, and end them: this process adopted them."""
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        left = [int(word) for word in file.read().split()]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(left)


if __name__ == "__main__":
    main()
