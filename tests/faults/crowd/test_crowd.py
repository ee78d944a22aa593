"""Run as many sessions as one machine can have, with lines every second and canceled runs."""

from __future__ import annotations

import os
import signal
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.faults.crowd.holders import change_note, lock_is_free, note_of, release_claim, wait_for
from tests.faults.crowd.sessions import crowd_of
from tests.faults.crowd.watching import Watch, refreshes
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.hot import Hot
from tests.running import is_running
from usageline.refresh.lock_owner import HANGS_AFTER_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server import Api
    from tests.world import Release, World

ROUNDING_S = 0.2
"""Between the recorded time of a request and its arrival at the server."""

NOTICED_S = 12
"""A busy machine notices a due refresh and completes it within this time."""

PASSING_FILES = 4
"""Temporary files of a running refresh: replacements, the database's journal, the owner file."""


@pytest.fixture
def watch(world: World, api: Api, built_release: Release) -> Watch:
    """Return a watch on this test's world."""
    return Watch(world, built_release, api)


@promise(
    "Many sessions that draw every second send one request per TTL together. Processes, "
    "descriptors, files, bytes and memory do not grow.",
    sees=("A complete line each time, if the machine can draw one before the next is due."),
    topic="sessions",
)
@pytest.mark.serial
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "amount",
    [
        pytest.param((20, 7, 2), id="20 sessions"),
        pytest.param((50, 600, 120), id="50 sessions", marks=pytest.mark.full),
        pytest.param((200, 600, 120), id="200 sessions", marks=pytest.mark.full),
    ],
)
def test_a_crowd_asks_once_a_ttl_and_leaves_nothing(
    watch: Watch, tmp_path: Path, figure: Callable[[str], None], amount: tuple[int, int, int]
) -> None:
    needs()
    world, api, (sessions, seconds, ttl_s) = watch.world, watch.api, amount
    hot = begin(watch, ttl_s)
    files = {path.name for path in world.files()}
    crowd, descriptors = crowd_of(sessions, hot, tmp_path), len(os.listdir("/proc/self/fd"))

    least = max(1, seconds // (1.1 * ttl_s + NOTICED_S))
    crowd.run(
        seconds,
        watch.look,
        max(1, seconds / 60),
        until=lambda: len(api.usage_requests) > least,
    )

    wait_for(lambda: not refreshes(watch.release) and lock_is_free(world))
    assert crowd.bad == []
    gaps = [later.at - earlier.at for earlier, later in pairwise(api.usage_requests)]
    assert min(gaps, default=ttl_s) >= ttl_s - ROUNDING_S
    assert len(gaps) >= least
    assert world.snapshot()["status"] == "ok"
    assert {path.name for path in world.files()} <= files | {"refresh.stamp"}
    assert max(watch.files) <= len(files) + PASSING_FILES
    assert max(watch.sizes) <= 2 * watch.sizes[0] + (64 << 10)
    assert max(watch.refreshes) <= 2
    assert watch.descriptors[-1] <= watch.descriptors[0]
    assert watch.peaks_kb[-1] <= watch.peaks_kb[0] * 1.1
    assert len(os.listdir("/proc/self/fd")) <= descriptors + len(
        api.requests
    )  # the driver's own, and the server's connections
    figure(
        f"{sessions} sessions, {seconds} s: {len(crowd.took):,} lines, none torn, "
        f"{crowd.canceled:,} runs canceled by the next, "
        f"{crowd.cut_off:,} cut off; {len(gaps) + 1} requests, never sooner than "
        f"{min(gaps, default=0):.0f} s after the last; "
        f"refreshes at once: {max(watch.refreshes)}; memory of the last "
        f"{watch.peaks_kb[-1] / watch.peaks_kb[0]:.2f} of the first"
    )


@promise(
    "If a refresh is stopped while it holds the lock and many sessions run, another "
    "refresh kills it. This takes at most the interval between two starts plus the "
    "refresh deadline. Lines keep being drawn.",
    sees="The last numbers, then new ones.",
    topic="hang",
)
@pytest.mark.serial
@pytest.mark.timeout(200)
def test_a_stopped_holder_amid_a_crowd(
    watch: Watch, tmp_path: Path, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    needs()
    world, api, sessions, really = watch.world, watch.api, size(10, 50), size(0, 1)
    hot = begin(watch, 2)
    crowd = crowd_of(sessions, hot, tmp_path)
    stopped: list[int] = []
    hung: list[float] = []
    ended: list[float] = []

    def stop(_request: object) -> None:
        if not stopped:
            stopped.append(note_of(world)["pid"])
            os.kill(stopped[0], signal.SIGSTOP)
            hung.append(time.monotonic())
            if not really:
                change_note(world, since=time.monotonic() - HANGS_AFTER_S - 1)
                release_claim(world)

    def look() -> None:
        if stopped and not ended and not is_running(stopped[0]):
            ended.append(time.monotonic() - hung[0])

    api.on_request = stop
    crowd.run(size(7, 60), look, 0.2, until=lambda: ended)
    wait_for(lambda: not refreshes(watch.release))
    assert crowd.bad == []
    assert ended
    assert ended[0] < 12 + HANGS_AFTER_S * really + 10
    wait_for(lambda: hot.line() and renewed_since(world, api.usage_requests[1].at))
    figure(
        f"{sessions} sessions, {len(crowd.took):,} lines meanwhile; killed after {ended[0]:.0f} s"
    )


def renewed_since(world: World, at: float) -> bool:
    """Return whether the numbers are good and newer than that."""
    snapshot = world.snapshot()
    return bool(snapshot["status"] == "ok" and snapshot["observed_at"] > at)


def begin(watch: Watch, ttl_s: int) -> Hot:
    """Return the status line in a world with its first numbers and no running refresh."""
    watch.world.configure(f"ttl = {ttl_s}\n")
    watch.world.run(*watch.release.refresh_command)
    hot = Hot(watch.world, watch.release)
    hot.line()  # compiles the configuration
    wait_for(lambda: not refreshes(watch.release))
    return hot
