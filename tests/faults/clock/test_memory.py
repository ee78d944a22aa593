"""Check history and sent alerts under a clock that is wrong for a while."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.clock.clocks import YEAR_S
from tests.faults.crowd.holders import wait_for
from tests.faults.promises import promise
from tests.hot import INTERPRETER
from tests.server import usage_body
from usageline.storage import history

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.clock.clocks import Clock

DAY_S = 86400
WRONG = (YEAR_S, -YEAR_S, 5 * YEAR_S // 2, -YEAR_S // 8)


@pytest.mark.timeout(200)
@promise(
    "A clock that does not fit the reset times removes no reading for its age, and files "
    "none under another day.",
    sees=("The history does not change. A reading is removed after 90 days by a correct clock."),
    topic="clock",
)
@pytest.mark.slow
def test_history_outlives_a_wrong_clock(
    clock: Clock, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    directory, wrong = Path(clock.world.paths.history_dir), WRONG[: size(1, len(WRONG))]
    days = (80, 40, 0)
    for number, before in enumerate(days):
        clock.api.body = usage_body(time.time() - before * DAY_S, session=10 * number)
        clock.set(-before * DAY_S)
        ask(clock)
    contents = {path: path.read_bytes() for path in directory.rglob("*.jsonl")}
    for shift_s in wrong:
        clock.set(shift_s)
        ask(clock)
    assert {path: path.read_bytes() for path in directory.rglob("*.jsonl")} == contents
    clock.set(0)
    ask(clock)
    account = history.accounts(clock.world.paths)[0]
    readings = [
        one.observed_at
        for one in history.load(clock.world.paths, account, time.time() - 90 * DAY_S)
    ]
    assert readings == sorted(readings)
    assert [round((time.time() - at) / DAY_S) for at in readings] == [*days, 0]

    clock.set(YEAR_S)
    clock.api.body = usage_body(clock.now)
    ask(clock)
    assert not any(path.exists() for path in contents)
    figure(
        f"{len(wrong)} readings under a wrong clock: 0 kept, and 0 of {len(contents)} months "
        "removed; under a right one a year later all of them"
    )


@pytest.mark.timeout(200)
@promise(
    "A wrong clock does not make usageline send an alert a second time.",
    sees="No second alert.",
    topic="clock",
)
@pytest.mark.slow
def test_alerts_are_not_told_again(
    clock: Clock, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    out, wrong = clock.world.root / "told", WRONG[: size(1, len(WRONG))]
    clock.world.configure(
        "ttl = 1\n[alerts]\nsession_start = true\n"
        f"command = 'echo $USAGELINE_ALERT_KIND >> {out}'\n"
    )
    clock.api.body = usage_body(session=92, weekly=80)
    ask(clock)
    at_start = [at_session_start(clock)]
    for shift_s in wrong:
        for shown in (shift_s, 0):
            clock.set(shown)
            ask(clock)
            at_start.append(at_session_start(clock))
    wait_for(lambda: len(told(out)) == 2)  # it is sent when the lock is free again
    assert sorted(told(out)) == ["session", "weekly_all"]
    assert at_start[0]
    assert not any(at_start[1:])

    clock.set(0)
    clock.api.body = usage_body(session=92, weekly=91)
    ask(clock)
    wait_for(lambda: len(told(out)) == 3)
    assert told(out)[2:] == ["weekly_all"]
    figure(
        f"2 alerts, {2 * len(wrong)} times that the clock was set: 0 repeated, by command or "
        "session start; the next threshold causes one"
    )


def ask(clock: Clock) -> None:
    """Run a refresh that the service answers."""
    clock.pass_floor()
    before = clock.requests
    clock.refresh("--force")
    assert clock.requests == before + 1


def at_session_start(clock: Clock) -> str:
    """Return the hook's messages."""
    command = [INTERPRETER, "-I", "-S", "-B", str(clock.release.hook)]
    done = subprocess.run(
        command,
        env=clock.world.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return str(json.loads(done.stdout)["systemMessage"]) if done.stdout else ""


def told(out: Path) -> list[str]:
    """Return the arguments of the user's alert command, in order."""
    return out.read_text().split() if out.exists() else []
