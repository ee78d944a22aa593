"""Serve the metrics to scrapers, from what is on disk. A scrape sends no request.

Every program of the machine can read them, as on any loopback port. So can a web page whose host
name leads to this machine, unless the requested host is checked.
"""

from __future__ import annotations

import ipaddress
import re
import signal
import socket
import sys
import time
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import click

from usageline.core.errors import UsagelineError, error_text
from usageline.refresh.metrics.publish import collect
from usageline.refresh.metrics.text import negotiated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from usageline.system.paths import Paths

    StartResponse = Callable[[str, list[tuple[str, str]]], object]

PATH = "/metrics"
PLAIN = "text/plain; charset=utf-8"
TIMEOUT_S = 5
"""For a client that sends or reads nothing."""

_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]*)):(\d{1,5})", re.ASCII)


class Server(ThreadingMixIn, WSGIServer):
    """The server. A scraper that hangs delays no other."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, host: str, port: int, app: Any) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)
        self.set_app(app)

    def server_bind(self) -> None:
        """Bind without asking a name server for this machine's name, as the base class does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that closed its connection."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(WSGIRequestHandler):
    """One connection."""

    timeout = TIMEOUT_S

    def log_message(self, *_arguments: object) -> None:
        """Print nothing for each scrape."""

    def address_string(self) -> str:
        """Return the address; the base class may ask a name server."""
        return str(self.client_address[0])


def serve(address: str, paths: Paths, *, is_public: bool) -> None:
    """Serve until a signal ends the process. Raise UsagelineError if it cannot listen there."""
    server = make_server(address, paths, is_public=is_public)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    host, port = server.server_address[:2]
    shown = f"[{host!s}]" if ":" in str(host) else str(host)
    click.echo(f"serving http://{shown}:{port}{PATH}; end it with Ctrl-C")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def make_server(
    address: str, paths: Paths, *, is_public: bool, clock: Callable[[], float] = time.time
) -> Server:
    """Return a server that listens. Raise UsagelineError if it cannot."""
    host, port = parsed(address)
    is_local = ipaddress.ip_address(host).is_loopback
    if not is_local and not is_public:
        raise UsagelineError(
            f"other machines can reach {host}: listen on 127.0.0.1, or add --public"
        )
    try:
        return Server(host, port, _app(paths, clock, checks_host=is_local))
    except OSError as error:
        raise UsagelineError(f"cannot listen on {address}: {error_text(error)}") from None


def parsed(address: str) -> tuple[str, int]:
    """Return the host as an IP address, and the port. `localhost` is 127.0.0.1."""
    match = _ADDRESS.fullmatch(address)
    host = (match[1] or match[2]) if match else ""
    host = "127.0.0.1" if host.lower() == "localhost" else host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        host = ""
    port = int(match[3]) if match else -1
    if not host or port > 65535:
        raise click.UsageError(f"{address!r} is not an address with a port: write 127.0.0.1:9718")
    return host, port


def _app(paths: Paths, clock: Callable[[], float], *, checks_host: bool) -> Any:
    def app(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        if checks_host and not _is_address(environ.get("HTTP_HOST", "")):
            return _answer(start, "403 Forbidden", b"ask for it by an IP address\n", PLAIN)
        if environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
            return _answer(start, "405 Method Not Allowed", b"only GET\n", PLAIN)
        if environ.get("PATH_INFO") != PATH:
            return _answer(start, "404 Not Found", f"the metrics are at {PATH}\n".encode(), PLAIN)
        body, content_type = negotiated(
            collect(paths, clock()), str(environ.get("HTTP_ACCEPT", ""))
        )
        answer = _answer(start, "200 OK", body, content_type)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else answer

    return app


def _answer(start: StartResponse, status: str, body: bytes, content_type: str) -> Iterable[bytes]:
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start(status, headers)
    return [body]


def _is_address(host: str) -> bool:
    """Return whether a header `Host` has an IP address or localhost, with or without a port."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host, re.ASCII) else host
    if name.lower() == "localhost":
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
