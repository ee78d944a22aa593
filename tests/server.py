"""Serve the usage endpoint locally, with faults on request. All tests use this server.

`Api.fault` is the fault of the next answers ("" is a good answer), `Api.body` the good answer:

    401  403-scope  403-html  404  500  529  html  empty   an answer with that status or content
    429            the same without Retry-After; 429:TEXT with TEXT in it
    hang           no answer at all              hang-body      headers only
    drip           a byte every 0.3 s            truncate       half the body, then EOF
    reset          a TCP reset                   huge           a body without end
    bomb           64 KiB that unpack to 64 MiB  wrong-length   fewer bytes than Content-Length
    redirect:URL   302 to URL                    slow:SECONDS   a good answer, late
    nan            JSON with NaN in it           deep           JSON nested 100,000 deep
    echo:STATUS    that status, with the request's headers in its reason, headers and body
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests import loopback
from tests.loopback import Loopback

if TYPE_CHECKING:
    from collections.abc import Callable

USAGE_PATH = "/api/oauth/usage"
HTML = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"


def iso(at: float, suffix: str = "+00:00") -> str:
    """Return epoch seconds in the format of the service."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1e6):06d}{suffix}"


def usage_body(
    now: float | None = None, *, session: float = 37, weekly: float = 26, scoped: float = 55
) -> dict[str, Any]:
    """Return the body of a Max account: session, week, a model's week, credits $12.34 of $50."""
    now = time.time() if now is None else now
    # 1h59m for most of a minute, because a test may be slow.
    soon, later = iso(now + 7190), iso(now + 3 * 86400)

    def limit(kind: str, percent: float, resets_at: str, scope: object = None) -> dict[str, Any]:
        group = kind.partition("_")[0]
        return {
            "kind": kind,
            "group": group,
            "percent": percent,
            "severity": "normal",
            "resets_at": resets_at,
            "scope": scope,
            "is_active": False,
        }

    fable = {"model": {"id": None, "display_name": "Fable"}, "surface": None}
    return {
        "five_hour": {"utilization": float(session), "resets_at": soon},
        "seven_day": {"utilization": float(weekly), "resets_at": later},
        "seven_day_opus": None,
        "seven_day_sonnet": None,
        "extra_usage": {
            "is_enabled": True,
            "monthly_limit": 5000,
            "used_credits": 1234.0,
            "utilization": 24.68,
            "currency": "USD",
            "decimal_places": 2,
        },
        "limits": [
            limit("session", session, soon),
            limit("weekly_all", weekly, later),
            limit("weekly_scoped", scoped, later, fable),
        ],
    }


@dataclass(frozen=True)
class Request:
    """One request: `headers` by lower-case name, `at` in epoch seconds."""

    method: str
    path: str
    headers: dict[str, str]
    at: float


@dataclass
class Api(Loopback):
    """A running server. `body` may be a function of the request, such as its token."""

    fault: str = ""
    body: dict[str, Any] | Callable[[Request], dict[str, Any]] = field(default_factory=usage_body)
    requests: list[Request] = field(default_factory=list)
    clock_ahead_s: float = 0
    """By how much the `Date` of its answers is ahead of this machine's clock."""
    on_request: Callable[[Request], None] = lambda _: None

    def __post_init__(self) -> None:
        self.start(Handler)

    @property
    def usage_requests(self) -> list[Request]:
        """Return the requests for usage, oldest first."""
        return [request for request in self.requests if request.path == USAGE_PATH]


class Handler(loopback.Handler):
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp: float | None = None) -> str:
        at = time.time() if timestamp is None else timestamp
        return super().date_time_string(int(at + self.owner.clock_ahead_s))

    def do_GET(self) -> None:  # noqa: N802 - the base class looks it up
        api: Api = self.owner
        request = Request(self.command, self.path, self.lower_headers(), time.time())
        api.requests.append(request)
        api.on_request(request)
        name, _, extra = api.fault.partition(":")
        if name == "slow":
            api.stopping.wait(float(extra))
        elif name:
            FAULTS[name](self, extra)
            return
        self.reply(200, json.dumps(api.body(request) if callable(api.body) else api.body).encode())

    do_POST = do_CONNECT = do_GET  # noqa: N815 - names that the base class looks up

    def reply(
        self, status: int, body: bytes, kind: str = "application/json", **headers: str
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def error(self, status: int, kind: str, message: str, **headers: str) -> None:
        self.reply(
            status,
            json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode(),
            **headers,
        )

    def stay(self) -> None:
        self.close_connection = True
        self.owner.stopping.wait(120)

    def begin(self, length: int, **headers: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True


def _rate_limited(handler: Handler, extra: str) -> None:
    headers = {"Retry-After": extra} if extra else {}
    handler.error(429, "rate_limit_error", "Rate limited. Please try again later.", **headers)


def _hang_body(handler: Handler, _extra: str) -> None:
    handler.begin(500)
    handler.stay()


def _drip(handler: Handler, _extra: str) -> None:
    handler.begin(2000)
    while not handler.owner.stopping.wait(0.3):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def _truncate(handler: Handler, _extra: str) -> None:
    handler.begin(5000)
    handler.wfile.write(json.dumps(usage_body()).encode()[:60])


def _wrong_length(handler: Handler, _extra: str) -> None:
    handler.begin(100_000)
    handler.wfile.write(json.dumps(usage_body()).encode())


def _reset(handler: Handler, _extra: str) -> None:
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def _huge(handler: Handler, _extra: str) -> None:
    handler.begin(1 << 30)
    while not handler.owner.stopping.is_set():
        handler.wfile.write(b" " * (1 << 16))


def _bomb(handler: Handler, _extra: str) -> None:
    handler.reply(200, gzip.compress(b" " * (1 << 26), 1), Content_Encoding="gzip")


def _redirect(handler: Handler, extra: str) -> None:
    handler.reply(302, b"", Location=extra)


def _echo(handler: Handler, extra: str) -> None:
    headers = " ".join(f"{name}: {value}" for name, value in handler.headers.items())
    handler.send_response(int(extra), headers)
    body = json.dumps(
        {
            "error": {"type": headers, "message": headers, "error_code": headers},
            "limits": [{"kind": headers}],
        }
    ).encode()
    for name, value in {
        "Content-Type": headers,
        "Content-Length": str(len(body)),
        "Retry-After": headers,
        "Location": headers,
    }.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


FAULTS: dict[str, Callable[[Handler, str], None]] = {
    "401": lambda handler, _: handler.error(
        401, "authentication_error", "OAuth token has expired."
    ),
    "403-scope": lambda handler, _: handler.error(
        403, "permission_error", "OAuth token does not meet scope requirement user:profile"
    ),
    "403-html": lambda handler, _: handler.reply(403, HTML, "text/html"),
    "404": lambda handler, _: handler.error(404, "not_found_error", "Not found"),
    "429": _rate_limited,
    "500": lambda handler, _: handler.error(500, "api_error", "Internal server error"),
    "529": lambda handler, _: handler.error(529, "overloaded_error", "Overloaded"),
    "html": lambda handler, _: handler.reply(200, HTML, "text/html"),
    "empty": lambda handler, _: handler.reply(200, b""),
    "nan": lambda handler, _: handler.reply(
        200, b'{"five_hour": {"utilization": NaN, "resets_at": null}}'
    ),
    "deep": lambda handler, _: handler.reply(200, b"[" * 100_000),
    "hang": lambda handler, _: handler.stay(),
    "hang-body": _hang_body,
    "drip": _drip,
    "truncate": _truncate,
    "wrong-length": _wrong_length,
    "reset": _reset,
    "huge": _huge,
    "bomb": _bomb,
    "redirect": _redirect,
    "echo": _echo,
}
