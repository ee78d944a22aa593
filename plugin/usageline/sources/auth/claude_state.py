"""Read the client's own state, `.claude.json`: the account and the client's last usage."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from usageline.core import client_theme
from usageline.core.freshness import file_fingerprint
from usageline.core.other_sign_ins import key_digest
from usageline.sources.claude_files import MAX_SETTINGS_BYTES, find_keys, read_keys
from usageline.system import terminal
from usageline.system.paths import Paths
from usageline.usage.values import epoch, mapping, string

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 64 << 20
"""The file holds each project's history and can have megabytes (FACTS: signing in)."""

KEYS = (
    "oauthAccount",
    "cachedUsageUtilization",
    "primaryApiKey",
    "theme",
    "hasCompletedOnboarding",
    "customApiKeyResponses",
    "unusedLimitResetStatusCache",
)
"""The keys that are read from the file."""

MAX_DECLINED_KEYS = 64
AUTO = client_theme.AUTO
MAX_THEME_BYTES = 1 << 18
"""The client's own limit (seen in 2.1.330)."""


@dataclass(frozen=True, slots=True)
class ClaudeState:
    """The parts of `.claude.json` that usageline reads, empty if the file is missing or unreadable.

    account        `oauthAccount`
    cached         `cachedUsageUtilization`
    has_api_key    whether the client signs in with an API key
    theme          the client's theme: `dark`, `light-daltonized`, `auto`, …
    default_theme  the theme if settings.json names none
    settings       fingerprint of the settings.json that named the theme
    declined_keys  digests of the API keys that the user declined (`other_sign_ins.key_digest`)
    problem        why an existing file could not be read, or ""
    written_at     when the file was written (epoch seconds), 0 if it is missing
    unused_reset   `unusedLimitResetStatusCache`: whether the account holds an unused limit reset
    background     the terminal's last answer for the theme `auto`, or ""
    """

    account: dict[str, Any]
    cached: dict[str, Any]
    has_api_key: bool = False
    theme: str = ""
    default_theme: str = ""
    settings: str = ""
    declined_keys: tuple[str, ...] = ()
    problem: str = ""
    written_at: float = 0
    background: str = ""
    unused_reset: Mapping[str, Any] = field(default_factory=dict)

    @property
    def appearance(self) -> str | None:
        """Return `dark` or `light` for the client's theme, or None if that is unknown.

        For the theme `auto` it is the terminal's last answer (`background`).
        """
        return client_theme.appearance(self.theme, self.background)

    @property
    def palette(self) -> str | None:
        """Return `ansi` or `daltonized` for a theme of that palette, else None."""
        return client_theme.palette(self.theme)

    def holds_unused_reset(self, now: float) -> bool:
        """Return whether the client knows of a limit reset that the account can still use."""
        noted = self.unused_reset
        until = epoch(noted.get("validUntil"))
        return (
            noted.get("holdsUnusedReset") is True
            and noted.get("accountUuid") in (self.account_uuid, None)
            and (until is None or until > now)
        )

    @property
    def account_uuid(self) -> str:
        """Return the account that is signed in, or ""."""
        return string(self.account.get("accountUuid"))

    @property
    def organization_uuid(self) -> str:
        """Return its organization, or ""."""
        return string(self.account.get("organizationUuid"))


def read(env: Mapping[str, str]) -> ClaudeState:
    """Return the current state. Read the file once."""
    paths = Paths(env)
    path, content, problem, written_at = state_file(paths), {}, "", 0.0
    try:
        written_at = os.stat(path).st_mtime
        content = read_keys(path, KEYS, MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        written_at = 0
    except (OSError, ValueError) as error:
        reason = (
            error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
        )
        problem = f"{os.path.basename(path)} cannot be used: {reason}"
    # Before the file is read: after a change in between, the line reads it again.
    settings = file_fingerprint(paths.claude_settings)
    default_theme = _default_theme(content, env)
    theme = _settings_theme(env)
    theme = default_theme if theme is None else theme
    return ClaudeState(
        mapping(content.get("oauthAccount")),
        mapping(content.get("cachedUsageUtilization")),
        bool(content.get("primaryApiKey")),
        theme,
        default_theme,
        settings,
        _declined(content),
        problem,
        written_at,
        terminal.cached_background(paths) if theme == AUTO else "",
        mapping(content.get("unusedLimitResetStatusCache")),
    )


def state_file(paths: Paths) -> str:
    """Return the path of the state file.

    An old installation's `.config.json` comes first, as in the client (seen in 2.1.330).
    """
    old = paths.claude_dir + "/.config.json"
    with contextlib.suppress(OSError, ValueError):
        status = os.stat(old)
        if stat.S_ISREG(status.st_mode) and status.st_size:
            return str(old)
    return paths.claude_state


def _declined(state: Mapping[str, Any]) -> tuple[str, ...]:
    rejected = mapping(state.get("customApiKeyResponses")).get("rejected")
    tails = [*filter(None, map(string, rejected if isinstance(rejected, list) else ()))]
    return tuple(key_digest(tail) for tail in tails[-MAX_DECLINED_KEYS:])


def account_key(account_uuid: str, organization_uuid: str) -> str:
    """Return 16 hex digits that identify the account in file names and in the snapshot.

    They reveal no e-mail address and no secret.
    """
    return hashlib.sha256(
        f"{account_uuid}/{organization_uuid}".encode("utf-8", "surrogatepass")
    ).hexdigest()[:16]


def _settings_theme(env: Mapping[str, str]) -> str | None:
    """Return the theme in settings.json, to which `/theme` writes; None if it names none."""
    settings = find_keys(Paths(env).claude_settings, ("theme",), MAX_SETTINGS_BYTES) or {}
    return client_theme.theme_in(settings, lambda name: _custom_theme(name, env))


def _default_theme(state: Mapping[str, Any], env: Mapping[str, str]) -> str:
    """Return the theme if settings.json names none.

    It is that of the state, which older clients wrote. At its start the client removes its default
    "dark" from settings.json (seen in 2.1.330).
    """
    theme = client_theme.theme_in(state, lambda name: _custom_theme(name, env))
    if theme is not None:
        return theme
    return client_theme.DEFAULT_THEME if state.get("hasCompletedOnboarding") is True else ""


def _custom_theme(name: str, env: Mapping[str, str]) -> dict[str, Any] | None:
    return find_keys(client_theme.custom_theme(env, name), ("base",), MAX_THEME_BYTES)
