"""Return usage bodies to serve: captured ones if present, those of the parser's tests, and more.

Times are shifted so that the earliest is 95 minutes ahead. Distances stay the same.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tests.world import CAPTURES, REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AHEAD_S = 5700
OWN = REPOSITORY / "tests" / "usage" / "bodies"
NO_WINDOW = ("seven_day_breakdown",)
"""Parts of a body whose times are rightly in the past, and are not the earliest reset."""

SOON, LATER, LATE = "2026-11-23T20:00:00Z", "2026-11-26T00:40:00Z", "2026-12-05T07:59:00Z"
BASE = {
    "five_hour": {"utilization": 10.9, "resets_at": SOON},
    "seven_day": {"utilization": 20.999, "resets_at": LATER},
}
EXTRA = {
    "is_enabled": True,
    "monthly_limit": 5000,
    "used_credits": 1234.0,
    "utilization": 24.68,
    "currency": "USD",
    "decimal_places": 2,
}
PERIODS = [
    {"starts_at": LATER, "ends_at": LATE},
    {"starts_at": LATE, "ends_at": "2026-12-30T07:59:00Z"},
]
OVERDUE_S = 4200
POOL = {
    "utilization": 5.0,
    "resets_at": LATE,
    "limit_dollars": 250,
    "used_dollars": 12.5,
    "remaining_dollars": 237.5,
}


def _extra(**changes: Any) -> dict[str, Any]:
    return {**BASE, "extra_usage": {**EXTRA, **changes}}


MADE: dict[str, dict[str, Any]] = {
    "out_of_credits": _extra(is_enabled=False, disabled_reason="out_of_credits"),
    "over_the_cap": _extra(used_credits=5500.0, utilization=110.0, spend_limit_reached=True),
    "a_cap_of_nothing": _extra(monthly_limit=0, used_credits=0.0, utilization=None),
    "half_a_cent": _extra(used_credits=1234.5),
    "no_share_given": _extra(utilization=None),
    "yen_without_decimals_named": _extra(currency="JPY", decimal_places=None),
    "francs": _extra(currency="CHF"),
    "both_forms_disagree": {
        **_extra(),
        "spend": {
            "used": {"amount_minor": 1230, "exponent": 2, "currency": "USD"},
            "limit": None,
            "percent": 25,
            "enabled": True,
        },
        "limits": [
            {"kind": "session", "percent": 11, "resets_at": SOON},
            {"kind": "weekly_all", "percent": 21, "resets_at": LATER},
        ],
    },
    "one_time_credits": {
        **BASE,
        "cinder_cove": {
            **POOL,
            "utilization": 105.0,
            "used_dollars": 262.5,
            "remaining_dollars": -12.5,
        },
        "wattle_ember": {**POOL, "label": "Launch credit", "utilization": 5.9},
    },
    "one_time_credits_without_dollars": {
        **BASE,
        "cinder_cove": {"utilization": 7.7, "resets_at": LATE},
        "wattle_ember": {"label": "Launch credit", "utilization": 5.9, "resets_at": LATE},
    },
    "above_100": {
        "five_hour": {"utilization": 101.0, "resets_at": SOON},
        "seven_day": {"utilization": 250.9, "resets_at": LATER},
        "limits": [
            {"kind": "session", "percent": 101, "severity": "critical", "resets_at": SOON},
            {"kind": "weekly_all", "percent": 250, "severity": "critical", "resets_at": LATER},
            {
                "kind": "weekly_scoped",
                "percent": 103,
                "resets_at": LATER,
                "scope": {"model": {"id": None, "display_name": "Fable"}},
            },
        ],
        **{
            key: value
            for key, value in _extra(used_credits=50000.0, utilization=1000.0).items()
            if key == "extra_usage"
        },
    },
    "week_longer_than_usual": {
        "five_hour": {"utilization": 3.0, "resets_at": "2026-11-24T00:10:00Z"},
        "seven_day": {"utilization": 100.0, "resets_at": "2026-12-01T21:30:00Z"},
    },
    "spend_limit_reached_and_off": _extra(
        is_enabled=False,
        spend_limit_reached=True,
        monthly_limit=500,
        used_credits=1077.0,
        utilization=215.4,
        currency="EUR",
    ),
    "spend_limit_reached_by_reason": _extra(
        is_enabled=False,
        disabled_reason="org_spend_cap_reached",
        used_credits=5000.0,
        utilization=100.0,
    ),
    "spend_limit_reached_and_not_named": _extra(
        is_enabled=False, spend_limit_reached=True, monthly_limit=None, utilization=None
    ),
    "spend_limit_reached_and_unlimited": _extra(
        spend_limit_reached=True, monthly_limit=None, utilization=None
    ),
    "spend_limit_reached_and_on": _extra(
        spend_limit_reached=True, used_credits=5000.0, utilization=None
    ),
    "organization_off_until": _extra(
        is_enabled=False, spend_limit_reached=False, disabled_reason="org_level_disabled_until"
    ),
    "promotional_credits": {
        **BASE,
        "promo_credits": [
            {
                **POOL,
                "program_id": "a",
                "label": " Holiday credit ",
                "utilization": 12.9,
                "used_dollars": 32.25,
                "terms_line": "Covers Fable.",
            },
            {
                **POOL,
                "program_id": "b",
                "label": "New credit",
                "utilization": 0,
                "used_dollars": 0,
                "periods": None,
                "terms_line": None,
            },
            {
                "program_id": "c",
                "label": "Credit of no dollars",
                "utilization": 7.7,
                "resets_at": LATE,
            },
            {
                **POOL,
                "program_id": "d",
                "label": "Overdrawn credit",
                "utilization": 104.2,
                "used_dollars": 260.5,
            },
            {**POOL, "program_id": "e", "label": "Credit of two periods", "periods": PERIODS},
            {**POOL, "program_id": "f", "label": "Endless credit", "resets_at": None},
            {**POOL, "program_id": "model_promo_fable", "label": "Left out"},
        ],
        "ended_promo_credits": [{**POOL, "program_id": "g", "label": "Ended credit"}],
    },
    "a_pool_of_two_periods": {**BASE, "wattle_ember": {**POOL, "periods": PERIODS}},
    "pools_without_dollars": {
        **BASE,
        "wattle_ember": {"utilization": 0, "resets_at": LATE},
        "iguana_necktie": {"utilization": 0, "resets_at": LATE},
        "cinder_cove": {"utilization": 0, "resets_at": LATE},
    },
    "nearly_over": {
        "five_hour": {"utilization": 0.4, "resets_at": "2026-11-23T20:00:00.999999+00:00"},
        "seven_day": {"utilization": 99.99, "resets_at": "2026-11-26T02:39:59.9+02:00"},
    },
}
"""Bodies with fields that no captured body has, to see what the client does with them."""


def bodies(now: float) -> dict[str, dict[str, Any]]:
    """Return every body by name, with times after `now`.

    A name has no dots: it names a terminal too.
    """
    result = {
        path.stem: json.loads(path.read_text())
        for path in (*sorted(CAPTURES.glob("u*.json")), *sorted(OWN.glob("*.json")))
    }
    moved = {
        name.replace(".", "-"): shifted(_unwrapped(body), now)
        for name, body in {**result, **MADE}.items()
        if _unwrapped(body)
    }
    return {**moved, "reset_overdue": _overdue(now)}


def _overdue(now: float) -> dict[str, Any]:
    """Return a body whose week is overdue for a reset."""
    body = shifted({"five_hour": {"utilization": 1.0, "resets_at": SOON}}, now)
    passed = datetime.fromtimestamp(int(now) - OVERDUE_S, timezone.utc).isoformat()
    return {**body, "seven_day": {"utilization": 99.0, "resets_at": passed}}


def shifted(body: dict[str, Any], now: float) -> dict[str, Any]:
    """Return the body with its earliest time `AHEAD_S` after `now`."""
    windows = {name: value for name, value in body.items() if name not in NO_WINDOW}
    moments = [moment for value in leaves(windows) if (moment := time_of(value))]
    if not moments:
        return body
    by = datetime.fromtimestamp(int(now) + AHEAD_S, timezone.utc) - min(moments)
    moved: dict[str, Any] = _mapped(body, lambda value: _moved(value, by))
    return moved


def leaves(value: object) -> Iterator[object]:
    """Yield every innermost value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def time_of(value: object) -> datetime | None:
    """Return the time that a value of a body contains, or None."""
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\dT", value):
        return None
    text = re.sub(r"(\.\d+)", lambda match: f"{match[1]:0<7}"[:7], value.replace("Z", "+00:00"))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _moved(value: object, by: timedelta) -> object:
    moment = time_of(value)
    return (moment + by).isoformat() if moment else value


def _mapped(value: object, change: Callable[[object], object]) -> Any:
    if isinstance(value, dict):
        return {name: _mapped(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    return change(value)


def _unwrapped(content: Any) -> dict[str, Any]:
    """Return the body in a captured file, {} if the file is a list of limits."""
    if not isinstance(content, dict):
        return {}
    body: dict[str, Any] = content.get("cachedUsageUtilization", {}).get("utilization", content)
    return body
