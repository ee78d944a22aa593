"""The install record: what was there before, so that uninstall takes back just what install did. One for each profile, mode 0600.

    version      1
    release      the release this profile was installed with
    data_dir     where the releases are
    interpreter  the hot side's
    cold         the cold side's base interpreter
    commands     every command that was ever wired for this profile
    before       settings.json as it was, base64; null where there was none
    after        SHA-256 of each settings.json that we made from `before`, the newest last
    backups      our copies of settings.json
    command      ~/.local/bin/usageline, where it is ours
    made         directories that did not exist before, outermost first
    extras       what was installed besides (`install.sh --with`); records of before there were any do not have it
    digest       SHA-256 over all of that: what the disk made of a record must not be put into settings.json; records of before there was one
                 do not have it

What else stands in it a later version has put there: it is kept. One with a higher version is for that version alone to change, which seals it in
the same way. It is written before settings.json is replaced, so that a kill between the two can be undone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from usageline.core import json_file, paths
from usageline.core.errors import SetupRefused
from usageline.setup import json_edit, owned_files
from usageline.system import client_text, directories
from usageline.system import files as files_

VERSION = 1
BROKEN = (
    "The install record cannot be read. A status line that you had before is taken from the newest copy beside settings.json (settings.json.usageline-…),"
    " and the copies stay."
)
"""For the user."""

REMEMBERED = 8
"""So many `after` and `commands` are kept."""

_SIZE_LIMIT = 16 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """One install record."""

    release: str
    data_dir: str
    interpreter: str
    cold: str
    commands: tuple[str, ...] = ()
    before: str | None = None
    after: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()
    command: str | None = None
    made: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    version: int = VERSION
    rest: dict[str, Any] = field(default_factory=dict)

    @property
    def before_bytes(self) -> bytes | None:
        """settings.json as it was."""
        return None if self.before is None else base64.b64decode(self.before)

    def made_it(self, data: bytes | None) -> bool:
        """Whether `data` is settings.json just as an install of ours left it."""
        return data is not None and digest(data) in self.after


def digest(data: bytes) -> str:
    """What stands for a settings.json in `after`."""
    return hashlib.sha256(data).hexdigest()


def encode(data: bytes | None) -> str | None:
    """Bytes for `before`."""
    return None if data is None else base64.b64encode(data).decode("ascii")


def path(env: dict[str, str]) -> str:
    """Where the record of this profile is."""
    found: str = paths.install_record(env)
    return found


def is_broken(env: dict[str, str]) -> bool:
    """Whether something is there that is no record that can be read."""
    return os.path.lexists(path(env)) and load(env) is None


def load(env: dict[str, str]) -> Record | None:
    """The profile's record; None where there is none that can be read. SetupRefused where it is for a later version to read."""
    if is_later(path(env)):
        raise SetupRefused(
            f"{path(env)} is of a later version of usageline: install or uninstall with that one. Nothing was changed."
        )
    return load_from(path(env))


def save(env: dict[str, str], record: Record) -> None:
    """Write the profile's record; the state directory is made where it is missing."""
    save_to(path(env), record)


def load_from(place: str) -> Record | None:
    """The record in that file; None where there is none that can be read."""
    try:
        found = _checked(_parsed(place))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if found.version <= VERSION else None


def is_later(place: str) -> bool:
    """Whether the record in that file is for a later version to read."""
    try:
        version = _parsed(place)["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return type(version) is int and version > VERSION


def save_to(place: str, record: Record) -> None:
    """Write a record to that file, in one step."""
    directories.make_directory(os.path.dirname(place))
    known = asdict(record)
    value = {**known.pop("rest"), **known}
    data = json.dumps({**value, "digest": seal(value)}, ensure_ascii=True, indent=1).encode("ascii")
    files_.write_atomic(place, data + b"\n", 0o600)


def others(env: dict[str, str]) -> list[str]:
    """The records of other profiles that use the same program."""
    directory, own = os.path.split(path(env))
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return sorted(
        directory + "/" + name
        for name in names
        if owned_files.INSTALL_RECORD.fullmatch(name) and name != own
    )


def _parsed(place: str) -> dict[str, Any]:
    """The object in that file. ValueError where there is none, or one that is not as it was written."""
    value: dict[str, Any] = json_file.json_file(place, _SIZE_LIMIT) or {}
    if "digest" in value and value["digest"] != seal(value):
        raise ValueError("not as it was written")
    return value


def seal(value: dict[str, Any]) -> str:
    """The digest of a record's values but for `digest`."""
    rest = {name: found for name, found in value.items() if name != "digest"}
    return digest(json.dumps(rest, sort_keys=True).encode("ascii"))


def _checked(value: dict[str, Any]) -> Record:
    known = {"digest", *(field.name for field in fields(Record))}
    record = Record(
        release=_text(value["release"]),
        data_dir=_text(value["data_dir"]),
        interpreter=_text(value["interpreter"]),
        cold=_text(value["cold"]),
        commands=_texts(value["commands"]),
        before=None if value["before"] is None else _text(value["before"]),
        after=_texts(value["after"]),
        backups=_texts(value["backups"]),
        command=None if value["command"] is None else _text(value["command"]),
        made=_texts(value["made"]),
        extras=_texts(value.get("extras", [])),
        version=_number(value["version"]),
        rest={name: rest for name, rest in value.items() if name not in known},
    )
    text = client_text.decoded(base64.b64decode(record.before or "", validate=True))
    if text.strip() and not isinstance(json_edit.parse(text), dict):
        raise ValueError("no settings")
    if not all(map(os.path.isabs, (record.data_dir, *record.made, *record.backups))):
        raise ValueError("a path that is none")
    return record


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a number")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(map(_text, value))
