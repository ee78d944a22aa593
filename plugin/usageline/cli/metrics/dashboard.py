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
LIMIT_NAME = "{{limit}} {{scope}}"


class Target(NamedTuple):
    """One expression, and the legend of its series."""

    expr: str
    legend: str


class Panel(NamedTuple):
    """One panel: its type, size and unit as Grafana names them."""

    title: str
    type: str
    targets: tuple[Target, ...]
    unit: str
    width: int = 8
    height: int = 8
    description: str = ""
    percent: bool = False


PANELS = (
    Panel(
        "Used now",
        "bargauge",
        (Target(USED, LIMIT_NAME),),
        "percentunit",
        description="The share of each limit that is used.",
        percent=True,
    ),
    Panel("Resets in", "stat", (Target(RESETS_IN, LIMIT_NAME),), "s"),
    Panel(
        "Will be reached in",
        "stat",
        (Target(REACHED_IN, LIMIT_NAME),),
        "s",
        description="Only while a limit is likely to be reached before its reset.",
    ),
    Panel(
        "Use over time",
        "timeseries",
        (Target(USED, LIMIT_NAME),),
        "percentunit",
        width=16,
        percent=True,
    ),
    Panel(
        "Credits",
        "timeseries",
        (
            Target(
                f"max by (label, currency) (usageline_credit_used{CHOSEN})",
                "{{label}} used, {{currency}}",
            ),
            Target(
                f"max by (label, currency) (usageline_credit_limit{CHOSEN})",
                "{{label}} limit, {{currency}}",
            ),
        ),
        "none",
    ),
    Panel(
        "Age of the numbers",
        "timeseries",
        (
            Target(
                f"time() - max by (instance) (usageline_reading_timestamp_seconds{CHOSEN})",
                "{{instance}}",
            ),
        ),
        "s",
    ),
    Panel(
        "Status by machine",
        "timeseries",
        (
            Target(
                f"max by (instance, status) (usageline_status{CHOSEN} == 1)",
                "{{instance}} {{status}}",
            ),
        ),
        "none",
    ),
    Panel(
        "Requests an hour",
        "timeseries",
        (
            Target(
                f"sum by (outcome) (increase(usageline_service_requests_total{CHOSEN}[1h]))",
                "{{outcome}}",
            ),
        ),
        "none",
        description="Of all machines together. The service allows an account about 28.",
    ),
    Panel(
        "Local cost a day",
        "timeseries",
        (Target("sum by (model) (increase(usageline_local_cost_usd_total[1d]))", "{{model}}"),),
        "currencyUSD",
        width=12,
        description="List prices of the transcripts' responses. A plan does not bill them.",
    ),
    Panel(
        "Local tokens a minute",
        "timeseries",
        (
            Target(
                "sum by (type) (rate(usageline_local_tokens_total[$__rate_interval])) * 60",
                "{{type}}",
            ),
        ),
        "none",
        width=12,
    ),
)

TELEMETRY = (
    Panel(
        "Cost by model",
        "timeseries",
        (
            Target(
                "sum by (model) (max_over_time(claude_code_cost_usage_USD_total[$__range]))",
                "{{model}}",
            ),
        ),
        "currencyUSD",
        width=12,
        description="The highest value of each session, added up.",
    ),
    Panel(
        "Tokens by type",
        "timeseries",
        (
            Target(
                "sum by (type) (max_over_time(claude_code_token_usage_tokens_total[$__range]))",
                "{{type}}",
            ),
        ),
        "none",
        width=12,
    ),
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
        "templating": {"list": [_datasource(), _account()]},
        "panels": [*panels, row],
    }


def _placed(panels: tuple[Panel, ...], top: int, first_id: int) -> tuple[list[dict[str, Any]], int]:
    """Return the panels in rows below `top`, and the bottom of the last row."""
    placed, x, y, tallest = [], 0, top, 0
    for number, panel in enumerate(panels):
        if x + panel.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        position = {"x": x, "y": y, "w": panel.width, "h": panel.height}
        placed.append(_panel(panel, first_id + number, position))
        x, tallest = x + panel.width, max(tallest, panel.height)
    return placed, y + tallest


def _panel(panel: Panel, number: int, position: dict[str, int]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
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
        "datasource": source,
        "gridPos": position,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _options(panel),
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": source,
                "expr": target.expr,
                "legendFormat": target.legend,
                "instant": panel.type != "timeseries",
                "range": panel.type == "timeseries",
            }
            for index, target in enumerate(panel.targets)
        ],
    }


def _options(panel: Panel) -> dict[str, Any]:
    if panel.type == "timeseries":
        return {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}}
    reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    return {"reduceOptions": reduced, "orientation": "horizontal"}


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Data source", "type": "datasource"} | {
        "query": "prometheus"
    }


def _account() -> dict[str, Any]:
    query = "label_values(usageline_reading_timestamp_seconds, account)"
    return {
        "name": "account",
        "label": "Account",
        "type": "query",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "query": {"query": query, "refId": "accounts"},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
