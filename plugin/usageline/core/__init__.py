"""Hold the code that the hot side and the cold side share.

It imports only `sys`, `time` and C built-ins. `os` alone costs a sixth of the bare interpreter's
start, so the system calls come from the C module below it.
"""

try:
    import posix as syscalls
except ImportError:  # Windows
    import nt as syscalls  # type: ignore[no-redef]  # mypy runs elsewhere

__all__ = ["syscalls"]
