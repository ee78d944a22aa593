"""Read settings.json with checks, and replace it atomically unless it changed meanwhile."""

from __future__ import annotations

import errno
import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import json_edit
from usageline.sources import claude_files
from usageline.system import files

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 4 << 20
"""A larger file is refused."""

MAX_ATTEMPTS = 5
"""An update is repeated if Claude Code writes the file at the same time."""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The content of the file. `path` has no symbolic links; `data` is None if there is no file."""

    path: str
    data: bytes | None
    mode: int

    @property
    def text(self) -> str:
        """The text without a byte order mark, "" if there is no file. See `claude_files.decode`."""
        return claude_files.decode(self.data or b"")

    def changed_to(self, text: str) -> bytes | None:
        """Return the data with that text: the same ones if it is the same."""
        return self.data if text == self.text else self.encoded(text)

    def encoded(self, text: str) -> bytes:
        """Return `text` in the encoding of this file."""
        return claude_files.encode(text, self.data or b"")


def read(path: str) -> SettingsFile:
    """Return the settings at `path`.

    Raises `SetupRefused` with the reason if a change would lose something. Whether the file is
    writable is a separate check: see `check_writable`.
    """
    real = os.path.realpath(path)
    try:
        status = os.stat(real)
        if not stat.S_ISREG(status.st_mode):
            raise SetupRefused("it is not a regular file")
        if status.st_size > MAX_BYTES:
            raise SetupRefused(f"it is larger than {MAX_BYTES >> 20} MiB")
        data = files.read_regular(real, MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return _missing(real)
    except OSError as error:
        raise SetupRefused(f"it cannot be read ({error.strerror})") from None
    settings = SettingsFile(real, data, stat.S_IMODE(status.st_mode))
    _check(settings)
    return settings


def update(
    path: str,
    change: Callable[[SettingsFile], bytes | None],
    announce: Callable[[SettingsFile, bytes | None], None],
) -> SettingsFile:
    """Change the file at `path` to what `change` returns (None: remove it).

    Returns the file as it was before. `announce` is called with both just before the change, so
    that it can be recorded. Everything is repeated if the file changed meanwhile.
    """
    for _ in range(MAX_ATTEMPTS):
        before = read(path)
        data = change(before)
        if data == before.data:
            return before
        check_writable(before)
        announce(before, data)
        if _write(before, data):
            return before
    raise SetupRefused("it keeps changing: close Claude Code and try again")


def check_writable(settings: SettingsFile) -> None:
    """Raise `SetupRefused` if the file may not be written.

    It may belong to another user, be read-only or immutable, or lie on a read-only mount.
    """
    if settings.data is None:
        parent = os.path.dirname(settings.path)
        if os.path.isdir(parent) and not os.access(parent, os.W_OK):
            raise SetupRefused("its directory is read-only")
        return
    status = os.stat(settings.path)
    if not files.is_own(status):
        raise SetupRefused("it belongs to another user")
    # Check the mode first: root can write a file that its owner made read-only.
    if not status.st_mode & stat.S_IWUSR:
        raise SetupRefused("it is read-only")
    try:
        os.close(_open_to_write(settings.path))
    except OSError as error:
        if error.errno == errno.EROFS:
            raise SetupRefused("it is read-only") from None
        raise SetupRefused(f"it cannot be written ({error.strerror})") from None


def backup_path(stem: str) -> str:
    """Return an unused dated path that begins with `stem`."""
    dated = f"{stem}.usageline-{time.strftime('%Y%m%d-%H%M%S')}"
    path, number = dated, 1
    while os.path.lexists(path):
        number += 1
        path = f"{dated}-{number}"
    return path


def _missing(real: str) -> SettingsFile:
    parent = os.path.dirname(real)
    if os.path.lexists(parent) and not os.path.isdir(parent):
        raise SetupRefused(f"{parent} is not a directory")
    return SettingsFile(real, None, 0o600)


def _check(settings: SettingsFile) -> None:
    fault = claude_files.encoding_error(settings.data or b"")
    if fault:
        raise SetupRefused(fault)
    text = settings.text
    if not text.strip():
        return
    try:
        value = json_edit.parse(text)
    except ValueError as error:
        raise SetupRefused(f"it is not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise SetupRefused("it is not a JSON object")


def _write(before: SettingsFile, data: bytes | None) -> bool:
    """Write or remove the file. Returns False if it changed since `before`."""

    def is_unchanged() -> bool:
        return content(before.path) == before.data

    try:
        if data is not None:
            return files.write_atomic(before.path, data, before.mode, is_unchanged)
        if not is_unchanged():
            return False
        files.remove_file(before.path)
    except OSError as error:
        # On a full disk writing in place would cut the file; a missing file needs no such write.
        if error.errno in files.FULL or before.data is None:
            raise
        return _overwrite(before, data or b"{}\n", is_unchanged)
    return True


def _overwrite(before: SettingsFile, data: bytes, is_unchanged: Callable[[], bool]) -> bool:
    """Write into the file itself, if it is a mount or its directory is read-only.

    A kill at any moment leaves valid JSON. A single write pads the content with blanks to the old
    length; then the file is truncated.
    """
    old = before.data or b""
    try:
        descriptor = _open_to_write(before.path)
        try:
            if not is_unchanged():
                return False
            if os.pwrite(descriptor, data.ljust(len(old)), 0) < len(data):
                # The disk became full: restore the old content.
                os.pwrite(descriptor, old, 0)
                os.ftruncate(descriptor, len(old))
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), before.path)
            os.ftruncate(descriptor, len(data))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SetupRefused(f"it cannot be written ({error.strerror})") from None
    return True


def _open_to_write(path: str) -> int:
    return os.open(path, os.O_WRONLY | files.NO_LINK)


def content(path: str) -> bytes | None:
    """Return the content of a file, None if it does not exist."""
    try:
        return files.read_regular(path, MAX_BYTES + 1)
    except FileNotFoundError:
        return None
