"""A dashboard for Grafana, in the classic JSON model, which all versions import.

Each expression takes the highest of all machines: they report the same account. The last row is for
Claude Code's own telemetry, if that is collected as well. Its counters live as long as a session,
so that `increase` would be wrong for them.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

UID = "usageline"
WIDTH = 24
CHOSEN = '{account=~"$account"}'
RESET = f"usageline_limit_reset_timestamp_seconds{CHOSEN}"
USED = (
    f"max by (account, limit, scope) (usageline_limit_utilization_ratio{CHOSEN}"
    f" unless ({RESET} <= time()))"
)
RESETS_IN = f"max by (account, limit, scope) ({RESET} > time()) - time()"
REACHED_IN = (
    "min by (account, limit, scope) ("
    f"(usageline_limit_exhaustion_timestamp_seconds{CHOSEN} > time())"
    " and on (account, instance, job)"
    " (time() - usageline_reading_timestamp_seconds < 3600)) - time()"
)
CREDIT_USED = f"max by (label, currency) (usageline_credit_used{CHOSEN})"
CREDIT_LIMIT = f"max by (label, currency) (usageline_credit_limit{CHOSEN})"
AGE = f"time() - max by (instance) (usageline_reading_timestamp_seconds{CHOSEN})"
STATUS = f"max by (instance, status) (usageline_status{CHOSEN} == 1)"
REQUESTS = f"sum by (outcome) (increase(usageline_service_requests_total{CHOSEN}[1h]))"
COST = "sum by (model) (increase(usageline_local_cost_usd_total[1d]))"
TOKENS = "sum by (type) (rate(usageline_local_tokens_total[$__rate_interval])) * 60"
SESSION_COST = "sum by (model) (max_over_time(claude_code_cost_usage_USD_total[$__range]))"
SESSION_TOKENS = "sum by (type) (max_over_time(claude_code_token_usage_tokens_total[$__range]))"
LIMIT = "{{limit}} {{scope}}"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
DATASOURCE = {
    "name": "datasource",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
}
ACCOUNT = {
    "name": "account",
    "label": "Account",
    "type": "query",
    "datasource": SOURCE,
    "query": {
        "query": "label_values(usageline_reading_timestamp_seconds, account)",
        "refId": "accounts",
    },
    "refresh": 2,
    "includeAll": True,
    "multi": True,
    "allValue": ".*",
    "current": {"text": "All", "value": "$__all"},
}
HEIGHT = 8
"""Of each panel, in Grafana's units."""


class Panel(NamedTuple):
    """One panel: its type, unit and width as Grafana names them.

    `targets` has the legend of its series for each expression.
    """

    title: str
    type: str
    unit: str
    targets: dict[str, str]
    description: str = ""
    width: int = 8
    percent: bool = False


PANELS = (
    Panel(
        "Used now",
        "bargauge",
        "percentunit",
        {USED: LIMIT},
        "The share of each limit that is used.",
        percent=True,
    ),
    Panel("Resets in", "stat", "s", {RESETS_IN: LIMIT}),
    Panel(
        "Will be reached in",
        "stat",
        "s",
        {REACHED_IN: LIMIT},
        "Only while a limit is likely to be reached before its reset.",
    ),
    Panel("Use over time", "timeseries", "percentunit", {USED: LIMIT}, width=16, percent=True),
    Panel(
        "Credits",
        "timeseries",
        "none",
        {
            CREDIT_USED: "{{label}} used, {{currency}}",
            CREDIT_LIMIT: "{{label}} limit, {{currency}}",
        },
    ),
    Panel("Age of the numbers", "timeseries", "s", {AGE: "{{instance}}"}),
    Panel("Status by machine", "timeseries", "none", {STATUS: "{{instance}} {{status}}"}),
    Panel(
        "Requests an hour",
        "timeseries",
        "none",
        {REQUESTS: "{{outcome}}"},
        "Of all machines together. The service allows an account about 28.",
    ),
    Panel(
        "Local cost a day",
        "timeseries",
        "currencyUSD",
        {COST: "{{model}}"},
        "List prices of the transcripts' responses. A plan does not bill them.",
        width=12,
    ),
    Panel("Local tokens a minute", "timeseries", "none", {TOKENS: "{{type}}"}, width=12),
)

TELEMETRY = (
    Panel(
        "Cost by model",
        "timeseries",
        "currencyUSD",
        {SESSION_COST: "{{model}}"},
        "The highest value of each session, added up.",
        width=12,
    ),
    Panel("Tokens by type", "timeseries", "none", {SESSION_TOKENS: "{{type}}"}, width=12),
)
"""Panels of Claude Code's own metrics, by their names in Prometheus."""


def as_json() -> str:
    """Return the dashboard, ready for Grafana's import."""
    return json.dumps(dashboard(), indent=2)


def dashboard() -> dict[str, Any]:
    """Return the dashboard in Grafana's model."""
    panels, bottom = _placed(PANELS, 0, 1)
    telemetry, _ = _placed(TELEMETRY, bottom + 1, len(PANELS) + 2)
    row = {
        "id": len(PANELS) + 1,
        "type": "row",
        "title": "Claude Code's own telemetry",
        "collapsed": True,
        "gridPos": {"x": 0, "y": bottom, "w": WIDTH, "h": 1},
        "panels": telemetry,
    }
    return {
        "uid": UID,
        "title": "Claude plan usage",
        "tags": ["usageline"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [DATASOURCE, ACCOUNT]},
        "panels": [*panels, row],
    }


def _placed(panels: tuple[Panel, ...], top: int, first_id: int) -> tuple[list[dict[str, Any]], int]:
    """Return the panels in rows below `top`, and the bottom of the last row."""
    placed, x, y = [], 0, top
    for number, panel in enumerate(panels):
        if x + panel.width > WIDTH:
            x, y = 0, y + HEIGHT
        position = {"x": x, "y": y, "w": panel.width, "h": HEIGHT}
        placed.append(_panel(panel, first_id + number, position))
        x += panel.width
    return placed, y + HEIGHT


def _panel(panel: Panel, number: int, position: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit}
    if panel.percent:
        steps = [("green", None), ("orange", 0.75), ("red", 0.9)]
        defaults |= {
            "min": 0,
            "max": 1,
            "thresholds": {
                "mode": "absolute",
                "steps": [{"color": color, "value": value} for color, value in steps],
            },
        }
    return {
        "id": number,
        "title": panel.title,
        "description": panel.description,
        "type": panel.type,
        "datasource": SOURCE,
        "gridPos": position,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _options(panel),
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": SOURCE,
                "expr": expression,
                "legendFormat": legend,
                "instant": panel.type != "timeseries",
                "range": panel.type == "timeseries",
            }
            for index, (expression, legend) in enumerate(panel.targets.items())
        ],
    }


def _options(panel: Panel) -> dict[str, Any]:
    if panel.type == "timeseries":
        return {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}}
    reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    return {"reduceOptions": reduced, "orientation": "horizontal"}
