"""Machines with networks of their own, TLS, and the price of it all in CPU time."""

from __future__ import annotations

import itertools
import os
import resource
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.faults.needs import needs
from tests.faults.network.certificates import Authority
from tests.fleet.machines import Fleet
from tests.fleet.relay import Relay
from tests.fleet.servers import Server, free_port, missing
from tests.world import REPOSITORY
from usageline.storage import shared_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.fleet.machines import Machine
    from tests.server import Api
    from tests.world import Release

NUMBERS = itertools.count(os.getpid() % 200)
RUNS = 3


def run(*command: str) -> None:
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"},
    )


class Place:
    """A network namespace with one link to the test's. Its loopback leads to the service."""

    def __init__(self, stack: ExitStack, api_socket: Path, port: int) -> None:
        number = next(NUMBERS) % 250
        self.here, self.link = f"10.77.{number}.1", f"ul{os.getpid() % 9999}-{number}"
        holder = subprocess.Popen(["unshare", "--net", "sleep", "600"])
        stack.callback(holder.wait)
        stack.callback(holder.kill)
        self.enter = ("nsenter", "-t", str(holder.pid), "-n")
        own = os.readlink("/proc/self/ns/net")
        deadline = time.monotonic() + 30
        while os.readlink(f"/proc/{holder.pid}/ns/net") == own:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        run(
            "ip",
            "link",
            "add",
            self.link,
            "type",
            "veth",
            "peer",
            "name",
            "up0",
            "netns",
            str(holder.pid),
        )
        stack.callback(lambda: subprocess.run(["ip", "link", "del", self.link], check=False))
        run("ip", "addr", "add", f"{self.here}/30", "dev", self.link)
        run("ip", "link", "set", self.link, "up")
        run(*self.enter, "ip", "link", "set", "lo", "up")
        run(*self.enter, "ip", "addr", "add", f"10.77.{number}.2/30", "dev", "up0")
        run(*self.enter, "ip", "link", "set", "up0", "up")
        relay = subprocess.Popen(
            [
                *self.enter,
                sys.executable,
                "-m",
                "tests.fleet.relay",
                f"127.0.0.1:{port}",
                str(api_socket),
            ],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": "plugin:."},
        )
        stack.callback(relay.wait)
        stack.callback(relay.kill)
        assert relay.stdout
        stack.callback(relay.stdout.close)
        assert relay.stdout.readline() == b"ready\n"

    def connect(self, *, up: bool) -> None:
        """Plug the cable in, or out."""
        run("ip", "link", "set", self.link, "up" if up else "down")


@contextmanager
def places(count: int, api: Api, tmp_path: Path) -> Iterator[list[Place]]:
    needs("ip", "unshare", "nsenter", root=True)
    with ExitStack() as stack:
        socket_path = tmp_path / "api"
        relay = Relay(str(socket_path), f"127.0.0.1:{api.port}")
        stack.callback(relay.close)
        try:
            made = [Place(stack, socket_path, api.port) for _ in range(count)]
        except subprocess.CalledProcessError as error:
            missing(f"network namespaces with veth: {error.stderr!r}")
        yield made


@pytest.mark.parametrize("kind", ["redis", "valkey"])
def test_machines_on_a_network_share_and_go_on_alone_without_it(
    kind: str, tmp_path: Path, api: Api, built_release: Release
) -> None:
    with places(3, api, tmp_path) as made, ExitStack() as stack:
        addresses = [place.here for place in made]
        options = ("--bind", "127.0.0.1", *addresses, "--protected-mode", "no")
        server = Server(kind, options=options)
        stack.callback(server.close)
        fleet = Fleet(tmp_path / "homes", api, server)
        machines = [fleet.machine(f"redis://{place.here}:{server.port}/0") for place in made]

        def refresh(number: int, *options: str) -> Machine:
            machine, command = machines[number], built_release.refresh_command
            done = machine.world.run(*made[number].enter, *command, *options)
            assert done.returncode == 0, done.stderr
            return machine

        def begin(number: int) -> str:
            command = [*made[number].enter, *built_release.refresh_command]
            return machines[number].run_until_numbers(*command)

        assert begin(0) == "oauth"
        assert {begin(1), begin(2)} == {"shared"} or fleet.untold
        requests = len(api.usage_requests)
        assert requests <= 1 + fleet.untold

        made[2].connect(up=False)
        torn = refresh(2, "--force")
        assert torn.record.problem in {"no answer in time", "no connection"}
        assert (torn.world.snapshot()["source"], torn.percent) == ("oauth", 37)
        assert len(api.usage_requests) == requests + 1

        made[2].connect(up=True)
        for _ in range(10):
            if not refresh(2, "--force").record.failures:
                return
        raise AssertionError(machines[2].log)


def test_tls_is_used_with_a_certificate_that_is_trusted(
    tmp_path: Path, api: Api, built_release: Release, figure: Callable[[str], None]
) -> None:
    """Valkey's wheel has no TLS."""
    needs("openssl")
    authority = Authority(tmp_path / "authority")
    authority.server("localhost")
    port = free_port()
    files = {"cert": "server.pem", "key": "server.key", "ca-cert": "authority.pem"}
    options = [f"--tls-port={port}", "--tls-auth-clients=no"]
    options += [f"--tls-{name}-file={authority.directory / file}" for name, file in files.items()]
    words = [word for option in options for word in option.split("=", 1)]
    server = Server("redis", options=words)
    try:
        fleet = Fleet(tmp_path / "homes", api, server)
        first, second, other = (fleet.machine(f"rediss://localhost:{port}/0") for _ in range(3))
        for machine in (first, second):
            machine.world.env["SSL_CERT_FILE"] = str(authority.certificate)
            machine.refresh()
        assert second.world.snapshot()["source"] == "shared"
        figure(f"{second.record.took_ms} ms with the handshake")
        other.refresh()
        record = shared_record.read(other.world.paths)
        assert record is not None
        assert record.problem == "its certificate is not trusted"
        done = second.world.run(
            built_release.python, "-I", "-m", "usageline.cli", "shared", "--json"
        )
        assert '"reading_age_s"' in done.stdout, done
    finally:
        server.close()


def test_cpu_time_of_a_refresh(
    fleet: Fleet, api: Api, built_release: Release, figure: Callable[[str], None]
) -> None:
    """A figure, not a limit: the machine is shared. redis-py's import is most of the difference."""

    def cpu_s(machine: Machine) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert machine.world.run(*built_release.refresh_command).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert machine.percent == 37
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    fleet.machine().refresh()
    without, reading = [], []
    for _ in range(RUNS):
        alone = fleet.machine()
        alone.world.configure("")
        without.append(cpu_s(alone))
        reading.append(cpu_s(fleet.machine()))
    assert len(api.usage_requests) == 1 + RUNS
    figure(
        f"without [shared], with a request: {statistics.median(without):.2f} s; "
        f"with it, with another machine's reading: {statistics.median(reading):.2f} s"
    )
