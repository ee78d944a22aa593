"""Without the source `oauth` no part of usageline opens the credentials."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.hot import Hot
from tests.server import usage_body

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Api
    from tests.world import Release, World


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_credentials_stay_closed_without_oauth(
    world: World, api: Api, built_release: Release
) -> None:
    world.configure('sources = ["payload", "claude-cache", "client"]')
    stand_in(world)
    hot = Hot(world, built_release)
    python = [str(built_release.python), "-I", "-B", "-m"]
    commands = [
        hot.command,
        [*hot.command[:-1], str(built_release.hook)],
        built_release.refresh_command,
        hot.command,
        [*python, "usageline.cli"],
        [*python, "usageline.cli", "doctor"],
    ]
    logs = []
    for number, command in enumerate(commands):
        log = world.root / f"strace-{number}"
        hot.run(
            b"{}",
            command=["strace", "-f", "-e", "trace=%file", "-s", "500", "-o", str(log), *command],
        )
        logs.append(log.read_text())
    assert " 37% " in hot.line()
    assert world.snapshot()["source"] == "client"
    assert api.requests == []
    opened = [
        line
        for log in logs
        for line in log.splitlines()
        if ".credentials.json" in line and "stat" not in line.split("(")[0]
    ]
    assert [line for line in opened if "readlink" not in line and "access(" not in line] == []
    assert any(world.paths.claude_credentials in log for log in logs), (
        "the trace shows what is looked at"
    )


def stand_in(world: World) -> Path:
    """Return a program that answers like Claude Code."""
    answer = {
        "subscription_type": "max",
        "rate_limits_available": True,
        "rate_limits": usage_body(),
    }
    response = {
        "type": "control_response",
        "response": {"subtype": "success", "request_id": "usageline", "response": answer},
    }
    path = world.home / ".local" / "bin" / "claude"
    path.parent.mkdir(parents=True, mode=0o755)
    (world.root / "answer").write_text(json.dumps(response) + "\n")
    path.write_text(f"#!/bin/sh\nread question; cat {world.root / 'answer'}\n")
    path.chmod(0o755)
    return path
