"""Refresh many machines at one moment: `python -m tests.fleet.crowd API AHEAD_S HOME...`.

Each is a process of its own, forked after the imports, so that they begin together.
"""

from __future__ import annotations

import os
import sys
import time

import diskcache  # noqa: F401 - imported before the fork, as all that a refresh needs
import httpx  # noqa: F401 - as above
import redis  # noqa: F401 - as above

from usageline.refresh import attempt, sharing  # noqa: F401 - as above
from usageline.refresh.run import refresh
from usageline.sources import (
    http,  # noqa: F401 - as above
    oauth,  # noqa: F401 - as above
)
from usageline.storage import accounts  # noqa: F401 - as above
from usageline.system import origin, origin_record
from usageline.system.this_process import Clock


def main(api: str, ahead_s: str, *homes: str) -> None:
    """Start a process for each home, let all begin at once, and wait for them."""
    origin.ROOT = os.path.dirname(homes[0])
    origin_record.disable(origin.ROOT)
    clock = Clock(lambda: time.time() + int(ahead_s), time.monotonic, time.sleep)
    reader, writer = os.pipe()
    children = []
    for home in homes:
        pid = os.fork()
        if not pid:
            os.close(writer)
            os.read(reader, 1)  # until the parent closes the pipe
            env = {"HOME": home, "PATH": "/usr/bin:/bin", "USAGELINE_API_URL": api}
            refresh(env, clock=clock)
            os._exit(0)
        children.append(pid)
    os.close(writer)
    failed = sum(os.waitpid(pid, 0)[1] != 0 for pid in children)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
