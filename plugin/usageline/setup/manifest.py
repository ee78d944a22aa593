"""The install manifest: the state before the install, so that uninstall undoes exactly that.

Each profile has one, with mode 0600:

    version      1
    release      the release that this profile was installed with
    data_dir     the directory of the releases
    interpreter  the interpreter of the status line
    cold         the base interpreter of the background work
    commands     every command that an install has put into this profile's settings
    before       settings.json before the install, base64; null if there was none
    after        SHA-256 of each settings.json that an install made, the newest last
    backups      copies of settings.json made by installs
    command      ~/.local/bin/usageline, if an install created it
    made         directories that installs created, outermost first
    extras       extras (`install.sh --with`); missing in older manifests
    config       SHA-256 of the config.toml that an install created; missing in older manifests
    shell_files  completion and manual page: the path of each, and the SHA-256 of what installs
                 wrote there; missing in older manifests
    digest       SHA-256 over all of that; missing in older manifests

The digest keeps damaged content out of settings.json. Unknown keys, of a later version, are kept.
Only a later version may change a manifest with a higher version; it must be sealed in the same way.
The manifest is written before settings.json is replaced, so a kill between the two can be undone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from usageline.core import json_file
from usageline.core.errors import SetupRefused
from usageline.setup import json_edit, owned_files
from usageline.sources import claude_files
from usageline.system import directories, files

if TYPE_CHECKING:
    from usageline.system.paths import Paths

T = TypeVar("T")

VERSION = 1
UNREADABLE = (
    "The install record cannot be read. Your previous status line is taken from the newest copy"
    " beside settings.json (settings.json.usageline-…), and the copies stay."
)
"""The message for the user."""

MAX_REMEMBERED = 8
"""So many `after` and `commands` are kept."""

MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """One install manifest."""

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
    config: str = ""
    shell_files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    version: int = VERSION
    rest: dict[str, Any] = field(default_factory=dict)

    @property
    def before_bytes(self) -> bytes | None:
        """settings.json before the install."""
        return None if self.before is None else base64.b64decode(self.before)

    def is_our_output(self, data: bytes | None) -> bool:
        """Return whether `data` is settings.json exactly as an install left it."""
        return data is not None and digest(data) in self.after


def digest(data: bytes) -> str:
    """Return the SHA-256 of a settings.json, as `after` holds it."""
    return hashlib.sha256(data).hexdigest()


def encode_settings(data: bytes | None) -> str | None:
    """Return `data` as `before` holds it."""
    return None if data is None else base64.b64encode(data).decode("ascii")


def is_unreadable(paths: Paths) -> bool:
    """Return whether this profile has a manifest that cannot be read."""
    return os.path.lexists(paths.install_manifest) and load(paths) is None


def load(paths: Paths) -> Manifest | None:
    """Return this profile's manifest, or None if it is missing or unreadable.

    Raises `SetupRefused` if a later version wrote it.
    """
    if is_newer(paths.install_manifest):
        raise SetupRefused(
            f"{paths.install_manifest} is of a later version of usageline:"
            " install or uninstall with that one. Nothing was changed."
        )
    return load_from(paths.install_manifest)


def save(paths: Paths, manifest: Manifest) -> None:
    """Write this profile's manifest; create the state directory if it is missing."""
    save_to(paths.install_manifest, manifest)


def load_from(file: str) -> Manifest | None:
    """Return the manifest in that file, or None if it is missing or unreadable."""
    try:
        manifest = _validate(_read_object(file))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return manifest if manifest.version <= VERSION else None


def is_newer(file: str) -> bool:
    """Return whether a later version wrote the manifest in that file."""
    try:
        version = _read_object(file)["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return type(version) is int and version > VERSION


def save_to(file: str, manifest: Manifest) -> None:
    """Write a manifest to that file atomically."""
    directories.make_directory(os.path.dirname(file))
    record = asdict(manifest)
    value = {**record.pop("rest"), **record}
    value["digest"] = checksum(value)
    data = json.dumps(value, ensure_ascii=True, indent=1).encode("ascii")
    files.write_atomic(file, data + b"\n", 0o600)


def other_paths(paths: Paths) -> list[str]:
    """Return the manifests of other profiles, which share the program."""
    directory, own = os.path.split(paths.install_manifest)
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return sorted(
        directory + "/" + name
        for name in names
        if owned_files.MANIFEST_NAME.fullmatch(name) and name != own
    )


def checksum(value: dict[str, Any]) -> str:
    """Return the digest of a manifest's values, without its key `digest`."""
    content = {key: item for key, item in value.items() if key != "digest"}
    return digest(json.dumps(content, sort_keys=True).encode("ascii"))


def _read_object(file: str) -> dict[str, Any]:
    """Return the object in that file, {} if there is none. Raises `ValueError` if damaged."""
    value: dict[str, Any] = json_file.json_file(file, MAX_BYTES) or {}
    if "digest" in value and value["digest"] != checksum(value):
        raise ValueError("the digest does not match")
    return value


def _validate(value: dict[str, Any]) -> Manifest:
    names = {"digest", *(field.name for field in fields(Manifest))}
    manifest = Manifest(
        release=_typed(value["release"], str),
        data_dir=_typed(value["data_dir"], str),
        interpreter=_typed(value["interpreter"], str),
        cold=_typed(value["cold"], str),
        commands=_texts(value["commands"]),
        before=None if value["before"] is None else _typed(value["before"], str),
        after=_texts(value["after"]),
        backups=_texts(value["backups"]),
        command=None if value["command"] is None else _typed(value["command"], str),
        made=_texts(value["made"]),
        extras=_texts(value.get("extras", [])),
        config=_typed(value.get("config", ""), str),
        shell_files={
            path: _texts(digests)
            for path, digests in _typed(value.get("shell_files", {}), dict).items()
        },
        version=_typed(value["version"], int),
        rest={key: item for key, item in value.items() if key not in names},
    )
    text = claude_files.decode(base64.b64decode(manifest.before or "", validate=True))
    if text.strip() and not isinstance(json_edit.parse(text), dict):
        raise ValueError("`before` is not a JSON object")
    paths = (manifest.data_dir, *manifest.made, *manifest.backups, *manifest.shell_files)
    if not all(map(os.path.isabs, paths)):
        raise ValueError("a path is not absolute")
    return manifest


def _typed(value: Any, kind: type[T]) -> T:
    if type(value) is not kind:
        raise TypeError(f"not of type {kind.__name__}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_typed(item, str) for item in _typed(value, list))
