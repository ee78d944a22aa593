"""The client's own state, `.claude.json`: who is signed in, and the usage that the client saw last."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.core import paths
from usageline.core.other_sign_ins import key_digest
from usageline.sources.claude_files import read_keys
from usageline.system import terminal_background
from usageline.usage.values import mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 64 << 20
"""The file holds every project's history and can be megabytes long (FACTS: signing in)."""

MAX_SETTINGS_BYTES = 2 << 20
"""The client takes no longer settings.json (seen in 2.1.330)."""

KEYS = (
    "oauthAccount",
    "cachedUsageUtilization",
    "primaryApiKey",
    "theme",
    "hasCompletedOnboarding",
    "customApiKeyResponses",
)
"""All that is looked at in the file."""

MAX_DECLINED_KEYS = 64
DEFAULT_THEME = "dark"
"""What the client draws with where none was chosen."""

AUTO = "auto"
PALETTES = ("ansi", "daltonized")
BASES = (
    "dark",
    "light",
    *(f"{base}-{palette}" for palette in PALETTES for base in ("dark", "light")),
)
CUSTOM = "custom:"
MAX_THEME_BYTES = 1 << 18
"""As the client has it (seen in 2.1.330)."""


@dataclass(frozen=True, slots=True)
class ClaudeState:
    """What of `.claude.json` matters here; everything empty where the file is absent or cannot be read.

    `account` is `oauthAccount`, `cached` is `cachedUsageUtilization`; `has_api_key` says that the client signs in with a key of its own;
    `theme` is the client's own: `dark`, `light-daltonized`, `auto`, …
    `declined_keys` stands for the API keys that the user told the client not to use: digests, as `line.other_sign_ins.key_digest` makes them.
    `problem` says why a file that is there could not be read, `written_at` when it was written last (epoch seconds, 0 without one).
    """

    account: dict[str, Any]
    cached: dict[str, Any]
    has_api_key: bool = False
    theme: str = ""
    declined_keys: tuple[str, ...] = ()
    problem: str = ""
    written_at: float = 0
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
    path, found, problem, written_at = state_file(env), {}, "", 0.0
    try:
        written_at = os.stat(path).st_mtime
        found = read_keys(path, KEYS, MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        written_at = 0
    except (OSError, ValueError) as error:
        reason = (
            error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
        )
        problem = f"{os.path.basename(path)} cannot be used: {reason}"
    return ClaudeState(
        mapping(found.get("oauthAccount")),
        mapping(found.get("cachedUsageUtilization")),
        bool(found.get("primaryApiKey")),
        theme := _theme(found, env),
        _declined(found),
        problem,
        written_at,
        terminal_background.cached_background(env) if theme == AUTO else "",
    )


def state_file(env: Mapping[str, str]) -> str:
    """Return the path of the state file; an old installation's `.config.json` comes first, as in the client (seen in 2.1.330)."""
    old = paths.claude_dir(env) + "/.config.json"
    try:
        status = os.stat(old)
        if stat.S_ISREG(status.st_mode) and status.st_size:
            return str(old)
    except (OSError, ValueError):
        pass
    return str(paths.claude_state(env))


def _declined(state: Mapping[str, Any]) -> tuple[str, ...]:
    rejected = mapping(state.get("customApiKeyResponses")).get("rejected")
    tails = (
        [tail for tail in rejected if isinstance(tail, str) and tail]
        if isinstance(rejected, list)
        else []
    )
    return tuple(key_digest(tail) for tail in tails[-MAX_DECLINED_KEYS:])


def account_key(account_uuid: str, organization_uuid: str) -> str:
    """16 hex digits that stand for the account in file names and in the snapshot: no e-mail address, nothing to sign in with."""
    return hashlib.sha256(
        f"{account_uuid}/{organization_uuid}".encode("utf-8", "surrogatepass")
    ).hexdigest()[:16]


def _theme(state: Mapping[str, Any], env: Mapping[str, str]) -> str:
    # `/theme` writes it to settings.json, which comes before what older clients left in the state. The client keeps no theme that is its
    # own default there: it takes a "dark" out when it starts (seen in 2.1.330).
    for where in (_keys(paths.claude_settings(env), ("theme",), MAX_SETTINGS_BYTES) or {}, state):
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
    theme = _keys(f"{paths.claude_dir(env)}/themes/{name}.json", ("base",), MAX_THEME_BYTES)
    if theme is None:
        return ""
    base = theme.get("base")
    return base if base in BASES else DEFAULT_THEME


def _keys(path: str, keys: tuple[str, ...], max_bytes: int) -> dict[str, Any] | None:
    try:
        return read_keys(path, keys, max_bytes)
    except (OSError, ValueError):
        return None
