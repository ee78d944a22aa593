"""The limit of a gateway, which stands between Claude Code and the service."""

from __future__ import annotations

from usageline.core.windows import percent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PERIODS = ("daily", "weekly", "monthly")
"""Of a gateway's spend limit."""


def spend_limit(row: dict[str, Any], now: float) -> list[dict[str, Any]]:
    """Return a gateway's own limit as a snapshot's credits.

    Its percentage may pass 100. Only a newer gateway reports amounts.
    """
    share, resets_at = percent(row.get("used_percentage")), row.get("resets_at")
    used, limit = (_cents(row.get(name)) for name in ("used_usd", "limit_usd"))
    if (resets_at is not None and resets_at <= now) or (share is None and used is None):
        return []
    period = row.get("period")
    return [
        {
            "label": f"{period} spend limit" if period in PERIODS else "spend limit",
            "used_minor": used,
            "limit_minor": limit,
            "exponent": 2,
            "currency": "USD",
            "percent": share,
            "ends_at": resets_at,
        }
    ]


def _cents(dollars: Any) -> int | None:
    # Round halves up, as the cold side does.
    return None if percent(dollars, 1e9) is None else int(dollars * 100 + 0.5)
