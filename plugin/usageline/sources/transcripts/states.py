"""Read what Claude Code notes of a session: its counters (`cost-state`), its account.

A line `bridge-session` names the account of a session that is also open elsewhere, such as in a
browser. The account is stored as the digest by which its history is, and not as its id.
"""

from __future__ import annotations

from functools import lru_cache

from usageline.sources.transcripts.facts import cleaned, model_name
from usageline.sources.transcripts.records import count, mapping, short_text
from usageline.system import light_json
from usageline.usage.local.cost_states import CostState, Counts, Owner
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
def parse(line: bytes) -> CostState | Owner | None:
    """Return the counters or the account of a line, None if it has neither."""
    try:
        record = light_json.loads(cleaned(line).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    session = short_text(record.get("sessionId"))
    if record.get("type") == "bridge-session" and session:
        return _owner(
            session,
            short_text(record.get("ownerAccountUuid")),
            short_text(record.get("ownerOrganizationUuid")),
        )
    if record.get("type") != "cost-state":
        return None
    models: dict[str, Counts] = {}
    for name, row in list(mapping(record.get("modelUsage")).items())[:MAX_MODELS]:
        values = mapping(row)
        counts = Counts(*(count(values.get(field), MAX_COUNT) for field in FIELDS))
        model = model_name(short_text(name))
        # A session may use one model with a long context and without.
        models[model] = counts.plus(models.get(model, Counts()))
    if not session or not models:
        return None
    started = count(record.get("startTime"), 1 << 52)
    return CostState(session, started, models)


@lru_cache(maxsize=256)
def _owner(session: str, account_uuid: str, organization_uuid: str) -> Owner | None:
    # Imported here: most transcripts name no account.
    from usageline.sources.auth.claude_state import account_key  # noqa: PLC0415

    return Owner(session, account_key(account_uuid, organization_uuid)) if account_uuid else None
