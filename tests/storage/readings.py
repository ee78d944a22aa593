"""Readings as a month of work leaves them, and a place to keep them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.storage import history
from usageline.storage.codec import encode
from usageline.usage.model import Credit, Limit, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACCOUNT = "0123456789abcdef"
NOW = int(time.time())
HOUR_S, DAY_S = 3600, 86400


def reading(at: int, percent: float = 37.5, **changes: object) -> Reading:
    """One reading, seen at `at` (epoch seconds)."""
    limits = (
        Limit("session", "Current session", percent, at - at % HOUR_S + 3 * HOUR_S),
        Limit(
            "weekly_all",
            "Current week (all models)",
            26.0,
            at - at % HOUR_S + 60 * HOUR_S,
            "warning",
            lowered=True,
        ),
        Limit("weekly_scoped", "Fäble 模型", None, None),
    )
    credits = (  # noqa: A001 - the glossary's word
        Credit(
            "Usage credits",
            1234,
            None,
            2,
            "EUR",
            None,
            enabled=False,
            disabled_reason="out_of_credits",
        ),
    )
    values: dict[str, object] = {
        "limits": limits,
        "credits": credits,
        "source": "oauth",
        "observed_at": at,
        "plan": "Max 5x",
        **changes,
    }
    return Reading(**values)  # type: ignore[arg-type]  # as named


def directory(env: Mapping[str, str], account: str = ACCOUNT) -> Path:
    """Return the paths of the account's files."""
    return Path(paths.history_dir(env)) / account


def content(env: Mapping[str, str]) -> bytes:
    """All the lines that are kept, from the oldest file on."""
    return b"".join(path.read_bytes() for path in sorted(directory(env).iterdir()))


def work(days: int, *, until: int = NOW, step_s: int = 300) -> list[Reading]:
    """Return the readings of that many days.

    The user works from 8 to 20 o'clock UTC, and uses each window more than the one before.
    """
    readings = []
    for at in range(until - days * DAY_S, until + 1, step_s):
        hour = at % DAY_S / HOUR_S
        if not 8 <= hour < 20:
            continue
        resets_at = at - at % (5 * HOUR_S) + 5 * HOUR_S
        used = (at % (5 * HOUR_S)) / (5 * HOUR_S) * min(30 + at // DAY_S % 7 * 12, 100)
        week = at - at % (7 * DAY_S) + 7 * DAY_S
        limits = (
            Limit("session", "Current session", used, resets_at),
            Limit(
                "weekly_all", "Current week (all models)", at % (7 * DAY_S) / (7 * DAY_S) * 80, week
            ),
            Limit("weekly_scoped", "Fable", at % (7 * DAY_S) / (7 * DAY_S) * 100, week),
        )
        readings.append(reading(at, limits=limits))
    return readings


def keep(env: Mapping[str, str], readings: Iterable[Reading], account: str = ACCOUNT) -> None:
    """Write the readings as `append` would, but at once."""
    place = directory(env, account)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.parent.chmod(0o700)
    months: dict[str, list[bytes]] = {}
    for one in readings:
        months.setdefault(history.month_file(one.observed_at), []).append(encode(one) + b"\n")
    for name, lines in months.items():
        with (place / name).open("ab") as file:
            file.writelines(lines)
