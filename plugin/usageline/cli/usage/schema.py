"""The JSON Schemas of what `usageline usage --json` and `--check --json` print."""

from __future__ import annotations

import json
from typing import Any

from usageline.cli.json_schema import document, json_object
from usageline.cli.usage import check, report
from usageline.usage.local.cost_states import Counts

DESCRIPTIONS = {
    "input": "tokens that were sent and not cached",
    "output": "tokens that came back, including those of thinking",
    "cache_write_5m": "tokens that were written to the cache for 5 minutes",
    "cache_write_1h": "tokens that were written to the cache for an hour",
    "cache_read": "tokens that came from the cache",
    "web_searches": "web searches",
    "responses": "responses, each counted once; an advisor or a declined attempt counts for itself",
}
KEY = (
    "a day, a week's Monday, a month, an hour, a model, a project's directory, a session's "
    "id, an account's key or a block's start"
)
COUNT = {"type": "integer", "minimum": 0}
COST = {
    "type": "string",
    "pattern": r"^[0-9]+\.[0-9]{6}$",
    "description": "the cost in dollars at list prices, without unpriced responses",
}


def text(*, of_check: bool) -> str:
    """Return the schema of the rows, or of the comparisons."""
    return json.dumps(check_schema() if of_check else schema(), indent=2)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `usageline usage --json`. Later versions may add keys."""
    values: dict[str, Any] = {
        **{name: {**COUNT, "description": DESCRIPTIONS[name]} for name in report.NAMES},
        "cost_usd": COST,
        "at_least": {
            "type": "boolean",
            "description": "some responses never got their last line, and count as far as known",
        },
        "unpriced": {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 1},
            "description": "responses without a price, by model",
        },
    }
    row = json_object({"key": {"type": "string", "description": KEY}, **values})
    return document(
        "usageline usage",
        {
            "version": _version(report.VERSION),
            "timezone": {"type": "string", "description": "the time zone of the days"},
            "rows": {"type": "array", "items": row},
            "total": {**json_object(values), "description": "the sums of all rows"},
        },
        "what `usageline usage --json` prints",
    )


def check_schema() -> dict[str, Any]:
    """Return the JSON Schema of `usageline usage --check --json`."""
    counts = json_object(dict.fromkeys(Counts._fields, COUNT))
    row = json_object(
        {
            "session": {"type": "string", "description": "the id of the session"},
            "model": {"type": "string"},
            "counted": {**counts, "description": "what Claude Code itself counted"},
            "indexed": {**counts, "description": "what the transcripts have"},
            "missing": {**counts, "description": "what is not in the transcripts"},
        }
    )
    return document(
        "usageline usage check",
        {
            "version": _version(check.VERSION),
            "rows": {"type": "array", "items": row},
        },
        "what `usageline usage --check --json` prints",
    )


def _version(number: int) -> dict[str, Any]:
    return {"type": "integer", "const": number, "description": "version of this format"}
