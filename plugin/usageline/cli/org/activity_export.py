"""The activity of an organization as JSON and CSV, and the JSON Schema."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from usageline.cli.json_schema import COUNT, TEXT, UTC, document, json_object
from usageline.cli.output import csv_table
from usageline.usage.org.activity import BY_DAY, PERIODS, VIEWS, Active, Work
from usageline.usage.org.spans import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.org.activity import Activity, Day, Person

VERSION = 1
CODE, ALL = "claude-code", "analytics"
WORK = tuple(one.name for one in fields(Work))

RATE = {"type": ["string", "null"], "pattern": r"^[0-9]+(\.[0-9]+)?$"}
ACTIVE = dict.fromkeys(PERIODS, COUNT)


def as_json(activity: Activity) -> str:
    """Return the documented object. `days` or `people` is null, by what a row stands for."""
    is_by_day = activity.by == BY_DAY
    return json.dumps(
        {
            "version": VERSION,
            "by": activity.by,
            "from": stamp(activity.since),
            "to": stamp(activity.until),
            "source": CODE if activity.code_alone else ALL,
            "days": [_day(day) for day in activity.days] if is_by_day else None,
            "people": None if is_by_day else [_person(one) for one in activity.people],
        }
    )


def as_csv(activity: Activity) -> str:
    """Return a line for each row, below a line of names. Products have columns of their own."""
    rows = (
        [_flat(_day(day), "products") for day in activity.days]
        if activity.by == BY_DAY
        else [_flat(_person(person), "messages") for person in activity.people]
    )
    names = dict.fromkeys(name for row in rows for name in row)
    return csv_table([*names] or [activity.by], rows)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what `usageline org activity --json` prints."""
    day = json_object(
        {
            "day": {"type": "string", "description": "in UTC: 2026-11-23"},
            "seats": {**COUNT, "description": "assigned seats; null if not reported"},
            "invites": {**COUNT, "description": "pending invitations"},
            **{name: {**COUNT, "description": "active people"} for name in PERIODS},
            **{
                f"{name}_rate": {**RATE, "description": "percentage of the seats"}
                for name in PERIODS
            },
            "products": {
                "type": "object",
                "description": "active people in each product",
                "additionalProperties": json_object(ACTIVE),
            },
        }
    )
    person = json_object(
        {
            "key": {"type": "string", "description": "the id of the person, or the address"},
            "kind": {"type": "string", "description": "user, API key, or a new word"},
            "name": TEXT,
            "email": TEXT,
            "last_day": {**TEXT, "description": "the last active day in UTC"},
            **{name: {**COUNT, "description": "in Claude Code"} for name in WORK},
            "messages": {
                "type": "object",
                "description": "messages in each other product",
                "additionalProperties": {"type": "integer", "minimum": 0},
            },
        }
    )
    return document(
        "usageline org activity --json",
        {
            "version": {"type": "integer", "const": VERSION},
            "by": {"type": "string", "enum": list(VIEWS)},
            "from": UTC,
            "to": {**UTC, "description": "end, exclusive, in UTC"},
            "source": {
                "type": "string",
                "enum": [ALL, CODE],
                "description": "claude-code: Claude Console reports Claude Code alone",
            },
            "days": {"type": ["array", "null"], "items": day},
            "people": {"type": ["array", "null"], "items": person},
        },
    )


def _day(day: Day) -> dict[str, Any]:
    rates = zip(PERIODS, day.rates, strict=True)
    return {
        "day": day.day,
        "seats": day.seats,
        "invites": day.invites,
        **_active(day.active),
        **{f"{period}_rate": None if rate is None else f"{rate:f}" for period, rate in rates},
        "products": {name: _active(active) for name, active in day.products.items()},
    }


def _active(active: Active) -> dict[str, int | None]:
    return {period: getattr(active, period) for period in PERIODS}


def _person(person: Person) -> dict[str, Any]:
    who = person.who
    return {
        "key": who.key,
        "kind": who.kind,
        "name": who.name,
        "email": who.email,
        "last_day": person.last_day or None,
        **asdict(person.work),
        "messages": dict(person.messages),
    }


def _flat(row: Mapping[str, Any], nested: str) -> dict[str, Any]:
    """Return the row with `claude_code_daily`, … instead of an object of products."""
    flat = {name: value for name, value in row.items() if name != nested}
    for product, value in row[nested].items():
        if isinstance(value, dict):
            flat |= {f"{product}_{period}": count for period, count in value.items()}
        else:
            flat[f"{product}_{nested}"] = value
    return flat
