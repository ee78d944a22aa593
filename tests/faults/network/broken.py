"""What is not an answer: silence, trickles, floods, early ends, bytes that are not HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.network.answers import good_body, head, says, whole
from tests.faults.network.cases import Case

if TYPE_CHECKING:
    from tests.faults.network.cases import Script
    from tests.faults.network.wire import Talk

TOO_LATE, BROKE, NO_HTTP, TOO_LONG = (
    "no answer in time",
    "the connection broke",
    "is not HTTP",
    "longer than 256 KiB",
)
GIGABYTE = ("Content-Length", str(1 << 30))
CHUNKED = ("Transfer-Encoding", "chunked")
HTTP2_SETTINGS = b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\x10\0\0\0\x06\0\x01\0\0"


def hangs(*parts: bytes) -> Script:
    """Read the request, send the parts, and then hang."""

    def script(talk: Talk) -> None:
        if talk.read_head():
            talk.send(*parts)
            talk.wait()

    return script


def _drips(data: bytes, first: bytes = b"", gap_s: float = 0.3) -> Script:
    def script(talk: Talk) -> None:
        if talk.read_head():
            talk.send(first)
            talk.drip(data, gap_s)

    return script


def _floods(data: bytes, first: bytes = b"") -> Script:
    def script(talk: Talk) -> None:
        if talk.read_head():
            talk.send(first)
            talk.flood(data)

    return script


def _late(seconds: float) -> Script:
    def script(talk: Talk) -> None:
        if talk.read_head():
            talk.wait(seconds)
            talk.send(whole(200, good_body()))

    return script


def resets(*parts: bytes) -> Script:
    """Read the request, send the parts, and reset the connection."""

    def script(talk: Talk) -> None:
        if talk.read_head():
            talk.send(*parts)
            talk.reset()

    return script


def _reset(talk: Talk) -> None:
    talk.reset()


SLOW = [
    Case("hangs before the head", "offline", hangs(), TOO_LATE, waits=True, quick=True),
    Case("hangs in the head", "offline", hangs(head()[:-4]), TOO_LATE, waits=True),
    Case(
        "hangs after the head",
        "offline",
        hangs(head(200, ("Content-Length", "500"))),
        TOO_LATE,
        waits=True,
    ),
    Case(
        "hangs in the body", "offline", hangs(whole(200, good_body())[:-100]), TOO_LATE, waits=True
    ),
    Case(
        "shorter than its length, and open",
        "offline",
        hangs(head(200, ("Content-Length", "100000")), good_body()),
        TOO_LATE,
        waits=True,
    ),
    Case(
        "drips the head",
        "offline",
        _drips(head()[:-4] + b"\r\nX: " + b"y" * 9999),
        TOO_LATE,
        waits=True,
    ),
    Case(
        "drips the body",
        "offline",
        _drips(b" ", head(200, ("Content-Length", "2000"))),
        TOO_LATE,
        waits=True,
        quick=True,
    ),
    Case(
        "drips chunks", "offline", _drips(b"1\r\n \r\n", head(200, CHUNKED)), TOO_LATE, waits=True
    ),
    Case(
        "100 Continue for ever, slowly",
        "offline",
        _drips(b"HTTP/1.1 100 Continue\r\n\r\n", gap_s=0.02),
        TOO_LATE,
        waits=True,
    ),
    # It keeps a processor busy, so that others beside it would wait too long.
    Case(
        "100 Continue for ever, as fast as it goes",
        "offline",
        _floods(b"HTTP/1.1 100 Continue\r\n\r\n" * 99),
        TOO_LATE,
    ),
    Case("well, but just too late", "offline", _late(9.5), TOO_LATE, waits=True),
    Case("well, but late", "ok", _late(2), waits=True, quick=True),
]

FLOODS = [
    Case(
        "1 GB", "unreadable", _floods(b" " * (1 << 16), head(200, GIGABYTE)), TOO_LONG, quick=True
    ),
    Case("1 GB without a length", "unreadable", _floods(b" " * (1 << 16), head()), TOO_LONG),
    Case(
        "1 GB in chunks",
        "unreadable",
        _floods(b"10000\r\n" + b" " * (1 << 16) + b"\r\n", head(200, CHUNKED)),
        TOO_LONG,
    ),
    Case(
        "1 GB in one chunk",
        "unreadable",
        _floods(b" " * (1 << 16), head(200, CHUNKED) + b"40000000\r\n"),
        TOO_LONG,
    ),
    Case("1 GB with 404", "unreadable", _floods(b" " * (1 << 16), head(404, GIGABYTE)), TOO_LONG),
    Case(
        "a header of 1 MB", "offline", says(head(200, ("X", "y" * (1 << 20)))), NO_HTTP, quick=True
    ),
    Case("100,000 headers", "offline", says(head(200, *[("X", "y")] * 100_000)), NO_HTTP),
    Case("headers without end", "offline", _floods(b"X: y\r\n" * 1000, head()[:-2]), NO_HTTP),
    Case("a status line without end", "offline", _floods(b"HTTP/1.1 200 " + b"OK" * 5000), NO_HTTP),
    Case(
        "trailers without end",
        "offline",
        _floods(b"X: y\r\n" * 1000, head(200, CHUNKED) + b"2\r\n{}\r\n0\r\n"),
        NO_HTTP,
    ),
]

CUT = [
    Case("ends at once", "offline", says(), BROKE),
    Case("ends in the head", "offline", says(head()[:30]), BROKE),
    Case("ends in the body", "offline", says(whole(200, good_body())[:-100]), BROKE, quick=True),
    Case("ends in a chunk", "offline", says(head(200, CHUNKED) + b"ffff\r\n" + good_body()), BROKE),
    Case("ends between chunks", "offline", says(head(200, CHUNKED) + b"2\r\n{}\r\n"), BROKE),
    Case("a reset before the request is read", "offline", _reset, asked=0, quick=True),
    Case("a reset after the request", "offline", resets(), BROKE),
    Case("a reset in the head", "offline", resets(head()[:30]), BROKE),
    Case(
        "a reset in the body", "offline", resets(head(200, ("Content-Length", "5000")), b"{"), BROKE
    ),
]

NOT_HTTP = [
    Case(
        "a negative length",
        "offline",
        says(head(200, ("Content-Length", "-1")) + good_body()),
        NO_HTTP,
    ),
    Case(
        "two lengths",
        "offline",
        says(head(200, ("Content-Length", "5"), ("Content-Length", "900")) + good_body()),
        NO_HTTP,
    ),
    Case(
        "a length that is not a number",
        "offline",
        says(head(200, ("Content-Length", "1e3")) + good_body()),
        NO_HTTP,
    ),
    Case(
        "a chunk of a wrong size",
        "offline",
        says(head(200, CHUNKED) + b"5\r\n" + good_body() + b"\r\n0\r\n\r\n"),
        NO_HTTP,
    ),
    Case(
        "a chunk of no size", "offline", says(head(200, CHUNKED) + b"zz\r\n" + good_body()), NO_HTTP
    ),
    Case(
        "an encoding of another kind",
        "offline",
        says(head(200, ("Transfer-Encoding", "gzip")) + good_body()),
        NO_HTTP,
    ),
    Case(
        "NUL in a header",
        "offline",
        says(head(200, ("X", "a\0b")) + good_body()),
        NO_HTTP,
    ),
    Case(
        "CR in a header",
        "offline",
        says(head(200, ("X", "a\rSet-Cookie: b")) + good_body()),
        NO_HTTP,
    ),
    Case("a header without a name", "offline", says(head(200, ("", "x")) + good_body()), NO_HTTP),
    Case("HTTP/0.9", "offline", says(b"<html>old</html>\n"), BROKE, quick=True),
    Case("HTTP/2", "offline", says(HTTP2_SETTINGS), NO_HTTP),
    Case("the preface of HTTP/2", "offline", says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NO_HTTP),
    Case("TLS where none is due", "offline", says(b"\x15\x03\x03\0\x02\x02\x28"), NO_HTTP),
    Case(
        "another protocol by 101",
        "offline",
        says(head(101, ("Upgrade", "x"), ("Connection", "upgrade"))),
        NO_HTTP,
    ),
    Case("SSH", "offline", says(b"SSH-2.0-OpenSSH_9.9\r\n"), BROKE),
    Case("a status of four digits", "offline", says(b"HTTP/1.1 2000 OK\r\n\r\n"), NO_HTTP),
    Case("nonsense", "offline", says(bytes(range(256)) * 40), NO_HTTP),
]
