"""A collector for OpenTelemetry that keeps what it gets, and misbehaves on request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from tests import loopback
from tests.loopback import Loopback


@dataclass
class Collector(Loopback):
    """A running collector. It answers with `status` and `headers`, and not at all if it `hangs`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start(Handler)

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


class Handler(loopback.Handler):
    def do_POST(self) -> None:  # noqa: N802 - the base class looks it up
        collector: Collector = self.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        collector.requests.append((self.path, self.lower_headers(), body))
        if collector.hangs:
            collector.stopping.wait(30)
            return
        self.send_response(collector.status)
        for name, value in collector.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()
