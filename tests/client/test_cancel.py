"""Check that a refresh survives when the client cancels the run that started it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.sandbox import Sandbox

CLIENTS = 3
CANCELED_RUNS = 30
LANDED = 3
ANSWER_AFTER_S = 3
"""A run with refreshInterval 1 is shorter: the refresh is mid-request at the cancellation."""

KEPT = {"snapshot.json", "refresh.stamp", "refresh.lock", "store"}

WRAPPER = """#!/bin/bash
trap 'echo "$(date +%s.%N) $CLAUDE_CODE_SESSION_ID" >> {log}; exit' TERM
(
{command}
)
sleep 30 &
wait
"""


def test_a_refresh_outlives_the_run_that_started_it(installed: Sandbox) -> None:
    """The client cancels each of 30 runs. Every refresh completes, and nothing is left."""
    log = installed.work / "cancelled"
    log.touch()
    make_every_run_last(installed, log)
    installed.api.fault = f"slow:{ANSWER_AFTER_S}"
    for number in range(CLIENTS):
        installed.start(f"client {number}")

    snapshot = installed.world.cache / "snapshot.json"
    landed = 0
    while landed < LANDED or len(cancellations(log)) < CANCELED_RUNS:
        installed.clear_cache()
        earlier = len(installed.api.ours)
        installed.wait_until(snapshot.exists)
        assert installed.world.snapshot()["status"] == "ok"
        asked_at, landed_at = installed.api.ours[earlier].at, snapshot.stat().st_mtime
        # One of these sessions started it.
        assert (
            len({session for at, session in cancellations(log) if asked_at < at < landed_at})
            == CLIENTS
        )
        landed += 1

    for number in range(CLIENTS):
        installed.stop(f"client {number}")
    installed.wait_until(lambda: not installed.processes())
    assert {path.name for path in installed.world.cache.iterdir()} <= KEPT


def test_a_refresh_outlives_the_client(installed: Sandbox) -> None:
    """The terminal closes during the request."""
    installed.api.fault = f"slow:{ANSWER_AFTER_S}"
    installed.start("short")
    installed.wait_until(lambda: installed.api.ours)
    installed.stop("short")
    installed.wait_until((installed.world.cache / "snapshot.json").exists)
    assert installed.world.snapshot()["status"] == "ok"
    installed.wait_until(lambda: not installed.processes())


def make_every_run_last(sandbox: Sandbox, log: Path) -> None:
    """Make the command run for 30 s with a line each second, and log its cancellation in `log`.

    No hook starts a refresh instead.
    """
    settings = json.loads(sandbox.settings.read_text())
    wrapper = sandbox.work / "wrapper"
    wrapper.write_text(
        WRAPPER.format(log=shlex.quote(str(log)), command=settings["statusLine"]["command"])
    )
    wrapper.chmod(0o700)
    settings["statusLine"] |= {"command": shlex.quote(str(wrapper)), "refreshInterval": 1}
    del settings["hooks"]
    sandbox.settings.write_text(json.dumps(settings))


def cancellations(log: Path) -> list[tuple[float, str]]:
    """Return when runs were canceled (epoch seconds) and in which session."""
    rows = (line.split() for line in log.read_text().splitlines())
    return [(float(at), session) for at, session in rows]
