"""Read Claude Code's credentials: a file on Linux, the Keychain on macOS.

It never renews or writes them. Reading them also disables core dumps of this process.
"""

from __future__ import annotations

import hashlib
import math
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.sources.auth import keychain
from usageline.sources.claude_files import modified_at, parse_object, read_bytes
from usageline.system.paths import Paths
from usageline.system.this_process import disable_core_dumps
from usageline.usage.values import EARLIEST, mapping, number, string

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


MAX_BYTES = 1 << 20
"""The file holds the sign-ins to MCP servers, too."""

MAX_DIGITS = 20
MAX_MS = 1e15
"""The year 33658: a later expiry counts as none."""

KEYCHAIN = "the macOS Keychain"


class Token:
    """An access token. Only `reveal` returns it; `str` and `repr` return a placeholder."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the token itself, for the one header that carries it."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """Return 16 hex digits of its hash. They distinguish tokens and do not reveal one."""
        return hashlib.sha256(self._value.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def __repr__(self) -> str:
        return "<token>"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a token is not stored")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of a subscription, without the refresh token, which could sign the user out.

    Times are in epoch seconds. An invalid `expires_at` counts as unknown: null, text, seconds
    instead of milliseconds, year 1. Such a token works in the client, and only the service can
    check it.

    token              the access token
    expires_at         0 if unknown
    scopes             None if the file does not list them
    subscription       the plan, or ""
    tier               the rate limit tier, or ""
    organization_uuid  "" if the file does not name it
    account_uuid       "" if the file does not name it
    renewable_until    when the client can no longer renew the token; 0 never, infinity always
    known_at           when the client requested the plan; 0 if unknown
    written_at         when the file was written; 0 if unknown
    gateway            whether the client uses an organization's gateway, which precedes the plan
    """

    token: Token
    expires_at: float
    scopes: tuple[str, ...] | None = None
    subscription: str = ""
    tier: str = ""
    organization_uuid: str = ""
    account_uuid: str = ""
    renewable_until: float = 0
    known_at: float = 0
    written_at: float = 0
    gateway: bool = False

    def is_expired(self, now: float) -> bool:
        """Return whether the token has certainly expired."""
        return 0 < self.expires_at <= now

    def can_renew(self, now: float) -> bool:
        """Return whether a message in the client renews the token.

        Without a token the client counts as signed out (seen in 2.1.330).
        """
        return bool(self.token) and self.renewable_until > now


def read(
    env: Mapping[str, str], *, platform: str = sys.platform, security: str = keychain.SECURITY
) -> Credentials | None:
    """Return the current credentials, None if there are none.

    Raise SourceFailure `unreadable` if the Keychain denies access.
    """
    return find(env, platform=platform, security=security)[0]


def find(
    env: Mapping[str, str], *, platform: str = sys.platform, security: str = keychain.SECURITY
) -> tuple[Credentials | None, str]:
    """Return the result of `read` and its origin: KEYCHAIN, the file's path, or ""."""
    disable_core_dumps()
    for place, text in _candidates(env, platform, security):
        credentials = _parse(text)
        if credentials is not None and place == KEYCHAIN:
            return credentials, place
        if credentials is not None:
            return replace(credentials, written_at=modified_at(place) or 0), place
    return None, ""


def from_file(path: str) -> Credentials | None:
    """Return the credentials in that file, None if it has none or is unreadable."""
    disable_core_dumps()
    return _parse(read_bytes(path, MAX_BYTES))


def _candidates(
    env: Mapping[str, str], platform: str, security: str
) -> Iterator[tuple[str, bytes | str | None]]:
    if platform == "darwin":
        for password in keychain.passwords(env, security):
            yield KEYCHAIN, password
    path = Paths(env).claude_credentials
    yield path, read_bytes(path, MAX_BYTES)


def _parse(text: bytes | str | None) -> Credentials | None:
    content = parse_object(text) or {}
    oauth, gateway = content.get("claudeAiOauth"), mapping(content.get("enterpriseGateway"))
    is_gateway = bool(string(gateway.get("url")) and string(gateway.get("jwt")))
    if isinstance(oauth, dict) or is_gateway:  # an item may hold sign-ins to MCP servers only
        return replace(
            _credentials(mapping(oauth), content.get("organizationUuid")), gateway=is_gateway
        )
    return None


def _credentials(oauth: dict[str, object], organization: object) -> Credentials:
    token, scopes = string(oauth.get("accessToken")), oauth.get("scopes")
    organizations = (
        oauth.get("organizationUuid"),
        mapping(oauth.get("organization")).get("uuid"),
        organization,
    )
    return Credentials(
        token=Token(token if token.isascii() and token.isprintable() else ""),
        expires_at=_epoch_s(oauth.get("expiresAt")),
        scopes=tuple(scope for scope in scopes if isinstance(scope, str))
        if isinstance(scopes, list)
        else None,
        subscription=string(oauth.get("subscriptionType")),
        tier=string(oauth.get("rateLimitTier")),
        organization_uuid=next(filter(None, map(string, organizations)), ""),
        account_uuid=string(oauth.get("accountUuid")),
        renewable_until=_renewable_until(oauth),
        known_at=_epoch_s(oauth.get("subscriptionTypeVerifiedAt")),
    )


def _epoch_s(value: object) -> float:
    """Return milliseconds as epoch seconds, 0 if invalid. Digits in a text are valid, too."""
    if isinstance(value, str) and len(value) <= MAX_DIGITS and value.strip().isdecimal():
        value = int(value)
    return (number(value, EARLIEST * 1000, MAX_MS) or 0) / 1000


def _renewable_until(oauth: dict[str, object]) -> float:
    """Return until when the client can renew the token. Do not store the refresh token itself."""
    if not string(oauth.get("refreshToken")):
        return 0
    ends_ms = oauth.get("refreshTokenExpiresAt")
    if isinstance(ends_ms, bool) or not isinstance(ends_ms, int | float):
        return math.inf
    return ends_ms / 1000 if ends_ms < MAX_MS else math.inf
