"""The key that signs the shared readings: 32 random bytes in a file that only its user can read.

Each machine of the account has a copy. Without the key a server, and each of its users, can
neither forge a reading nor know which account it belongs to.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from typing import TYPE_CHECKING

from usageline.core.errors import UsagelineError
from usageline.system import directories, files

if TYPE_CHECKING:
    from os import stat_result

SECRET_BYTES = 32
MAX_FILE_BYTES = 4096
MAX_PASSWORD_CHARS = 512
KEY = re.compile(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}", re.ASCII)


class SecretUnusable(UsagelineError):
    """A file with a secret is missing, invalid, or open to other users. The text has no secret."""


def read_key(path: str) -> bytes:
    """Return the key. Raise SecretUnusable if there is none that only this user can read."""
    text = _private_text(path, "copy it from the first machine").strip()
    if not KEY.fullmatch(text):
        raise SecretUnusable(f"{path} is not a key: copy shared.key from the first machine again")
    return bytes.fromhex(text)


# tried by: tests/sources
def make_key(path: str) -> bool:
    """Make a key at `path`. Return False if there is a file already, which stays as it is."""
    directories.make_directory(os.path.dirname(path))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | files.NO_LINK, 0o600)
    except FileExistsError:
        return False
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_bytes(SECRET_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise
    return True


def read_password(path: str) -> str:
    """Return the password in a file, "" if `path` is "". Raise SecretUnusable."""
    if not path:
        return ""
    password = _private_text(path, "write the server's password there").rstrip("\r\n")
    if not password or len(password) > MAX_PASSWORD_CHARS or "\n" in password or "\0" in password:
        raise SecretUnusable(f"{path} has no password: write it there, on one line")
    return password


# tried by: tests/sources
def _private_text(path: str, advice: str) -> str:
    try:
        with files.open_regular(path) as descriptor:
            reason = _open_to_others(os.fstat(descriptor))
            content = os.read(descriptor, MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise SecretUnusable(f"{path} is missing: {advice}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a path"
        raise SecretUnusable(f"{path} cannot be read: {reason}: {advice}") from None
    if reason:
        raise SecretUnusable(f"{path} {reason}: chmod 600 {path}")
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise SecretUnusable(f"{path} has characters that are not ASCII") from None


def _open_to_others(status: stat_result) -> str:
    """Return why other users could read or write the file, "" if they cannot.

    A mounted secret belongs to root, and a container reads it by its group.
    """
    if not hasattr(os, "geteuid"):
        return ""
    if status.st_uid not in {os.geteuid(), 0}:
        return "belongs to another user"
    is_mounted = status.st_uid == 0 and os.geteuid() != 0
    allowed = stat.S_IRUSR | stat.S_IWUSR | (stat.S_IRGRP if is_mounted else 0)
    return "can be read by other users" if status.st_mode & 0o777 & ~allowed & 0o077 else ""
