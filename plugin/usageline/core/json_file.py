"""Bytes from outside become JSON values here: the payload on stdin, and files that the cold side wrote. All are bounded and none is trusted."""

import _signal  # type: ignore[import-not-found]  # typeshed has only `signal`, which imports enum

from usageline.core import syscalls

try:
    from _json import make_scanner
except ImportError:
    make_scanner = None  # type: ignore[assignment, misc]  # another implementation of Python

PAYLOAD_LIMIT = 1 << 20
"""Bytes of stdin that are read at most."""

PAYLOAD_WAIT_S = 0.8
"""Seconds that stdin may take; the line is there within a second whatever the client does."""

FILE_LIMIT = 1 << 18
"""Bytes; a larger file is none of ours."""


def first_value(text):
    """The JSON value that `text` begins with. ValueError where there is none. NaN and infinities are refused, as JSON has it.

    The C scanner parses without the `json` package, whose import doubles the time of the whole run.
    """
    start = len(text) - len(text.lstrip(" \t\n\r"))
    try:
        return _scan(text, start)[0]
    except (
        StopIteration,
        SystemError,
    ):  # up to 3.12 the scanner finds its error class only once `json` is imported: SystemError
        raise ValueError("not JSON") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def payload(fd=0):
    """The client's JSON object on `fd`, or None, and its bytes: it ends at the first complete object, at the end of input, or when time is up."""
    data = bytearray()
    try:
        _alarm(PAYLOAD_WAIT_S)
        while len(data) < PAYLOAD_LIMIT:
            chunk = syscalls.read(fd, 65536)
            data += chunk
            # An object that is complete ends the wait: not every caller closes the pipe.
            if not chunk or data.rstrip()[-1:] == b"}":
                value = _object(data)
                if value is not None or not chunk:
                    return value, data
    except (_Late, OSError):
        pass
    finally:
        _alarm(0)
    return _object(data), data


def json_file(path, most=FILE_LIMIT):
    """The JSON object in the file of ours at `path`, or None where there is none that is whole, ours and at most `most` bytes."""
    try:
        # O_NONBLOCK: a FIFO put there must not hold the line up.
        fd = syscalls.open(
            path,
            syscalls.O_RDONLY
            | getattr(syscalls, "O_NONBLOCK", 0)
            | getattr(syscalls, "O_NOFOLLOW", 0),
        )
    except (OSError, ValueError):
        return None
    try:
        found = syscalls.fstat(fd)
        ours = not hasattr(syscalls, "geteuid") or (
            found.st_uid == syscalls.geteuid() and not found.st_mode & 0o022
        )
        if not ours or found.st_mode & 0o170000 != 0o100000 or found.st_size > most:
            return None
        return _object(syscalls.read(fd, most))
    except OSError:
        return None
    finally:
        syscalls.close(fd)


def await_end(fd, longest_s):
    """Wait until nobody can write to the pipe `fd` any more, or `longest_s` have passed."""
    try:
        try:
            _alarm(longest_s)
            while syscalls.read(fd, 4096):
                pass
        finally:  # the alarm may ring in here still
            _alarm(0)
    except (_Late, OSError):
        return


class _Late(Exception):
    """The time to read is over."""


class _Scanning:
    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int

    @staticmethod
    def parse_constant(name):
        raise ValueError(name)


def _fallback_scanner():
    import json  # noqa: PLC0415 - only where the C scanner is missing or has changed

    return json.JSONDecoder(parse_constant=_Scanning.parse_constant).scan_once  # type: ignore[attr-defined]  # undocumented, and there since 2.6


try:
    _scan = make_scanner(_Scanning)  # type: ignore[arg-type]  # it takes whatever has these attributes
except (TypeError, AttributeError):
    _scan = _fallback_scanner()


def _object(data):
    try:
        value = first_value(data.decode("utf-8", "replace").lstrip("\ufeff"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _alarm(seconds):
    if hasattr(_signal, "setitimer"):
        if (
            seconds
        ):  # one that was blocked and on its way since before the start would end the read at once
            _signal.signal(_signal.SIGALRM, _signal.SIG_IGN)
        _signal.setitimer(_signal.ITIMER_REAL, seconds)
        # Ignored afterwards: a signal already on its way must not raise outside the read.
        _signal.signal(_signal.SIGALRM, _late if seconds else _signal.SIG_IGN)
        if seconds:  # whoever started the client may have blocked it
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGALRM,))


def _late(_number, _frame):
    raise _Late
