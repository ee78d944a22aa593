"""`python -I -B -m usageline.refresh [--force] [--by WHO]`: one refresh, silent, exit status 0 whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from usageline.refresh.log_entry import Entry

LAST_RESORT_S = 10
SAYING_S = 0.3
"""Of that, for the log to be told."""


def main() -> None:
    """Run the refresh and leave. After LAST_RESORT_S the process ends wherever it is; the kernel lets go of its lock."""
    started = time.monotonic()
    under_way: list[Entry] = []
    resort = threading.Timer(LAST_RESORT_S - SAYING_S, _give_up, (under_way,))
    resort.daemon = True
    has_resort = _started(resort)
    os.umask(0o077)
    # Nobody reads what a background process says, and a traceback could end up in somebody's terminal.
    with contextlib.suppress(Exception):
        from usageline.system.memory import disable_core_dumps  # noqa: PLC0415 - after the timer: an import can hang on a dead network disk

        disable_core_dumps()
        from usageline.core.environment import fill_in_home  # noqa: PLC0415 - as above

        fill_in_home(os.environ)
        from usageline.refresh.log_entry import Entry  # noqa: PLC0415 - as above
        from usageline.system.signals import restore_own  # noqa: PLC0415 - as above

        restore_own()
        under_way.append(Entry(_word_after("--by"), started))
        if not has_resort:
            under_way[0].notes.append("no thread can be started (ulimit -u)")
        try:
            from usageline.refresh.run import refresh  # noqa: PLC0415 - as above
        except ImportError as fault:
            _say(f"{fault}; run install.sh again", *under_way)
        else:
            refresh(os.environ, force="--force" in sys.argv[1:], entry=under_way[0])
    # Not by the usual way out: it would wait for a name server that does not answer.
    os._exit(0)


def _started(resort: threading.Timer) -> bool:
    """Start the last resort. If no thread can be started, have the kernel end the process a little later."""
    try:
        resort.start()
    except RuntimeError:
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, LAST_RESORT_S)
        return False
    return True


def _give_up(under_way: list[Entry]) -> None:
    # In a thread of its own: the disk that the refresh waits for may be the log's, too.
    teller = threading.Thread(
        target=_say, args=(f"it did not end within {LAST_RESORT_S} s", *under_way), daemon=True
    )
    with contextlib.suppress(RuntimeError):
        teller.start()
        teller.join(SAYING_S)
    os._exit(0)


def _say(reason: str, *under_way: Entry) -> None:
    with contextlib.suppress(Exception):
        from usageline.storage import refresh_log  # noqa: PLC0415 - it has been imported, but where that is what hangs

        for entry in under_way:
            refresh_log.add(os.environ, entry.cut_off(reason))


def _word_after(option: str) -> str:
    words = sys.argv[1:]
    return words[words.index(option) + 1] if option in words[:-1] else ""


if __name__ == "__main__":
    main()
