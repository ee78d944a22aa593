"""Decide which files, programs and proxies are the user's own.

A project's settings can set each variable of the status line, the hook and the refresh, including
HOME and PATH. So no variable decides this. The installer writes the variables of its own shell
into the release that it builds. The running code finds that record from its own path, which no
variable can change. A release without a record runs no program of the user's and uses no proxy;
it still shows numbers.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.core import json_file, paths
from usageline.system import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
)
"""The release or clone that this code runs from, without the link `current`, which may move."""

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

REFUSED = (
    "only the configuration of the user who installed may name programs; if this is yours,"
    " run `usageline install` from here"
)
PROGRAMS = (("client",), ("chain", "command"), ("alerts", "command"))
"""The keys of config.toml that name programs."""

DEFAULT_CONFIG = "/.config/usageline/config.toml"


def installation(root: str = "") -> str:
    """Return the tree whose record counts: `root`, by default the one that this code runs from.

    A package that pip or uv installed has no record. Then it is the release in the default place
    of the home in the system's user list, which no variable can change either.
    """
    if (
        root
        or os.path.exists(f"{ROOT}/{NAME}")
        or os.path.basename(os.path.dirname(ROOT)) == "releases"
    ):
        return root or ROOT
    try:
        import pwd  # noqa: PLC0415 - Windows has none

        home = pwd.getpwuid(os.geteuid()).pw_dir
    except (ImportError, AttributeError, KeyError, OSError):
        return ROOT
    return os.path.realpath(home + "/.local/share/usageline/current")


class Own(NamedTuple):
    """The recorded profile that an environment means.

    config_file  the recorded config.toml, which may name programs
    claude_dir   the recorded directory of Claude Code, "" if the environment names another one
    fixed        the variables with their recorded values
    """

    config_file: str
    claude_dir: str
    fixed: dict[str, str]


def own(env: Mapping[str, str], root: str | None = None) -> Own | None:
    """Return the recorded profile that `env` means, None if its HOME or config.toml is unknown.

    Compare resolved paths, but return recorded ones: a link that changes later has no effect.
    """
    record = _record(root or installation())
    try:
        home, config_file, claude_dir = (
            paths.home(env),
            paths.config_file(env),
            paths.claude_dir(env),
        )
    except LookupError:
        return None
    if record.unchecked:
        return Own(config_file, claude_dir, {name: env[name] for name in PROFILE if name in env})
    own_home = _match(home, record.homes())
    own_config = _match(config_file, record.configs)
    if own_home is None or own_config is None:
        return None
    own_claude = _match(claude_dir, [own_home + "/.claude", *record.claude_dirs()]) or ""
    profile = next(
        (
            one
            for one in record.profiles
            if own_claude == paths.claude_dir(one) and one["HOME"] == own_home
        ),
        None,
    )
    if env.get("CLAUDE_SECURESTORAGE_CONFIG_DIR") != (profile or {}).get(
        "CLAUDE_SECURESTORAGE_CONFIG_DIR"
    ):
        own_claude = ""  # another sign-in than the one at the installation
    fixed = {**(profile or {}), "HOME": own_home}
    fixed.pop("CLAUDE_CONFIG_DIR", None)
    if own_claude and env.get(
        "CLAUDE_CONFIG_DIR"
    ):  # on macOS the Keychain item's name depends on it
        fixed["CLAUDE_CONFIG_DIR"] = own_claude
    if own_config != own_home + DEFAULT_CONFIG:
        fixed["XDG_CONFIG_HOME"] = os.path.dirname(os.path.dirname(own_config))
    return Own(own_config, own_claude, fixed)


def may_run_programs(env: Mapping[str, str], root: str | None = None) -> bool:
    """Return whether config.toml may name programs, and HOME may contain them."""
    return own(env, root) is not None


def config_file(env: Mapping[str, str]) -> str:
    """Return the config.toml to read: the recorded path if there is one, else that of `env`."""
    mine = own(env)
    return mine.config_file if mine else str(paths.config_file(env))


def recorded_config_files() -> tuple[str, ...]:
    """Return each recorded config.toml, whether or not it exists."""
    return _record(installation()).configs


def default_config_file(env: Mapping[str, str]) -> str:
    """Return the config.toml in the default place of that home."""
    return str(paths.home(env)).rstrip("/") + DEFAULT_CONFIG


def search_path(env: Mapping[str, str], root: str | None = None) -> str:
    """Return the PATH of the shell that ran the install."""
    record = _record(root or installation())
    return env.get("PATH", os.defpath) if record.unchecked else record.path


def network(env: Mapping[str, str], root: str | None = None) -> dict[str, str]:
    """Return the proxies and certificates of the shell that ran the install."""
    record = _record(root or installation())
    return (
        {name: env[name] for name in NETWORK if name in env}
        if record.unchecked
        else dict(record.network)
    )


def is_recorded(root: str | None = None) -> bool:
    """Return whether the release has a readable record."""
    return _record(root or installation()) != NOTHING


def record(
    root: str, env: Mapping[str, str], before: str = "", others: Iterable[Mapping[str, str]] = ()
) -> None:
    """Record `env` in the release at `root`, with the profiles of the release at `before`.

    `others` are further profiles. The newest install decides the network variables and PATH.
    Raise OSError if the record cannot be written.
    """
    earlier = _earlier(before) if before else NOTHING
    profiles = list(earlier.profiles)
    for one in (*others, env):
        profile = {
            name: one[name]
            for name in PROFILE
            if one.get(name) and (name[:3] != "XDG" or os.path.isabs(one[name]))
        }
        if "CLAUDE_SECURESTORAGE_CONFIG_DIR" in one:  # the empty value has a meaning
            profile["CLAUDE_SECURESTORAGE_CONFIG_DIR"] = one["CLAUDE_SECURESTORAGE_CONFIG_DIR"]
        profiles = [other for other in profiles if _identity(other) != _identity(profile)] + [
            profile
        ]
    profiles = profiles[-MAX_PROFILES:]
    configs, caches = list(earlier.configs), list(earlier.caches)
    for profile in profiles:
        home = {"HOME": profile["HOME"]}
        configs += [
            os.path.normpath(place)
            for place in (paths.config_file(profile), default_config_file(home))
        ]
        caches += [
            os.path.normpath(os.path.dirname(paths.cache_dir(one))) for one in (profile, home)
        ]
    content = {
        "version": VERSION,
        "profiles": profiles,
        "homes": list(
            dict.fromkeys(
                os.path.normpath(home)
                for home in earlier._replace(profiles=tuple(profiles)).homes()
            )
        ),
        "configs": list(dict.fromkeys(configs)),
        "caches": list(dict.fromkeys(caches)),
        "path": os.pathsep.join(filter(os.path.isabs, env.get("PATH", "").split(os.pathsep))),
        "network": {
            name: absolute(name, env[name]) for name in NETWORK if env.get(name, "").strip()
        },
    }
    data = json.dumps(content, indent=1).encode() + b"\n"
    if _content(f"{root}/{NAME}") != data:
        files.write_atomic(f"{root}/{NAME}", data, 0o600)


def absolute(name: str, value: str) -> str:
    """Return the value of a network variable with absolute paths, as in the record."""
    if name not in CERTIFICATES:
        return value
    parts = value.split(os.pathsep) if name == "SSL_CERT_DIR" else [value]
    return os.pathsep.join(os.path.abspath(part) for part in parts if part)


def disable(root: str) -> None:
    """Make the tree at `root` trust every environment. Only the tests write such a record."""
    files.write_atomic(
        f"{root}/{NAME}", json.dumps({"version": VERSION, "unchecked": True}).encode(), 0o600
    )


class _Record(NamedTuple):
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
        return [paths.claude_dir(profile) for profile in self.profiles]


NOTHING = _Record()


def _record(root: str) -> _Record:
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
    return _Record(
        tuple(profile for profile in checked if os.path.isabs(profile.get("HOME", ""))),
        _absolutes(row.get("configs")),
        _absolutes(row.get("caches")),
        path if isinstance(path, str) else "",
        tuple(_strings(row.get("network"), NETWORK).items()),
        row.get("unchecked") is True,
    )


def _earlier(root: str) -> _Record:
    """Return the record of another release, or the lists of 0.1.0."""
    newer = _record(root)
    if newer != NOTHING:
        return newer
    listed = (_content(f"{root}/{LEGACY_CONFIGS}") or b"").splitlines()
    return NOTHING._replace(configs=_absolutes([os.fsdecode(line) for line in listed]))


def _identity(profile: Mapping[str, str]) -> tuple[str, str, str]:
    return profile["HOME"], paths.config_file(profile), paths.claude_dir(profile)


def _match(path: str, listed: Iterable[str]) -> str | None:
    """Return the entry of `listed` that resolves to the same path."""
    try:
        real = os.path.realpath(path)
        return next((one for one in listed if os.path.realpath(one) == real), None)
    except (OSError, ValueError):
        return None


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
