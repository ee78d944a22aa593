"""The memory of a process that holds the token: never written to disk, whatever ends the process."""

from __future__ import annotations

import sys

PR_SET_DUMPABLE = 4


def disable_core_dumps() -> None:
    """Leave no core of this process, and let no other process of this user read its memory. Raises nothing; call it before there is a secret.

    On Linux the mark is the process's own and gone from what it starts. Elsewhere the limit on cores is lowered, which children can raise again.
    """
    if not _forbid_dumps():
        try:
            import resource  # noqa: PLC0415 - there is none on Windows

            resource.setrlimit(
                resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1])
            )
        except (ImportError, OSError, ValueError):
            return


def _forbid_dumps() -> bool:
    # Not the limit alone: where cores go into a pipe (systemd-coredump) the kernel does not ask it.
    if sys.platform != "linux":
        return False
    import ctypes  # noqa: PLC0415 - slow to import

    try:
        return bool(ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
