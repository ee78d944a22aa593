"""A project that wants the token: its programs leave marks, and its servers record."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from tests.cli.installed import write_script
from tests.client.certificates import make_certificates
from tests.server import Api

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World

PROGRAMS = (
    "git",
    "git-lfs",
    "python",
    "python3",
    "sh",
    "bash",
    "claude",
    "security",
    "notify-send",
    "curl",
    "env",
    "osascript",
)
MODULES = (
    "sitecustomize",
    "usercustomize",
    "httpx",
    "json",
    "os",
    "encodings",
    "ssl",
    "usageline",
    "site",
)
STRANGER = 54321
"""A user without any files here."""

SERVE = """
import os, socket, sys
if os.geteuid() == 0:
    os.setgid(%(uid)d); os.setuid(%(uid)d)
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    connection, _ = server.accept()
    print(repr(connection.recv(4096)), flush=True)
    connection.close()
"""


class Proxy:
    """A proxy that answers every CONNECT itself, with a certificate for the API's name.

    `heard` is everything that it received unencrypted.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.certificates = make_certificates(folder)
        self.heard: list[bytes] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificates.chain, self.certificates.key)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        try:
            self.heard.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with self._context.wrap_socket(connection, server_side=True) as inside:
                self.heard.append(inside.recv(65536))
                inside.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            return


class Trap:
    """The project at `project`, its servers, and `marks`, in which its programs leave files."""

    def __init__(self, world: World) -> None:
        self.project = world.home / "project"
        self.marks = world.root / "ran"
        self.marks.mkdir()
        self.thief = Api()
        self.proxy = Proxy(world.root / "proxy")
        # Only root can change its user; others skip the case of a stranger's server.
        words = [sys.executable, "-I", "-c", SERVE % {"uid": STRANGER}]
        self._stranger = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd="/")
        assert self._stranger.stdout
        self.stranger = int(self._stranger.stdout.readline())
        self._build()

    def filled(self, values: dict[str, str]) -> dict[str, str]:
        """Return the variables with paths and ports filled in."""
        places = {
            "project": self.project,
            "thief": self.thief.port,
            "proxy": self.proxy.port,
            "stranger": self.stranger,
        }
        filled = {}
        for name, value in values.items():
            for place, content in places.items():
                value = value.replace(  # noqa: PLW2901 - filled in step by step
                    "{" + place + "}", str(content)
                )
            filled[name] = value
        return filled

    def heard(self) -> bytes:
        """Return everything that the project's servers received so far."""
        return b"\n".join([str(self.thief.requests).encode(), *self.proxy.heard])

    def heard_by_the_stranger(self) -> str:
        """Return what another user's server received; this stops the server."""
        self._stranger.kill()
        self._stranger.wait()
        return self._stranger.stdout.read() if self._stranger.stdout else ""

    def close(self) -> None:
        """Stop the servers."""
        self.thief.close()
        self.proxy.close()
        with self._stranger:
            self._stranger.kill()

    def _build(self) -> None:
        tell = f'echo "$0 $*" >>{self.marks}/"$(/usr/bin/basename "$0")"'
        for name in PROGRAMS:
            write_script(self.project / "bin" / name, tell + "\n")
        home = self.project / "home"
        write_script(home / ".local" / "bin" / "claude", tell + "\n")
        write_script(home / ".local" / "bin" / "git", tell + "\n")
        installation = self.project / "data" / "usageline" / "current"
        write_script(installation / "venv" / "bin" / "python", tell + "\n")
        (self.project / "python").mkdir()
        for name in MODULES:
            (self.project / "python" / f"{name}.py").write_text(
                f"open({str(self.marks / name)!r}, 'w')\n"
            )
        filters = (
            f'[filter "x"]\n  clean = {self.project}/bin/git\n'
            f"  process = {self.project}/bin/git\n  required = true\n"
        )
        filters += f"[core]\n  fsmonitor = {self.project}/bin/git\n"
        config = f'sources = ["client", "oauth"]\nclient = "{self.project}/bin/claude"\n'
        config += (
            'rows = [["git"]]\n[segments.git]\nshow = ["branch", "dirty"]\n[chain]\n'
            f'command = "{self.project}/bin/sh"\n'
        )
        config += f'[alerts]\nthresholds = [1]\ncommand = "{self.project}/bin/sh"\n'
        own = (
            '[filter "x"]\n  clean = git-lfs clean\n'  # the user's, whose program git finds by PATH
        )
        for path, content in (
            (self.project.parent / ".gitconfig", own),
            (home / ".gitconfig", filters),
            (home / ".config" / "git" / "config", filters),
            (self.project / "gitconfig", filters),
            (home / ".config" / "usageline" / "config.toml", config),
            (
                self.project / "openssl.cnf",
                (
                    "openssl_conf = x\n[x]\nproviders = y\n[y]\nz = w\n[w]\n"
                    f"module = {self.project}/z.so\nactivate = 1\n"
                ),
            ),
            (self.project / "hosts", "localhost example.com\n"),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        helper = json.dumps(
            {"env": {"PATH": f"{self.project}/bin"}, "otelHeadersHelper": f"{self.project}/bin/sh"}
        )
        (home / ".claude").mkdir()
        (home / ".claude" / "settings.json").write_text(helper)
        shutil.copy(self.proxy.certificates.authority, self.project / "ca.pem")
        (self.project / "certs").mkdir()
        shutil.copy(self.proxy.certificates.authority, self.project / "certs" / "ca.pem")
        subprocess.run(
            ["openssl", "rehash", self.project / "certs"], check=True, capture_output=True
        )
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.project)}
        subprocess.run(["git", "init", "-q"], cwd=self.project, env=environment, check=True)
        (self.project / ".gitattributes").write_text("* filter=x\n")
        (self.project / "a").write_text("a\n")
        subprocess.run(
            ["git", "add", "a"], cwd=self.project, env=environment, check=True, capture_output=True
        )
        (self.project / "a").write_text("b\n")
