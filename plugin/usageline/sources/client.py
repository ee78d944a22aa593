"""The source `client`: Claude Code itself is asked for its usage (FACTS: other ways to the same numbers).

It looks after its own sign-in, so it also works where the token has expired; no token is read here and none is spent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.sources.auth import claude_state
from usageline.sources.claude_files import parse_object
from usageline.system import child_env, executables, origin
from usageline.system.process import query_line
from usageline.usage import whose
from usageline.usage.model import Reading, SourceFailure
from usageline.usage.parse import parse
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources import Context

TIMEOUT_S = 8.0
MAX_BYTES = 1 << 20
"""Of all that it prints; the answer alone has a few KiB."""

CLIENT_CACHE_S = 60
"""So old may an answer be for which the client asks nobody anew. Its older answers are those that it gives after a failure."""

REQUEST = b'{"type":"control_request","request_id":"usageline","request":{"subtype":"get_usage","skip_behaviors":true}}\n'
"""Without `skip_behaviors` the client reads a week of transcripts for an answer that is not used here."""

ARGUMENTS = (
    *("-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"),
    # No trace of a session, and nothing of the user's that would start processes: hooks (ours among them), MCP servers.
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
"""Its working directory: a fixed one, in which no project can have put anything."""

UNKNOWN_PROFILE = "claude is not asked here: HOME, XDG_CONFIG_HOME or CLAUDE_CONFIG_DIR is none that was installed; run usageline install"

PLACES = (
    "~/.local/bin/claude",
    "~/.claude/local/claude",
    "/opt/homebrew/bin/claude",
    "/usr/local/bin/claude",
    "/usr/bin/claude",
)
"""Where Claude Code's installers put it. Looked at before PATH, which a project's settings can change."""


def fetch(context: Context) -> Reading:
    """What Claude Code says of the account that it is signed in with. SourceFailure where it is not found, or says nothing in time."""
    own = origin.own(context.env)
    if own is None or not own.claude_dir:
        raise SourceFailure("unreadable", UNKNOWN_PROFILE)
    program = context.client or find_claude(context.env)
    if program is None:
        raise SourceFailure(
            "unreadable", f"{missing_reason(context.env)}; set `client` in config.toml to its path"
        )
    context.permit(own_sign_in=True)
    asked_at = int(context.clock.now())  # as in oauth.py
    deadline = min(context.deadline, context.clock.monotonic() + TIMEOUT_S)
    try:
        line = query_line(
            [program, *ARGUMENTS],
            REQUEST,
            environment(context.env, own),
            DIRECTORY,
            deadline=deadline,
            max_bytes=MAX_BYTES,
            accept=_is_answer,
        )
    except OSError as error:
        raise SourceFailure("unreadable", f"claude does not start: {error.strerror}") from None
    if line is None:
        raise SourceFailure("offline", "Claude Code did not answer")
    body = _body(mapping((parse_object(line) or {}).get("response")))
    return _dated(
        Reading(*parse(_with_models(body)), source="client", observed_at=asked_at),
        context,
        has_limits="limits" in body,
    )


def find_claude(env: Mapping[str, str]) -> str | None:
    """Return the path of `claude`: where its installers put it, else the first on the PATH at the install that can be trusted."""
    return executables.find_executable("claude", _places(env), env)


def missing_reason(env: Mapping[str, str]) -> str:
    """Return why `find` has nothing."""
    return executables.missing_reason("claude", _places(env), env)


def _places(env: Mapping[str, str]) -> list[str]:
    own = origin.own(env)  # without it the home may be a project's, with a `claude` of its own
    return [
        place.replace("~", own.fixed["HOME"], 1) if own else place
        for place in PLACES
        if own or place[0] != "~"
    ]


def environment(env: Mapping[str, str], own: origin.Own) -> dict[str, str]:
    """Return what Claude Code gets: the places, PATH, proxies and certificates of the install.

    The mark keeps a hook of usageline's from starting another refresh.
    """
    return child_env.build(
        "claude", env, own, {"USAGELINE_REFRESH": "1", "DISABLE_AUTOUPDATER": "1"}
    )


def _dated(reading: Reading, context: Context, *, has_limits: bool) -> Reading:
    """The reading with the time at which the client fetched it. SourceFailure with it for a reason if the client got no new one.

    Each good answer of the service moves the time of the client's own cache, unless that is less than KEPT_S old. After a failure the
    client answers from there (it may be an hour old), and leaves out `limits` (seen in 2.1.330).
    """
    sign_in, asked_at = context.sign_in, reading.observed_at
    claim = whose.claim_of(claude_state.read(context.env).cached)
    refused = whose.refusal(
        claim, sign_in.state.account_uuid, sign_in.organizations, context.not_before
    )
    fetched_at = claim.fetched_at if refused in {"", whose.TOO_EARLY} else None
    if fetched_at is None and has_limits:
        return reading  # no cache of this account's: the client cannot have answered from it
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
    """The body with the rows of `model_scoped` as `limits`, if it has none of its own."""
    rows = body.get("model_scoped")
    if "limits" in body or not isinstance(rows, list):
        return body
    limits = [
        {
            "kind": "weekly_scoped",
            "percent": mapping(row).get("utilization"),
            "resets_at": mapping(row).get("resets_at"),
            "scope": {"model": {"display_name": mapping(row).get("display_name")}},
        }
        for row in rows
    ]
    return {**body, "limits": limits}


def _body(response: dict[str, object]) -> dict[str, object]:
    """The usage body in a control response. SourceFailure where it has none."""
    if response.get("subtype") != "success":
        raise SourceFailure("unreadable", "this version of Claude Code does not tell its usage")
    told = mapping(response.get("response"))
    if told.get("rate_limits_available") is False:
        raise SourceFailure(
            "no-plan" if told.get("subscription_type") is None else "unreadable",
            "Claude Code reports no limits",
        )
    if (
        told.get("rate_limits") is None
    ):  # as where CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC is set in the user's settings
        raise SourceFailure("offline", "Claude Code could not get its usage")
    if not isinstance(told["rate_limits"], dict):
        raise SourceFailure("unreadable", "Claude Code's answer has no usage in it")
    return told["rate_limits"]


def _is_answer(line: bytes) -> bool:
    message = parse_object(line) if b"control_response" in line else None
    return (
        bool(message) and mapping(mapping(message).get("response")).get("request_id") == "usageline"
    )
