"""Find the accounts of all profiles by their snapshots, with the user's labels."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from usageline.config import file, profiles
from usageline.config.validate import NO_VALUES, Values, validate
from usageline.core import freshness
from usageline.core.text import sanitize
from usageline.storage.snapshot import profile_keys, snapshot_of
from usageline.system import origin
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class ProfileAccount:
    """The account of one profile.

    `name` is the user's label, "" without one, and `label` what is shown instead. `profile` is the
    name of its cache directory. `directory` is its Claude Code directory, None if unknown.
    `credentials` is the fingerprint of its sign-in now.
    """

    name: str
    label: str
    profile: str
    directory: str | None
    snapshot: dict[str, Any]
    credentials: str
    is_current: bool

    @property
    def account(self) -> str | None:
        """Return the key of the account, by which its history is stored."""
        key = self.snapshot.get("account")
        return key if isinstance(key, str) else None


def all_profiles(env: Mapping[str, str]) -> list[ProfileAccount]:
    """Return the accounts of all profiles, the current one first, then by label.

    Two profiles of one account are one row: the one with the newer numbers.
    """
    paths = Paths(env)
    values = _values(env)
    directories = _directories(env, values)
    own = paths.profile
    rows = []
    for key in profile_keys(paths):
        snapshot = snapshot_of(paths, key)
        if snapshot is None:
            continue
        name, directory = directories.get(key, ("", None))
        rows.append(
            ProfileAccount(
                name,
                name or _fallback_label(key, directory, paths),
                key,
                directory,
                snapshot,
                _credentials(paths, snapshot, directory, is_current=key == own),
                key == own,
            )
        )
    rows = list(_one_for_each_account(rows))
    rows.sort(key=lambda row: (not row.is_current, row.label.casefold(), row.profile))
    return rows


def refresh_all(env: Mapping[str, str]) -> None:
    """Refresh every known profile whose numbers are not fresh, one after the other."""
    from usageline.refresh.run import refresh  # noqa: PLC0415 - slow to import

    refresh(env)
    own = Paths(env).settings_profile
    for key, directory in _known_profiles(env).items():
        if key != own:
            refresh(_profile_env(env, key, directory))


def labels(env: Mapping[str, str]) -> dict[str, str]:
    """Return the user's labels of accounts, by the keys under which their history is stored."""
    return {row.account: row.name for row in all_profiles(env) if row.name and row.account}


def matching(requested: str, names: Mapping[str, str]) -> list[str]:
    """Return the keys of `names` (labels by key) that are requested by key or by label.

    Without an exact match, they are those whose key or label begins with `requested`.
    """
    text = requested.casefold()
    folded = {key: (key, label.casefold()) for key, label in names.items()}
    exact = [key for key, words in folded.items() if text in words]
    return exact or [
        key
        for key, words in folded.items()
        if text and any(word.startswith(text) for word in words)
    ]


def listed(names: Mapping[str, str]) -> str:
    """Return keys with their labels, to choose from; the label may be the key."""
    return ", ".join(
        sanitize(key if key == label else f"{key} ({label})") for key, label in names.items()
    )


def _directories(env: Mapping[str, str], values: Values) -> dict[str, tuple[str, str | None]]:
    """Return the label, "" without one, and the Claude Code directory of each profile's key.

    Those of config.toml come first, then the directories `~/.claude…` that exist.
    """
    paths = Paths(env)
    home = paths.home.rstrip("/")
    known: dict[str, tuple[str, str | None]] = {profiles.DEFAULT: ("", home + "/.claude")}
    try:
        names = [name for name in os.listdir(home) if name.startswith(".claude")]
    except OSError:
        names = []
    for name in names:
        path = f"{home}/{name}"
        known[Paths({"CLAUDE_CONFIG_DIR": path}).settings_profile] = ("", path)
    own = env.get("CLAUDE_CONFIG_DIR")
    if own:
        known[paths.settings_profile] = ("", own.rstrip("/"))
    for name in values.profiles:
        path = profiles.directory(name, values, paths) or home + "/.claude"
        for key in profiles.keys(name, values, paths):
            known[key] = (profiles.label(name, values), path)
    return known


def _known_profiles(env: Mapping[str, str]) -> dict[str, str]:
    """Return key and directory of the profiles with numbers, and of those in config.toml."""
    paths = Paths(env)
    values = _values(env)
    known = {row.profile: row.directory for row in all_profiles(env) if row.directory is not None}
    for name in values.profiles:
        path = profiles.directory(name, values, paths)
        keys = profiles.keys(name, values, paths)
        if path is not None and not known.keys() & keys:
            known[keys[-1]] = path or paths.home + "/.claude"
    return known


def _profile_env(env: Mapping[str, str], key: str, directory: str) -> dict[str, str]:
    """Return the environment of a session in that Claude Code directory."""
    own = ("CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR")
    changed = {name: value for name, value in env.items() if name not in own}
    return changed if key == profiles.DEFAULT else {**changed, "CLAUDE_CONFIG_DIR": directory}


def _fallback_label(key: str, directory: str | None, paths: Paths) -> str:
    if directory is None:
        return f"profile {key[:8]}"
    home = paths.home.rstrip("/")
    return "~" + directory[len(home) :] if directory.startswith(home + "/") else directory


def _credentials(
    paths: Paths, snapshot: dict[str, Any], directory: str | None, *, is_current: bool
) -> str:
    """Return the fingerprint of a profile's sign-in now; if its file is unknown, as it was."""
    if is_current:
        return freshness.file_fingerprint(paths.claude_credentials)
    if directory is not None:
        return freshness.file_fingerprint(directory + "/.credentials.json")
    known = snapshot.get("credentials")
    return known if isinstance(known, str) else ""


def _one_for_each_account(rows: Iterable[ProfileAccount]) -> Iterable[ProfileAccount]:
    by_account: dict[str, ProfileAccount] = {}
    for row in rows:
        key = row.account or row.profile
        other = by_account.get(key)
        if other is None:
            by_account[key] = row
            continue
        first, second = (other, row) if other.is_current or not row.is_current else (row, other)
        name = first.name or second.name
        newer = max(first, second, key=_observed_at)
        by_account[key] = replace(
            first,
            name=name,
            label=name or first.label,
            snapshot=newer.snapshot,
            credentials=newer.credentials,
        )
    return by_account.values()


def _observed_at(row: ProfileAccount) -> float:
    at = row.snapshot.get("observed_at")
    return at if isinstance(at, int | float) else 0


def _values(env: Mapping[str, str]) -> Values:
    try:
        path = origin.config_file(env)
    except LookupError:
        return NO_VALUES
    return _values_at(path, freshness.file_fingerprint(path))


@lru_cache(maxsize=2)
def _values_at(path: str, _stamp: str) -> Values:
    """Return the valid values of the file; `_stamp` is its fingerprint."""
    try:
        return validate(file.read_text(path) or "").values
    except file.UnusableFile:
        return NO_VALUES
