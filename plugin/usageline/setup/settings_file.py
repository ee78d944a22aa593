"""settings.json on disk: read with care, replaced whole, and only if nobody else changed it meanwhile."""

from __future__ import annotations

import errno
import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import json_edit
from usageline.system import client_text, files
from usageline.system.disk import FULL

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE_LIMIT = 4 << 20
"""Bytes. A settings file beyond that is none."""

TRIES = 5
"""How often a replacement starts over because Claude Code wrote the file at the same moment."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The file as it was read. `path` has every symbolic link resolved; `data` is None where there is no file."""

    path: str
    data: bytes | None
    mode: int

    @property
    def text(self) -> str:
        """The text without a byte order mark; "" where there is no file. See `client_text.decode`."""
        return client_text.decode(self.data or b"")

    def encoded(self, text: str) -> bytes:
        """`text` as bytes for this file, in its encoding."""
        return client_text.encode(text, self.data or b"")


def read(path: str) -> Settings:
    """The settings at `path`, checked. `SetupRefused` where they cannot be changed without losing something, with the reason.

    Whether the file can be written is another question: see `refuse_unwritable`.
    """
    real = os.path.realpath(path)
    try:
        status = os.stat(real)
    except (FileNotFoundError, NotADirectoryError):
        return _absent(real)
    except OSError as error:
        raise SetupRefused(f"it cannot be read ({error.strerror})") from None
    if not stat.S_ISREG(status.st_mode):
        raise SetupRefused("it is not a regular file")
    if status.st_size > SIZE_LIMIT:
        raise SetupRefused(f"it is larger than {SIZE_LIMIT >> 20} MiB")
    try:
        settings = Settings(
            real, files.read_regular(real, SIZE_LIMIT + 1), stat.S_IMODE(status.st_mode)
        )
    except OSError as error:
        raise SetupRefused(f"it cannot be read ({error.strerror})") from None
    _check(settings)
    return settings


def replace(
    path: str,
    change: Callable[[Settings], bytes | None],
    announce: Callable[[Settings, bytes | None], None],
) -> Settings:
    """Change the file at `path` to what `change` makes of it (None: remove it); gives what was there before.

    `announce` is called with both just before, to write down what is about to happen. Where the file changed meanwhile all of it starts over.
    """
    for _ in range(TRIES):
        before = read(path)
        data = change(before)
        if data == before.data:
            return before
        refuse_unwritable(before)
        announce(before, data)
        if _put(before, data):
            return before
    raise SetupRefused("it keeps changing: close Claude Code and try again")


def refuse_unwritable(found: Settings) -> None:
    """Raise `SetupRefused` if the file may not be written: another user's, read-only, immutable, on a read-only mount."""
    if found.data is None:
        parent = os.path.dirname(found.path)
        if os.path.isdir(parent) and not os.access(parent, os.W_OK):
            raise SetupRefused("its directory is read-only")
        return
    status = os.stat(found.path)
    if status.st_uid != os.geteuid():
        raise SetupRefused("it belongs to another user")
    # The mode is asked first: root may write a file whose owner said read-only.
    if not status.st_mode & stat.S_IWUSR:
        raise SetupRefused("it is read-only")
    try:
        os.close(_open_to_write(found.path))
    except OSError as error:
        raise SetupRefused(
            "it is read-only"
            if error.errno == errno.EROFS
            else f"it cannot be written ({error.strerror})"
        ) from None


def backup_path(beside: str) -> str:
    """A dated name beside `beside` that is not taken."""
    stem = f"{beside}.usageline-{time.strftime('%Y%m%d-%H%M%S')}"
    path, number = stem, 1
    while os.path.lexists(path):
        number += 1
        path = f"{stem}-{number}"
    return path


def _absent(real: str) -> Settings:
    parent = os.path.dirname(real)
    if os.path.lexists(parent) and not os.path.isdir(parent):
        raise SetupRefused(f"{parent} is not a directory")
    return Settings(real, None, 0o600)


def _check(settings: Settings) -> None:
    fault = client_text.encoding_error(settings.data or b"")
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
        raise SetupRefused("it holds no JSON object")


def _put(before: Settings, data: bytes | None) -> bool:
    def unchanged() -> bool:
        return bytes_at(before.path) == before.data

    try:
        if data is not None:
            return files.write_atomic(before.path, data, before.mode, unchanged)
        if not unchanged():
            return False
        files.remove_file(before.path)
    except OSError as error:
        # A full disk would cut the file: it stays as it is. So does one that is not there yet.
        if error.errno in FULL or before.data is None:
            raise
        return _put_in_place(before, data or b"{}\n", unchanged)
    return True


def _put_in_place(before: Settings, data: bytes, unchanged: Callable[[], bool]) -> bool:
    """Write into the file itself, which cannot be renamed over: it is a mount, or its directory is read-only.

    A kill at any moment leaves whole JSON: one write puts all of it there, with blanks up to the old length, which are then cut off.
    """
    old = before.data or b""
    try:
        descriptor = _open_to_write(before.path)
        try:
            if not unchanged():
                return False
            if os.pwrite(descriptor, data.ljust(len(old)), 0) < len(
                data
            ):  # the disk became full: back to what was there
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


def bytes_at(path: str) -> bytes | None:
    """What a file holds; None where there is none."""
    try:
        return files.read_regular(path, SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
