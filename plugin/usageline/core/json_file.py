"""Read files and JSON from untrusted input, with size limits."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # typeshed has only `signal`, which imports enum

from usageline.core import syscalls

try:
    from _json import make_scanner
except ImportError:
    make_scanner = None  # type: ignore[assignment, misc]  # another implementation of Python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

PAYLOAD_LIMIT = 1 << 20
"""Bytes to read of stdin."""

PAYLOAD_WAIT_S = 0.8
"""To wait for stdin: the line must appear within a second whatever Claude Code does."""

FILE_LIMIT = 1 << 18
"""Bytes. The cold side writes no larger file."""


def first_value(text: str) -> Any:
    """Return the JSON value at the beginning of `text`.

    Raise ValueError if there is none, or for NaN and infinities. The C scanner needs no `json`
    package, whose import doubles the time of the whole run.
    """
    start = len(text) - len(text.lstrip(" \t\n\r"))
    try:
        return _scan(text, start)[0]
    # Up to 3.12 the scanner raises SystemError unless `json` is imported.
    except (StopIteration, SystemError):
        raise ValueError("not JSON") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def payload(fd: int = 0) -> tuple[dict[str, Any] | None, bytearray]:
    """Return Claude Code's JSON object on `fd`, or None, and the bytes that were read.

    Stop at the first complete object, at the end of input, or when PAYLOAD_WAIT_S have passed.
    """
    data = bytearray()
    try:
        try:
            _alarm(PAYLOAD_WAIT_S)
            while len(data) < PAYLOAD_LIMIT:
                chunk = syscalls.read(fd, 65536)
                data += chunk
                # Stop at a complete object, because some callers do not close the pipe.
                if not chunk or data.rstrip()[-1:] == b"}":
                    value = _object(data)
                    if value is not None or not chunk:
                        return value, data
        finally:  # the alarm may still ring in here
            _alarm(0)
    except (_TimeoutExpired, OSError):
        pass
    return _object(data), data


def json_file(path: str, limit: int = FILE_LIMIT) -> dict[str, Any] | None:
    """Return the JSON object in a file that only this user can write, or None.

    None also if the file is incomplete or larger than `limit` bytes.
    """
    data = regular_file(path, limit + 1, is_private=True)
    return None if data is None or len(data) > limit else _object(data)


def regular_file(path: str, limit: int, *, is_private: bool = False) -> bytes | None:
    """Return at most `limit` bytes of a regular file, or None.

    With `is_private` also None for a link, and for a file that another user can write.
    """
    # Opening a FIFO without O_NONBLOCK would hang the line.
    flags = syscalls.O_RDONLY | getattr(syscalls, "O_NONBLOCK", 0)
    if is_private:
        flags |= getattr(syscalls, "O_NOFOLLOW", 0)
    try:
        fd = syscalls.open(path, flags)
    except (OSError, ValueError):
        return None
    try:
        stat = syscalls.fstat(fd)
        is_allowed = not (is_private and hasattr(syscalls, "geteuid")) or (
            stat.st_uid == syscalls.geteuid() and not stat.st_mode & 0o022
        )
        if not is_allowed or stat.st_mode & 0o170000 != 0o100000:
            return None
        return syscalls.read(fd, min(stat.st_size + 1, limit))  # a buffer of the limit is slower
    except OSError:
        return None
    finally:
        syscalls.close(fd)


def await_end(fd: int, timeout_s: float) -> None:
    """Wait until the last writer of the pipe `fd` closes it, or `timeout_s` have passed."""
    try:
        try:
            _alarm(timeout_s)
            while syscalls.read(fd, 4096):
                pass
        finally:  # the alarm may still ring in here
            _alarm(0)
    except (_TimeoutExpired, OSError):
        return


class _TimeoutExpired(Exception):
    """The time to read has passed."""


class _ScannerOptions:
    """The attributes that the C scanner reads."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int

    @staticmethod
    def parse_constant(name: str) -> None:
        raise ValueError(name)


def _fallback_scanner() -> Callable[[str, int], tuple[Any, int]]:
    import json  # noqa: PLC0415 - only if the C scanner is missing or has changed

    # Undocumented, and part of the class since 2.6.
    decoder = json.JSONDecoder(parse_constant=_ScannerOptions.parse_constant)
    return decoder.scan_once  # type: ignore[attr-defined, no-any-return]


try:
    _scan = make_scanner(_ScannerOptions)  # type: ignore[arg-type]  # it takes any such object
except (TypeError, AttributeError):
    _scan = _fallback_scanner()  # type: ignore[assignment]


def _object(data: bytes | bytearray) -> dict[str, Any] | None:
    try:
        value = first_value(data.decode("utf-8", "replace").lstrip("\ufeff"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _alarm(seconds: float) -> None:
    if hasattr(_signal, "setitimer"):
        if seconds:
            # A signal that was blocked since before the start would end the read at once.
            _signal.signal(_signal.SIGALRM, _signal.SIG_IGN)
        _signal.setitimer(_signal.ITIMER_REAL, seconds)
        # Ignored afterwards: a signal already on its way must not raise outside the read.
        _signal.signal(_signal.SIGALRM, _expire if seconds else _signal.SIG_IGN)
        if seconds:  # the parent process may have blocked it
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGALRM,))


def _expire(_number: int, _frame: FrameType | None) -> None:
    raise _TimeoutExpired
