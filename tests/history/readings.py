"""Readings as a month of work leaves them, and a place to keep them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from usageline import paths
from usageline.usage.model import Credit, Limit, Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = "0123456789abcdef"
NOW = int(time.time())
HOUR_S, DAY_S = 3600, 86400


def reading(at: int, percent: float = 37.5, **changes: object) -> Reading:
    """One reading, seen at `at` (epoch seconds)."""
    limits = (
        Limit("session", "Current session", percent, at - at % HOUR_S + 3 * HOUR_S),
        Limit("weekly_all", "Current week (all models)", 26.0, at - at % HOUR_S + 60 * HOUR_S, "warning", lowered=True),
        Limit("weekly_scoped", "Fäble 模型", None, None),
    )
    credits = (Credit("Usage credits", 1234, None, 2, "EUR", None, enabled=False, disabled_reason="out_of_credits"),)  # noqa: A001 - the glossary's word
    values: dict[str, object] = {"limits": limits, "credits": credits, "source": "oauth", "observed_at": at, "plan": "Max 5x", **changes}
    return Reading(**values)  # type: ignore[arg-type]  # as named


def directory(env: Mapping[str, str], account: str = ACCOUNT) -> Path:
    """Where the account's files are."""
    return Path(paths.history_dir(env)) / account


def content(env: Mapping[str, str]) -> bytes:
    """All the lines that are kept, from the oldest file on."""
    return b"".join(path.read_bytes() for path in sorted(directory(env).iterdir()))
