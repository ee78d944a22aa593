"""The JSON Schema of the snapshot, which `usageline --json` prints.

The fields of limits, credits and alerts come from their dataclasses. A test validates snapshots of
many states against the schema.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from usageline.core.paths import SNAPSHOT_VERSION
from usageline.sources.status_page import Incident
from usageline.storage.snapshot import ALERT_PLACES
from usageline.usage.alerts import Alert
from usageline.usage.model import STATUSES, Credit, Limit

if TYPE_CHECKING:
    from collections.abc import Iterable

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}

COUNT = {"type": ["integer", "null"], "minimum": 0}
TEXT = {"type": ["string", "null"]}
UTC = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
UTC_OR_NULL = {**UTC, "type": ["string", "null"]}
"""Values of the other schemas."""

TIME = "epoch seconds"
TIMES = frozenset({"resets_at", "exhausts_at", "exhausts_from", "exhausts_to", "ends_at", "at"})
DESCRIPTIONS = {
    "kind": "the service's word: session, weekly_all, weekly_scoped, or a new one",
    "label": "the service's name",
    "percent": "percent used; it can exceed 100; null if unknown",
    "resets_at": "end of the window; null if it has not started",
    "severity": "the service's word",
    "pace": "percentage points more than even use; negative: less",
    "rate": "recent use in percentage points an hour",
    "exhausts_at": "when the limit will be reached, if the chance is at least one half",
    "exhausts_from": "the earliest likely time of that",
    "exhausts_to": "the latest likely time of that",
    "lowered": "the service took use back in this window",
    "chance": "chance that the limit is reached before its reset, 0 to 1",
    "used_minor": "amount spent, in minor units of the currency",
    "limit_minor": "the cap, in minor units; null if there is none",
    "exponent": "decimal places of the currency: 2 if minor units are cents",
    "currency": "code of the currency",
    "ends_at": "when the meter resets, or with `expires` when the rest is lost",
    "expires": "the rest is lost at `ends_at`",
    "enabled": "whether it can be spent",
    "disabled_reason": "the service's word for why it cannot be spent",
    "reached": "the spend limit is used up",
    "terms": "the service's sentence on what the credit is for",
    "threshold": "the percentage that was reached, or 0 if the limit is free again",
    "at": "when it was reached",
    "line": "whether the status line shows it",
    "session_start": "whether the start of a session shows it",
    "title": "the service's words",
    "impact": "none, minor, major or critical",
    "id": "the incident's id on the status page, or empty",
    "checked_at": f"when the page was read, {TIME}",
}

SNAPSHOT: dict[str, tuple[tuple[str, ...], str]] = {
    "version": (("integer",), "version of this format"),
    "account": (("string", "null"), "16 hex digits that stand for the account"),
    "plan": (("string", "null"), "Pro, Max 5x, Team Premium, …"),
    "source": (("string", "null"), "source of the reading: claude-cache, oauth, client, shared"),
    "observed_at": (("integer", "null"), f"time of the reading, {TIME}"),
    "published_at": (("integer",), f"time of this snapshot, {TIME}"),
    "next_refresh_at": (("integer",), f"time of the next refresh, {TIME}"),
    "status": (("string",), "ok, or why the last refresh failed"),
    "until": (("integer", "null"), f"when the status ends, {TIME}"),
    "detail": (("string", "null"), "a few words on the status"),
    "credentials": (("string",), "fingerprint of the credentials file, or empty"),
    "signed_in_since": (("number", "null"), f"since when the account has been signed in, {TIME}"),
    "readings_since": (("number", "null"), f"earlier readings may be of another sign-in, {TIME}"),
    "appearance": (("string", "null"), "dark or light, by Claude Code's theme"),
    "unused_reset": (("boolean",), "whether the account holds a limit reset that it has not used"),
    "cost_alerts": (("boolean",), "whether a session's start shows the alerts on cost"),
    "settings": (("string",), "fingerprint of Claude Code's settings.json, or empty"),
    "default_theme": (("string",), "Claude Code's theme if settings.json names none, or empty"),
    "palette": (("string", "null"), "ansi or daltonized, if Claude Code's theme is one of these"),
}
"""The keys with one value: their types, and what they are."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the snapshot. Later versions may add keys."""
    properties: dict[str, Any] = {
        name: {"type": _one_or_many(types), "description": description}
        for name, (types, description) in SNAPSHOT.items()
    }
    properties["version"]["const"] = SNAPSHOT_VERSION
    properties["status"]["enum"] = list(STATUSES)
    properties["declined_keys"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "digests of API keys that the user declined in Claude Code",
    }
    properties["requests"] = {
        "type": "object",
        "properties": {
            status: {"type": "integer", "description": "requests that ended with it"}
            for status in STATUSES
        },
        "required": [],
        "additionalProperties": True,
        "description": "how many requests of this machine for the account ended with each status",
    }
    properties["incident"] = _object(Incident) | {
        "type": ["object", "null"],
        "description": "an incident that affects Claude Code, if `service` is configured",
    }
    alert = _object(Alert)
    for place in ALERT_PLACES:
        alert["properties"][place] = {"type": "boolean", "description": DESCRIPTIONS[place]}
        alert["required"].append(place)
    for name, items in (
        ("limits", _object(Limit)),
        ("credits", _object(Credit)),
        ("alerts", alert),
    ):
        properties[name] = {"type": "array", "items": items}
    about = "what `usageline --json` prints; times are epoch seconds"
    return document("usageline snapshot", properties, about)


def document(title: str, properties: dict[str, Any], about: str = "") -> dict[str, Any]:
    """Return the schema of a whole output, an object with these properties."""
    head = {"$schema": DIALECT, "title": title} | ({"description": about} if about else {})
    return {**head, **json_object(properties)}


def json_object(
    properties: dict[str, Any], *, optional: Iterable[str] = (), **options: Any
) -> dict[str, Any]:
    """Return the schema of an object with these keys. Later versions may add keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": True,
        **options,
    }


def _object(cls: type) -> dict[str, Any]:
    """Return the schema of a dataclass. Every field is written, also one at its default."""
    hints = get_type_hints(cls)
    properties = {}
    for field in fields(cls):
        description = DESCRIPTIONS[field.name]
        properties[field.name] = {
            "type": _types(hints[field.name]),
            "description": f"{description}, {TIME}" if field.name in TIMES else description,
        }
        if field.default not in (MISSING, None):
            properties[field.name]["default"] = field.default
    return json_object(properties)


def _types(hint: Any) -> str | list[str]:
    parts = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return _one_or_many(tuple(NAMES[part] for part in parts))


def _one_or_many(names: tuple[str, ...]) -> str | list[str]:
    return names[0] if len(names) == 1 else list(names)
