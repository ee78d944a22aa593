"""Run an HTTP server on 127.0.0.1, in a thread, until it is closed."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl


class Loopback:
    """A server that runs from `start` on. Its handler finds it as `owner`."""

    def start(self, handler: type[Handler]) -> None:
        """Listen on a free port, and answer each request with a `handler`."""
        self.serve(Server(("127.0.0.1", 0), handler))

    def serve(self, server: Server) -> None:
        """Answer requests to `server` in a thread."""
        self.stopping = threading.Event()
        self._server = server
        self._server.owner = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Return its port."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def serve_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def close(self) -> None:
        """Stop, and close each hanging connection."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server

    @property
    def owner(self) -> Any:
        """Return the server that this connection is to."""
        return self.server.owner

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""

    def lower_headers(self) -> dict[str, str]:
        """Return the headers of the request, by lower-case name."""
        return {name.lower(): value for name, value in self.headers.items()}


class Server(ThreadingHTTPServer):
    owner: Loopback
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Many tests make the client close its connection.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
