"""A day of eight machines, by moved clocks: how often they ask, and what each of them shows."""

from __future__ import annotations

import heapq
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fleet.machines import Fleet
from tests.fleet.relay import Relay
from tests.server import iso, usage_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fleet.machines import Machine
    from tests.fleet.servers import Server
    from tests.server import Api, Request

HOUR_S = 3600
DAY_S = 24 * HOUR_S
WINDOW_S = 5 * HOUR_S
WORK = [(0, 24), (7, 13), (8, 14), (9, 15), (9, 15), (10, 16), (12, 18), (18, 24)]
"""The hours of each machine: one for CI, which always works, and seven of people."""

PARTITIONS = ((11, 12, 1), (13, 14, 2))
"""From, to, and how many of the two halves have no server then."""

IN_TIME = "no answer in time"
MAX_AGE_S = 400
"""The TTL, its jitter, and what a line waits until it looks again."""

pytestmark = pytest.mark.usefixtures("patient")


class Day:
    """A simulated day: `now` is its second. Events are refreshes that lines start."""

    def __init__(self, fleet: Fleet, halves: tuple[Relay, Relay]) -> None:
        self.fleet, self.halves = fleet, halves
        self.now = self.ahead_s = 0
        self.began = time.time()
        self.asked: list[tuple[int, float]] = []
        self.random = random.Random(7)
        self.refreshes = self.late = 0
        self.late_at = -DAY_S
        fleet.api.body = self.body
        for index in range(len(WORK)):
            machine = fleet.machine(halves[index % 2].url)
            machine.world.sign_in(expires_at=self.began + 2 * DAY_S)

    def body(self, _: Request) -> dict[str, Any]:
        """Answer with a number of this minute, and windows that end every five hours."""
        percent = float(self.now // 60 % 97)
        self.asked.append((self.now, percent))
        content = usage_body(self.began + self.now, session=percent)
        end = self.began + (self.now // WINDOW_S + 1) * WINDOW_S
        content["limits"][0]["resets_at"] = content["five_hour"]["resets_at"] = iso(end)
        return content

    def run(self) -> None:
        """Let the day pass."""
        events = [(first * HOUR_S, index) for index, (first, _) in enumerate(WORK)]
        heapq.heapify(events)
        while events:
            at, index = heapq.heappop(events)
            if at >= min(WORK[index][1] * HOUR_S, DAY_S):
                continue
            self._move(at)
            machine = self.fleet.machines[index]
            machine.ahead_s = self.ahead_s
            machine.refresh()
            self.refreshes += 1
            if IN_TIME in machine.last_notes:
                self.late, self.late_at = self.late + 1, self.now
            self._check(machine)
            due = machine.world.snapshot()["next_refresh_at"] - self.began
            heapq.heappush(events, (max(int(due), self.now) + self.random.randint(1, 5), index))

    def _move(self, at: int) -> None:
        """Let it be that second, or later if the machine was too slow: no clock is set back."""
        self.ahead_s = max(self.ahead_s, round(at + self.began - time.time()))
        self.now = at = round(time.time() + self.ahead_s - self.began)
        self.fleet.server.shift(self.ahead_s)
        self.fleet.api.clock_ahead_s = self.ahead_s
        away = [count for first, last, count in PARTITIONS if first <= at / HOUR_S < last]
        for number, relay in enumerate(self.halves):
            relay.mode = "refuse" if away and number < away[0] else "pass"

    def _check(self, machine: Machine) -> None:
        """Whoever asked: the machine shows what the service said within the last minutes."""
        recent = {percent for at, percent in self.asked if at >= self.now - MAX_AGE_S}
        if not self.is_partitioned(self.now) and self.now > self.late_at + HOUR_S:
            assert machine.percent in recent, (self.now, machine.percent, machine.log[-2:])

    @staticmethod
    def is_partitioned(at: int) -> bool:
        """Return whether half or all machines have been without a server, or just were."""
        return any(first * HOUR_S <= at < last * HOUR_S + 900 for first, last, _ in PARTITIONS)

    def most_an_hour(self, *, partitioned: bool) -> int:
        """Return the most requests in any hour with or without a partition in it."""
        most = 0
        for begin, _ in self.asked:
            hour = [at for at, _ in self.asked if begin <= at < begin + HOUR_S]
            touched = any(
                begin < last * HOUR_S + HOUR_S and begin + HOUR_S > first * HOUR_S
                for first, last, _ in PARTITIONS
            )
            if touched == partitioned:
                most = max(most, len(hour))
        return most


@pytest.fixture
def day(tmp_path: Path, api: Api, server: Server) -> Iterator[Day]:
    """Yield a day that has not begun. The homes are in memory."""
    memory = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else tmp_path))
    target = f"127.0.0.1:{server.port}"
    halves = Relay("127.0.0.1:0", target), Relay("127.0.0.1:0", target)
    yield Day(Fleet(root, api, server), halves)
    for relay in halves:
        relay.close()
    shutil.rmtree(root)


@pytest.mark.timeout(900)
def test_machines_of_a_day_keep_the_budget(day: Day, figure: Callable[[str], None]) -> None:
    began = time.process_time()
    day.run()
    usual, worst = day.most_an_hour(partitioned=False), day.most_an_hour(partitioned=True)
    figure(
        f"{len(WORK)} machines, {day.refreshes} refreshes ({time.process_time() - began:.0f} s "
        f"CPU): at most {usual} requests an hour, {worst} in an hour with a partition, "
        f"{len(day.asked)} in the day; {day.late} calls were too late on this busy machine"
    )
    assert day.refreshes > 500
    assert usual <= 13 + day.late, "only a machine that was too busy for the server asked alone"
    assert worst <= 28
