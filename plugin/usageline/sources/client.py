"""The source `client`: run Claude Code itself to get its usage.

It renews its own sign-in, so this works with an expired token, too. It reads and uses no token
here (FACTS: other ways to the same numbers).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.sources.auth import claude_state
from usageline.sources.claude_files import parse_object
from usageline.system import child_env, origin, trust
from usageline.system.process import query_line
from usageline.usage import whose
from usageline.usage.model import Reading, SourceFailure
from usageline.usage.parse import parse
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources.context import Context

TIMEOUT_S = 8.0
MAX_BYTES = 1 << 20
"""Limit of all its output; the answer alone has a few KiB."""

CLIENT_CACHE_S = 60
"""The client answers from its cache up to this age. An older answer follows a failed request."""

REQUEST = (
    b'{"type":"control_request","request_id":"usageline",'
    b'"request":{"subtype":"get_usage","skip_behaviors":true}}\n'
)
"""Without `skip_behaviors` the client also reads a week of transcripts, which is slow."""

ARGUMENTS = (
    *("-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"),
    # Save no session, and start no process of the user's: hooks (usageline's, too), MCP servers.
    *(
        "--no-session-persistence",
        "--strict-mcp-config",
        "--setting-sources",
        "user",
        "--settings",
        '{"disableAllHooks":true}',
    ),
)

DIRECTORY = "/"
"""The working directory: a fixed one that no project can write to."""

UNKNOWN_PROFILE = (
    "claude is not run here: HOME, XDG_CONFIG_HOME or CLAUDE_CONFIG_DIR is not one of an install;"
    " run usageline install"
)

PLACES = (
    "~/.local/bin/claude",
    "~/.claude/local/claude",
    "/opt/homebrew/bin/claude",
    "/usr/local/bin/claude",
    "/usr/bin/claude",
)
"""The paths of Claude Code's installers, tried before PATH."""


def fetch(context: Context) -> Reading:
    """Return the usage of the account that Claude Code is signed in to.

    Raise SourceFailure if `claude` is not found or does not answer in time.
    """
    program, own = find_program(context.env, context.client)
    context.permit(own_sign_in=True)
    asked_at = int(context.clock.now())  # as in oauth.py
    deadline = min(context.deadline, context.clock.monotonic() + TIMEOUT_S)
    response = query(program, REQUEST, environment(context.env, own), deadline)
    body = _body(response)
    return _dated(
        Reading(*parse(_with_models(body)), source="client", observed_at=asked_at),
        context,
        has_limits="limits" in body,
    )


def find_program(env: Mapping[str, str], configured: str | None) -> tuple[str, origin.Own]:
    """Return the path of `claude` that may run, and the recorded profile that it runs in.

    `configured` is `client` of config.toml. Raise SourceFailure if there is none.
    """
    own = origin.own(env)
    if own is None or not own.claude_dir:
        raise SourceFailure("unreadable", UNKNOWN_PROFILE)
    program = configured or find_claude(env)
    if program is None:
        raise SourceFailure(
            "unreadable", f"{missing_reason(env)}; set `client` in config.toml to its path"
        )
    return program, own


def query(
    program: str, request: bytes, env: Mapping[str, str], deadline: float
) -> dict[str, object]:
    """Return the client's control response to `request` by `deadline` (`time.monotonic()`).

    Raise SourceFailure if it does not start or does not answer.
    """
    try:
        line = query_line(
            [program, *ARGUMENTS],
            request,
            env,
            DIRECTORY,
            deadline=deadline,
            max_bytes=MAX_BYTES,
            accept=_is_answer,
        )
    except OSError as error:
        raise SourceFailure("unreadable", f"claude does not start: {error.strerror}") from None
    if line is None:
        raise SourceFailure("offline", "Claude Code did not answer")
    return mapping((parse_object(line) or {}).get("response"))


def find_claude(env: Mapping[str, str]) -> str | None:
    """Return the path of a trusted `claude`, from PLACES or the PATH at the install, or None."""
    return trust.find_executable("claude", _places(env), env)


def missing_reason(env: Mapping[str, str]) -> str:
    """Return why `find_claude` returned None."""
    return trust.missing_reason("claude", _places(env), env)


def _places(env: Mapping[str, str]) -> list[str]:
    own = origin.own(env)  # an unknown HOME may be a project's, with a `claude` of its own
    return [
        place.replace("~", own.fixed["HOME"], 1) if own else place
        for place in PLACES
        if own or place[0] != "~"
    ]


def environment(
    env: Mapping[str, str], own: origin.Own, *, sends_requests: bool = True
) -> dict[str, str]:
    """Return the environment for Claude Code: the profile, PATH and network of the install.

    USAGELINE_REFRESH keeps usageline's own hook from starting another refresh. Unless it
    `sends_requests`, the client asks the service for no usage.
    """
    given = {"USAGELINE_REFRESH": "1", "DISABLE_AUTOUPDATER": "1"}
    if not sends_requests:
        given["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1"
    return child_env.build("claude", env, own, given)


def _dated(reading: Reading, context: Context, *, has_limits: bool) -> Reading:
    """Return the reading with the time at which the client fetched it.

    Raise SourceFailure, with the reading attached, if the client got no new one. Each successful
    request updates the time of the client's own cache, unless that is younger than
    CLIENT_CACHE_S. After a failure the client answers from the cache, which may be an hour old,
    and omits `limits` (seen in 2.1.330).
    """
    sign_in, asked_at = context.sign_in, reading.observed_at
    claim = whose.claim_of(claude_state.read(context.env).cached)
    refused = whose.refusal(
        claim, sign_in.state.account_uuid, sign_in.organizations, context.not_before
    )
    fetched_at = claim.fetched_at if refused in {"", whose.TOO_EARLY} else None
    if fetched_at is None and has_limits:
        return reading  # without a cache of this account, the answer is new
    if fetched_at is not None and fetched_at >= asked_at:
        return reading
    failure = SourceFailure("offline", "Claude Code could not get newer usage")
    if fetched_at is None or refused:
        raise failure
    reading = replace(reading, observed_at=int(fetched_at))
    if has_limits and asked_at - fetched_at <= CLIENT_CACHE_S + 1:
        return reading
    failure.reading = reading
    raise failure


def _with_models(body: dict[str, object]) -> dict[str, object]:
    """Return the body with the rows of `model_scoped` as `limits`, unless it has its own."""
    rows = body.get("model_scoped")
    if "limits" in body or not isinstance(rows, list):
        return body
    limits = [
        {
            "kind": "weekly_scoped",
            "percent": row.get("utilization"),
            "resets_at": row.get("resets_at"),
            "scope": {"model": {"display_name": row.get("display_name")}},
        }
        for row in map(mapping, rows)
    ]
    return {**body, "limits": limits}


def _body(response: dict[str, object]) -> dict[str, object]:
    """Return the usage body of a control response. Raise SourceFailure if it has none."""
    if response.get("subtype") != "success":
        raise SourceFailure("unreadable", "this version of Claude Code does not report its usage")
    answer = mapping(response.get("response"))
    if answer.get("rate_limits_available") is False:
        raise SourceFailure(
            "no-plan" if answer.get("subscription_type") is None else "unreadable",
            "Claude Code reports no limits",
        )
    # None if, for example, the user's settings set CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC.
    if answer.get("rate_limits") is None:
        raise SourceFailure("offline", "Claude Code could not get its usage")
    if not isinstance(answer["rate_limits"], dict):
        raise SourceFailure("unreadable", "Claude Code's answer has no usage in it")
    return answer["rate_limits"]


def _is_answer(line: bytes) -> bool:
    message = parse_object(line) if b"control_response" in line else None
    return mapping(mapping(message).get("response")).get("request_id") == "usageline"
