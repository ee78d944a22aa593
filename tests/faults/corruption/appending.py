"""Add readings to an account's history beside another process, and check that none is lost.

Run `appending.py ACCOUNT WHO COUNT UNTIL_FILE`. It prints how often it added one, and how often the
file had been cut by then. It exits with 1 if a line was lost.
"""

from __future__ import annotations

import os
import sys
import time

from tests.storage.readings import directory, reading
from usageline.storage import history
from usageline.system.paths import Paths

MAX_BYTES, CUT_BYTES = 24_000, 3_000


def main(account: str, who: int, count: int, until: str) -> int:
    """Add readings at the even (`who` 0) or odd (`who` 1) seconds.

    Check after each that the file ends with the readings of this process, without a gap.
    """
    history.MAX_BYTES, history.CUT_BYTES = MAX_BYTES, CUT_BYTES
    env = dict(os.environ)
    start = int(time.time()) // 86400 * 86400 - 5 * count
    path = directory(env, account) / history.month_file(start)
    while not os.path.exists(until):  # both begin together
        time.sleep(0.001)
    cut, inode = 0, None
    for number in range(count):
        if not history.append(
            Paths(env), account, reading(start + 2 * number + who, percent=float(who))
        ):
            return _failed(f"reading {number} was not kept")
        content = path.read_bytes()
        now = path.stat().st_ino
        cut, inode = cut + (inode not in (None, now)), now
        times = [int(line[6:16]) for line in content.splitlines()]
        own = [(at - start) // 2 for at in times if (at - start) % 2 == who]
        if not own or own != list(range(own[0], number + 1)):
            return _failed(f"of {number + 1} readings these are there: {own}")
    print(count, cut)
    return 0


def _failed(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
