"""settings.json on disk: read with care, replaced whole, and only if nobody else changed it meanwhile."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline import atomic, client_text, regular
from usageline.errors import SetupRefused
from usageline.setup import json_text

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
        """The text without a byte order mark; "" where there is no file. See `client_text.decoded`."""
        return client_text.decoded(self.data or b"")

    def encoded(self, text: str) -> bytes:
        """`text` as bytes for this file, in its encoding."""
        return client_text.encoded(text, self.data or b"")


def read(path: str) -> Settings:
    """The settings at `path`, checked. `SetupRefused` where they cannot be changed without losing something, with the reason."""
    real = os.path.realpath(path)
    try:
        status = os.stat(real)
    except (FileNotFoundError, NotADirectoryError):
        return _absent(real)
    except OSError as error:
        raise SetupRefused(f"it cannot be read ({error.strerror})") from None
    if not stat.S_ISREG(status.st_mode):
        raise SetupRefused("it is not a regular file")
    if status.st_uid != os.geteuid():
        raise SetupRefused("it belongs to another user")
    # The mode is asked, not access(2): root may write a file whose owner said read-only.
    if not status.st_mode & stat.S_IWUSR or not os.access(os.path.dirname(real), os.W_OK):
        raise SetupRefused("it is read-only")
    if status.st_size > SIZE_LIMIT:
        raise SetupRefused(f"it is larger than {SIZE_LIMIT >> 20} MiB")
    try:
        settings = Settings(real, regular.read(real, SIZE_LIMIT + 1), stat.S_IMODE(status.st_mode))
    except OSError as error:
        raise SetupRefused(f"it cannot be read ({error.strerror})") from None
    _check(settings)
    return settings


def replace(path: str, change: Callable[[Settings], bytes | None], announce: Callable[[Settings, bytes | None], None]) -> Settings:
    """Change the file at `path` to what `change` makes of it (None: remove it); gives what was there before.

    `announce` is called with both just before, to write down what is about to happen. Where the file changed meanwhile all of it starts over.
    """
    for _ in range(TRIES):
        before = read(path)
        data = change(before)
        if data == before.data:
            return before
        announce(before, data)
        if _put(before, data):
            return before
    raise SetupRefused("it keeps changing: close Claude Code and try again")


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
    if os.path.isdir(parent) and not os.access(parent, os.W_OK):
        raise SetupRefused("its directory is read-only")
    return Settings(real, None, 0o600)


def _check(settings: Settings) -> None:
    fault = client_text.fault(settings.data or b"")
    if fault:
        raise SetupRefused(fault)
    text = settings.text
    if not text.strip():
        return
    try:
        value = json_text.parse(text)
    except ValueError as error:
        raise SetupRefused(f"it is not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise SetupRefused("it holds no JSON object")


def _put(before: Settings, data: bytes | None) -> bool:
    def unchanged() -> bool:
        return bytes_at(before.path) == before.data

    if data is not None:
        return atomic.replace_file(before.path, data, before.mode, unchanged)
    if not unchanged():
        return False
    atomic.remove_file(before.path)
    return True


def bytes_at(path: str) -> bytes | None:
    """What a file holds; None where there is none."""
    try:
        return regular.read(path, SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
