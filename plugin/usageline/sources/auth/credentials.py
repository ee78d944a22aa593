"""The sign-in that Claude Code keeps: the file on Linux, the Keychain on macOS. Read only; never renewed, never written.

Whoever reads it here has their memory kept private from then on.
"""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.sources.auth import keychain
from usageline.sources.auth.token import Token
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.system.memory import disable_core_dumps
from usageline.usage.times import EARLIEST
from usageline.usage.values import mapping, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 1 << 20
"""The file holds the sign-ins to MCP servers, too."""

MAX_DIGITS = 20
MAX_MS = 1e15
"""Beyond the year 33658 nothing expires."""

KEYCHAIN = "the macOS Keychain"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A subscription's sign-in. The refresh token is not among it: nothing here could log the user out.

    `expires_at` is in epoch seconds, 0 if the file names no time: null, a text, seconds for milliseconds, year 1. Such a token works in
    the client, and only the service knows whether it is good. `scopes` is None where they are not listed. `organization_uuid` and
    `account_uuid` are "" where the file does not name them. `renewable_until` is when the client can renew it no more: 0 if it never
    could, infinity without an end. `known_at` is when the plan was looked up (epoch seconds, 0 if unknown), `written_at` when the file
    was written. `gateway`: the client is signed in to an organization's gateway besides, which goes before the plan.
    """

    token: Token
    expires_at: float
    scopes: tuple[str, ...] | None = None
    subscription: str | None = None
    tier: str | None = None
    organization_uuid: str = ""
    account_uuid: str = ""
    renewable_until: float = 0
    known_at: float = 0
    written_at: float = 0
    gateway: bool = False

    def is_expired(self, now: float) -> bool:
        """Return whether it is certain that the token has expired."""
        return 0 < self.expires_at <= now

    def can_renew(self, now: float) -> bool:
        """Return whether a message in the client can renew the sign-in. Without a token the client calls itself signed out (2.1.330)."""
        return bool(self.token) and self.renewable_until > now


def read(
    env: Mapping[str, str], *, platform: str = sys.platform, security: str = keychain.SECURITY
) -> Credentials | None:
    """The sign-in as it is now, or None where there is none. SourceFailure `unreadable` where the Keychain does not let us."""
    return find(env, platform=platform, security=security)[0]


def find(
    env: Mapping[str, str], *, platform: str = sys.platform, security: str = keychain.SECURITY
) -> tuple[Credentials | None, str]:
    """As `read`, and where it was found: KEYCHAIN, or the file's path; "" with None."""
    disable_core_dumps()
    for place, text in _candidates(env, platform, security):
        found = _parsed(text)
        if found is not None:
            return (
                found if place == KEYCHAIN else replace(found, written_at=_written_at(place))
            ), place
    return None, ""


def from_file(path: str) -> Credentials | None:
    """The sign-in in that file alone, or None where it has none or cannot be read."""
    disable_core_dumps()
    return _parsed(read_bytes(path, MAX_BYTES))


def _candidates(
    env: Mapping[str, str], platform: str, security: str
) -> Iterator[tuple[str, bytes | str | None]]:
    if platform == "darwin":
        for password in keychain.passwords(env, security):
            yield KEYCHAIN, password
    path = paths.claude_credentials(env)
    yield path, read_bytes(path, MAX_BYTES)


def _parsed(text: bytes | str | None) -> Credentials | None:
    found = parse_object(text) or {}
    oauth, gateway = found.get("claudeAiOauth"), mapping(found.get("enterpriseGateway"))
    is_gateway = bool(_string(gateway.get("url")) and _string(gateway.get("jwt")))
    if isinstance(oauth, dict) or is_gateway:  # an item may hold only the sign-ins to MCP servers
        return replace(
            _credentials(mapping(oauth), found.get("organizationUuid")), gateway=is_gateway
        )
    return None


def _credentials(oauth: dict[str, object], organization: object) -> Credentials:
    token, scopes = oauth.get("accessToken"), oauth.get("scopes")
    return Credentials(
        token=Token(
            token if isinstance(token, str) and token.isascii() and token.isprintable() else ""
        ),
        expires_at=_moment(oauth.get("expiresAt")),
        scopes=tuple(scope for scope in scopes if isinstance(scope, str))
        if isinstance(scopes, list)
        else None,
        subscription=_string(oauth.get("subscriptionType")),
        tier=_string(oauth.get("rateLimitTier")),
        organization_uuid=_organization(oauth) or _string(organization) or "",
        account_uuid=_string(oauth.get("accountUuid")) or "",
        renewable_until=_renewable_until(oauth),
        known_at=_moment(oauth.get("subscriptionTypeVerifiedAt")),
    )


def _organization(oauth: dict[str, object]) -> str | None:
    return _string(oauth.get("organizationUuid")) or _string(
        mapping(oauth.get("organization")).get("uuid")
    )


def _moment(value: object) -> float:
    """Return milliseconds as epoch seconds; 0 for what is no time. Digits in a text count, as they do where the client compares them."""
    if isinstance(value, str) and len(value) <= MAX_DIGITS and value.strip().isdecimal():
        value = int(value)
    return (number(value, EARLIEST * 1000, MAX_MS) or 0) / 1000


def _renewable_until(oauth: dict[str, object]) -> float:
    """Return until when the client can renew the sign-in. The refresh token itself is not kept."""
    if not _string(oauth.get("refreshToken")):
        return 0
    ends_ms = oauth.get("refreshTokenExpiresAt")
    if isinstance(ends_ms, bool) or not isinstance(ends_ms, int | float):
        return math.inf
    return ends_ms / 1000 if ends_ms < MAX_MS else math.inf


def _written_at(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None
