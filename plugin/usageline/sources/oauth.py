"""The source `oauth`: request the usage endpoint with the user's own token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from usageline import __version__
from usageline.sources import proxies
from usageline.sources.claude_files import parse_object
from usageline.system.api_address import api_address
from usageline.usage.model import Reading, SourceFailure
from usageline.usage.parse import parse
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from usageline.sources.auth.credentials import Credentials
    from usageline.sources.context import Context
    from usageline.sources.http import Answer

SCOPE = "user:profile"
TIMEOUT_S = 8.0
"""Timeout for the whole request."""

MAX_RETRY_AFTER_S = 75 * 60
"""This endpoint sends 300 to 3600 s (FACTS); another one was seen to send 23 days."""

MAX_HEADER_CHARS = 1000
SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?")
HEADER_SEPARATOR = re.compile(r",(?!\s*[0-9]{1,2}[ -])")
"""A comma between headers, not the one in a date, which precedes the day of the month."""


def fetch(context: Context) -> Reading:
    """Return the reading of the token's account. Send no request that cannot succeed."""
    credentials = context.sign_in.credentials
    if credentials is None:
        raise context.sign_in.problem or SourceFailure("signed-out")
    check_usable(credentials, context.now)
    context.permit()
    # Before it is asked: the machine may sleep between the answer and its being read.
    began_at = context.clock.now()
    answer = _request(credentials, context)
    ended_at = context.clock.now()
    if answer.status != 200:
        error = failure_from(answer, context.now)
        if error.status == "expired" and not credentials.can_renew(context.now):
            error = SourceFailure("signed-out", f"{error.detail}, and Claude Code cannot renew it")
        error.http_status = answer.status
        raise error
    body = parse_object(answer.body)
    if body is None:
        raise SourceFailure("unreadable", "the answer is not JSON")
    from usageline.usage import plausibility  # noqa: PLC0415 - only with an answer

    ahead_s = plausibility.clock_ahead_s(
        answer.headers.get("date"), answer.headers.get("age"), began_at, ended_at
    )
    return Reading(*parse(body), source="oauth", observed_at=int(began_at), clock_ahead_s=ahead_s)


def can_request(context: Context) -> bool:
    """Return whether the token could read the usage."""
    credentials = context.sign_in.credentials
    if credentials is None:
        return False
    try:
        check_usable(credentials, context.now)
    except SourceFailure:
        return False
    return True


def check_usable(credentials: Credentials, now: float) -> None:
    """Raise SourceFailure if a request cannot succeed.

    Its status is `expired`, `signed-out` if the client cannot renew the token, or `no-scope`. A
    token with an unknown expiry is usable, as in the client: only the service can check it.
    """
    if not credentials.token or credentials.is_expired(now):
        raise (
            SourceFailure("expired")
            if credentials.can_renew(now)
            else SourceFailure("signed-out", "Claude Code cannot renew the sign-in")
        )
    if credentials.scopes is not None and SCOPE not in credentials.scopes:
        raise SourceFailure("no-scope")


def failure_from(answer: Answer, now: float) -> SourceFailure:
    """Return the failure that an answer other than 200 means (FACTS: errors)."""
    status = answer.status
    if status == 401:
        return SourceFailure("expired", "the service refused the sign-in")
    if status == 403 and _is_about_scope(answer.body):
        return SourceFailure("no-scope", "the service wants the scope user:profile")
    wait_s = retry_after_s(answer.headers.get("retry-after"), now)
    if status == 429:
        return SourceFailure("rate-limited", "", wait_s)
    if status == 408 or status >= 500:
        return SourceFailure("offline", f"server error {status}", wait_s)
    return SourceFailure("unreadable", f"unexpected answer {status}")


def retry_after_s(value: str | None, now: float) -> float | None:
    """Return the seconds of a Retry-After header, from 0 to MAX_RETRY_AFTER_S.

    Return None if it is absent or invalid. Of several headers, joined by commas, the longest wait
    counts.
    """
    parts = HEADER_SEPARATOR.split((value or "")[:MAX_HEADER_CHARS])
    waits = [wait_s for part in parts if (wait_s := _wait_s(part.strip(), now)) is not None]
    return min(max(0, *waits), MAX_RETRY_AFTER_S) if waits else None


def _wait_s(value: str, now: float) -> float | None:
    if SECONDS.fullmatch(value):
        return float(value)
    from usageline.usage.plausibility import http_time  # noqa: PLC0415 - only for a date: rare

    at = http_time(value)
    return None if at is None else at - now


def _request(credentials: Credentials, context: Context) -> Answer:
    from usageline.sources import http  # noqa: PLC0415 - only for a request

    headers = {
        "Authorization": f"Bearer {credentials.token.reveal()}",
        "anthropic-beta": "oauth-2025-04-20",
        "Content-Type": "application/json",
        "User-Agent": f"usageline/{__version__}",
    }
    url = api_address(context.env)[0] + "/api/oauth/usage"
    try:
        return http.get(
            url,
            headers,
            proxies.network_variables(context.env),
            min(context.deadline, context.clock.monotonic() + TIMEOUT_S),
        )
    except SourceFailure as failure:
        if failure.status == "offline" and proxies.unused_network_variables(context.env):
            failure.detail = f"{failure.detail}; {proxies.NETWORK_ADVICE}"
        raise


def _is_about_scope(body: bytes) -> bool:
    error = mapping((parse_object(body) or {}).get("error"))
    code = error.get("error_code") or mapping(error.get("details")).get("error_code")
    return code == "oauth_scope_insufficient" or (
        error.get("type") == "permission_error" and "scope" in str(error.get("message"))
    )
