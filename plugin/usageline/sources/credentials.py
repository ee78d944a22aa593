"""The sign-in that Claude Code keeps: the file on Linux, the Keychain on macOS. Read only; never renewed, never written.

Whoever reads it here has their memory kept private from then on.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline import paths
from usageline.memory import keep_private
from usageline.sources import keychain
from usageline.sources.files import parse_object, read_bytes
from usageline.sources.token import Token
from usageline.usage.values import mapping, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_BYTES = 1 << 20
"""The file holds the sign-ins to MCP servers, too."""

KEYCHAIN = "the macOS Keychain"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A subscription's sign-in. The refresh token is not among it: nothing here could log the user out.

    `expires_at` is in epoch seconds, 0 where a lost renewal left none. `scopes` is None where they are not listed.
    `organization_uuid` is "" where the file does not name it.
    """

    token: Token
    expires_at: float
    scopes: tuple[str, ...] | None = None
    subscription: str | None = None
    tier: str | None = None
    organization_uuid: str = ""


def read(env: Mapping[str, str], *, platform: str = sys.platform, security: str = keychain.SECURITY) -> Credentials | None:
    """The sign-in as it is now, or None where there is none. SourceFailure `unreadable` where the Keychain does not let us."""
    return find(env, platform=platform, security=security)[0]


def find(env: Mapping[str, str], *, platform: str = sys.platform, security: str = keychain.SECURITY) -> tuple[Credentials | None, str]:
    """As `read`, and where it was found: KEYCHAIN, or the file's path; "" with None."""
    keep_private()
    for place, text in _candidates(env, platform, security):
        found = _parsed(text)
        if found is not None:
            return found, place
    return None, ""


def from_file(path: str) -> Credentials | None:
    """The sign-in in that file alone, or None where it has none or cannot be read."""
    keep_private()
    return _parsed(read_bytes(path, MOST_BYTES))


def _candidates(env: Mapping[str, str], platform: str, security: str) -> Iterator[tuple[str, bytes | str | None]]:
    if platform == "darwin":
        for password in keychain.passwords(env, security):
            yield KEYCHAIN, password
    path = paths.claude_credentials(env)
    yield path, read_bytes(path, MOST_BYTES)


def _parsed(text: bytes | str | None) -> Credentials | None:
    found = parse_object(text) or {}
    oauth = found.get("claudeAiOauth")
    if isinstance(oauth, dict):  # an item may hold only the sign-ins to MCP servers
        return _credentials(oauth, found.get("organizationUuid"))
    return None


def _credentials(oauth: dict[str, object], organization: object) -> Credentials:
    token, scopes = oauth.get("accessToken"), oauth.get("scopes")
    expires_ms = number(oauth.get("expiresAt"), 0, 1e15)
    return Credentials(
        token=Token(token if isinstance(token, str) and token.isascii() and token.isprintable() else ""),
        expires_at=(expires_ms or 0) / 1000,
        scopes=tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else None,
        subscription=_string(oauth.get("subscriptionType")),
        tier=_string(oauth.get("rateLimitTier")),
        organization_uuid=_string(organization) or _string(mapping(oauth.get("organization")).get("uuid")) or "",
    )


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None
