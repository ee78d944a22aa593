"""`python -I -B -m usageline.refresh [--force]`: one refresh, silent, exit status 0 whatever happens."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

LAST_RESORT_S = 10


def main() -> None:
    """Run the refresh and leave. After LAST_RESORT_S the process ends wherever it is; the kernel lets go of its lock."""
    resort = threading.Timer(LAST_RESORT_S, os._exit, (0,))
    resort.daemon = True
    resort.start()
    os.umask(0o077)
    # Nobody reads what a background process says, and a traceback could end up in somebody's terminal.
    with contextlib.suppress(Exception):
        from usageline.memory import keep_private  # noqa: PLC0415 - after the timer: an import can hang on a dead network disk

        keep_private()
        from usageline.refresh.run import refresh  # noqa: PLC0415 - as above

        refresh(os.environ, force="--force" in sys.argv[1:])
    # Not by the usual way out: it would wait for a name server that does not answer.
    os._exit(0)


if __name__ == "__main__":
    main()
