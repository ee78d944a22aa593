"""Who is signed in: with a plan, whose usage can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from usageline.cli.doctor.result import Result, ok, problem, warning
from usageline.cli.formatting import span
from usageline.cli.info import judge, missing
from usageline.core import other_sign_ins, paths
from usageline.sources.auth import claude_state
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from usageline.cli.doctor.context import Context


def environment(context: Context) -> Result | None:
    """No variable of this shell has its sessions sign in with something else than a plan."""
    state = claude_state.read(context.env)
    other = other_sign_ins.chosen(context.env, state.declined_keys)
    if other:
        return warning(
            f"this shell's environment signs in otherwise ({other}): sessions started from it have no plan limits",
            "unset it",
        )
    return None


def plan(context: Context) -> Result:
    """Somebody is signed in with a plan."""
    found = context.sign_in
    if not isinstance(found, SourceFailure):
        if found.state.problem:
            return warning(
                f"signed in with a plan, but {found.state.problem}",
                "see that it is a file that Claude Code wrote",
            )
        return ok(f"signed in with a plan: {found.plan or 'of unknown name'}")
    if found.status == "no-plan":
        return problem(
            f"Claude Code is signed in with something else: {found.detail}, which has no plan limits",
            "sign in to a plan with /login",
        )
    if found.status == "unreadable":
        return problem(
            f"nobody can be told to be signed in: {found.detail}",
            "see that it is a file that Claude Code wrote",
        )
    told = missing(
        paths.claude_credentials(context.env), context.env, claude_state.read(context.env)
    )
    return problem(told.text, told.advice)


def credentials(context: Context) -> Result | None:
    """The sign-in can be used now."""
    found = context.sign_in
    if isinstance(found, SourceFailure):
        return None
    if not context.reads_the_token:
        return ok("no configured source reads the sign-in's token")
    if found.credentials is None:
        return problem(
            f"the sign-in cannot be read: {found.problem}",
            "allow it in the Keychain's dialog, or unlock the Keychain",
        )
    complaint = judge(found.credentials, context.now)
    if complaint and "client" in context.config[0].sources:
        return warning(
            f"{complaint.text}; Claude Code itself is asked in its place", complaint.advice
        )
    if complaint:
        return problem(complaint.text, complaint.advice)
    if not found.credentials.expires_at:
        return ok(
            "the sign-in names no time at which it expires: whether it is valid only the service can tell"
        )
    return ok(
        f"the sign-in is valid for {span(found.credentials.expires_at - context.now)} and may read usage"
    )
