"""Write samples as Prometheus or OpenMetrics text, by prometheus_client."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from usageline.usage.metrics import COUNTER, INFO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prometheus_client.core import Metric as Family

    from usageline.usage.metric_samples import Sample
    from usageline.usage.metrics import Metric


class Families(Collector):
    """Families as prometheus_client collects them."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        """Return the families."""
        return self._families


def prometheus(samples: Sequence[Sample]) -> bytes:
    """Return the samples as Prometheus text."""
    return generate_latest(_families(samples))


def open_metrics(samples: Sequence[Sample]) -> bytes:
    """Return the samples as OpenMetrics text."""
    text: bytes = openmetrics.generate_latest(_families(samples))  # type: ignore[no-untyped-call]
    return text


def negotiated(samples: Sequence[Sample], accept: str) -> tuple[bytes, str]:
    """Return the text that a scraper's header `Accept` prefers, and its content type."""
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # it compares a version that is not a number
        encode, content_type = choose_encoder("")
    return encode(_families(samples)), content_type


def _families(samples: Sequence[Sample]) -> Families:
    """Return the family of each metric that has samples."""
    groups = groupby(samples, key=lambda sample: sample.metric)
    return Families(_family(metric, list(group)) for metric, group in groups)


def _family(metric: Metric, samples: list[Sample]) -> Family:
    if metric.kind == INFO:
        info = InfoMetricFamily(metric.name.removesuffix("_info"), metric.help)
        for sample in samples:
            info.add_metric([], dict(zip(metric.labels, sample.labels, strict=True)))
        return info
    make = CounterMetricFamily if metric.kind == COUNTER else GaugeMetricFamily
    family = make(metric.name, metric.help, labels=metric.labels)
    for sample in samples:
        family.add_metric(sample.labels, sample.value)
    return family
