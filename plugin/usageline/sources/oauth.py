"""The source `oauth`: the usage endpoint itself, asked with the user's own token."""

from __future__ import annotations

import re
from datetime import timezone
from typing import TYPE_CHECKING

from usageline import __version__
from usageline.sources.claude_files import parse_object
from usageline.sources.net import network
from usageline.system.api_address import api_address
from usageline.usage.model import Reading, SourceFailure
from usageline.usage.parse import parse
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from usageline.sources import Context
    from usageline.sources.auth.credentials import Credentials
    from usageline.sources.net.http import Answer

SCOPE = "user:profile"
TIMEOUT_S = 8.0
"""For the whole request, by whatever fault."""

MAX_RETRY_AFTER_S = 75 * 60
"""A longer wait is none of this endpoint's (FACTS: 300 to 3600 s); one capture of another endpoint names 23 days."""

MAX_HEADER_CHARS = 1000
SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?")
AT_COMMAS = re.compile(r",(?!\s*[0-9]{1,2}[ -])")
"""Not the comma in a date, which stands before the day of the month."""


def fetch(context: Context) -> Reading:
    """The reading of the account that the token belongs to. No request is made with a token that cannot succeed."""
    found = context.sign_in.credentials
    if found is None:
        raise context.sign_in.problem or SourceFailure("signed-out")
    check_usable(found, context.now)
    context.permit()
    # Before it is asked: the machine may sleep between the answer and its being read.
    began_at = context.clock.now()
    answer = _ask(found, context)
    ended_at = context.clock.now()
    if answer.status != 200:
        refused = failure_from(answer, context.now)
        if refused.status == "expired" and not found.can_renew(context.now):
            refused = SourceFailure(
                "signed-out", f"{refused.detail}, and Claude Code cannot renew it"
            )
        refused.http_status = answer.status
        raise refused
    body = parse_object(answer.body)
    if body is None:
        raise SourceFailure("unreadable", "the answer is not JSON")
    from usageline.usage import clock  # noqa: PLC0415 - only with an answer at hand

    off_s = clock.ahead_s(answer.headers.get("date"), answer.headers.get("age"), began_at, ended_at)
    return Reading(*parse(body), source="oauth", observed_at=int(began_at), clock_ahead_s=off_s)


def check_usable(found: Credentials, now: float) -> None:
    """SourceFailure where asking would be in vain: `expired`, `signed-out` if no message can renew it, or `no-scope`.

    A token whose end is not known is asked with, as in the client: only the service can tell.
    """
    if not found.token or found.is_expired(now):
        raise (
            SourceFailure("expired")
            if found.can_renew(now)
            else SourceFailure("signed-out", "Claude Code cannot renew the sign-in")
        )
    if found.scopes is not None and SCOPE not in found.scopes:
        raise SourceFailure("no-scope")


def failure_from(answer: Answer, now: float) -> SourceFailure:
    """What an answer other than 200 means (FACTS: errors)."""
    status = answer.status
    if status == 401:
        return SourceFailure("expired", "the service refused the sign-in")
    if status == 403 and _is_about_scope(answer.body):
        return SourceFailure("no-scope", "the service wants the scope user:profile")
    if status == 429:
        return SourceFailure(
            "rate-limited", "", retry_after_s(answer.headers.get("retry-after"), now)
        )
    if status == 408 or status >= 500:
        return SourceFailure(
            "offline",
            f"server error {status}",
            retry_after_s(answer.headers.get("retry-after"), now),
        )
    return SourceFailure("unreadable", f"unexpected answer {status}")


def retry_after_s(value: str | None, now: float) -> float | None:
    """What a Retry-After header asks for in seconds, from 0 to MOST_RETRY_AFTER_S; None where it is absent or makes no sense.

    Of several headers, which come joined by commas, the longest wait counts.
    """
    parts = AT_COMMAS.split((value or "")[:MAX_HEADER_CHARS])
    waits = [wait_s for part in parts if (wait_s := _wait_s(part.strip(), now)) is not None]
    return min(max(0, *waits), MAX_RETRY_AFTER_S) if waits else None


def _wait_s(value: str, now: float) -> float | None:
    if SECONDS.fullmatch(value):
        return float(value)
    import email.utils  # noqa: PLC0415 - only for a date, which is rare

    try:
        at = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # A date without a zone is in GMT (asctime's form, RFC 9110), not in this machine's.
    return (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp() - now


def _ask(found: Credentials, context: Context) -> Answer:
    from usageline.sources.net import http  # noqa: PLC0415 - only where a request is made

    headers = {
        "Authorization": f"Bearer {found.token.reveal()}",
        "anthropic-beta": "oauth-2025-04-20",
        "Content-Type": "application/json",
        "User-Agent": f"usageline/{__version__}",
    }
    url = api_address(context.env)[0] + "/api/oauth/usage"
    try:
        return http.get(
            url,
            headers,
            network.variables(context.env),
            min(context.deadline, context.clock.monotonic() + TIMEOUT_S),
        )
    except SourceFailure as failure:
        if failure.status == "offline" and network.unused_variables(context.env):
            failure.detail = f"{failure.detail}; {network.ADVICE}"
        raise


def _is_about_scope(body: bytes) -> bool:
    error = mapping((parse_object(body) or {}).get("error"))
    code = error.get("error_code") or mapping(error.get("details")).get("error_code")
    return code == "oauth_scope_insufficient" or (
        error.get("type") == "permission_error" and "scope" in str(error.get("message"))
    )
