"""Answers that an HTTP client can read, to accept or reject: statuses, contents, encodings."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

from tests.faults.network.cases import Case
from tests.server import HTML, usage_body

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.faults.network.cases import Script
    from tests.faults.network.wire import Talk

REASONS = {200: "OK", 302: "Found", 429: "Too Many Requests"}
BOMB = b" " * (32 << 20)
BROTLI_BOMB = b"\x5b\xff\xff\x9f\x02\x20\x1e\x0b\x28\xf7\x81\x00" * 2000
ZSTD_BOMB = b"\x28\xb5\x2f\xfd\x04\x58" + b"\x03\x00\x10\x20" * 2000


def good_body() -> bytes:
    """Return a good answer, with a percentage that no old numbers have."""
    return json.dumps(usage_body(session=41)).encode()


def head(status: int = 200, *headers: tuple[str, str], kind: str = "application/json") -> bytes:
    """Return the head of an answer up to its empty line."""
    lines = [
        f"HTTP/1.1 {status} {REASONS.get(status, 'Such')}",
        f"Content-Type: {kind}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def whole(
    status: int, body: bytes, *headers: tuple[str, str], kind: str = "application/json"
) -> bytes:
    """Return an answer with its correct length."""
    return head(status, *headers, ("Content-Length", str(len(body))), kind=kind) + body


def error(status: int, kind: str, message: str, *headers: tuple[str, str]) -> bytes:
    """Return an error in the service's own form."""
    return whole(
        status,
        json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode(),
        *headers,
    )


def says(*parts: bytes) -> Script:
    """Read the request, answer, and close the connection."""

    def script(talk: Talk) -> None:
        if talk.read_head():
            talk.send(*parts)

    return script


def rate_limited(*values: str) -> Script:
    """Return 429 with a Retry-After header for each value."""
    headers = [("Retry-After", value) for value in values]
    return says(error(429, "rate_limit_error", "Rate limited. Please try again later.", *headers))


def _redirect(status: int) -> Script:
    def script(talk: Talk) -> None:
        if talk.read_head():
            talk.send(whole(status, b"", ("Location", talk.elsewhere + "/api/oauth/usage")))

    return script


def _packed(encoding: str, body: bytes) -> Script:
    return says(whole(200, body, ("Content-Encoding", encoding)))


def _bomb(encoding: str, *layers: Callable[[bytes, int], bytes]) -> Script:
    """Answer with a bomb. It is packed then, because the tests that only import this need none."""

    def script(talk: Talk) -> None:
        body = BOMB
        for pack in layers:
            body = pack(body, 1)
        _packed(encoding, body)(talk)

    return script


def _server_error(
    status: int, name: str = "", *headers: tuple[str, str], wait_s: int = 0, quick: bool = False
) -> Case:
    script = says(whole(status, HTML, *headers, kind="text/html"))
    return Case(
        name or str(status), "offline", script, f"server error {status}", wait_s=wait_s, quick=quick
    )


def _others(statuses: Sequence[int]) -> list[Case]:
    return [
        Case(str(status), "unreadable", says(whole(status, HTML)), f"unexpected answer {status}")
        for status in statuses
    ]


GOOD = [
    Case("a good answer", "ok", says(whole(200, good_body())), quick=True),
    Case(
        "100 and 103 first",
        "ok",
        says(
            b"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Soon\r\nLink: <x>\r\n\r\n",
            whole(200, good_body()),
        ),
    ),
    Case("without a length", "ok", says(head() + good_body())),
    Case("more than its length", "ok", says(whole(200, good_body()) + b"x" * 1000)),
    Case("gzip that nobody asked for", "ok", _packed("gzip", gzip.compress(good_body()))),
]

STATUSES = [
    Case(
        "401",
        "expired",
        says(error(401, "authentication_error", "OAuth token has expired.")),
        "the service refused the sign-in",
        quick=True,
    ),
    Case(
        "403 for the scope",
        "no-scope",
        says(error(403, "permission_error", "needs scope user:profile")),
        "scope user:profile",
        quick=True,
    ),
    Case(
        "403 from a wall",
        "unreadable",
        says(whole(403, HTML, kind="text/html")),
        "unexpected answer 403",
    ),
    Case(
        "404",
        "unreadable",
        says(error(404, "not_found_error", "Not found")),
        "unexpected answer 404",
        quick=True,
    ),
    Case("408", "offline", says(whole(408, b"")), "server error 408"),
    *_others([201, 204, 206, 300, 304, 400, 402, 405, 407, 410, 418, 451]),
    *(
        Case(
            f"{status} to another host",
            "unreadable",
            _redirect(status),
            f"unexpected answer {status}",
            quick=status == 302,
        )
        for status in (301, 302, 303, 307, 308)
    ),
    *(_server_error(status) for status in (500, 502, 504, 520, 529, 599)),
    _server_error(503, "503 with Retry-After", ("Retry-After", "1200"), wait_s=1200, quick=True),
    _server_error(503, "503 with a short Retry-After", ("Retry-After", "1")),
    _server_error(503, "503 with a year of Retry-After", ("Retry-After", "31536000"), wait_s=4500),
]

CONTENTS = [
    Case(
        "a login page with 200",
        "unreadable",
        says(whole(200, HTML, kind="text/html")),
        "not JSON",
        quick=True,
    ),
    Case("nothing with 200", "unreadable", says(whole(200, b"")), "not JSON"),
    Case("JSON that is not an object", "unreadable", says(whole(200, b"[1, 2]")), "not JSON"),
    Case(
        "half of it with the right length",
        "unreadable",
        says(whole(200, good_body()[:200])),
        "not JSON",
    ),
    Case(
        "a gzip bomb",
        "unreadable",
        _bomb("gzip", gzip.compress),
        "longer than 256 KiB unpacked",
        quick=True,
    ),
    Case(
        "a deflate bomb",
        "unreadable",
        _bomb("deflate", zlib.compress),
        "longer than 256 KiB unpacked",
    ),
    Case(
        "a bomb in a bomb",
        "unreadable",
        _bomb("gzip, gzip", gzip.compress, gzip.compress),
        "was not asked for",
    ),
    Case("a brotli bomb", "unreadable", _packed("br", BROTLI_BOMB), "not asked for"),
    Case("a zstd bomb", "unreadable", _packed("zstd", ZSTD_BOMB), "not asked for"),
    Case(
        "broken gzip", "unreadable", _packed("gzip", b"\x1f\x8b\x08 no gzip"), "packed and broken"
    ),
]
