"""Export samples by the OpenTelemetry SDK. `otlp.py` alone imports this module.

The samples are given to the SDK as they are. Its instruments would begin every counter anew with
each refresh.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import export as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from requests.adapters import HTTPAdapter

from usageline import __version__
from usageline.core.errors import ExportFailed
from usageline.sources import proxies
from usageline.storage.usage_index.totals import year_start
from usageline.usage.metrics import COUNTER, LOCAL_COST, LOCAL_TOKENS
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

    from usageline.usage.metric_samples import Sample
    from usageline.usage.metrics import Metric

PATH = "/v1/metrics"
SERVICE = "usageline"


def export(  # noqa: PLR0913, PLR0917 - the arguments of `otlp.send`
    samples: Sequence[Sample],
    address: str,
    headers: Mapping[str, str],
    instance: str,
    env: Mapping[str, str],
    timeout_s: float,
) -> None:
    """Send `samples` in one request. Raise ExportFailed, without a part of the request."""
    url = address if address.endswith(PATH) else address + PATH
    session = Once(url, proxies.network_variables(env))
    exporter = OTLPMetricExporter(
        endpoint=url,
        headers=dict(headers),
        timeout=timeout_s,
        compression=Compression.NoCompression,
        session=session,
    )
    try:
        result = exporter.export(data(samples, instance, time.time()))
    finally:
        exporter.shutdown()
    if result is not sdk.MetricExportResult.SUCCESS:
        raise ExportFailed(session.failure or "the SDK could not send the points")


class Once(requests.Session):
    """A session that sends one request, by the proxy and the certificates of the install.

    The SDK repeats a request that failed. To it, every failure here is one that no repetition
    repairs. `failure` is why the request failed, "" if it did not.
    """

    def __init__(self, url: str, network: Mapping[str, str]) -> None:
        super().__init__()
        self.failure = ""
        self._has_sent = False
        self.trust_env = False  # no ~/.netrc, and no proxy or certificate of the environment
        context = proxies.tls_context(network) if url.startswith("https:") else None
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(context))
        try:
            proxy = proxies.proxy_for(url, network)
        except SourceFailure as failure:
            raise ExportFailed(str(failure)) from None
        if proxy:
            self.proxies = {"http": proxy, "https": proxy}

    def request(  # type: ignore[override]
        self, method: Any, url: Any, **options: Any
    ) -> requests.Response:
        """Send the request. Raise ExportFailed unless the answer is a good one."""
        if self._has_sent:
            raise ExportFailed(self.failure)
        self._has_sent = True
        try:
            # The body of an answer has nothing to read, and could have any length.
            response = super().request(method, url, **{**options, "stream": True})
        except requests.exceptions.Timeout:
            self.failure = "no answer in time"
        except requests.exceptions.SSLError:
            self.failure = "no secure connection: its certificate may not be trusted"
        except requests.exceptions.RequestException:
            self.failure = "no connection"
        else:
            response.close()
            if 200 <= response.status_code < 300:
                return response
            self.failure = f"the collector answered {response.status_code}"
        raise ExportFailed(self.failure) from None


class _Adapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=self._context, **options)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave the certificates to the context: requests would add its own list."""


def data(samples: Sequence[Sample], instance: str, now: float) -> sdk.MetricsData:
    """Return the samples at `now` (epoch s) as the SDK exports them."""
    points: dict[Metric, list[sdk.NumberDataPoint]] = {}
    for sample in samples:
        point = sdk.NumberDataPoint(
            attributes=dict(zip(sample.metric.labels, sample.labels, strict=True)),
            start_time_unix_nano=_began(sample.metric, now),
            time_unix_nano=int(now * 1e9),
            value=float(sample.value),
        )
        points.setdefault(sample.metric, []).append(point)
    metrics = [
        sdk.Metric(metric.otel, metric.help, metric.unit, _values(metric, of_metric))
        for metric, of_metric in points.items()
    ]
    resource = Resource(
        {
            "service.name": SERVICE,
            "service.version": __version__,
            "service.instance.id": instance,
        }
    )
    scope = sdk.ScopeMetrics(InstrumentationScope(SERVICE, __version__), metrics, schema_url="")
    return sdk.MetricsData([sdk.ResourceMetrics(resource, [scope], schema_url="")])


def _values(metric: Metric, points: list[sdk.NumberDataPoint]) -> sdk.Sum | sdk.Gauge:
    if metric.kind != COUNTER:
        return sdk.Gauge(points)
    return sdk.Sum(points, sdk.AggregationTemporality.CUMULATIVE, is_monotonic=True)


def _began(metric: Metric, now: float) -> int:
    """Return since when a counter counts, in ns since 1970; 0 is OTLP's "unknown"."""
    return year_start(now) * 10**9 if metric in {LOCAL_COST, LOCAL_TOKENS} else 0
