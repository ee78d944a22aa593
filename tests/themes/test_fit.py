"""Every theme fits every width, whatever is shown in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usageline import themes
from usageline.cli.config import sample
from usageline.config.segments import SEGMENTS, icons
from usageline.core.text import display_width
from usageline.line import render, view
from usageline.themes.theme import resolve

NOW = 1_795_000_000
ESCAPE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")
ROWS = [
    [(kind, {"text": "mine"}) for kind in SEGMENTS],
    [
        ("session", {}),
        ("weekly", {"reset": "both"}),
        ("git", {"show": ["branch", "dirty", "ahead"]}),
    ],
]
LAYOUTS = themes.OWN
"""The other themes have the glyphs and the separator of one of these."""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def rows(
    theme: str, columns: int, payload: dict[str, Any] | None = None, **configured: Any
) -> list[str]:
    """Return what the line prints, without its escapes; fail if one is cut."""
    context = view.build(
        payload or sample.payload(NOW),
        sample.snapshot(NOW, light=False),
        sample.STAMP,
        {"HOME": sample.HOME},
        NOW,
    )
    context = context.replaced(git=sample.GIT, local=sample.LOCAL)
    whole = {
        "rows": ROWS,
        "theme": resolve(
            themes.find(theme), icons() if configured.pop("nerd_font", False) else None
        ),
        **configured,
    }
    shown = [
        ESCAPE.sub("", row)
        for row in render.render(context, whole, {"COLUMNS": str(columns), "TERM": "xterm"})
    ]
    assert not any("\x1b" in row for row in shown)
    return shown


@pytest.mark.parametrize("nerd_font", [False, True])
@pytest.mark.parametrize("color", ["none", "16", "256", "truecolor"])
@pytest.mark.parametrize("theme", LAYOUTS)
def test_every_theme_fits_every_width(theme: str, color: str, *, nerd_font: bool) -> None:
    """By display cells, in every depth of color, from the width of one character in a block."""
    for columns in (*range(9, 40), 60, 80, 120, 200, 400):
        for row in rows(theme, columns, color=color, nerd_font=nerd_font):
            assert 0 < display_width(row) <= columns - 4


@settings(max_examples=60)
@given(st.sampled_from(LAYOUTS), st.integers(10, 150), st.tuples(TEXT, TEXT, TEXT), st.booleans())
def test_whatever_is_shown_fits(
    theme: str, columns: int, texts: tuple[str, str, str], wrapped: bool
) -> None:
    """Emoji, wide and combining characters, controls; wrapped or not."""
    payload = {
        **sample.payload(NOW),
        "model": {"display_name": texts[0]},
        "cwd": texts[1],
        "output_style": {"name": texts[2]},
    }
    payload.pop("workspace")
    for row in rows(theme, columns, payload, **({"lines": 6} if wrapped else {}), color="256"):
        assert display_width(row) <= columns - 4


def test_the_ascii_theme_prints_ascii() -> None:
    """Names and amounts, too."""
    payload = {
        **sample.payload(NOW),
        "model": {"display_name": "Modèle 五"},
        "output_style": {"name": "\u202eстиль"},
    }
    for row in rows("ascii", 400, payload, color="none", nerd_font=True):
        assert row.isascii()
