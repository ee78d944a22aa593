"""`usageline info`: the sign-in that usage is asked with. It shows no token, no fingerprint of one and no e-mail address."""

from __future__ import annotations

import os
import stat
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

from usageline.cli.formatting import local_time, short, span
from usageline.cli.table import console, text
from usageline.core import paths
from usageline.core.errors import UsagelineError
from usageline.sources.auth import claude_state, credentials
from usageline.sources.auth.sign_in import is_of_account, plan_of
from usageline.sources.claude_files import parse_object, read_bytes
from usageline.sources.oauth import SCOPE, check_usable
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from usageline.sources.auth.claude_state import ClaudeState
    from usageline.sources.auth.credentials import Credentials

SHOWN_OF_ID = 8
"""Characters of an account's identifier: enough to tell two accounts apart."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a sign-in, and what to do about it."""

    text: str
    advice: str

    def __str__(self) -> str:
        return f"{self.text}: {self.advice}"


def show_info(env: Mapping[str, str], path: str | None) -> None:
    """Print the sign-in, or with `path` the one in that file. UsagelineError with what to do where usage cannot be asked with it."""
    now = time.time()
    if path is not None:
        found, place, state = credentials.from_file(path), path, claude_state.ClaudeState({}, {})
    else:
        found, place, state = *_find(env), claude_state.read(env)
    if found is None:
        raise UsagelineError(str(missing(path or paths.claude_credentials(env), env, state)))
    table = Table.grid(padding=(0, 2))
    for name, value in rows(found, short(place, env), state, now):
        table.add_row(text(name, "dim"), text(value))
    console().print(table)
    complaint = judge(found, now)
    if complaint:
        raise UsagelineError(str(complaint))


def rows(
    found: Credentials, place: str, state: ClaudeState, now: float
) -> Iterator[tuple[str, str]]:
    """What is known of the sign-in: name and value. `place` is where it was found, `state` empty where only a file was asked about."""
    yield "credentials", place
    yield "subscription type", found.subscription or "not named"
    yield "plan", plan_of(state, found) or "unknown"
    yield "scopes", "not listed" if found.scopes is None else ", ".join(found.scopes) or "none"
    if found.expires_at:
        left_s = found.expires_at - now
        yield "expires at", local_time(found.expires_at) or "no sane time"
        yield "valid for", span(left_s) if left_s > 0 else f"expired {span(left_s)} ago"
    else:
        yield (
            "expires at",
            "no time is named: the service decides" if found.token else "no time is named",
        )
    organization = found.organization_uuid or state.organization_uuid
    if state.account_uuid and is_of_account(state, found):
        yield (
            "account",
            f"{_part(state.account_uuid)} (in snapshots: {claude_state.account_key(state.account_uuid, organization)})",
        )
    if organization:
        yield "organisation", _part(organization)


def judge(found: Credentials, now: float) -> Complaint | None:
    """What keeps this sign-in from reading usage; None where nothing is known to."""
    try:
        check_usable(found, now)
    except SourceFailure as failure:
        if failure.status == "no-scope":
            return Complaint(
                f"the sign-in lacks the scope {SCOPE}",
                "sign in with /login; a token of `claude setup-token` cannot read usage",
            )
        if not found.token:
            return Complaint("the sign-in holds no token", "sign in with /login")
        gone = f"the sign-in expired {span(found.expires_at - now)} ago"
        if failure.status == "signed-out":
            return Complaint(f"{gone}, and Claude Code cannot renew it", "sign in with /login")
        return Complaint(
            gone,
            "send a message in Claude Code, which renews it; if it does not, sign in with /login",
        )
    if found.gateway:
        return Complaint(
            "Claude Code is signed in to a gateway, which has no plan limits",
            "sign out of it with /logout",
        )
    return None


def missing(path: str, env: Mapping[str, str], state: ClaudeState) -> Complaint:
    """Why there is no sign-in in the file at `path`."""
    name = short(path, env)
    try:
        is_file = stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        if state.has_api_key:
            return Complaint(
                "Claude Code is signed in with an API key, which has no plan limits",
                "sign in to a plan with /login",
            )
        looked_at = (
            f"no {name}" if sys.platform != "darwin" else f"none in the Keychain, and no {name}"
        )
        return Complaint(f"there is no sign-in: {looked_at}", "sign in with /login in Claude Code")
    except (OSError, ValueError):
        is_file = False
    content = read_bytes(path, credentials.MAX_BYTES) if is_file else None
    if content is None:
        return Complaint(
            f"{name} cannot be read",
            "see that it is a file of yours with mode 0600, or sign in with /login",
        )
    if parse_object(content) is None:
        return Complaint(f"{name} is not the JSON that Claude Code writes", "sign in with /login")
    return Complaint(f"{name} holds no sign-in to a plan", "sign in with /login in Claude Code")


def _find(env: Mapping[str, str]) -> tuple[Credentials | None, str]:
    try:
        return credentials.find(env)
    except SourceFailure as failure:
        raise UsagelineError(
            f"{failure}: allow it in the Keychain's dialog, or unlock the Keychain"
        ) from None


def _part(identifier: str) -> str:
    return identifier if len(identifier) <= SHOWN_OF_ID else identifier[:SHOWN_OF_ID] + "…"
