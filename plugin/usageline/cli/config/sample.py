"""A made-up session that shows every segment, for previews: the parts are config/segments.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from usageline.config.segments import HOME, SEGMENTS, FromNow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["GIT", "HOME", "LOCAL", "STAMP", "payload", "snapshot"]

STAMP = "sample"
"""The fingerprint of the sign-in that the snapshot belongs to."""


def payload(now: float) -> dict[str, Any]:
    """Return what Claude Code would send at `now` (epoch s)."""
    return _merged((segment.sample.payload for segment in SEGMENTS.values()), now)


def snapshot(now: float, *, light: bool) -> dict[str, Any]:
    """Return what a refresh would have written before `now`, with a limit of each severity.

    With `light` Claude Code's own theme is a light one.
    """
    at = int(now)
    whole = {
        "version": 1,
        "observed_at": at - 120,
        "published_at": at - 120,
        "next_refresh_at": at + 180,
        "credentials": STAMP,
        "appearance": "light" if light else "dark",
    }
    return _merged([whole, *(segment.sample.snapshot for segment in SEGMENTS.values())], now)


def _merged(parts: Iterable[Mapping[str, Any]], now: float) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            before = merged.get(name)
            if isinstance(value, dict):
                merged[name] = _merged([before or {}, value], now)
            elif isinstance(value, list):
                merged[name] = [*(before or []), *(_merged([row], now) for row in value)]
            else:
                merged[name] = int(now) + value if isinstance(value, FromNow) else value
    return merged


GIT = _merged((segment.sample.git for segment in SEGMENTS.values()), 0)

LOCAL = _merged((segment.sample.local for segment in SEGMENTS.values()), 0)
