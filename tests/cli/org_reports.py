"""Reports of an invented organization, for what shows them."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import reduce
from typing import Any

from usageline.usage.org.amounts import add
from usageline.usage.org.model import (
    API_KEY,
    FEDERATED,
    SERVICE_ACCOUNT,
    USER,
    Report,
    Row,
    Sums,
)

SINCE = datetime(2026, 11, 1, tzinfo=timezone.utc)
UNTIL = datetime(2026, 11, 30, tzinfo=timezone.utc)
REFRESHED_AT = datetime(2026, 11, 29, 4, tzinfo=timezone.utc)
MODELS = ("claude-opus-5-5", "claude-sonnet-5", "claude-haiku-4-5-20251001", "something-new")
HOSTILE = (
    '<img src=x onerror="parent.ran=ran=1"><script>ran=1</script>&amp;\u202eevil\x1b[31m',
    "=cmd|' /C calc'!A0",
    "\x1b]8;;https://example.com\x07link\x1b]8;;\x07\r\n\x9b2J",
    "𝕏" * 300 + "\u0301" * 40,
    "]]></style><svg onload=ran=1>",
)


def sums(rng: random.Random, scale: int = 1, **changes: Any) -> Sums:
    """Return random sums whose models add up to the cost."""
    models = {
        model: Decimal(rng.randrange(10**9) * scale).scaleb(-8)
        for model in MODELS[: rng.randrange(1, 5)]
    }
    cost = reduce(add, models.values())
    tokens = (rng.randrange(10**9) for _ in range(5))
    fields = dict(
        zip(
            ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h"),
            tokens,
            strict=True,
        )
    )
    return Sums(
        **{
            "cost": cost,
            "list_cost": cost * Decimal("1.25"),
            **fields,
            "requests": rng.randrange(10**5),
            "models": models,
            **changes,
        }
    )


def people(count: int, seed: int = 1) -> list[Row]:
    """Return rows of people and of every other kind of actor, the costliest first."""
    rng = random.Random(seed)
    rows = [
        Row(f"user_{number:05}", sums(rng), USER, f"Person {number}", f"p{number}@example.com")
        for number in range(count)
    ]
    rows += [
        Row("svac_1", sums(rng), SERVICE_ACCOUNT),
        Row("apikey_1", sums(rng), API_KEY),
        Row("repo:x/y", sums(rng), FEDERATED),
        Row("robot_1", sums(rng), "robot_actor"),
        Row("user_gone", sums(rng), USER, deleted=True),
        Row("user_twin", sums(rng), USER, "Person 1", "twin@example.com"),
    ]
    return sorted(rows, key=lambda row: -(row.sums.cost or 0))


def days(count: int, seed: int = 2) -> list[Row]:
    """Return a row for each day of November."""
    rng = random.Random(seed)
    first = date(2026, 11, 1)
    return [Row((first + timedelta(number)).isoformat(), sums(rng)) for number in range(count)]


def report(rows: list[Row], by: str = "person", **changes: Any) -> Report:
    """Return a report with those rows, and with something that belongs to none."""
    unattributed = changes.pop("unattributed", Sums(Decimal("0.12"), Decimal("0.15"), models={}))
    parts = [row.sums for row in rows] + ([unattributed] if unattributed else [])
    total = Sums(
        reduce(add, (part.cost or Decimal(0) for part in parts), Decimal(0)),
        reduce(add, (part.list_cost or Decimal(0) for part in parts), Decimal(0)),
    )
    return Report(
        **{
            "by": by,
            "since": SINCE,
            "until": UNTIL,
            "currency": "USD",
            "rows": tuple(rows),
            "unattributed": unattributed,
            "total": total,
            "adds_up": True,
            "refreshed_at": REFRESHED_AT,
            **changes,
        }
    )


def hostile() -> Report:
    """Return a report whose every text is hostile."""
    rng = random.Random(3)
    rows = [
        Row(text, sums(rng, models={text: Decimal(1)}), kind, text, text)
        for text in HOSTILE
        for kind in (USER, text)
    ]
    return report(rows, remarks=HOSTILE, source=HOSTILE[0], is_estimate=True, adds_up=False)
