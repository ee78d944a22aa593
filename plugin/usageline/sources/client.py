"""The source `client`: Claude Code itself is asked for its usage (FACTS: other ways to the same numbers).

It looks after its own sign-in, so it also works where the token has expired; no token is read here and none is spent.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from usageline import paths, programs
from usageline.config import origin
from usageline.errors import SourceFailure
from usageline.processes import converse
from usageline.sources.files import parse_object
from usageline.usage.model import Reading
from usageline.usage.parse import parse
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.sources import Context

LONGEST_S = 8.0
MOST_BYTES = 1 << 20
"""Of all that it prints; the answer alone has a few KiB."""

QUESTION = b'{"type":"control_request","request_id":"usageline","request":{"subtype":"get_usage"}}\n'

ARGUMENTS = (
    *("-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"),
    # No trace of a session, and nothing of the user's that would start processes: hooks (ours among them), MCP servers.
    *("--no-session-persistence", "--strict-mcp-config", "--setting-sources", "user", "--settings", '{"disableAllHooks":true}'),
)

PLACES = ("~/.local/bin/claude", "~/.claude/local/claude", "/opt/homebrew/bin/claude", "/usr/local/bin/claude", "/usr/bin/claude")
"""Where Claude Code's installers put it. Looked at before PATH, which a project's settings can change."""


def fetch(context: Context) -> Reading:
    """What Claude Code says of the account that it is signed in with. SourceFailure where it is not found, or says nothing in time."""
    program = context.client or find(context.env)
    if program is None:
        raise SourceFailure("unreadable", f"{missing(context.env)}; set `client` in config.toml to its path")
    context.permit(own_sign_in=True)
    asked_at = int(time.time())  # as in oauth.py
    deadline = min(context.deadline, time.monotonic() + LONGEST_S)
    try:
        line = converse(
            [program, *ARGUMENTS],
            QUESTION,
            environment(context.env),
            paths.cache_dir(context.env),
            deadline=deadline,
            most=MOST_BYTES,
            accept=_is_answer,
        )
    except OSError as error:
        raise SourceFailure("unreadable", f"claude does not start: {error.strerror}") from None
    if line is None:
        raise SourceFailure("offline", "Claude Code did not answer")
    return Reading(*parse(_body(mapping((parse_object(line) or {}).get("response")))), source="client", observed_at=asked_at)


def find(env: Mapping[str, str]) -> str | None:
    """The path of `claude`: where its installers put it, else the first on PATH that nobody else could have put there."""
    return programs.find("claude", _places(env), env)


def missing(env: Mapping[str, str]) -> str:
    """Return why `find` has nothing."""
    return programs.missing("claude", _places(env), env)


def _places(env: Mapping[str, str]) -> list[str]:
    own = origin.may_name_programs(env)  # the home may be a project's, with a `claude` of its own
    return [place.replace("~", paths.home(env), 1) for place in PLACES if own or place[0] != "~"]


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """What Claude Code gets of the environment. The mark keeps a hook of ours that runs all the same from starting another refresh."""
    kept = {name: value for name, value in env.items() if not name.startswith(("USAGELINE_", "CLAUDECODE", "CLAUDE_CODE_"))}
    return {**kept, "PATH": origin.search_path(env), "USAGELINE_REFRESH": "1", "DISABLE_AUTOUPDATER": "1"}


def _body(response: dict[str, object]) -> object:
    """The usage body in a control response. SourceFailure where it has none."""
    if response.get("subtype") != "success":
        raise SourceFailure("unreadable", "this version of Claude Code does not tell its usage")
    told = mapping(response.get("response"))
    if told.get("rate_limits_available") is False:
        raise SourceFailure("no-plan" if told.get("subscription_type") is None else "unreadable", "Claude Code reports no limits")
    if told.get("rate_limits") is None:  # as where CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC is set in the user's settings
        raise SourceFailure("offline", "Claude Code could not get its usage")
    return told["rate_limits"]


def _is_answer(line: bytes) -> bool:
    message = parse_object(line) if b"control_response" in line else None
    return bool(message) and mapping(mapping(message).get("response")).get("request_id") == "usageline"
