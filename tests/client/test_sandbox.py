"""Check the sandbox: the real client runs, reaches only the test's API, and leaves no process."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tests.client.api import ANSWER
from tests.client.download import VERSION

if TYPE_CHECKING:
    from tests.client.sandbox import Sandbox

CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"


def test_the_client_is_the_one_we_mean(bare: Sandbox) -> None:
    """The package has the expected version and hash."""
    assert bare.run("claude", "--version").stdout == f"{VERSION} (Claude Code)\n"


def test_nothing_but_the_api_can_be_reached(bare: Sandbox) -> None:
    """The API's name leads to the test's server; an outside address is unreachable."""
    assert bare.run(sys.executable, "-c", CONNECT, "api.anthropic.com", "443").returncode == 0
    assert (
        "Network is unreachable"
        in bare.run(sys.executable, "-c", CONNECT, "192.0.2.1", "443").stderr
    )


def test_clients_in_one_sandbox_share_the_home_and_the_api(bare: Sandbox) -> None:
    """Two clients show their status lines at their own width, and use the same server."""
    bare.settings.write_text(
        json.dumps({"statusLine": {"type": "command", "command": "echo columns=$COLUMNS"}})
    )
    narrow, wide = bare.start("narrow", columns=80), bare.start("wide", columns=160)
    narrow.wait_for("columns=80")
    wide.wait_for("columns=160")
    for terminal in (narrow, wide):
        terminal.enter("hello")
        terminal.wait_for(ANSWER)
    assert sum('"hello"' in body for body in bare.api.messages) >= 2


def test_a_stopped_client_is_gone(bare: Sandbox) -> None:
    """Stopping a client ends it, so that later processes are those of usageline."""
    bare.start("one").wait_for("❯")
    assert any("claude" in command for command in bare.processes())
    bare.stop("one")
    bare.wait_until(lambda: not bare.processes())
