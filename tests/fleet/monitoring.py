"""Start a real Prometheus, node_exporter, Alertmanager and OpenTelemetry collector for a test."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fleet.servers import free_port, missing, packaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TIMEOUT_S = 60.0
NODE_EXPORTER = "prometheus-node-exporter"
ALERTMANAGER = "prometheus-alertmanager"
TOOLS = ("prometheus", "promtool", NODE_EXPORTER, ALERTMANAGER)


@dataclass
class Program:
    """A running program, with its output in a file."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    @property
    def address(self) -> str:
        """Return its address on this machine."""
        return f"127.0.0.1:{self.port}"

    def output(self) -> str:
        """Return what it has printed."""
        return self.log.read_text(errors="replace")

    def get(self, path: str) -> str:
        """Return the answer to a GET."""
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def json(self, path: str, **query: str) -> Any:
        """Return the JSON object of an answer."""
        return json.loads(self.get(f"{path}?{urllib.parse.urlencode(query)}" if query else path))

    def wait(self, path: str) -> None:
        """Wait until it answers a GET."""

        def answers() -> bool:
            assert self.process.poll() is None, self.output()
            with contextlib.suppress(OSError, urllib.error.HTTPError):
                self.get(path)
                return True
            return False

        until(answers, self.output)


@contextlib.contextmanager
def program(
    command: Sequence[str | Path],
    folder: Path,
    port: int,
    env: Mapping[str, str] | None = None,
    ready: str = "",
) -> Iterator[Program]:
    """Start a program, and end it after the block. Wait until it answers at `ready`."""
    log = folder / f"{Path(command[0]).name}-{port}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=env,
        )
    running = Program(process, log, port)
    try:
        if ready:
            running.wait(ready)
        yield running
    finally:
        process.kill()
        process.wait(20)


def until(
    condition: Callable[[], object], describe: Callable[[], object] = lambda: "it did not happen"
) -> None:
    """Wait until a condition holds; a minute without it fails the test."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, describe()
        time.sleep(0.05)


def node_exporter(textfiles: Path, folder: Path) -> contextlib.AbstractContextManager[Program]:
    """Run node_exporter with its textfile collector alone."""
    port = free_port()
    command = [
        NODE_EXPORTER,
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={textfiles}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    return program(command, folder, port, ready="/metrics")


def alertmanager(folder: Path) -> contextlib.AbstractContextManager[Program]:
    """Run an Alertmanager that keeps its alerts to itself."""
    port = free_port()
    config = folder / "alertmanager.yml"
    config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    command = [
        ALERTMANAGER,
        f"--config.file={config}",
        f"--storage.path={folder}/alertmanager",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    return program(command, folder, port, ready="/-/ready")


def prometheus(
    targets: Mapping[str, str], rules: str, alerts_to: Program, folder: Path
) -> contextlib.AbstractContextManager[Program]:
    """Run a Prometheus that scrapes these addresses, by the names of their jobs, each second."""
    port = free_port()
    (folder / "rules.yml").write_text(rules)
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alerts_to.address]}]}]},
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [address]}]}
            for job, address in targets.items()
        ],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    return program(command, folder, port, ready="/-/ready")


@contextlib.contextmanager
def collector(folder: Path) -> Iterator[Program]:
    """Run an OpenTelemetry collector that prints each point."""
    path = packaged("rotel", "rotel-agent") or missing("rotel: run the test by `tests/run fleet`")
    port = free_port()
    command = [
        *(path, "start", "--pid-file", str(folder / "rotel.pid")),
        *("--debug-log", "metrics", "--debug-log-verbosity", "detailed"),
        *("--exporter", "blackhole", "--otlp-grpc-endpoint", f"127.0.0.1:{free_port()}"),
        *("--otlp-http-endpoint", f"127.0.0.1:{port}"),
    ]
    with program(command, folder, port) as running:
        until(lambda: _listens(running), running.output)
        yield running


def _listens(running: Program) -> bool:
    assert running.process.poll() is None, running.output()
    try:
        running.get("/")
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
