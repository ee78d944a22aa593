"""What uses the quota, by Claude Code's own count over the transcripts of this machine.

The client reads a week of transcripts for this, which takes seconds. It runs without its
nonessential traffic, so that it sends no usage request (seen in 2.1.330).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline.core.text import sanitize
from usageline.sources import client
from usageline.usage.model import SourceFailure
from usageline.usage.values import mapping, number, objects

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 60.0
REQUEST = b'{"type":"control_request","request_id":"usageline","request":{"subtype":"get_usage"}}\n'
PERIODS = ("day", "week")
NAMED = ("agents", "skills", "plugins", "mcp_servers")
MAX_ROWS = 16
MAX_NAME, MAX_ADVICE = 64, 160
MAX_COUNT = 1e9


@dataclass(frozen=True, slots=True)
class Share:
    """One kind of use: its key or name, its share in percent, and how often it was counted."""

    name: str
    percent: float
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """The use of a day or a week.

    `behaviors` overlap. `named` has the shares of agents, skills, plugins and MCP servers.
    `advice` has the client's own recommendations.
    """

    requests: int
    sessions: int
    behaviors: tuple[Share, ...]
    named: dict[str, tuple[Share, ...]]
    advice: tuple[str, ...]


def fetch(env: Mapping[str, str], configured: str | None) -> dict[str, Period]:
    """Return the last day and the last week by `PERIODS`.

    `configured` is `client` of config.toml. Raise SourceFailure if there is no answer.
    """
    program, own = client.find_program(env, configured)
    response = client.query(
        program,
        REQUEST,
        client.environment(env, own, sends_requests=False),
        time.monotonic() + TIMEOUT_S,
    )
    return parse(response)


def parse(response: Mapping[str, object]) -> dict[str, Period]:
    """Return the periods in a control response. Raise SourceFailure if it has none."""
    behaviors = mapping(mapping(response.get("response")).get("behaviors"))
    periods = {
        name: _period(mapping(behaviors[name]))
        for name in PERIODS
        if isinstance(behaviors.get(name), dict)
    }
    if response.get("subtype") != "success" or not periods:
        raise SourceFailure(
            "unreadable", "this version of Claude Code does not report what uses the quota"
        )
    return periods


def _period(row: dict[str, object]) -> Period:
    return Period(
        _count(row.get("request_count")) or 0,
        _count(row.get("session_count")) or 0,
        _shares(row.get("behaviors"), "key"),
        {name: _shares(row.get(name), "name") for name in NAMED},
        tuple(
            text for one in objects(row.get("recommendations"), MAX_ROWS) if (text := _advice(one))
        ),
    )


def _shares(value: object, name: str) -> tuple[Share, ...]:
    shares = (
        Share(_text(row.get(name), MAX_NAME), percent, _count(row.get("count")))
        for row in objects(value, MAX_ROWS)
        if (percent := number(row.get("pct"), 0, 100)) is not None
    )
    return tuple(share for share in shares if share.name and share.percent >= 1)


def _advice(row: dict[str, object]) -> str:
    title, detail = (_text(row.get(name), MAX_ADVICE) for name in ("title", "detail"))
    return f"{title} ({detail})" if title and detail else title


def _text(value: object, length: int) -> str:
    return sanitize(value[:length]) if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    count = number(value, 0, MAX_COUNT)
    return None if count is None else int(count)
