"""Read the `cost-state` lines, in which Claude Code notes what it counted in a session."""

from __future__ import annotations

import json

from usageline.sources.transcripts.facts import cleaned, model_name
from usageline.sources.transcripts.records import count, mapping, short_text
from usageline.usage.local.cost_states import CostState, Counts
from usageline.usage.local.responses import MAX_COUNT

MAX_MODELS = 64
FIELDS = (
    "inputTokens",
    "outputTokens",
    "cacheCreationInputTokens",
    "cacheReadInputTokens",
    "webSearchRequests",
)
"""In the order of `Counts`."""


# tried by: tests/local
def parse(line: bytes) -> CostState | None:
    """Return the counters of a line, None if it has none."""
    try:
        record = json.loads(cleaned(line).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("type") != "cost-state":
        return None
    models: dict[str, Counts] = {}
    for name, row in list(mapping(record.get("modelUsage")).items())[:MAX_MODELS]:
        values = mapping(row)
        counts = Counts(*(count(values.get(field), MAX_COUNT) for field in FIELDS))
        model = model_name(short_text(name))
        # A session may use one model with a long context and without.
        models[model] = counts.plus(models.get(model, Counts()))
    session = short_text(record.get("sessionId"))
    if not session or not models:
        return None
    started = count(record.get("startTime"), 1 << 52)
    return CostState(session, started, models)
