"""Who is signed in, and how: with a subscription, which has limits, or with something else, which has none."""

from __future__ import annotations

import glob
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.core import other_sign_ins, paths
from usageline.sources.auth import claude_state, credentials, keychain
from usageline.sources.auth.claude_state import MAX_SETTINGS_BYTES
from usageline.sources.claude_files import read_keys
from usageline.usage.model import SourceFailure
from usageline.usage.plan import PLANS, plan_name
from usageline.usage.times import EARLIEST, LATEST
from usageline.usage.values import mapping, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.auth.claude_state import ClaudeState
    from usageline.sources.auth.credentials import Credentials

MANAGED = (
    "/Library/Application Support/ClaudeCode" if sys.platform == "darwin" else "/etc/claude-code"
)
"""Where an organization's settings lie; the client takes their `env` as it takes the user's."""

NEWER_S = 60
"""What was written less than this after something else may have been written with it."""

FLAGS = frozenset(
    {*(name for name, _ in other_sign_ins.PROVIDERS), "_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL"}
)


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
    def names_organization(self) -> bool:
        """Whether the token's account is known by more than `.claude.json`, which the client writes later."""
        return self.credentials is None or bool(self.credentials.organization_uuid)

    @property
    def organizations(self) -> tuple[str, str]:
        """The organization that the credentials name, and the one that `.claude.json` names; each "" if there is none."""
        return (
            self.credentials.organization_uuid if self.credentials else ""
        ), self.state.organization_uuid

    @property
    def token_fingerprint(self) -> str:
        """Tells this sign-in from a later one of the same account; "" without credentials."""
        return self.credentials.token.fingerprint if self.credentials else ""


def read(
    env: Mapping[str, str], *, with_token: bool = True, security: str = keychain.SECURITY
) -> SignIn:
    """The sign-in as it is now. Without `with_token` neither the credentials file nor the Keychain is opened.

    SourceFailure `signed-out` or `no-plan` (the detail says what is used instead).
    """
    state = claude_state.read(env)
    other = other_in_settings(env, state)
    if other:
        raise SourceFailure("no-plan", other)
    found, problem = None, None
    if with_token:
        try:
            found = credentials.read(env, security=security)
        except SourceFailure as failure:
            problem = failure  # what needs no token still works
    if found is not None and found.gateway:
        raise SourceFailure("no-plan", "gateway")
    looked_in_vain = with_token and found is None and problem is None
    if looked_in_vain or (found is None and not state.account_uuid):
        if state.has_api_key:
            raise SourceFailure("no-plan", "API key")
        raise (
            SourceFailure("unreadable", state.problem)
            if state.problem and not with_token
            else SourceFailure("signed-out")
        )
    account, plan = _account_key(state, found, env), plan_of(state, found)
    if found is not None and not (is_of_account(state, found) and _may_be_of_state(found, env)):
        # The state is of the sign-in that was made last, wherever it is kept: nothing of it belongs to this token.
        state = replace(state, account={}, cached={})
    return SignIn(account, plan, state, found, problem)


def other_in_settings(env: Mapping[str, str], state: ClaudeState) -> str:
    """What the user's or the organization's settings sign in with instead of a plan; it outranks a subscription. "" without such a thing."""
    places = [
        f"{MANAGED}/managed-settings.json",
        *sorted(glob.glob(f"{glob.escape(MANAGED)}/managed-settings.d/*.json")),
    ]
    variables: dict[str, str] = {}
    helper = False
    for path in (paths.claude_settings(env), *places):
        try:
            settings = read_keys(path, ("apiKeyHelper", "env"), MAX_SETTINGS_BYTES)
        except (OSError, ValueError):
            continue
        helper = helper or (
            isinstance(settings.get("apiKeyHelper"), str) and bool(settings["apiKeyHelper"])
        )
        variables |= {
            name: value
            for name, value in map(_variable, mapping(settings.get("env")).items())
            if value is not None
        }
    return (
        "API key helper" if helper else str(other_sign_ins.chosen(variables, state.declined_keys))
    )


def _variable(item: tuple[str, object]) -> tuple[str, str | None]:
    """Return a variable as the client sets it: of a number or a boolean its text."""
    name, value = item
    if name in FLAGS and isinstance(value, bool | int):
        return name, str(value)
    return name, value if isinstance(value, str) else None


def is_of_account(state: ClaudeState, found: Credentials) -> bool:
    """Return whether nothing says that the client's state is of another account than the token."""
    pairs = (
        (state.account_uuid, found.account_uuid),
        (state.organization_uuid, found.organization_uuid),
    )
    return all(one == other or not one or not other for one, other in pairs)


def _may_be_of_state(found: Credentials, env: Mapping[str, str]) -> bool:
    """Return whether the client's state can be of this sign-in: one that is kept elsewhere has to name its account or organization."""
    named = found.account_uuid or found.organization_uuid
    return bool(named) or paths.profile(env) == paths.settings_profile(env)


def _account_key(state: ClaudeState, found: Credentials | None, env: Mapping[str, str]) -> str:
    """The key of account and organisation.

    The credentials' organisation goes before the state's: the client writes the two files one after the other, and while they disagree
    the key is nobody's, so that no number is stored under the wrong account. With neither known it is the token's own, and of a sign-in
    that is kept elsewhere and names neither that of the place.
    """
    if found and not _may_be_of_state(found, env):
        return claude_state.account_key("", "store " + paths.profile(env))
    organization = (found.organization_uuid if found else "") or state.organization_uuid
    account = (found.account_uuid if found else "") or state.account_uuid
    if found and not account and not organization:
        organization = found.token.fingerprint
    return claude_state.account_key(account, organization)


def plan_of(state: ClaudeState, found: Credentials | None) -> str | None:
    """Return the plan's name by the newer word of the two files, or None if neither says.

    The client asks for the account's plan at every start and writes the answer into its state; the credentials have what was true when
    the token was last renewed. So the state goes first, as in the client itself, but where the credentials were looked up or written later.
    """
    account = state.account
    told = (account.get("userRateLimitTier"), account.get("organizationRateLimitTier"))
    if found is None:
        return plan_name(None, account.get("organizationType"), account.get("seatTier"), *told)
    if not is_of_account(state, found):
        return plan_name(found.subscription, None, None, found.tier)
    kind = account.get("organizationType")
    if kind not in PLANS or _is_newer(found, state):
        tiers = (found.tier, *told) if _is_newer(found, state) else (*told, found.tier)
        return plan_name(found.subscription, kind, account.get("seatTier"), *tiers)
    return plan_name(None, kind, account.get("seatTier"), *told, found.tier)


def _is_newer(found: Credentials, state: ClaudeState) -> bool:
    fetched = number(state.account.get("profileFetchedAt"), EARLIEST * 1000, LATEST * 1000)
    if found.known_at and fetched:
        return found.known_at > fetched / 1000 + NEWER_S
    return bool(state.written_at) and found.written_at > state.written_at + NEWER_S
