"""Run a process that passes for a refresh which holds the lock for too long."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from usageline.system import lock
from usageline.system.process_tree import process_info

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

HOLDER = """
import sys
from usageline.system.lock import hold
with hold(sys.argv[1]) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def hanging(world: World, *, with_lock: bool) -> Iterator[subprocess.Popen[str]]:
    """Run a process that is recorded as a refresh, and as the lock's owner for a minute."""
    Path(world.paths.cache_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
    holder = HOLDER if with_lock else "import sys; print(True, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, world.paths.lock, "usageline.refresh"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path(lock.__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        try:
            record(world, process.pid)
            yield process
        finally:
            process.kill()


def record(world: World, pid: int, /, **changes: object) -> None:
    """Record the process as the owner of the lock."""
    known = process_info(pid)
    assert known is not None
    row = {"pid": pid, "started": known.started, "since": time.monotonic() - 60, **changes}
    Path(world.paths.lock_owner).write_text(json.dumps(row))
