"""Whose home directory it is: what root or another user writes there locks its owner out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = 0


def refuse_others(home: str, settings: str, directories: Iterable[str], user: int) -> None:
    """Raise `SetupRefused` if `home`, the directory of the settings, or one that would be written belongs to another user than `user`.

    A home directory of root's is allowed for a user who may write below it: some systems mount /home/NAME that way.
    """
    owner = os.stat(home).st_uid
    if owner not in {user, ROOT}:
        raise SetupRefused(
            f"{home} belongs to {_name(owner)}, and this runs as {_name(user)}: run it as {_name(owner)}, without sudo, su, doas or"
            f" `docker exec -u {_name(user)}`; or set HOME to a directory of your own. Nothing was changed."
        )
    for directory in (settings, *directories):
        place = _existing(directory)
        owner = os.stat(place).st_uid
        # Settings that cannot be written are left alone, and may need no change.
        if owner == user or (owner == ROOT and (place == settings or os.access(place, os.W_OK))):
            continue
        if owner == ROOT:
            raise SetupRefused(
                f"{place} belongs to root and cannot be written by {_name(user)}: give it back with"
                f" `sudo chown -R {_name(user)} {place}` and try again. Nothing was changed."
            )
        raise SetupRefused(
            f"{place} belongs to {_name(owner)}, and this runs as {_name(user)}: run it as {_name(owner)},"
            " or choose another directory. Nothing was changed."
        )


def _existing(path: str) -> str:
    """Return the nearest directory on the way to `path` that is there, links resolved only to ask whether it is."""
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _name(user: int) -> str:
    try:
        import pwd  # noqa: PLC0415 - Windows has none

        return pwd.getpwuid(user).pw_name
    except (ImportError, KeyError):
        return f"uid {user}"
