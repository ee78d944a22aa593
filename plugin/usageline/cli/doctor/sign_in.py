"""Check the sign-in: that it is to a plan, and that it can read usage."""

from __future__ import annotations

from usageline.cli.doctor.context import Context, Result, ok, problem, warning
from usageline.cli.formatting import span
from usageline.cli.info import check_sign_in, missing
from usageline.core import other_sign_ins
from usageline.core.vocabulary import OWN_SIGN_IN
from usageline.sources.auth import claude_state
from usageline.usage.model import SourceFailure

ONLY_SESSIONS = f"{OWN_SIGN_IN}: only each session knows its limits"
REMOVE_IT = "to see every limit, remove it there and sign in with /login"


def environment(context: Context) -> Result | None:
    """Check that no variable of this shell replaces the sign-in to a plan."""
    state = claude_state.read(context.env)
    other = other_sign_ins.chosen(context.env, state.declined_keys)
    if other:
        return warning(
            f"this shell's environment replaces the sign-in ({other}): sessions started from it "
            "have no plan limits",
            "unset it",
        )
    return None


def plan(context: Context) -> Result:
    """Check that Claude Code is signed in to a plan."""
    sign_in = context.sign_in
    if not isinstance(sign_in, SourceFailure):
        if sign_in.state.problem:
            return warning(
                f"signed in to a plan, but {sign_in.state.problem}",
                "restore it, or sign in again with /login",
            )
        return ok(f"signed in to a plan: {sign_in.plan or 'its name is unknown'}")
    if sign_in.status == "no-plan":
        return problem(
            f"Claude Code is not signed in to a plan: {sign_in.detail}, which has no plan limits",
            "sign in to a plan with /login",
        )
    if sign_in.status == "unreadable":
        return problem(
            f"the sign-in cannot be read: {sign_in.detail}",
            "restore it, or sign in again with /login",
        )
    if sign_in.detail == OWN_SIGN_IN:
        return warning(ONLY_SESSIONS, REMOVE_IT)
    shared = context.config[0].shared
    if shared.url and shared.account:
        return ok("no sign-in here can read usage: another machine's numbers are shown")
    finding = missing(
        context.paths.claude_credentials, context.paths, claude_state.read(context.env)
    )
    return problem(finding.text, finding.advice)


def credentials(context: Context) -> Result | None:
    """Check that the sign-in can read usage now."""
    sign_in = context.sign_in
    if isinstance(sign_in, SourceFailure):
        return None
    if not context.reads_the_token:
        return ok("no configured source reads the token of the sign-in")
    if sign_in.credentials is None:
        return problem(
            f"the sign-in cannot be read: {sign_in.problem}",
            "allow access in the Keychain's dialog, or unlock the Keychain",
        )
    finding = check_sign_in(sign_in.credentials, context.now)
    if finding and "client" in context.config[0].sources:
        return warning(f"{finding.text}; refreshes run Claude Code instead", finding.advice)
    if finding and sign_in.own_token:
        return warning(ONLY_SESSIONS, REMOVE_IT)
    if finding:
        return problem(finding.text, finding.advice)
    if not sign_in.credentials.expires_at:
        return ok("the sign-in has no expiry time: only the service knows whether it is valid")
    left = span(sign_in.credentials.expires_at - context.now)
    return ok(f"the sign-in is valid for {left} and may read usage")
