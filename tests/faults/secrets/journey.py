"""An installed world with known secrets: run everything in it, and record all output."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.installed import Installed, write_script
from tests.cli.terminal import Terminal
from tests.faults.secrets.canaries import Search, token
from tests.running import wait_until_ended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server import Api, Request

KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""With one of them in its environment, a session has no plan and starts no refresh."""

TRACE = (
    "strace",
    "-f",
    "-v",
    "-s",
    "100000",
    "--seccomp-bpf",
    "-e",
    "trace=execve",
    "-e",
    "signal=none",
)
_CALL = re.compile(r'execve\("([^"]*)"')

CONFIGURATION = """
rows = [["session", "weekly"], ["directory", "git"]]
[segments.git]
show = ["branch", "dirty"]
[chain]
command = 'echo chained; env >"$HOME/chained"'
[alerts]
thresholds = [1, 30]
session_start = true
command = 'env >>"$HOME/told"'
"""


@dataclass
class Journey:
    """`access`, `renewal` and `other` are the secrets that Claude Code stores.

    `shell` are those of the session's environment, and `keys` too if there are any. `outputs` is
    everything that was printed or written to a terminal.
    """

    installed: Installed
    odd: bool = False
    outputs: list[bytes] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        world = self.installed.world
        self.access, self.renewal, self.other = (
            token(odd=self.odd),
            token("ort", odd=self.odd),
            token("mcp"),
        )
        self.sign_in()
        self.shell = {"CLAUDE_CODE_OAUTH_TOKEN": token(odd=self.odd)}
        self.keys = {name: token("api", odd=self.odd) for name in KEYS}
        world.env["TMPDIR"] = str(world.root / "tmp")
        os.mkdir(world.env["TMPDIR"], 0o700)
        world.configure(CONFIGURATION)
        self.search = Search([self.access, self.renewal, self.other])
        self.shell_search = Search([*self.shell.values(), *self.keys.values()])

    def sign_in(self, *, expires_in_s: float = 8 * 3600) -> None:
        """Write the credentials with everything that the client may store there."""
        self.installed.world.sign_in(token=self.access, expires_at=time.time() + expires_in_s)
        content = json.loads(self.credentials.read_text())
        content["claudeAiOauth"]["refreshToken"] = self.renewal
        content["mcpOAuth"] = {"server": {"accessToken": self.other}}
        self.installed.world.write_credentials(content)

    @property
    def credentials(self) -> Path:
        """Return where the secrets belong."""
        return Path(self.installed.world.paths.claude_credentials)

    def run(self, *command: str | Path, env: dict[str, str], data: bytes = b"") -> int:
        """Run a command, store its output and trace its children.

        Return the exit status. Variables are added to the world's.
        """
        log = self.installed.world.root.parent / f"trace-{len(self.logs)}"
        self.logs.append(log)
        done = subprocess.run(
            [*TRACE, "-o", str(log), *map(str, command)],
            input=data,
            env={**self.installed.world.env, **env},
            cwd=self.installed.world.home,
            capture_output=True,
            timeout=60,
            check=False,
        )
        self.outputs += [done.stdout, done.stderr]
        return done.returncode

    def line(self, **env: str) -> None:
        """Run the statusLine command as the client does, with the shell's secrets."""
        payload = {
            "session_id": "s",
            "cwd": str(self.repository),
            "workspace": {"current_dir": str(self.repository)},
        }
        command = self.installed.read_settings()["statusLine"]["command"]
        self.run(
            "/bin/sh", "-c", command, env={**self.shell, **env}, data=json.dumps(payload).encode()
        )

    def lines_until_all_was_looked_at(self, **env: str) -> None:
        """Run lines until the configuration is compiled and both jobs and a refresh are done."""
        looks = self.installed.world.cache / "looks"
        for _ in range(10):
            self.line(**env)
            self.wait()
            if list(looks.glob("git-*.json")) and list(looks.glob("chain-*.json")):
                return
        raise AssertionError("no look was had")

    def hook(self, **env: str) -> None:
        """Run the SessionStart hook in the same way."""
        python = self.installed.read_settings()["statusLine"]["command"].split()[2]
        self.run(
            python,
            "-I",
            "-S",
            "-B",
            self.installed.release.hook,
            env={**self.shell, **env},
            data=b"{}",
        )

    @property
    def repository(self) -> Path:
        """Create a repository with a change."""
        root = self.installed.world.home / "work"
        if not root.exists():
            root.mkdir()
            subprocess.run(
                ["git", "init", "-q"], cwd=root, env=self.installed.world.env, check=True
            )
            (root / "a").write_text("a\n")
        return root

    def refresh(self, server: Api | None, fault: str = "", **env: str) -> None:
        """Refresh with a new cache, so that no cooldown prevents the request."""
        if server is not None:
            server.fault = fault
            env = {"USAGELINE_API_URL": server.url, **env}
        cache = str(self.installed.world.home / "caches" / str(len(self.logs)))
        self.forget_requests()
        self.run(
            *self.installed.release.refresh_command, "--force", env={"XDG_CACHE_HOME": cache, **env}
        )

    def forget_requests(self) -> None:
        """Reset the account's rate limit, which holds for all caches."""
        shutil.rmtree(
            Path(self.installed.world.paths.data_dir) / "releases" / "gates",
            ignore_errors=True,
        )

    def usageline(self, *arguments: str, **env: str) -> int:
        """Run the command as the user does."""
        return self.run(self.installed.world.paths.command, *arguments, env=env)

    def watch(self, **env: str) -> None:
        """Run `usageline watch` in a terminal until it has drawn."""
        words = [str(self.installed.release.python), "-I", "-B", "-m", "usageline.cli", "watch"]
        whole = {**self.installed.world.env, "TERM": "xterm-256color", **env}
        with Terminal(words, whole, self.installed.world.home) as terminal:
            terminal.wait_for(lambda screen: "Ctrl-C" in screen or "q quit" in screen)
            terminal.press(b"\x03")
            terminal.end()
            self.outputs.append(terminal.received)

    def damage(self, how: str) -> None:
        """Replace httpx by a module that runs `how` for each request.

        `how` is a statement that uses `headers`.
        """
        folder = self.installed.release.root / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        text = f"""
            class Error(Exception): ...
            TimeoutException = ProxyError = ConnectError = HTTPError = InvalidURL = Error
            class Client:
                def __init__(self, **_): ...
                def __enter__(self): return self
                def __exit__(self, *_): ...
                def stream(self, method, url, headers, **_):
                    {how}
        """
        (folder / "httpx.py").write_text("\n".join(line[12:] for line in text.splitlines()))
        (pth,) = self.installed.release.root.glob("venv/lib/*/site-packages/usageline.pth")
        lines = [line for line in pth.read_text().splitlines() if line != str(folder)]
        pth.write_text("\n".join([str(folder), *lines]) + "\n")

    def mend(self) -> None:
        """Revert the damage."""
        shutil.rmtree(self.installed.release.root / "damaged", ignore_errors=True)

    def started(self) -> Iterator[tuple[str, bytes]]:
        """Return every started program: its path and its call with arguments and environment."""
        for log in self.logs:
            for line in log.read_bytes().splitlines():
                match = _CALL.search(line.decode("utf-8", "replace"))
                if match:
                    yield match[1], _unescaped(line)

    def wait(self) -> None:
        """Wait until nothing of the installation runs."""
        wait_until_ended(os.fsencode(self.installed.release.root))


def stand_in(path: Path, answer: Path) -> None:
    """Create a `security` that prints what `answer` contains, and logs its calls."""
    write_script(path, f"echo \"$*\" >>'{path}.calls'; env >>'{path}.calls'; cat '{answer}'\n")


def _unescaped(line: bytes) -> bytes:
    return re.sub(rb'\\(["\\])', rb"\1", line)
