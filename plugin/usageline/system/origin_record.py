"""Write and read the record of the user's own files, programs and proxies in a release.

The installer writes the variables of its own shell into the release that it builds.
"""

from __future__ import annotations

import os

from usageline.core import json_file
from usageline.core.named_tuple import NamedTuple
from usageline.system import files
from usageline.system.paths import Paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

NAME = "origin.json"
VERSION = 1

LEGACY_CONFIGS = "config-files"
"""A file of 0.1.0: one config.toml per line."""

MAX_LEGACY_BYTES = 1 << 16
MAX_PROFILES = 32

PROFILE = (
    *("HOME", "USER", "LOGNAME", "CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"),
    *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"),
)
"""Variables that are recorded for each profile."""

PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy")
CERTIFICATES = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR")

NETWORK = (*PROXIES, *CERTIFICATES)
"""Network variables, recorded once for the installation."""

DEFAULT_CONFIG = "/.config/usageline/config.toml"


def write_record(
    root: str, env: Mapping[str, str], before: str = "", others: Iterable[Mapping[str, str]] = ()
) -> None:
    """Record `env` in the release at `root`, with the profiles of the release at `before`.

    `others` are further profiles. The newest install decides the network variables and PATH.
    Raise OSError if the record cannot be written.
    """
    earlier = _earlier(before) if before else NOTHING
    profiles = list(earlier.profiles)
    for profile in map(_profile, (*others, env)):
        profiles = [other for other in profiles if _identity(other) != _identity(profile)]
        profiles.append(profile)
    profiles = profiles[-MAX_PROFILES:]
    configs, caches = [], []
    for profile in profiles:
        home = {"HOME": profile["HOME"]}
        configs += [Paths(profile).config_file, home["HOME"].rstrip("/") + DEFAULT_CONFIG]
        caches += [os.path.dirname(Paths(one).cache_dir) for one in (profile, home)]
    homes = earlier._replace(profiles=tuple(profiles)).homes()
    content = {
        "version": VERSION,
        "profiles": profiles,
        "homes": _with_normal((), homes),
        "configs": _with_normal(earlier.configs, configs),
        "caches": _with_normal(earlier.caches, caches),
        "path": os.pathsep.join(filter(os.path.isabs, env.get("PATH", "").split(os.pathsep))),
        "network": {
            name: absolute(name, env[name]) for name in NETWORK if env.get(name, "").strip()
        },
    }
    import json  # noqa: PLC0415 - only the installer writes

    data = json.dumps(content, indent=1).encode() + b"\n"
    if _content(f"{root}/{NAME}") != data:
        files.write_atomic(f"{root}/{NAME}", data, 0o600)


def _profile(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a profile. An empty or relative directory counts as none."""
    profile = {
        name: env[name]
        for name in PROFILE
        if env.get(name) and (name[:3] != "XDG" or os.path.isabs(env[name]))
    }
    if "CLAUDE_SECURESTORAGE_CONFIG_DIR" in env:  # the empty value has a meaning
        profile["CLAUDE_SECURESTORAGE_CONFIG_DIR"] = env["CLAUDE_SECURESTORAGE_CONFIG_DIR"]
    return profile


def _with_normal(earlier: Iterable[str], paths: Iterable[str]) -> list[str]:
    """Return the earlier paths and the normalized others, each once."""
    return list(dict.fromkeys((*earlier, *map(os.path.normpath, paths))))


def absolute(name: str, value: str) -> str:
    """Return the value of a network variable with absolute paths, as in the record."""
    if name not in CERTIFICATES:
        return value
    parts = value.split(os.pathsep) if name == "SSL_CERT_DIR" else [value]
    return os.pathsep.join(os.path.abspath(part) for part in parts if part)


def disable(root: str) -> None:
    """Make the tree at `root` trust every environment. Only the tests write such a record."""
    files.write_atomic(f"{root}/{NAME}", b'{"version": %d, "unchecked": true}' % VERSION, 0o600)


class Record(NamedTuple):
    """A release's record. Missing and invalid parts count as empty."""

    profiles: tuple[dict[str, str], ...] = ()
    configs: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    path: str = ""
    network: tuple[tuple[str, str], ...] = ()
    unchecked: bool = False

    def homes(self) -> list[str]:
        """Return each recorded home, and those whose default config.toml 0.1.0 listed."""
        listed = [
            path[: -len(DEFAULT_CONFIG)] for path in self.configs if path.endswith(DEFAULT_CONFIG)
        ]
        return [*(profile["HOME"] for profile in self.profiles), *listed]

    def claude_dirs(self) -> list[str]:
        """Return each recorded directory of Claude Code."""
        return [Paths(profile).claude_dir for profile in self.profiles]


NOTHING = Record()


def read_record(root: str) -> Record:
    """Return the record of the release at `root`."""
    row = json_file.json_file(f"{root}/{NAME}")
    if row is None or row.get("version") != VERSION:
        return NOTHING
    profiles = row.get("profiles")
    checked = (
        [_strings(one, PROFILE) for one in profiles[:MAX_PROFILES]]
        if isinstance(profiles, list)
        else []
    )
    path = row.get("path")
    return Record(
        tuple(profile for profile in checked if os.path.isabs(profile.get("HOME", ""))),
        _absolutes(row.get("configs")),
        _absolutes(row.get("caches")),
        path if isinstance(path, str) else "",
        tuple(_strings(row.get("network"), NETWORK).items()),
        row.get("unchecked") is True,
    )


def _earlier(root: str) -> Record:
    """Return the record of another release, or the lists of 0.1.0."""
    newer = read_record(root)
    if newer != NOTHING:
        return newer
    listed = (_content(f"{root}/{LEGACY_CONFIGS}") or b"").splitlines()
    return NOTHING._replace(configs=_absolutes([os.fsdecode(line) for line in listed]))


def _identity(profile: Mapping[str, str]) -> tuple[str, str, str]:
    return profile["HOME"], Paths(profile).config_file, Paths(profile).claude_dir


def _absolutes(value: Any) -> tuple[str, ...]:
    return (
        tuple(one for one in value if isinstance(one, str) and os.path.isabs(one))
        if isinstance(value, list)
        else ()
    )


def _strings(value: Any, names: Iterable[str]) -> dict[str, str]:
    return (
        {name: value[name] for name in names if isinstance(value.get(name), str)}
        if isinstance(value, dict)
        else {}
    )


def _content(path: str) -> bytes | None:
    try:
        return files.read_regular(path, MAX_LEGACY_BYTES)
    except OSError:
        return None
