"""Describe a refused request in one sentence with advice.

Only the status, the error's type and its code decide. The service's own words are never shown:
they may repeat a part of the request.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from usageline.core import formatting
from usageline.core.errors import UsagelineError
from usageline.sources.org.key import (
    ADMIN,
    CONSOLE_ADVICE,
    ENTERPRISE_ADVICE,
    MAKE_ONE,
    SCOPED,
)
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from usageline.sources.http import Answer
    from usageline.sources.org.key import Key

MAX_ERROR_BYTES = 1 << 16
LONG_S, MAX_LATER_S = 180.0, 86400.0
"""A wait that is longer than a few minutes, and one that is too long to count on."""

MIN_PIECE = 6
"""Characters of a key that must not be in a message one after the other."""
SPEND_CAP = "enforced_spend_limit_reached"
ORGANIZATION_TYPE = "organization_type_not_supported"
SCOPE_CODES = frozenset({"api_key_scope_missing", "organization_level_scoped_api_key_required"})
NOT_WITH_THIS_KEY = frozenset({401, 403, 404})
"""Users report all three for one and the same wrong kind of key."""

BUSY, TOO_LONG = frozenset({408, 409, 425}), frozenset({413, 414, 431})

NOT_THERE = frozenset({400, 404})
"""How an endpoint answers that this organization does not have."""

REFUSED = NOT_THERE | NOT_WITH_THIS_KEY
"""Another endpoint may answer then. After other statuses, such as 429, none is asked."""

_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_REQUEST_ID = re.compile(r"req_[A-Za-z0-9]{8,40}", re.ASCII)


class OrgFailure(UsagelineError):
    """The organization's data cannot be read.

    status  the HTTP status, 0 without an answer
    code    the service's word for the error, "" without one
    """

    def __init__(self, text: str, status: int = 0, code: str = "") -> None:
        super().__init__(text)
        self.status, self.code = status, code


def failure(
    answer: Answer, key: Key, host: str, path: str, asked_s: float | None = None
) -> OrgFailure:
    """Return what an answer other than 200 means. `asked_s` is how long it asks to wait."""
    kind, code = error_words(answer.body)
    if answer.status == 429 and code != SPEND_CAP:
        # It was waited for already if it is short.
        wait_s = None if asked_s is None or asked_s < LONG_S else asked_s
        sentence = f"{host} has had too many requests (429): run it again {later(wait_s)}"
    else:
        sentence = _sentence(answer, kind, code, key, host, path)
    request_id = answer.headers.get("request-id", "")
    if _REQUEST_ID.fullmatch(request_id) and not _shares(request_id, key.value):
        sentence += f" (request {request_id})"
    return OrgFailure(sentence, answer.status, code)


def later(seconds: float | None) -> str:
    """Return when to run a command again: `in 25 s`, `in 1h05m`, `in a few minutes`."""
    if seconds is None:
        return "in a few minutes"
    if seconds > MAX_LATER_S:
        return "tomorrow"
    return f"in {seconds:.0f} s" if seconds < LONG_S else f"in {formatting.ago(seconds + 59)}"


def _shares(text: str, secret: str) -> bool:
    """Return whether a piece of a secret is in a text: a header may repeat what was sent."""
    plain = secret.replace("-", "").replace("_", "")
    pieces = (text[start : start + MIN_PIECE] for start in range(len(text) - MIN_PIECE + 1))
    return any(piece in plain for piece in pieces)


# tried by: tests/jobs
def error_words(body: bytes) -> tuple[str, str]:
    """Return the type and the code of an error's body, "" for each that is missing."""
    try:
        error = mapping(mapping(json.loads(body[:MAX_ERROR_BYTES])).get("error"))
    except (ValueError, RecursionError):
        return "", ""
    code = mapping(error.get("details")).get("error_code")
    return _word(error.get("type")), _word(code)


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _sentence(  # noqa: PLR0913, PLR0917 - all of them decide
    answer: Answer, kind: str, code: str, key: Key, host: str, path: str
) -> str:
    status = answer.status
    if code == SPEND_CAP:
        return (
            f"{host} refuses requests until the organization's spend limit is raised or its month "
            "ends: raise it at platform.claude.com > Settings > Limits"
        )
    if code == ORGANIZATION_TYPE:
        return (
            f"{host} does not have this report for this type of organization: run `usageline org "
            "check` to see which there are"
        )
    if status in NOT_WITH_THIS_KEY | NOT_THERE and not kind:
        return (
            f"{host} refuses the request ({status}) without the API's own words: check whether a "
            "proxy or firewall answers instead, then [org] url and the key"
        )
    if code in SCOPE_CODES or (status == 403 and key.kind == SCOPED):
        return f"{key} lacks the scope {scope(path)} ({status}): {_advice(key, path)}"
    if status in NOT_WITH_THIS_KEY:
        return _not_with_this_key(status, key, host, path)
    if status == 400 or kind == "invalid_request_error":
        return (
            f"{host} refuses these days, or has no such report for your organization ({status}; "
            "HIPAA readiness is a reason): run `usageline org check`, or change --since and --until"
        )
    return _of_status(status, host)


def _of_status(status: int, host: str) -> str:
    if status == 402:
        return (
            f"{host} has a problem with the organization's payment (402): an admin can solve it at "
            "platform.claude.com > Settings > Billing"
        )
    if status in TOO_LONG:
        return f"the request is too long for {host} ({status}): use a later --since"
    if 300 <= status < 400:
        return f"{host} sends the request elsewhere ({status}): check [org] url and the proxy"
    if status >= 500 or status in BUSY:
        return f"{host} has a problem of its own ({status}): run it again in a few minutes"
    return f"{host} answers with status {status}: check the proxy and [org] url, or report it"


def _not_with_this_key(status: int, key: Key, host: str, path: str) -> str:
    reason = {
        401: "it is unknown, expired or revoked",
        403: "it has no permission for this report",
        404: "this report is not there for it, or analytics are switched off",
    }[status]
    return f"{host} does not accept {key} ({status}): {reason}; {_advice(key, path)}"


def _advice(key: Key, path: str) -> str:
    if "spend_limit" in path:
        enterprise = ENTERPRISE_ADVICE.replace("read:analytics", scope(path))
        return (
            enterprise if key.kind == SCOPED else f"{CONSOLE_ADVICE}; on Enterprise, {enterprise}"
        )
    return {ADMIN: CONSOLE_ADVICE, SCOPED: ENTERPRISE_ADVICE}.get(key.kind, MAKE_ONE)


def scope(path: str) -> str:
    """Return the scope that an Enterprise key needs for an endpoint."""
    if "spend_limit" in path:
        return "read:spend_limits"
    return "read:analytics"
