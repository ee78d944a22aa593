"""Write the text file for a metrics collector, and remember its path for the uninstall.

The file is readable by every user: the collector is another one. It is in a directory of the
user's choice, which has files of others, too. So only a file that begins with MARK, and that this
user owns, is ever removed.

    {"version": 1, "instance": "5f2c9a10", "textfiles": ["/var/lib/…/usageline-1000.prom"]}

`instance` stands for this machine and user in OpenTelemetry. It is random.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import stat
from typing import TYPE_CHECKING

from usageline.core.errors import CacheUnsafe
from usageline.core.json_file import json_file
from usageline.system.directories import private_directory
from usageline.system.files import NO_LINK, is_own, remove_leftovers, write_atomic
from usageline.usage.values import string

if TYPE_CHECKING:
    from collections.abc import Callable

    from usageline.system.paths import Paths

NAME = "metrics.json"
VERSION = 1
MAX_TEXTFILES = 8
MODE = 0o644
MARK = b"# Written by usageline, and removed by its uninstall.\n"
INSTANCE = re.compile(r"[0-9a-f]{8}", re.ASCII)


def record_file(paths: Paths) -> str:
    """Return the file that remembers them, in the state directory."""
    return f"{paths.state_dir}/{NAME}"


def place(path: str) -> str:
    """Return the path of the text file: with a name for this user if a directory is configured."""
    if path.endswith(".prom") and not os.path.isdir(path):
        return path
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    return f"{path.rstrip('/')}/usageline-{user}.prom"


def write(paths: Paths, path: str, text: bytes, is_wanted: Callable[[], bool]) -> None:
    """Replace the text file in one step, and remove those of earlier configurations.

    Do nothing if `is_wanted` returns False right before that. Raise OSError or CacheUnsafe, also if
    the path has another program's file.
    """
    if not is_wanted():
        return
    if os.path.lexists(path) and not _is_own_file(path):
        raise FileExistsError(errno.EEXIST, "it is not a file of usageline's", path)
    _, before = _read(paths)
    others = [other for other in before if other != path]
    if before != [path]:
        # Before the file: an uninstall must know of it even if this process is killed.
        _write(paths, [path, *others])
    write_atomic(path, MARK + text, MODE, is_wanted, sync=False)
    for other in others:
        _remove(other)
    if others:
        _write(paths, [path])


def instance(paths: Paths) -> str:
    """Return the random id of this machine and user. Raise OSError or CacheUnsafe."""
    identity, textfiles = _read(paths)
    return identity or _write(paths, textfiles)


def written(paths: Paths) -> list[str]:
    """Return the remembered text files that exist and are usageline's."""
    return [path for path in _read(paths)[1] if _is_own_file(path)]


def remove_all(paths: Paths) -> list[str]:
    """Remove the text files, and return those that were there. Remember what cannot be removed."""
    textfiles = _read(paths)[1]
    removed = [path for path in textfiles if _remove(path)]
    remaining = [path for path in textfiles if _is_own_file(path)]
    if textfiles != remaining:
        with contextlib.suppress(OSError, CacheUnsafe):
            _write(paths, remaining)
    return removed


# tried by: tests/storage
def _read(paths: Paths) -> tuple[str, list[str]]:
    """Return the instance, "" if there is none, and the remembered text files."""
    row = json_file(record_file(paths)) or {}
    identity, listed = string(row.get("instance")), row.get("textfiles")
    textfiles = [
        path
        for path in (listed[:MAX_TEXTFILES] if isinstance(listed, list) else [])
        if isinstance(path, str) and os.path.isabs(path) and path.isprintable()
    ]
    return identity if INSTANCE.fullmatch(identity) else "", textfiles


def _write(paths: Paths, textfiles: list[str]) -> str:
    private_directory(paths.state_dir)
    identity = _read(paths)[0] or os.urandom(4).hex()
    content = {
        "version": VERSION,
        "instance": identity,
        "textfiles": textfiles[:MAX_TEXTFILES],
    }
    write_atomic(record_file(paths), json.dumps(content).encode() + b"\n", 0o600, sync=False)
    return identity


def _remove(path: str) -> bool:
    with contextlib.suppress(OSError):
        remove_leftovers(path)  # a killed run may have left one and no text file
        if not _is_own_file(path):
            return False
        os.unlink(path)
        return True
    return False


# tried by: tests/storage
def _is_own_file(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | NO_LINK)
    except (OSError, ValueError):
        return False
    try:
        status = os.fstat(descriptor)
        is_file = stat.S_ISREG(status.st_mode) and is_own(status)
        return is_file and os.read(descriptor, len(MARK)) == MARK
    finally:
        os.close(descriptor)
