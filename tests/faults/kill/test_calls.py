"""Kill at each call that changes files: files are old or new, and the next run completes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.kill import installs, refreshes, runs
from tests.faults.kill.walk import walk
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.server import usage_body

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.kill.walk import Case
    from tests.server import Api
    from tests.world import Release

ALL = 10_000


@promise(
    "A refresh killed at any call that changes a file leaves no torn file and no lock. It "
    "loses at most the reading that it was about to store.",
    sees="The line does not change. The next refresh repairs everything.",
    topic="killed",
)
@pytest.mark.parametrize("kind", ["first", "due", "collected"])
@pytest.mark.slow
def test_refresh(
    *,
    kind: str,
    tmp_path: Path,
    built_release: Release,
    api: Api,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs("strace")
    api.body = usage_body(session=92)
    make = getattr(refreshes, kind)
    killed = walk(
        lambda number: make(tmp_path / f"{kind}-{number}", built_release, api), size(4, ALL)
    )
    figure(f"{kind}: killed at {killed} calls, nothing torn, nothing left")


@promise(
    "A status line or a session start hook killed at any call that changes a file leaves "
    "only empty stamp files.",
    sees="The line is back a few seconds later.",
    topic="killed",
)
@pytest.mark.parametrize("kind", ["first", "due", "hook"])
@pytest.mark.slow
def test_line_and_hook(
    kind: str,
    tmp_path: Path,
    release: Release,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs("strace", "git")
    idle = runs.idle(release)

    def make(number: int) -> Case:
        root = tmp_path / f"{kind}-{number}"
        return runs.hook(root, idle) if kind == "hook" else runs.line(root, idle, due=kind == "due")

    figure(f"{kind}: killed at {walk(make, size(6, ALL))} calls, nothing torn, nothing left")


@promise(
    "A background job or a compilation killed at any call that changes a file leaves its "
    "previous result or the new one, complete.",
    sees="The previous result, until the next run of the job.",
    topic="killed",
)
@pytest.mark.parametrize("kind", ["look_at_repository", "look_at_chain", "compilation"])
@pytest.mark.slow
def test_look(
    kind: str,
    tmp_path: Path,
    built_release: Release,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs("strace", "git")
    make = getattr(runs, kind)
    killed = walk(lambda number: make(tmp_path / f"{kind}-{number}", built_release), size(3, ALL))
    figure(f"{kind.replace('_', ' ')}: killed at {killed} calls, nothing torn, nothing left")


@promise(
    "`usageline config` killed at any call that changes a file leaves the old or the new "
    "config.toml, byte for byte. An edited text is not lost.",
    sees=("The configuration does not change. The next edit offers the text that was not saved."),
    topic="killed",
)
@pytest.mark.parametrize("name", list(runs.CONFIG_COMMANDS))
@pytest.mark.slow
def test_config(
    name: str,
    tmp_path: Path,
    built_release: Release,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs("strace")
    killed = walk(
        lambda number: runs.config(tmp_path / f"{name}-{number}", built_release, name), size(2, ALL)
    )
    figure(f"{name}: killed at {killed} calls, nothing torn, nothing left")


@promise(
    "`usageline usage` killed at any call that changes a file leaves a whole index. The next run "
    "counts each response once.",
    sees="The same numbers, one run later.",
    topic="killed",
)
def test_usage(
    tmp_path: Path,
    built_release: Release,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs("strace")
    killed = walk(
        lambda number: runs.usage(tmp_path / f"usage-{number}", built_release), size(2, ALL)
    )
    figure(f"killed at {killed} calls, 0 responses lost or counted twice")


@promise(
    "An install or uninstall killed at any call that changes a file leaves the old or the "
    "new settings.json, byte for byte. A later uninstall removes everything.",
    sees="The old or the new status line. You can run the command again.",
    topic="killed",
)
@pytest.mark.parametrize("kind", ["install", "extra", "uninstall"])
@pytest.mark.slow
def test_setup(
    *,
    kind: str,
    tmp_path: Path,
    clone: Path,
    built_release: Release,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs("strace")
    program = installs.Program(clone, built_release)
    make = getattr(installs, kind)
    killed = walk(lambda number: make(tmp_path / f"{kind}-{number}", program), size(2, ALL))
    figure(
        f"{kind}: killed at {killed} calls, settings never torn, nothing left after an uninstall"
    )
