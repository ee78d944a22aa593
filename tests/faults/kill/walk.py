"""Kill at every call that changes files. Check, and run again to the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.kill.scene import Scene
    from tests.faults.kill.strace import Call, Command

WORLDS = 2
MAX_IN_ONE_WORLD = 12
"""So few kills take less time than to make a second world."""

MAX_IN_BULK = 80
"""For calls in bulk."""


@dataclass(frozen=True)
class Case:
    """`command` in `scene`.

    `look` checks what a kill left. `again` runs it again or reverts it. Then the files must be
    those of an undisturbed run, apart from directories in `spare`. `restored` restores what
    `Scene.restore` does not.
    """

    scene: Scene
    command: Command
    look: Callable[[], None]
    again: Callable[[], None]
    restored: Callable[[], None] = lambda: None
    spare: frozenset[str] = frozenset()

    def reset(self) -> None:
        """Restore the initial state."""
        self.scene.restore()
        self.restored()

    def check(self, expected: dict[str, str]) -> None:
        """Assert that nothing runs, no file is torn, and a second run leaves `expected`."""
        self.scene.assert_nothing_runs()
        self.look()
        self.again()
        differing = {name for name, _ in self.scene.files().items() ^ expected.items()} - self.spare
        assert not differing, differing


def stage(case: Case) -> dict[str, str]:
    """Return the files of an undisturbed run."""
    case.reset()
    case.again()
    return case.scene.files()


def walk(make: Callable[[int], Case], most: int) -> int:
    """Kill at every call, or at `most` of them, spread evenly.

    Return the number of kills. `make(number)` creates a case in its own world; all are alike.
    """
    worlds = WORLDS if most > MAX_IN_ONE_WORLD else 1
    with ThreadPoolExecutor(worlds) as pool:
        killed = list(
            pool.map(lambda number: _walk(make(number), most, number, worlds), range(worlds))
        )
    assert min(killed) > 0
    return sum(killed)


def _walk(case: Case, most: int, part: int, worlds: int) -> int:
    expected = stage(case)
    case.reset()
    calls = case.command.calls(case.scene.home, case.scene.world.root / "strace.log")
    case.scene.assert_nothing_runs()
    case.look()
    bulk = [call for call in calls if call.in_bulk]
    chosen = [
        *spread([call for call in calls if not call.in_bulk], most),
        *spread(bulk, min(max(most // 2, 2), MAX_IN_BULK)),
    ]
    killed = 0
    for call in chosen[part::worlds]:
        case.reset()
        killed += case.command.killed_at(call)
        try:
            case.check(expected)
        except BaseException as error:
            error.args = (f"killed at {call} of {case.command.words}: {error}",)
            raise
    return killed


def spread(calls: list[Call], most: int) -> list[Call]:
    """Return at most `most` of them, including the first and the last."""
    if len(calls) <= most:
        return calls
    return [calls[round(index * (len(calls) - 1) / (most - 1))] for index in range(most)]
