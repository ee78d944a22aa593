"""Who is signed in, and how: with a subscription, which has limits, or with something else, which has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline import paths
from usageline.errors import SourceFailure
from usageline.line.view import other_sign_in
from usageline.sources import claude_state, credentials, keychain
from usageline.sources.files import read_bytes, settings_object
from usageline.usage.plan import plan_name
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.claude_state import ClaudeState
    from usageline.sources.credentials import Credentials

SETTINGS_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SignIn:
    """A subscription that is signed in.

    `account` is its key; `credentials` is None where no source that needs them is configured, or where they cannot be had: `problem` says why.
    """

    account: str
    plan: str | None
    state: ClaudeState
    credentials: Credentials | None
    problem: SourceFailure | None = None

    @property
    def token_fingerprint(self) -> str:
        """Tells this sign-in from a later one of the same account; "" without credentials."""
        return self.credentials.token.fingerprint if self.credentials else ""


def read(env: Mapping[str, str], *, with_token: bool = True, security: str = keychain.SECURITY) -> SignIn:
    """The sign-in as it is now. Without `with_token` neither the credentials file nor the Keychain is opened.

    SourceFailure `signed-out` or `no-plan` (the detail says what is used instead).
    """
    state = claude_state.read(env)
    other = _other(env)
    if other:
        raise SourceFailure("no-plan", other)
    found, problem = None, None
    if with_token:
        try:
            found = credentials.read(env, security=security)
        except SourceFailure as failure:
            problem = failure  # what needs no token still works
    looked_in_vain = with_token and found is None and problem is None
    if looked_in_vain or (found is None and not state.account_uuid):
        raise SourceFailure("no-plan", "API key") if state.has_api_key else SourceFailure("signed-out")
    return SignIn(_account_key(state, found), _plan(state, found), state, found, problem)


def _other(env: Mapping[str, str]) -> str:
    """What the user's settings sign in with instead of a plan; it outranks a subscription."""
    settings = settings_object(read_bytes(paths.claude_settings(env), SETTINGS_MOST_BYTES)) or {}
    if isinstance(settings.get("apiKeyHelper"), str) and settings["apiKeyHelper"]:
        return "API key helper"
    return str(other_sign_in({name: value for name, value in mapping(settings.get("env")).items() if isinstance(value, str)}))


def _account_key(state: ClaudeState, found: Credentials | None) -> str:
    """The key of account and organisation.

    The credentials' organisation goes before the state's: the client writes the two files one after the other, and while they disagree
    the key is nobody's, so that no number is stored under the wrong account. With neither known it is the token's own.
    """
    organization = (found.organization_uuid if found else "") or state.organization_uuid
    if found and not state.account_uuid and not organization:
        organization = found.token.fingerprint
    return claude_state.account_key(state.account_uuid, organization)


def _plan(state: ClaudeState, found: Credentials | None) -> str | None:
    account = state.account
    tiers = (found.tier if found else None, account.get("userRateLimitTier"), account.get("organizationRateLimitTier"))
    return plan_name(found.subscription if found else None, account.get("organizationType"), account.get("seatTier"), *tiers)
