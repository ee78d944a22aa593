"""A session that shows every segment, to try a configuration with: made up, and the same each time but for the hour."""

from __future__ import annotations

from typing import Any

HOUR_S = 3600
STAMP = "sample"
"""Stands for the sign-in that the numbers belong to."""

HOME = "/home/you"
GIT = {"branch": "feature/themes", "changed": 2, "ahead": 1, "behind": 0, "state": ""}


def payload(now: float) -> dict[str, Any]:
    """What Claude Code would send at `now` (epoch s)."""
    return {
        "version": "2.1.330",
        "cwd": f"{HOME}/src/usageline",
        "workspace": {
            "current_dir": f"{HOME}/src/usageline",
            "project_dir": f"{HOME}/src/usageline",
        },
        "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
        "effort": {"level": "medium"},
        "output_style": {"name": "explanatory"},
        "vim": {"mode": "NORMAL"},
        "agent": {"name": "reviewer"},
        "worktree": {"name": "feature"},
        "pr": {
            "number": 123,
            "url": "https://github.com/example/usageline/pull/123",
            "review_state": "approved",
        },
        "cost": {
            "total_cost_usd": 1.27,
            "total_duration_ms": 45 * 60 * 1000,
            "total_api_duration_ms": 8 * 60 * 1000,
            "total_lines_added": 156,
            "total_lines_removed": 23,
        },
        "context_window": {
            "used_percentage": 34,
            "total_input_tokens": 68000,
            "total_output_tokens": 900,
            "context_window_size": 200000,
        },
        "prompt_cache": {
            "warm": True,
            "ttl": "1h",
            "expires_at": int(now) + 40 * 60,
            "hit_ratio": 0.86,
            "requests": 12,
            "misses": 1,
        },
    }


def snapshot(now: float, *, light: bool) -> dict[str, Any]:
    """What a refresh would have published by `now`, with a limit of each severity. `light`: Claude Code's own theme is a light one."""
    at = int(now)
    week_at = at + 52 * HOUR_S
    return {
        "version": 1,
        "status": "ok",
        "observed_at": at - 120,
        "published_at": at - 120,
        "next_refresh_at": at + 180,
        "credentials": STAMP,
        "plan": "Max 5x",
        "appearance": "light" if light else "dark",
        "limits": [
            {
                "kind": "session",
                "label": "Current session",
                "percent": 37,
                "resets_at": at + 2 * HOUR_S,
                "severity": "normal",
            },
            {
                "kind": "weekly_all",
                "label": "Current week (all models)",
                "percent": 81,
                "resets_at": week_at,
                "severity": "normal",
                "chance": 0.81,
                "exhausts_at": at + 30 * HOUR_S,
                "exhausts_from": at + 27 * HOUR_S,
                "exhausts_to": at + 34 * HOUR_S,
            },
            {
                "kind": "weekly_scoped",
                "label": "Opus",
                "percent": 94,
                "resets_at": week_at,
                "severity": "normal",
            },
        ],
        "credits": [
            {
                "label": "Usage credits",
                "used_minor": 1234,
                "limit_minor": 5000,
                "exponent": 2,
                "currency": "USD",
                "enabled": True,
            },
        ],
        "alerts": [
            {
                "kind": "weekly_all",
                "label": "Current week (all models)",
                "threshold": 75,
                "percent": 81,
                "resets_at": week_at,
                "at": at - 300,
                "session_start": False,
                "line": True,
            }
        ],
    }
