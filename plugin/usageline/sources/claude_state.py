"""The client's own state, `.claude.json`: who is signed in, and the usage that the client saw last."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline import paths, terminal_background
from usageline.sources.files import parse_object, read_bytes, settings_object
from usageline.usage.values import mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 64 << 20
"""The file holds every project's history and can be megabytes long (FACTS: signing in)."""

DEFAULT_THEME = "dark"
"""What the client draws with where none was chosen."""

AUTO = "auto"
PALETTES = ("ansi", "daltonized")
BASES = ("dark", "light", *(f"{base}-{palette}" for palette in PALETTES for base in ("dark", "light")))
CUSTOM = "custom:"
THEME_MAX_BYTES = 1 << 18
"""As the client has it (seen in 2.1.330)."""


@dataclass(frozen=True, slots=True)
class ClaudeState:
    """What of `.claude.json` matters here; everything empty where the file is absent or cannot be read.

    `account` is `oauthAccount`, `cached` is `cachedUsageUtilization`; `has_api_key` says that the client signs in with a key of its own;
    `theme` is the client's own: `dark`, `light-daltonized`, `auto`, …
    """

    account: dict[str, Any]
    cached: dict[str, Any]
    has_api_key: bool = False
    theme: str = ""
    background: str = ""

    @property
    def appearance(self) -> str | None:
        """Return `dark` or `light`, as the client's theme says of the terminal, or None.

        For the theme `auto` it is what the terminal said when it was asked (`background`).
        """
        if self.theme == AUTO:
            return self.background or None
        return next((word for word in ("dark", "light") if self.theme.startswith(word)), None)

    @property
    def palette(self) -> str | None:
        """Return `ansi` or `daltonized`, if the client's theme is such a one, else None."""
        return next((word for word in PALETTES if self.theme.endswith("-" + word)), None)

    @property
    def account_uuid(self) -> str:
        """The account signed in, or ""."""
        found = self.account.get("accountUuid")
        return found if isinstance(found, str) else ""

    @property
    def organization_uuid(self) -> str:
        """Its organisation, or ""."""
        found = self.account.get("organizationUuid")
        return found if isinstance(found, str) else ""


def read(env: Mapping[str, str]) -> ClaudeState:
    """The state as it is now. The file is read once."""
    found = _object(paths.claude_state(env))
    return ClaudeState(
        mapping(found.get("oauthAccount")),
        mapping(found.get("cachedUsageUtilization")),
        bool(found.get("primaryApiKey")),
        theme := _theme(found, env),
        terminal_background.known(env) if theme == AUTO else "",
    )


def account_key(account_uuid: str, organization_uuid: str) -> str:
    """16 hex digits that stand for the account in file names and in the snapshot: no e-mail address, nothing to sign in with."""
    return hashlib.sha256(f"{account_uuid}/{organization_uuid}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _theme(state: Mapping[str, Any], env: Mapping[str, str]) -> str:
    # `/theme` writes it to settings.json, which comes before what older clients left in the state. The client keeps no theme that is its
    # own default there: it takes a "dark" out when it starts (seen in 2.1.330).
    settings = settings_object(read_bytes(paths.claude_settings(env), MOST_BYTES)) or {}
    for where in (settings, state):
        chosen = text(where.get("theme")) or ""
        if chosen in (AUTO, *BASES):
            return chosen
        if chosen.startswith(CUSTOM):
            return _base(chosen.removeprefix(CUSTOM), env)
    return DEFAULT_THEME if state.get("hasCompletedOnboarding") is True else ""


def _base(name: str, env: Mapping[str, str]) -> str:
    """Return the theme that a custom one of the user's is built on, "" if that is not known."""
    if not name or "/" in name or name.startswith("."):
        return ""
    theme = settings_object(read_bytes(f"{paths.claude_dir(env)}/themes/{name}.json", THEME_MAX_BYTES))
    if theme is None:
        return ""
    base = theme.get("base")
    return base if base in BASES else DEFAULT_THEME


def _object(path: str) -> dict[str, Any]:
    return parse_object(read_bytes(path, MOST_BYTES)) or {}
