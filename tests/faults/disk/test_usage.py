"""Test `usageline usage` where its index cannot be written."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.promises import promise
from tests.local.transcripts import MAIN, encoded, line
from tests.world import REPOSITORY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.faults.disk.space import Space
    from tests.world import World

LINES = 3000


@pytest.fixture
def transcript(world: World) -> Path:
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded(*(line(number, after_s=number) for number in range(LINES))))
    return path


def usage(space: Space) -> subprocess.CompletedProcess[str]:
    command = REPOSITORY / "plugin" / "usageline" / "cli" / "__main__.py"
    return space.run(sys.executable, "-B", command, "usage", "--json", "--tz", "UTC")


@promise(
    "If the disk of the index is full or read-only, `usageline usage` names the disk and the "
    "reason. The index is built as soon as there is room.",
    sees="`usageline: ~/.local/state/usageline/usage cannot be used: No space left on device`",
    topic="transcripts",
)
@pytest.mark.usefixtures("transcript")
@pytest.mark.parametrize(("fault", "message"), [("full", "No space left"), ("ro", "Read-only")])
def test_an_index_that_cannot_be_written_is_named_and_built_later(
    world: World, space: Space, fault: str, message: str, figure: Callable[[str], None]
) -> None:
    state = Path(world.paths.state_dir).parent
    space.mount(state, "size=96k")
    if fault == "ro":
        space.do("mount", "-o", "remount,ro", state)
    done = usage(space)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"usageline: {world.paths.state_dir}")
    assert f"cannot be used: {message}" in done.stderr
    assert "Traceback" not in done.stderr
    space.do("mount", "-o", "remount,rw,size=8m", state)
    done = usage(space)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"]["responses"] == LINES
    figure(f"{fault}: named, and {LINES:,} responses counted later")
