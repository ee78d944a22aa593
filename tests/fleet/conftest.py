"""Fixtures of the tests with many machines: real servers, and the figures that the tests report."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.needs import needs
from tests.fleet.machines import Fleet
from tests.fleet.relay import Relay
from tests.fleet.servers import KINDS, Server
from usageline.sources.shared import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pytest.terminal import TerminalReporter

    from tests.conftest import MadeOnce
    from tests.server import Api


@pytest.fixture(scope="session")
def clock(made_once: MadeOnce) -> str:
    """Return the library that shifts a server's clock."""
    needs("cc")

    def make(path: Path) -> None:
        source = str(Path(__file__).with_name("clock.c"))
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(path), source], check=True)

    return str(made_once("clock.so", make))


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, clock: str) -> Iterator[Server]:
    """Yield a running server, Redis and then Valkey."""
    running = Server(request.param, clock=clock)
    yield running
    running.close()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Report a measured figure in a few words. The run ends with all of them."""
    return lambda text: request.node.user_properties.append(("figure", text))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print the figures of the tests that passed."""
    lines = [
        f"{report.nodeid.partition('::')[2]}: {text}"
        for report in terminalreporter.stats.get("passed", [])
        for name, text in report.user_properties
        if name == "figure"
    ]
    if lines:
        terminalreporter.section("figures")
        for line in sorted(lines):
            terminalreporter.write_line(line)


@pytest.fixture
def fleet(tmp_path: Path, api: Api, server: Server) -> Fleet:
    """Return a fleet without machines yet, with one service and one server."""
    return Fleet(tmp_path, api, server)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the server more time: a machine that runs other tests, too, may be late for it."""
    monkeypatch.setattr(connection, "BUDGET_S", 30.0)


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    """Yield a relay before the server."""
    running = Relay("127.0.0.1:0", f"127.0.0.1:{server.port}")
    yield running
    running.close()
