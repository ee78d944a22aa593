"""Write a file that the user named, such as a page or a picture."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import click

from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.system.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable


def write_all(files: Iterable[tuple[str, bytes]]) -> None:
    """Write files and print their names. Make every content before the call: all or none."""
    for path, content in files:
        write(path, content)
        click.echo(f"wrote {sanitize(path)}")


def write(path: str, content: bytes) -> None:
    """Write the file atomically. A new file has mode 0600, an existing one keeps its mode.

    Raise `UsagelineError` if `path` is not a regular file or cannot be written.
    """
    try:
        write_atomic(os.path.abspath(path), content, _mode_of(path))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UsagelineError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}"
        ) from None


def _mode_of(path: str) -> int:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return 0o600
    if not stat.S_ISREG(mode):
        raise UsagelineError(f"{path} is not a regular file: usageline left it unchanged")
    return stat.S_IMODE(mode)
