"""Check a machine that sleeps for hours: between two lines, and during a refresh."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from tests.faults.clock.clocks import assert_sane
from tests.faults.crowd.holders import wait_for
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.running import is_running

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.clock.clocks import Clock

ASLEEP_S = 8 * 3600


@promise(
    "After eight hours of sleep the first line shows the old numbers with their age, and "
    "none of a window that has ended. It starts one refresh.",
    sees="The numbers of 8 hours ago for a moment, then new ones.",
    topic="sleep",
)
def test_the_first_line_after_a_sleep(clock: Clock, figure: Callable[[str], None]) -> None:
    needs("unshare")
    clock.refresh()
    clock.set(ASLEEP_S)
    # The other clocks advanced too: the boot clock, and the monotonic one for long waits.
    asleep = [
        "unshare",
        "--user",
        "--map-root-user",
        "--time",
        "--monotonic",
        str(ASLEEP_S),
        "--boottime",
        str(ASLEEP_S),
        "--fork",
    ]
    done = [clock.hot.run(command=[*asleep, *clock.hot.command]) for _ in range(3)]
    assert [one.returncode for one in done] == [0, 0, 0], done
    line = done[0].stdout.decode()[:-1]
    assert_sane(line)
    assert line.startswith("5h – reset "), line
    assert re.search(r"7d \S+ 26% ↻ .* 8h00m ago", line), line
    wait_for(lambda: clock.requests == 2)
    wait_for(lambda: not clock.is_due())
    assert "ago" not in clock.settled_line()
    assert clock.requests == 2
    figure("3 lines at once after 8 h: 1 request")


@promise(
    "A refresh during which the machine slept is not treated as hung. An answer from "
    "before the sleep is not shown as new.",
    sees="The old numbers with their age, then new ones.",
    topic="sleep",
)
def test_a_sleep_in_the_middle_of_a_refresh(clock: Clock, figure: Callable[[str], None]) -> None:
    clock.refresh()
    clock.pass_floor()
    clock.api.fault = "slow:0.5"
    asked_at = time.time()
    with subprocess.Popen(
        [*clock.release.refresh_command, "--force"], env=clock.world.env, stdin=subprocess.DEVNULL
    ) as refresh:
        wait_for(lambda: clock.requests == 2)
        os.kill(refresh.pid, signal.SIGSTOP)
        time.sleep(1)  # the answer has arrived and is not read yet
        clock.set(ASLEEP_S)
        os.kill(refresh.pid, signal.SIGCONT)
        assert refresh.wait(30) == 0
    observed_after_s = clock.world.snapshot()["observed_at"] - asked_at
    assert -1 <= observed_after_s < ASLEEP_S / 2, "an answer from before the sleep"
    wait_for(clock.is_due)
    line = clock.line()
    assert "8h00m ago" in line, line
    clock.api.fault = ""
    assert "ago" not in clock.settled_line()
    assert clock.requests == 3

    clock.pass_floor()
    clock.api.fault = "hang"
    with subprocess.Popen(
        [*clock.release.refresh_command, "--force"], env=clock.world.env, stdin=subprocess.DEVNULL
    ) as refresh:
        wait_for(lambda: clock.requests == 4)
        os.kill(refresh.pid, signal.SIGSTOP)
        clock.set(2 * ASLEEP_S)
        clock.refresh()
        assert is_running(refresh.pid)
        refresh.kill()
    figure("1 answer that lay for 8 h: shown as 8 h old, and requested again at once")
