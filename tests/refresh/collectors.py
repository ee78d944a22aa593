"""A collector for OpenTelemetry that keeps what it gets, and misbehaves on request."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

if TYPE_CHECKING:
    import ssl


@dataclass
class Collector:
    """A running collector. It answers with `status` and `headers`, and not at all if it `hangs`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stopping = threading.Event()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.collector = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Return its port on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def serve_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def points(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Return the values of the last request, by name and attributes."""
        return {
            (
                metric.name,
                tuple((pair.key, pair.value.string_value) for pair in point.attributes),
            ): (point.as_double)
            for metric in self.metrics()
            for point in getattr(metric, metric.WhichOneof("data")).data_points
        }

    def metrics(self) -> list[Any]:
        """Return the metrics of the last request."""
        (resource,) = self.request().resource_metrics
        (scope,) = resource.scope_metrics
        return list(scope.metrics)

    def resource(self) -> dict[str, str]:
        """Return the attributes of the resource."""
        (resource,) = self.request().resource_metrics
        return {pair.key: pair.value.string_value for pair in resource.resource.attributes}

    def request(self) -> Any:
        """Return the last request, as the protocol defines it."""
        request = ExportMetricsServiceRequest()
        request.ParseFromString(self.requests[-1][2])
        return request

    def close(self) -> None:
        """Stop."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class Server(ThreadingHTTPServer):
    collector: Collector
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that has gone."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        collector = self.server.collector
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        collector.requests.append((self.path, headers, body))
        if collector.hangs:
            collector.stopping.wait(30)
            return
        self.send_response(collector.status)
        for name, value in collector.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass
