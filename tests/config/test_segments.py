"""The schema and the line agree: on the segments, their defaults and their options."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.faults.content.fuzz.drawn import SHOWN
from tests.faults.content.session import texts
from usageline import themes
from usageline.cli.config import sample
from usageline.config.compile import resolve_values
from usageline.config.schema import MAX_ROWS
from usageline.config.segments import BARS, SEGMENTS, icons, options_of
from usageline.config.validate import validate
from usageline.core.text import display_width
from usageline.line import render, segments, settings, view
from usageline.themes.theme import resolve

NOW = time.time()


def seen() -> Any:
    """Return the context of a session that shows every segment."""
    context = view.build(
        sample.payload(NOW),
        sample.snapshot(NOW, light=False),
        sample.STAMP,
        {"HOME": sample.HOME},
        NOW,
    )
    return context.replaced(git=sample.GIT, local=sample.LOCAL)


def drawn(kind: str, options: dict[str, Any]) -> Any:
    """Draw one segment."""
    return segments.draw(seen(), [(kind, options)])


def test_the_line_can_show_as_many_rows_as_may_be_configured() -> None:
    """It has a limit of its own, because it does not trust the compiled configuration."""
    assert settings.MAX_ROWS >= MAX_ROWS


@pytest.mark.parametrize("kind", SEGMENTS)
def test_a_documented_default_is_what_the_line_does_without_the_option(kind: str) -> None:
    """Each option by itself."""
    without = drawn(kind, {})
    for key in options_of(kind).values():
        # A scoped limit has its own label; `bar` is compiled to glyphs.
        if (
            key.default is not None
            and key.name != "bar"
            and (kind, key.name) != ("scoped", "label")
        ):
            assert drawn(kind, {key.name: key.default}) == without, key.name


@pytest.mark.parametrize("kind", SEGMENTS)
def test_the_sample_shows_every_segment(kind: str) -> None:
    """Status only shows problems, and text only what is configured."""
    options = {"text": "mine"} if "text" in options_of(kind) else {}
    assert bool(drawn(kind, options)) is (kind != "status")


@pytest.mark.parametrize("kind", SEGMENTS)
def test_the_sample_has_every_text_that_a_segment_reads(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The injection tests put hostile text into the texts of samples alone.

    If this fails, add the path to the segment's `sample` in config/segments.py.
    """
    reads: set[tuple[str, ...]] = set()
    context = type(seen())
    for method in ("text", "text_at_length"):
        monkeypatch.setattr(context, method, _recorded(getattr(context, method), reads))
    segments.draw(seen(), [(kind, SHOWN.get(kind, {}))])
    empty = view.build({}, None, "", {}, NOW)  # it has none of the texts, so each is tried
    segments.draw(empty, [(kind, SHOWN.get(kind, {}))])
    assert reads <= set(texts(SEGMENTS[kind].sample.payload))


def _recorded(method: Any, reads: set[tuple[str, ...]]) -> Any:
    def read(ctx: Any, *path: str) -> Any:
        reads.add(path)
        return method(ctx, *path)

    return read


OTHERS: dict[str, list[Any]] = {
    "show": [["percent"], ["tokens"], ["hits"], ["dirty"], ["used"], ["reset", "bar"]],
    "of": ["weekly", "api", "session"],
    "form": ["name", "full"],
    "hide_below": [99, 1000],
    "count": ["left"],
    "reset": ["clock", "both"],
    "bar_width": [4],
    "length": [8, 4],
    "decimals": [0],
    "text": ["mine"],
    "style": ["added"],
    "label": ["x"],
    "hide": [True],
    "priority": [1],
    "for": [1],
    "stale": [60],
    "when": ["off"],
}


@pytest.mark.parametrize("kind", [kind for kind in SEGMENTS if kind not in {"status", "flex"}])
def test_every_documented_option_does_something(kind: str) -> None:
    """For one value at least."""
    base: dict[str, Any] = {"text": "yours"} if "text" in options_of(kind) else {}
    if "bar_width" in options_of(kind):
        base = (
            {"show": ["bar", "percent"]}
            if kind == "context"
            else {"show": ["bar", "percent", "reset"]}
        )
    for key in options_of(kind).values():
        values = OTHERS.get(
            key.name, [not key.default] if isinstance(key.default, bool) else [1, 99]
        )
        if key.name == "bar":
            continue
        # What is critical is no warning.
        beside = {**base, "critical": 100} if key.name == "warning" else base
        assert any(
            drawn(kind, {**beside, key.name: value}) != drawn(kind, beside) for value in values
        ), key.name


@pytest.mark.parametrize("bar", [name for name in BARS if name != "blocks"])
def test_a_bar_of_whole_cells_shows_its_empty_ones(bar: str) -> None:
    """Also in a theme with a groove for the empty part."""
    values = validate(
        f'rows = [["session"]]\n[segments.session]\nbar = "{bar}"\nbar_width = 4\nmark = false\n'
    ).values
    row = render.render(
        seen(),
        settings.checked(resolve_values(values)),
        {"COLUMNS": "80", "TERM": "xterm-256color"},
    )[0]
    full, _, empty = BARS[bar]
    assert f"\x1b[38;5;108m{full}\x1b[0m\x1b[38;5;239m{empty * 3}\x1b[0m" in row


def test_a_problem_is_marked_in_the_line() -> None:
    """At its end."""
    row = render.render(
        seen(),
        settings.checked({"problem": "config.toml:12: theme"}),
        {"NO_COLOR": "1", "COLUMNS": "300"},
    )[-1]
    assert row.endswith("config.toml:12: theme")


@pytest.mark.parametrize("nerd_font", [False, True])
def test_no_row_of_blocks_fills_the_last_cell_with_a_blank(*, nerd_font: bool) -> None:
    """Claude Code strips the blanks at the end of a full row: a block would lack its last pad."""
    theme = resolve(themes.find("powerline"), icons() if nerd_font else None)
    full = 0
    for columns in range(60, 160):
        configured = settings.checked(
            {
                "theme": theme,
                "rows": [
                    [["session", {}], ["weekly", {}], ["text", {"text": "x" * (columns // 3)}]]
                ],
            }
        )
        for row in render.render(seen(), configured, {"COLUMNS": str(columns)}):
            text = re.sub(r"\x1b\[[\d;]*m", "", row)
            full += (room := columns - render.CLIENT_MARGIN - display_width(text)) <= 1
            assert room > 0 or not text.endswith(" ")
    assert full
