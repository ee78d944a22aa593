"""Create network, mount and process namespaces in which the API's names are on loopback.

Nothing else can be reached.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.client.api import ClientApi
from tests.client.certificates import NAMES, Certificates
from tests.client.download import VERSION
from tests.client.terminal import DEADLINE_S, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.world import World

START_DEADLINE_S = 20
INSTALL_TIMEOUT_S = 150
WHEELS = Path(sys.prefix) / "wheels"
UV = Path(sys.prefix) / "bin" / "uv"

TMUX_CONFIGURATION = """
set -s exit-empty off
set -s escape-time 0
set -g status off
set -g remain-on-exit on
set -g default-terminal tmux-256color
"""


@dataclass
class Sandbox:
    """A running sandbox around `world`'s HOME.

    `work` is a directory for its own files, `program` the client's. The clients start in a project
    in `work`, or in HOME if `is_project_in_home`.
    """

    world: World
    work: Path
    certificates: Certificates
    program: Path
    terminals: dict[str, Terminal] = field(default_factory=dict)
    is_project_in_home: bool = False

    def __post_init__(self) -> None:
        self.work.mkdir()
        self.project.mkdir()
        (self.work / "tmp").mkdir()
        (self.work / "hosts").write_text(f"127.0.0.1 {' '.join(NAMES)}\n")
        (self.work / "tmux.conf").write_text(TMUX_CONFIGURATION)
        self._finish_onboarding()
        self._control, child_end = socket.socketpair()
        arguments = [
            str(child_end.fileno()),
            *(str(self.work / name) for name in ("hosts", "tmux", "tmux.conf")),
        ]
        command = [
            *_unshare(),
            sys.executable,
            "-I",
            "-B",
            str(Path(__file__).with_name("inside.py")),
            *arguments,
        ]
        with child_end:
            # The tmux server and its terminals inherit the environment of the first process.
            self._process = subprocess.Popen(
                command,
                env=self.env(),
                pass_fds=[child_end.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        self._control.settimeout(START_DEADLINE_S)
        _, descriptors, _, _ = socket.recv_fds(self._control, 16, 1)
        if not descriptors:
            raise RuntimeError(
                f"no sandbox on this machine: {self._process.communicate(timeout=10)[1]}"
            )
        self.api = ClientApi(socket.socket(fileno=descriptors[0]), self.certificates)

    @property
    def project(self) -> Path:
        """Return the trusted folder in which the clients start."""
        return (self.world.home if self.is_project_in_home else self.work) / "project"

    @property
    def settings(self) -> Path:
        """Return the path of the user's settings.json."""
        return self.world.home / ".claude" / "settings.json"

    def env(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of programs: the client on PATH, and a trusted authority."""
        # The wheels are for the interpreter that runs the tests.
        own = (
            self.world.home / ".local" / "bin",
            self.program,
            Path(os.path.realpath(sys.executable)).parent,
        )
        folders = (*own, "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
        return {
            **self.world.env,
            "PATH": ":".join(str(folder) for folder in folders),
            "TERM": "xterm-256color",
            "SHELL": "/bin/bash",
            "TMPDIR": str(self.work / "tmp"),
            "NODE_EXTRA_CA_CERTS": str(self.certificates.authority),
            "DISABLE_AUTOUPDATER": "1",
            **(extra or {}),
        }

    def start(
        self,
        name: str,
        *arguments: str,
        columns: int = 120,
        rows: int = 30,
        env: Mapping[str, str] | None = None,
    ) -> Terminal:
        """Start a client called `name` with `arguments` in a new terminal."""
        command = [str(self.program / "claude"), *arguments]
        terminal = Terminal.start(
            self.work / "tmux",
            name,
            command,
            env=self.env(env),
            cwd=self.project,
            columns=columns,
            rows=rows,
        )
        self.terminals[name] = terminal
        return terminal

    def run(
        self,
        *command: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        **options: Any,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the sandbox until it exits."""
        enter = ["nsenter", "--target", str(self._first_process()), "--net", "--mount", "--pid"]
        if os.geteuid():
            enter += ["--user", "--preserve-credentials"]
        # nsenter starts at the root of the namespace's mounts.
        words = [
            *enter,
            "--",
            "env",
            "--chdir",
            str(cwd or self.project),
            *(str(word) for word in command),
        ]
        options = {"stdin": subprocess.DEVNULL, "timeout": 50, **options}
        return subprocess.run(
            words, check=False, env=self.env(env), capture_output=True, text=True, **options
        )

    def processes(self) -> list[str]:
        """Return the command lines in the sandbox, without its own first process and tmux."""
        lines = self.run("ps", "-e", "-ww", "-o", "pid=,args=").stdout.splitlines()
        rows = [line.split(None, 1) for line in lines]
        own = ("ps ", "tmux ")
        return [
            row[1] for row in rows if len(row) == 2 and row[0] != "1" and not row[1].startswith(own)
        ]

    def install(self, clone: Path, *arguments: str) -> str:
        """Run the install.sh of `clone` with the downloaded wheels, and return its output.

        Fail if it fails.
        """
        done = self.run(
            "./install.sh", *arguments, cwd=clone, env=self.offline(), timeout=INSTALL_TIMEOUT_S
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def offline(self) -> dict[str, str]:
        """Return the variables with which install.sh uses the downloaded wheels, and uv."""
        # With uv an install takes a quarter of pip's time.
        tools = self.work / "tools"
        if not tools.exists():
            tools.mkdir()
            (tools / "uv").symlink_to(UV)
        return {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(WHEELS),
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": str(WHEELS),
            "UV_OFFLINE": "1",
            "UV_CACHE_DIR": str(self.work / "uv"),
            "PATH": f"{self.env()['PATH']}:{tools}",
        }

    def clear_cache(self) -> None:
        """Reset usageline to the state before its first refresh, after a running refresh."""
        self.wait_until(lambda: not self.refreshes())
        shutil.rmtree(self.world.cache, ignore_errors=True)

    def wait_until(self, holds: Callable[[], object], *, deadline_s: float = DEADLINE_S) -> None:
        """Wait until `holds()`. Fail with processes and requests after the deadline."""
        end = time.monotonic() + deadline_s
        while not holds():
            requests = [
                f"{request.method} {request.path} {request.headers.get('user-agent')}"
                for request in self.api.requests
            ]
            assert time.monotonic() < end, "\n".join(
                [f"not within {deadline_s} s", *self.processes(), *requests]
            )
            time.sleep(0.05)

    def refreshes(self) -> list[str]:
        """Return the command lines of the refreshes in the sandbox."""
        return [command for command in self.processes() if "usageline.refresh" in command]

    def stop(self, name: str) -> None:
        """Stop a client as closing its window does."""
        self.terminals.pop(name).kill()

    def close(self) -> None:
        """Stop everything in the sandbox."""
        self.api.close()
        self._control.close()
        self._process.communicate(timeout=10)

    def _first_process(self) -> int:
        children = (
            Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        )
        return int(children[0])

    def _finish_onboarding(self) -> None:
        trusted = {
            "hasTrustDialogAccepted": True,
            "hasCompletedProjectOnboarding": True,
            "allowedTools": [],
        }
        self.world.write_state(
            numStartups=5,
            hasCompletedOnboarding=True,
            lastOnboardingVersion=VERSION,
            theme="dark",
            projects={str(self.project): trusted},
        )


def _unshare() -> list[str]:
    namespaces = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    return ["unshare", *namespaces, *([] if os.geteuid() == 0 else ["--map-root-user"])]
