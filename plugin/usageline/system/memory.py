"""Keep the memory of a process that holds the token off the disk."""

from __future__ import annotations

import sys

PR_SET_DUMPABLE = 4


def disable_core_dumps() -> None:
    """Disable core dumps of this process, and reading of its memory by others of this user.

    Call it before a secret is read. It raises nothing. On Linux it does not affect child processes.
    Elsewhere it lowers the core size limit, which child processes can raise again.
    """
    if not _forbid_dumps():
        try:
            import resource  # noqa: PLC0415 - Windows has none

            resource.setrlimit(
                resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1])
            )
        except (ImportError, OSError, ValueError):
            return


def _forbid_dumps() -> bool:
    # The limit is not enough: the kernel ignores it for a core pipe (systemd-coredump).
    if sys.platform != "linux":
        return False
    import ctypes  # noqa: PLC0415 - slow to import

    try:
        return bool(ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
