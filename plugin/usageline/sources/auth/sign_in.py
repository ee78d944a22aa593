"""Find the current sign-in: a subscription with limits, or something else without any."""

from __future__ import annotations

import glob
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.core import other_sign_ins
from usageline.core.vocabulary import OWN_SIGN_IN
from usageline.sources.auth import claude_state, credentials, keychain
from usageline.sources.claude_files import MANAGED, MAX_SETTINGS_BYTES, find_keys
from usageline.system.paths import Paths
from usageline.usage.model import SourceFailure
from usageline.usage.values import EARLIEST, LATEST, PLANS, mapping, number, plan_name, string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.auth.claude_state import ClaudeState
    from usageline.sources.auth.credentials import Credentials

NEWER_S = 60
"""Two files written within this time may belong to the same change."""

FLAGS = frozenset(
    {*(name for name, _ in other_sign_ins.PROVIDERS), "_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL"}
)

TOKEN_VARIABLE = "CLAUDE_CODE_OAUTH_TOKEN"  # noqa: S105 - a name
"""Precedes the stored sign-in. Claude Code removes it from the status line's environment."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A subscription that is signed in.

    account      its key
    plan         its name, or None
    state        Claude Code's own state
    credentials  None if no configured source needs them, or if they cannot be read
    problem      why they cannot be read, or None
    is_guest     nothing is signed in that can read usage: config.toml names the account
    own_token    the settings give each session a token, which may be another account's
    """

    account: str
    plan: str | None
    state: ClaudeState
    credentials: Credentials | None
    problem: SourceFailure | None = None
    is_guest: bool = False
    own_token: bool = False

    @property
    def names_account(self) -> bool:
        """Return whether the sign-in's files name the account itself."""
        named = self.credentials.account_uuid if self.credentials else ""
        return bool(named or self.state.account_uuid)

    @property
    def names_organization(self) -> bool:
        """Return whether the credentials name the account.

        Otherwise only `.claude.json` does, which the client writes later.
        """
        return self.credentials is None or bool(self.credentials.organization_uuid)

    @property
    def organizations(self) -> tuple[str, str]:
        """Return the organizations of the credentials and of `.claude.json`, each "" if unknown."""
        return (
            self.credentials.organization_uuid if self.credentials else ""
        ), self.state.organization_uuid

    @property
    def token_fingerprint(self) -> str:
        """Return the token's fingerprint, "" without credentials. Each sign-in has another one."""
        return self.credentials.token.fingerprint if self.credentials else ""


def read(
    env: Mapping[str, str], *, with_token: bool = True, security: str = keychain.SECURITY
) -> SignIn:
    """Return the current sign-in.

    Without `with_token` open neither the credentials file nor the Keychain. Raise SourceFailure
    `signed-out`, or `no-plan` with the other kind of sign-in as its detail.
    """
    paths = Paths(env)
    state = claude_state.read(env)
    has_helper, variables = in_settings(paths)
    own_token = bool(variables.get(TOKEN_VARIABLE))
    other = (
        "API key helper" if has_helper else other_sign_ins.chosen(variables, state.declined_keys)
    )
    if other:
        raise SourceFailure("no-plan", other)
    current, problem = None, None
    if with_token:
        try:
            current = credentials.read(env, security=security)
        except SourceFailure as failure:
            problem = failure  # sources without a token still work
    if current is not None and current.gateway:
        raise SourceFailure("no-plan", "gateway")
    is_missing = with_token and current is None and problem is None
    if is_missing or (current is None and not state.account_uuid):
        if state.has_api_key:
            raise SourceFailure("no-plan", "API key")
        raise (
            SourceFailure("unreadable", state.problem)
            if state.problem and not with_token
            else SourceFailure("signed-out", OWN_SIGN_IN if own_token else "")
        )
    account, plan = _account_key(state, current, paths), plan_of(state, current)
    if current is not None and not (
        is_of_account(state, current) and _may_be_of_state(current, paths)
    ):
        # The state belongs to the last sign-in, which may be stored elsewhere: not to this token.
        state = replace(state, account={}, cached={})
    return SignIn(account, plan, state, current, problem, own_token=own_token)


def guest(env: Mapping[str, str], account: str) -> SignIn:
    """Return what stands for a sign-in on a machine that only shows another machine's numbers."""
    return SignIn(account, None, claude_state.read(env), None, is_guest=True)


def in_settings(paths: Paths) -> tuple[bool, dict[str, str]]:
    """Return what the user's and the organization's settings name before a stored sign-in.

    That is whether they have an API key helper, and their variables.
    """
    managed = [
        f"{MANAGED}/managed-settings.json",
        *sorted(glob.glob(f"{glob.escape(MANAGED)}/managed-settings.d/*.json")),
    ]
    variables: dict[str, str] = {}
    has_helper = False
    for path in (paths.claude_settings, *managed):
        settings = find_keys(path, ("apiKeyHelper", "env"), MAX_SETTINGS_BYTES) or {}
        has_helper = has_helper or bool(string(settings.get("apiKeyHelper")))
        variables |= {
            name: value
            for name, value in map(_variable, mapping(settings.get("env")).items())
            if value is not None
        }
    return has_helper, variables


def _variable(item: tuple[str, object]) -> tuple[str, str | None]:
    """Return a variable as the client sets it: numbers and booleans as text."""
    name, value = item
    if name in FLAGS and isinstance(value, bool | int):
        return name, str(value)
    return name, value if isinstance(value, str) else None


def is_of_account(state: ClaudeState, current: Credentials) -> bool:
    """Return whether the client's state and the token may be of the same account."""
    pairs = (
        (state.account_uuid, current.account_uuid),
        (state.organization_uuid, current.organization_uuid),
    )
    return all(one == other or not one or not other for one, other in pairs)


def _may_be_of_state(current: Credentials, paths: Paths) -> bool:
    """Return whether the client's state can belong to this sign-in.

    One that is stored elsewhere must name its account or organization.
    """
    named = current.account_uuid or current.organization_uuid
    return bool(named) or paths.profile == paths.settings_profile


def _account_key(state: ClaudeState, current: Credentials | None, paths: Paths) -> str:
    """Return the key of account and organization.

    The credentials' organization precedes the state's, because the client writes the two files
    one after the other. While they disagree the key matches no account, so no number is stored
    under a wrong one. If neither is known the key is the token's. A sign-in that is stored
    elsewhere and names neither has a key of its directory.
    """
    if current and not _may_be_of_state(current, paths):
        return claude_state.account_key("", "store " + paths.profile)
    organization = (current.organization_uuid if current else "") or state.organization_uuid
    account = (current.account_uuid if current else "") or state.account_uuid
    if current and not account and not organization:
        organization = current.token.fingerprint
    return claude_state.account_key(account, organization)


def plan_of(state: ClaudeState, current: Credentials | None) -> str | None:
    """Return the plan's name by the newer of the two files, None if neither names it.

    The client requests the account's plan at each start and writes it to its state. The
    credentials have the plan of the token's last renewal. So the state precedes, as in the client,
    unless the credentials are newer.
    """
    account = state.account
    tiers = (account.get("userRateLimitTier"), account.get("organizationRateLimitTier"))
    if current is None:
        return plan_name(None, account.get("organizationType"), account.get("seatTier"), *tiers)
    if not is_of_account(state, current):
        return plan_name(current.subscription, None, None, current.tier)
    kind, is_newer = string(account.get("organizationType")), _is_newer(current, state)
    ordered = (current.tier, *tiers) if is_newer else (*tiers, current.tier)
    subscription = current.subscription if is_newer or kind not in PLANS else None
    return plan_name(subscription, kind, account.get("seatTier"), *ordered)


def _is_newer(current: Credentials, state: ClaudeState) -> bool:
    fetched = number(state.account.get("profileFetchedAt"), EARLIEST * 1000, LATEST * 1000)
    if current.known_at and fetched:
        return current.known_at > fetched / 1000 + NEWER_S
    return bool(state.written_at) and current.written_at > state.written_at + NEWER_S
