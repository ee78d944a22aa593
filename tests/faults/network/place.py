"""A place in which a test's commands run and are measured: this machine or their own network."""

from __future__ import annotations

import json
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.needs import OWN_NETWORK, needs
from tests.hot import INTERPRETER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

START_DEADLINE_S, RUN_DEADLINE_S = 30, 60


def needs_networks() -> None:
    """Return what a test with networks needs."""
    needs("ip", "openssl", mounts=True, networks=True)


@dataclass(frozen=True)
class Run:
    """The end of a command: `measured.py` documents each field."""

    code: int
    seconds: float
    cpu_s: float
    peak_kib: int
    left: int
    stalled_s: float
    stdout: str
    stderr: str


@dataclass
class Place:
    """A running `measured.py`.

    `own_network` is a network with only loopback. The rest is its plan. `sockets` are those of
    `listen`, in order.
    """

    own_network: bool = False
    mounts: Sequence[tuple[str, str]] = ()
    setup: Sequence[Sequence[str]] = ()
    listen: Sequence[tuple[object, ...]] = ()
    sockets: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        setup = [["ip", "link", "set", "lo", "up"], *self.setup] if self.own_network else self.setup
        plan = json.dumps({"mounts": self.mounts, "setup": setup, "listen": self.listen})
        self._control, child_end = socket.socketpair()
        script = Path(__file__).with_name("measured.py")
        words = [
            *(OWN_NETWORK if self.own_network else ()),
            INTERPRETER,
            "-I",
            "-S",
            "-B",
            str(script),
            str(child_end.fileno()),
            plan,
        ]
        with child_end:
            self._process = subprocess.Popen(
                words,
                pass_fds=[child_end.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        self._control.settimeout(START_DEADLINE_S)
        ready, descriptors, _, _ = socket.recv_fds(self._control, 1, 16)
        if not ready:
            raise RuntimeError(f"no place to run in: {self._process.communicate(timeout=10)[1]}")
        self.sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        self._control.settimeout(RUN_DEADLINE_S)
        self._lines = self._control.makefile("rw")

    def run(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        *,
        later: tuple[float, list[str]] | None = None,
    ) -> Run:
        """Run a command. `later` runs that many seconds after its start, in the same place."""
        wish: dict[str, Any] = {
            "command": command,
            "env": dict(env),
            "cwd": str(cwd),
            "later": later,
        }
        print(json.dumps(wish), file=self._lines, flush=True)
        return Run(**json.loads(self._lines.readline()))

    def close(self) -> None:
        """End it."""
        self._lines.close()
        self._control.close()
        for listener in self.sockets:
            listener.close()
        self._process.communicate(timeout=30)
