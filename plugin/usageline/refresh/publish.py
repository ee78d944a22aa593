"""Files that readers see whole, old or new, and never in between."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from typing import TYPE_CHECKING

from usageline import paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.snapshot import Snapshot

SUFFIX = ".usageline-tmp"
"""Marks a file that is not finished. A killed run leaves one; `sweep` removes it."""


def publish(env: Mapping[str, str], snapshot: Snapshot) -> None:
    """Replace the snapshot that the status line reads. OSError where it cannot be written."""
    text = json.dumps(snapshot.as_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    write_atomically(paths.snapshot(env), text.encode("utf-8", "replace") + b"\n")


def write_atomically(path: str, content: bytes, mode: int = 0o600) -> None:
    """Replace `path` by a file with `content` and exactly `mode`, whatever the umask. On an error the old file stays and nothing else does.

    `path` itself is replaced: resolve a symlink first to write to its target.
    """
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".{name}.{secrets.token_hex(8)}{SUFFIX}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_directory(directory)


def sweep(directory: str) -> None:
    """Remove what killed runs left in `directory`. Only under the lock: every unfinished file there is then nobody's."""
    for name in os.listdir(directory):
        if name.endswith(SUFFIX):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(directory, name))


def _sync_directory(directory: str) -> None:
    # Not every file system lets a directory be synced; the file itself is safe already.
    with contextlib.suppress(OSError):
        fd = os.open(directory or ".", os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
