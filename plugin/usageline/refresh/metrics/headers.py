"""Read the file with the headers for a collector: `Name: value` on each line, # for comments.

No message contains a value: one of them is a token.
"""

from __future__ import annotations

import os
import re
import stat

from usageline.core.errors import ExportFailed, error_text
from usageline.system.files import NO_WAIT

MAX_BYTES = 16 << 10
MAX_HEADERS = 32

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", re.ASCII)
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?", re.ASCII)


def read(path: str) -> dict[str, str]:
    """Return the headers in the file at `path`. Raise ExportFailed."""
    try:
        content = _content(path)
    except OSError as error:
        raise ExportFailed(f"{path} cannot be read: {error_text(error)}") from None
    headers: dict[str, str] = {}
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, separator, value = line.partition(":")
        if not separator or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value.strip()):
            raise ExportFailed(f"{path}: line {number} is not `Name: value`")
        headers[name] = value.strip()
    if len(headers) > MAX_HEADERS:
        raise ExportFailed(f"{path}: at most {MAX_HEADERS} headers are allowed")
    return headers


# tried by: tests/refresh
def _content(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | NO_WAIT)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ExportFailed(f"{path} is not a file")
        if hasattr(os, "geteuid"):
            if status.st_uid != os.geteuid():
                raise ExportFailed(f"{path} belongs to another user")
            if status.st_mode & 0o077:
                raise ExportFailed(f"others can read {path}: chmod 600 it")
        content = os.read(descriptor, MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise ExportFailed(f"{path}: at most {MAX_BYTES >> 10} KiB are allowed")
    return content
