"""Stop a refresh that holds the lock, and change the lock's owner file."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from usageline.refresh.lock_owner import HANGS_AFTER_S
from usageline.system import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server import Api
    from tests.world import Release, World


@contextlib.contextmanager
def stopped_refresh(world: World, release: Release, api: Api) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a refresh that was stopped while it waited for an answer with the lock.

    It is gone after the block.
    """
    wait_for_turn(world)
    before, api.fault = len(api.requests), "hang"
    process = subprocess.Popen(
        [*release.refresh_command, "--force"], env=world.env, stdin=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: len(api.requests) > before)
        process.send_signal(signal.SIGSTOP)
        api.fault = ""
        yield process
    finally:
        process.kill()
        process.wait(10)


def note_of(world: World) -> dict[str, Any]:
    """Return the lock's owner file."""
    noted: dict[str, Any] = json.loads(Path(world.paths.lock_owner).read_text())
    return noted


def change_note(world: World, **changes: object) -> None:
    """Write something else to it."""
    path = Path(world.paths.lock_owner)
    path.write_text(json.dumps({**note_of(world), **changes}))
    path.chmod(0o600)


def let_it_hang(world: World, process: subprocess.Popen[bytes], *, really: bool) -> None:
    """Wait until the owner has held the lock too long.

    Unless `really`, an earlier time in the file does that.
    """
    if really:
        since = note_of(world)["since"]
        wait_for(lambda: time.monotonic() - since > HANGS_AFTER_S)
    else:
        change_note(world, since=time.monotonic() - HANGS_AFTER_S - 1)
    assert process.poll() is None


def lock_is_free(world: World) -> bool:
    """Return whether no refresh holds the lock."""
    with lock.hold(world.paths.lock) as is_owner:
        return is_owner


def release_claim(world: World) -> None:
    """Let the next line start a refresh at once, as if the last had started long ago."""
    with contextlib.suppress(FileNotFoundError):
        os.utime(world.paths.stamp, (0, 0))


def wait_for_turn(world: World) -> None:
    """Wait until a request is allowed: two requests to this machine are a second apart."""
    began = time.time()
    published = Path(world.paths.snapshot)
    wait_for(
        lambda: time.time() > (published.stat().st_mtime if published.exists() else began - 2) + 2
    )


def wait_for(condition: Callable[[], object], within_s: float = 40) -> float:
    """Poll until `condition` holds, and return the seconds that it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within_s, "waited in vain"
        time.sleep(0.02)
    return time.monotonic() - began
