"""Serve an organization's usage and cost locally, from invented or random events.

`Organization` has the events and answers queries by the documented rules: groups, buckets, pages of
any size, cursors that belong to their query. `OrgServer` serves it, and single answers instead.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests import loopback
from tests.loopback import Loopback
from tests.server import Request

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

KEY = "sk-ant-admin01-canary-0123456789abcdef"
BASE = "/v1/organizations"
DIMENSIONS = (
    *("product", "model", "context_window", "inference_geo", "speed", "slack_channel_id"),
    *("claude_tag_category", "claude_tag_user_id", "rbac_group_id", "actor", "actor_type"),
    *("workspace_id", "api_key_id", "service_tier", "agent_id", "deployment_id"),
    *("environment_id", "session_id", "organization_id", "user_profile_id"),
)
MODELS = (
    "claude-opus-5-5",
    "claude-sonnet-5",
    "claude-haiku-4-5",
    "claude-fable-1",
    "claude-new-9",
)
PRODUCTS = ("claude_code", "messages_api", "chat", "something_new", None)
REFRESHED_AT = "2026-11-25T04:00:00Z"


@dataclass(frozen=True)
class Event:
    """What one actor used of one model on one day. Amounts are cents, None if not reported."""

    day: date
    group: dict[str, Any]
    amount: Decimal
    list_amount: Decimal | None
    tokens: tuple[int, int, int, int, int]
    requests: int | None


def user(number: int, *, deleted: bool = False) -> dict[str, Any]:
    """Return a person."""
    return {
        "type": "user_actor",
        "user_id": f"user_01Synthetic{number:08d}",
        "name": "Deleted User" if deleted else (None if number % 7 == 3 else f"Person {number}"),
        "email_address": None if deleted else f"person{number}@example.com",
        "deleted": deleted,
    }


def actor(rng: random.Random, people: int) -> dict[str, Any] | None:
    """Return an actor of any kind, also of one that does not exist yet."""
    kind = rng.randrange(20)
    if kind == 0:
        return None
    if kind == 1:
        return {"type": "service_account_actor", "service_account_id": f"svac_{rng.randrange(4)}"}
    if kind == 2:
        return {"type": "api_actor", "api_key_id": f"apikey_{rng.randrange(5)}"}
    if kind == 3:
        subject = rng.choice(["arn:aws:iam::0:role/ci", None])
        return {
            "type": "federated_actor",
            "provider": {"type": "aws", "account_id": "0"},
            "subject": subject,
        }
    if kind == 4:
        return {"type": "something_new_actor", "id": f"x_{rng.randrange(3)}"}
    number = rng.randrange(people)
    return user(number, deleted=number % 11 == 5)


def random_events(rng: random.Random, people: int, days: list[date], size: int) -> list[Event]:
    """Return random events; amounts have up to six decimals of a cent."""
    events = []
    for _ in range(size):
        who = actor(rng, people)
        model = rng.choice([*MODELS, None])
        amount = Decimal(rng.randrange(10**9)).scaleb(-6)
        group = {
            "actor": who,
            "actor_type": who and who["type"],
            "model": model,
            "product": rng.choice(PRODUCTS),
            "workspace_id": rng.choice([None, "wrkspc_1", "wrkspc_2"]),
            "api_key_id": rng.choice([None, "apikey_1", "apikey_2"]),
            "rbac_group_id": rng.choice([None, "rbac_group_1"]),
        }
        fresh, output, read, short, long = (rng.randrange(10**7) for _ in range(5))
        tokens = (fresh, output, read, short, long)
        listed = amount + Decimal(rng.randrange(10**6)).scaleb(-6)
        events.append(Event(rng.choice(days), group, amount, listed, tokens, rng.randrange(500)))
    return events


@dataclass
class Organization:
    """The events, and how pages are cut: `page_size` maps the page's number to its size."""

    events: list[Event]
    page_size: Callable[[int], int] = lambda _number: 1000
    refreshed_at: str = REFRESHED_AT
    currency: str = "USD"
    _rows: dict[str, tuple[list[Event], list[dict[str, Any]]]] = field(default_factory=dict)
    """The rows of each query that was answered, with the events that they are from."""

    def answer(self, kind: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """Return the status and the body for a query of `cost` or `usage`."""
        since, until = (_moment(query, name) for name in ("starting_at", "ending_at"))
        if since is None or until is None or not 0 < (until - since).days <= 31:
            return 400, error("invalid_request_error", "the range")
        dimensions = query.get("group_by[]", [])
        if set(dimensions) - set(DIMENSIONS) or len(dimensions) > 5:
            return 400, error("invalid_request_error", "a dimension")
        own = json.dumps([kind, {name: query[name] for name in sorted(query) if name != "page"}])
        events, rows = self._rows.get(own, ([], []))
        if events is not self.events:
            rows = self._answer(kind, query, since.date(), until.date())
            self._rows[own] = (self.events, rows)
        return self._page(rows, query, own)

    def _answer(
        self, kind: str, query: dict[str, list[str]], since: date, until: date
    ) -> list[dict[str, Any]]:
        daily, dimensions = "time_bucket_width" in query, query.get("group_by[]", [])
        sums: dict[str, list[Any]] = {}
        for event in self.events:
            if not since <= event.day < until:
                continue
            group = {name: event.group.get(name) for name in dimensions}
            day = event.day.isoformat() if daily else ""
            parts = sums.setdefault(json.dumps([day, group], sort_keys=True), [day, group, []])
            parts[2].append(event)
        rows = [
            {
                "starting_at": _stamp(day) if day else query["starting_at"][0],
                "ending_at": _stamp(day, 1) if day else query["ending_at"][0],
                "group": {**dict.fromkeys(DIMENSIONS), **group},
                kind: _cost(events, self.currency) if kind == "cost" else _usage(events),
            }
            for day, group, events in sums.values()
        ]
        rows.sort(key=lambda row: _size(row, kind), reverse=True)
        return rows

    def _page(
        self, rows: list[dict[str, Any]], query: dict[str, list[str]], own: str
    ) -> tuple[int, dict[str, Any]]:
        start, number = 0, 0
        if "page" in query:
            start, number, mine = json.loads(query["page"][0])
            if mine != _short(own):
                return 400, error("invalid_request_error", "cursor does not match")
        limit = int(query.get("limit", ["20"])[0])
        end = start + max(1, min(limit, self.page_size(number)))
        more = end < len(rows)
        return 200, {
            "data": rows[start:end],
            "data_refreshed_at": self.refreshed_at,
            "has_more": more,
            "next_page": json.dumps([end, number + 1, _short(own)]) if more else None,
            "organization_id": "00000000-0000-4000-8000-00000000a001",
        }


def error(kind: str, message: str, code: str = "") -> dict[str, Any]:
    """Return the body of an error."""
    details = {"details": {"error_code": code}} if code else {}
    return {
        "type": "error",
        "error": {"type": kind, "message": message, **details},
        "request_id": "req_1",
    }


def _moment(query: dict[str, list[str]], name: str) -> datetime | None:
    try:
        return datetime.strptime(query[name][0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except (KeyError, ValueError):
        return None


def _stamp(day: str, ahead: int = 0) -> str:
    return (date.fromisoformat(day) + timedelta(days=ahead)).isoformat() + "T00:00:00Z"


def _short(text: str) -> int:
    return sum(text.encode()) % 10**6


def _size(row: dict[str, Any], kind: str) -> Decimal:
    return Decimal(row["cost"]["amount"] if kind == "cost" else row["usage"]["total_tokens"])


def _cost(events: list[Event], currency: str) -> dict[str, Any]:
    listed = listed_sum(events)
    return {
        "amount": f"{sum((event.amount for event in events), Decimal(0)):f}",
        "list_amount": None if listed is None else f"{listed:f}",
        "currency": currency,
        "requests": requests_sum(events),
    }


def listed_sum(events: list[Event]) -> Decimal | None:
    """Return the list price, None if one of the events has none."""
    known = [event.list_amount for event in events if event.list_amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(events) else None


def requests_sum(events: list[Event]) -> int | None:
    """Return the requests, None if one of the events has none."""
    known = [event.requests for event in events if event.requests is not None]
    return sum(known) if len(known) == len(events) else None


def _usage(events: list[Event]) -> dict[str, Any]:
    fresh, output, read, short, long = (
        sum(event.tokens[index] for event in events) for index in range(5)
    )
    return {
        "uncached_input_tokens": fresh,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
        "output_tokens": output,
        "total_tokens": fresh + output + read + short + long,
        "requests": requests_sum(events),
        "server_tool_use": {"web_search_requests": 0},
    }


@dataclass
class Reply:
    """One answer: a status, a body as JSON or bytes, and headers."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class OrgServer(Loopback):
    """A running server. `reply(path, query)` returns an answer instead of the organization's."""

    organization: Organization = field(default_factory=lambda: Organization([]))
    reply: Callable[[str, dict[str, list[str]]], Reply | None] = lambda _path, _query: None
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start(_Handler)

    def paths(self) -> list[str]:
        """Return the paths of the requests, without the queries."""
        return [urlsplit(request.path).path.removeprefix(BASE) for request in self.requests]

    def answer(self, target: str) -> Reply:
        """Return the answer to a GET."""
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        special = self.reply(parts.path, query)
        if special is not None:
            return special
        kind = parts.path.rpartition("/")[2]
        if parts.path == f"{BASE}/me":
            return Reply(200, {"id": "org-1", "type": "organization", "name": "Synthetic Org"})
        if parts.path in {f"{BASE}/analytics/cost", f"{BASE}/analytics/usage"}:
            return Reply(*self.organization.answer(kind, query))
        return Reply(404, error("not_found_error", "not found"))


class _Handler(loopback.Handler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802 - the base class looks it up
        owner: OrgServer = self.owner
        owner.requests.append(Request("GET", self.path, self.lower_headers(), time.time()))
        reply = owner.answer(self.path)
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        sent = {"content-type": "application/json", **reply.headers}
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # some tests stop the client
            self.wfile.write(body)


def expected(events: list[Event]) -> dict[str, Any]:
    """Return the sums of events in dollars."""
    fresh, output, read, short, long = (
        sum(event.tokens[index] for event in events) for index in range(5)
    )
    listed = listed_sum(events)
    return {
        "cost": sum((event.amount for event in events), Decimal(0)) / 100,
        "list_cost": None if listed is None else listed / 100,
        "input": fresh,
        "output": output,
        "cache_read": read,
        "cache_write_5m": short,
        "cache_write_1h": long,
        "requests": requests_sum(events),
    }


def moved(event: Event, days: int) -> Event:
    """Return the event on another day."""
    return replace(event, day=event.day + timedelta(days=days))
