"""`usageline info`: the sign-in that reads usage.

It shows no token, no fingerprint of one and no e-mail address.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from rich.table import Table

from usageline.cli.formatting import local_time, short, span
from usageline.cli.table import console, text
from usageline.core.errors import UsagelineError
from usageline.sources.auth import claude_state, credentials
from usageline.sources.auth.sign_in import is_of_account, plan_of
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.sources.oauth import SCOPE, check_usable
from usageline.system.paths import Paths
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from usageline.sources.auth.claude_state import ClaudeState
    from usageline.sources.auth.credentials import Credentials

VISIBLE_ID_LENGTH = 8
"""Characters of an identifier that are shown: enough to distinguish two accounts."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a sign-in, and what to do about it."""

    text: str
    advice: str

    def __str__(self) -> str:
        return f"{self.text}: {self.advice}"


@click.command("info")
@click.option("--credentials", "path", metavar="PATH", help="Show the sign-in in this file.")
def command(*, path: str | None) -> None:
    """Show the sign-in: plan, scopes, expiry.

    Exits with 1 if it cannot read usage.
    """
    env, now = dict(os.environ), time.time()
    paths = Paths(env)
    if path is not None:
        sign_in, origin, state = credentials.from_file(path), path, claude_state.ClaudeState({}, {})
    else:
        sign_in, origin, state = *_find(env), claude_state.read(env)
    if sign_in is None:
        raise UsagelineError(str(missing(path or paths.claude_credentials, paths, state)))
    table = Table.grid(padding=(0, 2))
    for name, value in rows(sign_in, short(origin, paths), state, now):
        table.add_row(text(name, "dim"), text(value))
    console().print(table)
    finding = check_sign_in(sign_in, now)
    if finding:
        raise UsagelineError(str(finding))


def rows(
    sign_in: Credentials, origin: str, state: ClaudeState, now: float
) -> Iterator[tuple[str, str]]:
    """Yield name and value of each fact. `state` is empty if only a file was read."""
    yield "credentials", origin
    yield "subscription type", sign_in.subscription or "not named"
    yield "plan", plan_of(state, sign_in) or "unknown"
    yield "scopes", "not listed" if sign_in.scopes is None else ", ".join(sign_in.scopes) or "none"
    if sign_in.expires_at:
        left_s = sign_in.expires_at - now
        yield "expires at", local_time(sign_in.expires_at) or "invalid"
        yield ("valid for", span(left_s)) if left_s > 0 else ("expired", f"{span(left_s)} ago")
    else:
        yield "expires at", "not named: the service decides" if sign_in.token else "not named"
    organization = sign_in.organization_uuid or state.organization_uuid
    if state.account_uuid and is_of_account(state, sign_in):
        key = claude_state.account_key(state.account_uuid, organization)
        yield "account", f"{_abbreviated(state.account_uuid)} (in snapshots: {key})"
    if organization:
        yield "organization", _abbreviated(organization)


def check_sign_in(sign_in: Credentials, now: float) -> Finding | None:
    """Return why this sign-in cannot read usage, None if no reason is known."""
    try:
        check_usable(sign_in, now)
    except SourceFailure as failure:
        if failure.status == "no-scope":
            return Finding(
                f"the sign-in lacks the scope {SCOPE}",
                "sign in with /login; tokens of `claude setup-token` cannot read usage",
            )
        if not sign_in.token:
            return Finding("the sign-in has no token", "sign in with /login")
        expired = f"the sign-in expired {span(sign_in.expires_at - now)} ago"
        if failure.status == "signed-out":
            return Finding(f"{expired} and Claude Code cannot renew it", "sign in with /login")
        return Finding(
            expired,
            "send a message in Claude Code to renew it; if that fails, sign in with /login",
        )
    if sign_in.gateway:
        return Finding(
            "Claude Code is signed in to a gateway, which has no plan limits",
            "sign out with /logout",
        )
    return None


def missing(path: str, paths: Paths, state: ClaudeState) -> Finding:
    """Return why there is no sign-in in the file at `path`."""
    name = short(path, paths)
    try:
        is_file = stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        if state.has_api_key:
            return Finding(
                "Claude Code is signed in with an API key, which has no plan limits",
                "sign in to a plan with /login",
            )
        keychain = "none in the Keychain, and " if sys.platform == "darwin" else ""
        return Finding(
            f"there is no sign-in ({keychain}no {name})", "sign in with /login in Claude Code"
        )
    except (OSError, ValueError):
        is_file = False
    content = read_bytes(path, credentials.MAX_BYTES) if is_file else None
    if content is None:
        return Finding(
            f"{name} cannot be read",
            "make it a file of yours with mode 0600, or sign in with /login",
        )
    if parse_object(content) is None:
        return Finding(f"{name} is not JSON", "sign in with /login")
    return Finding(f"{name} contains no sign-in to a plan", "sign in with /login in Claude Code")


def _find(env: Mapping[str, str]) -> tuple[Credentials | None, str]:
    try:
        return credentials.find(env)
    except SourceFailure as failure:
        raise UsagelineError(
            f"{failure}: allow access in the Keychain's dialog, or unlock the Keychain"
        ) from None


def _abbreviated(identifier: str) -> str:
    rest = "…" if len(identifier) > VISIBLE_ID_LENGTH else ""
    return identifier[:VISIBLE_ID_LENGTH] + rest
