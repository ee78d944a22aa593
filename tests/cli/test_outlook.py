"""Forecasts below the table."""

from __future__ import annotations

from typing import Any

import pytest

from usageline.cli.appearance import Appearance
from usageline.cli.limit_rows import outlook
from usageline.cli.table import render_table
from usageline.line import view

NOW = 1_795_399_200  # Monday 2026-11-23 02:00 UTC
HOUR = 3600


pytestmark = pytest.mark.usefixtures("utc")


def window(**fields: Any) -> Any:
    """Return a window whose limit is reached in 85 minutes, 35 before its reset."""
    row = {
        "kind": "session",
        "label": "Current session",
        "percent": 60,
        "resets_at": NOW + 2 * HOUR,
        "exhausts_at": NOW + 85 * 60,
        **fields,
    }
    snapshot = {
        "version": 1,
        "status": "ok",
        "observed_at": NOW,
        "credentials": "",
        "limits": [row],
    }
    return view.build(None, snapshot, "", {}, NOW).windows[0]


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (
            0.58,
            "the limit may be reached by 03:25, 35m before its reset (chance 58%)",
        ),
        (
            0.8,
            ("at this pace the limit is reached at 03:25, 35m before its reset (chance 80%)"),
        ),
        (None, "at this pace the limit is reached at 03:25, 35m before its reset"),
    ],
)
def test_forecast_is_worded_by_its_chance(chance: float | None, text: str) -> None:
    """A snapshot of 0.1.0 has no chance; its forecasts were warnings."""
    assert outlook(window(chance=chance), NOW) == text


def test_range_is_printed_beside_the_chance() -> None:
    text = outlook(window(chance=0.8, exhausts_from=NOW + 70 * 60, exhausts_to=NOW + 100 * 60), NOW)
    assert text.endswith("(chance 80%, likely 03:10 to 03:40)")


@pytest.mark.parametrize(("chance", "style"), [(0.58, "quiet"), (0.8, "warning")])
def test_only_a_likely_forecast_has_a_color(chance: float, style: str) -> None:
    row = {
        "kind": "session",
        "label": "S",
        "percent": 60,
        "resets_at": NOW + 2 * HOUR,
        "exhausts_at": NOW + 85 * 60,
        "chance": chance,
    }
    snapshot = {
        "version": 1,
        "status": "ok",
        "observed_at": NOW,
        "credentials": "",
        "limits": [row],
    }
    look = Appearance({"COLORTERM": "truecolor", "LANG": "C.UTF-8"}, {"appearance": "dark"}, {})
    group: Any = render_table(snapshot, "", NOW, 100, look)
    assert [text.style for text in group.renderables[1:2]] == [look.style(style)]
