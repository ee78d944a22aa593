"""Every metric that usageline exports.

The output, `usageline metrics --help`, docs/FLEET.md and the tests of rules and dashboard derive
from this table. Names are an interface: a rule or a dashboard of a user has them.
"""

from __future__ import annotations

from typing import NamedTuple

GAUGE, COUNTER, INFO = "gauge", "counter", "info"


class Metric(NamedTuple):
    """One metric.

    name    in Prometheus
    labels  the names of its labels
    help    what it is, the same in every version: node_exporter refuses two texts for one name
    otel    its name in OpenTelemetry
    unit    its unit there, in UCUM; a collector adds it to the name for Prometheus
    kind    GAUGE, COUNTER or INFO (a gauge of 1 whose labels are the information)
    """

    name: str
    labels: tuple[str, ...]
    help: str
    otel: str
    unit: str = ""
    kind: str = GAUGE


LIMIT = ("account", "limit", "scope")
CREDIT = ("account", "label", "currency")

UTILIZATION = Metric(
    "usageline_limit_utilization_ratio",
    LIMIT,
    "Share of a usage limit that is used; 1 is all of it. Missing once the window has ended.",
    "usageline.limit.utilization",
    "1",
)
RESET = Metric(
    "usageline_limit_reset_timestamp_seconds",
    LIMIT,
    "When the window of a usage limit ends.",
    "usageline.limit.reset_timestamp",
    "s",
)
EXHAUSTION = Metric(
    "usageline_limit_exhaustion_timestamp_seconds",
    LIMIT,
    "When a usage limit will be reached. Only while that is likely before the reset.",
    "usageline.limit.exhaustion_timestamp",
    "s",
)
CREDIT_USED = Metric(
    "usageline_credit_used",
    CREDIT,
    "Spent money of a credit, in major units of the currency.",
    "usageline.credit.used",
)
CREDIT_LIMIT = Metric(
    "usageline_credit_limit",
    CREDIT,
    "Cap of a credit, in major units of the currency. Missing without a cap.",
    "usageline.credit.limit",
)
READING = Metric(
    "usageline_reading_timestamp_seconds",
    ("account",),
    "When the service reported these limits.",
    "usageline.reading_timestamp",
    "s",
)
STATUS = Metric(
    "usageline_status",
    ("account", "status"),
    "Result of the last refresh: 1 for its status, 0 for every other one.",
    "usageline.status",
)
INFORMATION = Metric(
    "usageline_info",
    ("account", "version", "plan", "source"),
    "Version of usageline, plan of the account, and source of its numbers.",
    "usageline.info",
    kind=INFO,
)
REQUESTS = Metric(
    "usageline_service_requests_total",
    ("account", "outcome"),
    "Requests for usage that this machine has sent, by the status they ended with.",
    "usageline.service.requests",
    "{request}",
    kind=COUNTER,
)
LOCAL_COST = Metric(
    "usageline_local_cost_usd_total",
    ("model",),
    "List price of the local transcripts' responses since the year began (UTC), in US dollars.",
    "usageline.local.cost_usd",
    kind=COUNTER,
)
LOCAL_TOKENS = Metric(
    "usageline_local_tokens_total",
    ("type", "model"),
    "Tokens of the local transcripts' responses since the year began (UTC).",
    "usageline.local.tokens",
    "{token}",
    kind=COUNTER,
)

METRICS = (
    *(UTILIZATION, RESET, EXHAUSTION, CREDIT_USED, CREDIT_LIMIT, READING, STATUS, INFORMATION),
    *(REQUESTS, LOCAL_COST, LOCAL_TOKENS),
)
"""In the order of the output."""
