"""Start a refresh on a machine that wakes up, before the network is available."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.network.answers import good_body, says, whole
from tests.faults.network.cases import Case
from tests.faults.network.outcomes import place_for
from tests.faults.network.people import let_time_pass, with_old_numbers
from tests.faults.network.place import needs_networks
from tests.faults.network.reach import BLACK_HOLE_4, SWALLOWED_4, Way
from tests.faults.network.wire import Wire
from tests.faults.promises import promise
from tests.hot import Hot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.network.certificates import Authority
    from tests.faults.network.place import Place
    from tests.world import Release, World

    Waking = Callable[[str], tuple[Place, World, Wire]]

COMES_UP = ["ip", "address", "add", f"{SWALLOWED_4}/32", "dev", "lo"]
"""From then on the API's address answers."""


@pytest.fixture
def waking(tmp_path: Path, authorities: tuple[Authority, Authority]) -> Iterator[Waking]:
    """Return a network made by shell commands, in which the API is reachable after COMES_UP.

    Return its world and the API too.
    """
    made: list[tuple[Place, World, Wire]] = []

    def make(shell: str) -> tuple[Place, World, Wire]:
        world, way = (
            with_old_numbers(tmp_path / "world"),
            Way(
                Case("", "", says()),
                (SWALLOWED_4,),
                shell=shell,
                listens="0.0.0.0",  # noqa: S104 - as above
            ),
        )
        world.env["NODE_EXTRA_CA_CERTS"] = str(authorities[0].certificate)
        place = place_for(way, tmp_path)
        made.append(
            (
                place,
                world,
                Wire(says(whole(200, good_body())), place.sockets[0], authorities[0].server()),
            )
        )
        return made[0]

    needs_networks()
    yield make
    for place, _, api in made:
        api.close()
        place.close()


@promise(
    "If the machine wakes up before its network, the numbers come with the next try, half "
    "a minute later.",
    sees="`offline · 12m ago`, then the new numbers.",
    topic="sleep",
)
@pytest.mark.slow
def test_a_network_that_is_not_there_yet_costs_half_a_minute(
    waking: Waking,
    built_release: Release,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    place, world, api = waking("true")
    first = place.run(built_release.refresh_command, world.env, world.home)
    wait_s = world.snapshot()["next_refresh_at"] - time.time()
    assert "offline · 12m ago" in Hot(world, built_release).line()
    assert wait_s <= 35
    place.run(COMES_UP, {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}, world.home)
    if size(0, 1):
        time.sleep(max(wait_s, 0) + 1)
    else:
        let_time_pass(world, 40)
    place.run(built_release.refresh_command, world.env, world.home)
    assert world.snapshot()["status"] == "ok"
    assert " 41% " in Hot(world, built_release).line()
    assert api.asked == 1
    figure(f"given up after {first.seconds:.1f} s, tried again after {wait_s:.0f} s")


@promise(
    "If the network comes back while a refresh is running, that refresh still uses it.",
    sees="The new numbers.",
    topic="offline",
)
@pytest.mark.slow
def test_a_network_that_comes_back_meanwhile_is_in_time(
    waking: Waking, built_release: Release, figure: Callable[[str], None]
) -> None:
    place, world, api = waking(BLACK_HOLE_4)
    run = place.run(built_release.refresh_command, world.env, world.home, later=(1.5, COMES_UP))
    assert world.snapshot()["status"] == "ok"
    assert api.asked == 1
    figure(f"back after 1.5 s, numbers after {run.seconds:.1f} s")
