"""The client's own state, `.claude.json`: who is signed in, and the usage that the client saw last."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline import paths
from usageline.line.other_sign_ins import key_digest
from usageline.sources.files import read_keys
from usageline.usage.values import mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 64 << 20
"""The file holds every project's history and can be megabytes long (FACTS: signing in)."""

SETTINGS_MOST_BYTES = 2 << 20
"""The client takes no longer settings.json (seen in 2.1.330)."""

KEYS = ("oauthAccount", "cachedUsageUtilization", "primaryApiKey", "theme", "hasCompletedOnboarding", "customApiKeyResponses")
"""All that is looked at in the file."""

MAX_DECLINED_KEYS = 64
DEFAULT_THEME = "dark"
"""What the client draws with where none was chosen."""


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

    @property
    def appearance(self) -> str | None:
        """`dark` or `light`, as the client's theme says of the terminal; None where it does not."""
        return next((word for word in ("dark", "light") if self.theme.startswith(word)), None)

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
    path, found, problem, written_at = place(env), {}, "", 0.0
    try:
        written_at = os.stat(path).st_mtime
        found = read_keys(path, KEYS, MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        written_at = 0
    except (OSError, ValueError) as error:
        reason = error.strerror or "it is no file" if isinstance(error, OSError) else str(error)
        problem = f"{os.path.basename(path)} cannot be used: {reason}"
    return ClaudeState(
        mapping(found.get("oauthAccount")),
        mapping(found.get("cachedUsageUtilization")),
        bool(found.get("primaryApiKey")),
        _theme(found, env),
        _declined(found),
        problem,
        written_at,
    )


def place(env: Mapping[str, str]) -> str:
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
    tails = [tail for tail in rejected if isinstance(tail, str) and tail] if isinstance(rejected, list) else []
    return tuple(key_digest(tail) for tail in tails[-MAX_DECLINED_KEYS:])


def account_key(account_uuid: str, organization_uuid: str) -> str:
    """16 hex digits that stand for the account in file names and in the snapshot: no e-mail address, nothing to sign in with."""
    return hashlib.sha256(f"{account_uuid}/{organization_uuid}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _theme(state: Mapping[str, Any], env: Mapping[str, str]) -> str:
    # `/theme` writes it to settings.json, which comes before what older clients left in the state. The client keeps no theme that is its
    # own default there: it takes a "dark" out when it starts (seen in 2.1.330).
    try:
        settings = read_keys(paths.claude_settings(env), ("theme",), SETTINGS_MOST_BYTES)
    except (OSError, ValueError):
        settings = {}
    chosen = text(settings.get("theme")) or text(state.get("theme"))
    return chosen or (DEFAULT_THEME if state.get("hasCompletedOnboarding") is True else "")
