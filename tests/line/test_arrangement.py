"""The rules of the layout, at every width and in every theme."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usageline import themes
from usageline.config.segments import icons
from usageline.core.text import display_width
from usageline.line import layout, render, segments, theme, view, wrapping
from usageline.line._catalog import DEFAULT_ROWS
from usageline.themes.theme import resolve

if TYPE_CHECKING:
    from usageline.line.context import StatusContext

pytestmark = pytest.mark.usefixtures("utc")

NOW = 1_795_399_200  # Monday 2026-11-23 02:00 UTC
HOUR = 3600
WIDTHS = range(20, 251)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")
LOOKS = {
    f"{name}{' with icons' if font else ''}": resolve(themes.find(name), icons() if font else None)
    for name in themes.NAMES
    for font in (False, True)
}
NAMES = st.sampled_from(["Fable", "Opus 5.5", "日本語の制限", "A limit with a long name", "x"])
PERCENTS = st.integers(0, 120)


@st.composite
def contexts(draw: st.DrawFn) -> StatusContext:
    """Return what a snapshot and a payload may hold, with up to four fresh alerts."""
    scoped = draw(st.lists(st.tuples(NAMES, PERCENTS), max_size=3, unique_by=lambda row: row[0]))
    limits = [
        _limit("session", "", draw(PERCENTS), 5600),
        _limit("weekly_all", "", draw(PERCENTS), draw(st.integers(60, 7 * 24 * HOUR))),
        *(_limit("weekly_scoped", name, used, 60 * HOUR) for name, used in scoped),
    ]
    if draw(st.booleans()):
        limits[1] |= {"exhausts_at": NOW + 30, "chance": draw(st.sampled_from([0.6, 0.9]))}
    credit = {
        "label": draw(st.sampled_from(["Usage credits", "One-time credit"])),
        "exponent": 2,
        "used_minor": draw(st.integers(0, 6000)),
        "limit_minor": 5000,
        "currency": "USD",
        "enabled": True,
    }
    alerts = [
        {**row, "threshold": 75, "at": NOW - 60, "line": True, "resets_at": NOW + 5600}
        for row in [*limits[:3], {"kind": "credits", "label": credit["label"]}]
    ]
    snapshot = {
        "version": 1,
        "status": draw(st.sampled_from(["ok", "offline"])),
        "credentials": "",
        "observed_at": NOW - draw(st.sampled_from([60, 4000])),
        "limits": limits,
        "credits": [credit] * draw(st.integers(0, 1)),
        "alerts": draw(st.permutations(alerts)),
    }
    name = draw(st.sampled_from(["Opus 5.5", "Opus 5.5 (1M context)", "モデル"]))
    payload = {"model": {"display_name": name}, "context_window": {"used_percentage": 34}}
    git = None
    if draw(st.booleans()):
        payload["cwd"] = "/home/me/work/" + draw(st.sampled_from(["a", "a-long-name", "日本"]))
        git = {"branch": draw(st.sampled_from(["main", "feature/with-a-long-name"])), "state": ""}
    return view.build(payload, snapshot, "", {}, NOW).replaced(git=git)


def _limit(kind: str, label: str, percent: int, left_s: int) -> dict[str, Any]:
    return {"kind": kind, "label": label, "percent": percent, "resets_at": NOW + left_s}


class Drawn:
    """A context in a theme: its segments, and the lines of them in each width."""

    def __init__(self, ctx: StatusContext, look: str, color: str) -> None:
        env = {"NO_COLOR": "1"} if color == "none" else {"TERM": "xterm-256color"}
        self.look = theme.TerminalTheme(LOOKS[look], env)
        self.spacing = render.row_spacing(self.look)
        ctx = ctx.replaced(glyphs=self.look.glyphs)
        row = segments.draw_rows(ctx, DEFAULT_ROWS, has_colors=bool(self.look.styles))[0]
        # The kind of each is unique, so that it can be followed through the layout.
        self.segments = [
            (f"{kind} {index}" if kind in render.LOWER else kind, variants)
            for index, (kind, variants) in enumerate(layout.sanitized(row, ascii_only=False))
        ]
        self.variants = dict(self.segments)
        self.lower = tuple(kind for kind in self.variants if " " in kind)

    def lines(self, width: int) -> list[layout.Row]:
        with patch.object(render, "LOWER", self.lower):
            return render.arrange([self.segments], width, self.spacing, fold=True)

    def is_urgent(self, kind: str) -> bool:
        return self.variants[kind][-1][0] >= layout.URGENT


DRAWN = st.builds(Drawn, contexts(), st.sampled_from(sorted(LOOKS)), st.sampled_from(["none", ""]))


@settings(max_examples=60, deadline=None)
@given(DRAWN)
def test_the_layout_keeps_its_rules_at_every_width(drawn: Drawn) -> None:
    before: set[str] = set()
    count = 2
    for width in WIDTHS:
        lines = drawn.lines(width)
        shown = {kind for row in lines for kind, _ in row}
        urgent = {kind for kind in drawn.variants if drawn.is_urgent(kind)}
        # A limit at warning or critical outlasts everything else.
        assert urgent <= shown or shown <= urgent, width
        # The model and the context stay longer than the place.
        assert not shown & {*render.PLACE} or {"model", "context"} <= shown, width
        # No segment disappears in a wider terminal.
        assert before <= shown, width
        before = shown
        # One row stays one row in a wider terminal.
        assert len(lines) <= count, width
        count = len(lines)
        for row in lines:
            assert wrapping.row_width(row, drawn.spacing) <= width
            _assert_filled(drawn, row, width)
            bars = {len(text) for _, parts in row for style, text, *_ in parts if style == "bar"}
            assert len(bars) <= 1, width
    assert drawn.variants.keys() == before


@settings(max_examples=20, deadline=None)
@given(DRAWN)
def test_one_row_with_the_place_has_every_other_segment_and_bar(drawn: Drawn) -> None:
    """Directory and branch take room from longer forms of the others alone."""
    for width in range(render.ONE_ROW_WIDTH, 251, 5):
        lines = drawn.lines(width)
        if len(lines) > 1:
            continue
        others = [one for one in drawn.segments if one[0] not in render.PLACE]
        alone = layout.fit_row(others, width, drawn.spacing)[0]
        assert [
            (kind, _has_bar(parts)) for kind, parts in lines[0] if kind not in render.PLACE
        ] == [(kind, _has_bar(parts)) for kind, parts in alone], width


def test_one_row_has_the_place_rather_than_how_early_a_limit_is_full() -> None:
    window = _limit("session", "", 68, 2 * HOUR) | {"exhausts_at": NOW + HOUR, "chance": 0.9}
    snapshot = {"version": 1, "status": "ok", "credentials": "", "observed_at": NOW}
    payload = {"model": {"display_name": "Opus 5.5"}, "cwd": "/work/a-name-of-30-characters-in-all"}
    ctx = view.build(payload, {**snapshot, "limits": [window]}, "", {}, NOW)
    rows = [text(ctx, columns, {"NO_COLOR": "1"}) for columns in (110, 150)]
    place, forecast = "…-name-of-30-characters-in-all", "5h full at 03:00"
    assert [(place in row, row.endswith(forecast)) for row in rows] == [(True, True), (True, False)]


def test_long_names_end_in_an_ellipsis_and_leave_room() -> None:
    name = "Claude Opus 5.5 Extended Thinking Preview (1M context)"
    payload = {"model": {"display_name": name}, "cwd": "/home/me/a/b"}
    snapshot = {"version": 1, "status": "ok", "credentials": "", "observed_at": NOW}
    limits = [_limit("weekly_scoped", name, 41, HOUR)]
    ctx = view.build(payload, {**snapshot, "limits": limits}, "", {}, NOW)
    assert text(ctx, 60, {"NO_COLOR": "1"}).split("\n") == [
        "Claude Opus 5.5 Extended Thinki… │ …/a/b",
        "7d Claude Opus 5.5 Extended Thi… 41%",
    ]


@pytest.mark.parametrize("blank", ["  ", "\u202e", " \u200b\x1b", "\n"])
@pytest.mark.parametrize("theme_name", ["default", "ascii"])
def test_name_of_blanks_or_controls_leaves_no_empty_segment(blank: str, theme_name: str) -> None:
    payload = {
        "model": {"display_name": blank},
        "session_name": blank,
        "context_window": {"used_percentage": 34},
    }
    limits = [_limit("weekly_scoped", blank, 41, HOUR)]
    snapshot = {"version": 1, "status": "ok", "credentials": "", "observed_at": NOW}
    ctx = view.build(payload, {**snapshot, "limits": limits}, "", {}, NOW)
    names = ("model", "session_name", "context", "flex", "clock")
    configured: dict[str, Any] = {
        "theme": LOOKS[theme_name],
        "rows": [[(name, {}) for name in names]],
    }
    drawn = render.render(ctx, configured, {"NO_COLOR": "1", "COLUMNS": "60"})
    assert drawn[0].split() == ["ctx", "34%", "02:00"]


def _has_bar(parts: list[layout.Part]) -> bool:
    return layout.BAR in [part[0] for part in parts]


def _assert_filled(drawn: Drawn, row: layout.Row, width: int) -> None:
    """Fail if the next richer variant of a segment would fit into the row."""
    left = width - wrapping.row_width(row, drawn.spacing)
    bars = [len(text) for _, parts in row for style, text, *_ in parts if style == "bar"]
    bar_width = max(bars, default=5)
    assert bar_width == 10 or left < len(bars) or not bars
    for kind, parts in row:
        variants = [parts for _, parts in drawn.variants[kind]]
        at = next(
            (
                index
                for index, variant in enumerate(variants)
                if [part[1] for part in layout._with_bar_width(variant, bar_width)]
                == [part[1] for part in parts]
            ),
            0,
        )
        if at > 0:
            richer = layout._with_bar_width(variants[at - 1], bar_width)
            assert layout.parts_width(richer) - layout.parts_width(parts) > left, (width, kind)


def text(ctx: StatusContext, columns: int, env: dict[str, str]) -> str:
    rows = render.render(ctx, {}, {"COLUMNS": str(columns), **env})
    return ESCAPE.sub("", "\n".join(rows))


def high(percents: tuple[int, ...] = (92, 81, 97, 89), alerts: int = 4) -> StatusContext:
    """Return a context of four limits, each with a fresh alert."""
    limits = [
        _limit("session", "s", percents[0], 5600),
        _limit("weekly_all", "w", percents[1], 70 * HOUR),
        _limit("weekly_scoped", "Fable", percents[2], 70 * HOUR),
    ]
    credit = {
        "label": "Usage credits",
        "exponent": 2,
        "currency": "USD",
        "enabled": True,
        "used_minor": percents[3] * 50,
        "limit_minor": 5000,
    }
    rows = [*limits, {"kind": "credits", "label": "Usage credits"}]
    alerted = [
        {**row, "threshold": 75, "at": NOW - 60, "line": True, "resets_at": NOW + 5600}
        for row in rows[:alerts]
    ]
    snapshot = {
        "version": 1,
        "status": "ok",
        "credentials": "",
        "observed_at": NOW,
        "limits": limits,
        "credits": [credit],
        "alerts": alerted,
    }
    payload = {"model": {"display_name": "Opus 5.5"}, "context_window": {"used_percentage": 34}}
    return view.build(payload, snapshot, "", {}, NOW)


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "xterm-256color"}])
@pytest.mark.parametrize("columns", range(60, 121))
def test_four_full_limits_are_all_in_the_default_line(columns: int, env: dict[str, str]) -> None:
    line = text(high(), columns, env)
    assert [number in line for number in ("92%", "81%", "97%")] == [True] * 3
    assert "89%" in line or "$44.50" in line
    assert "alerts" not in line or "NO_COLOR" in env


@pytest.mark.parametrize("percents", [(41, 27, 55, 24), (92, 81, 97, 89)])
def test_80_columns_have_model_context_and_both_bars_with_the_mark(
    percents: tuple[int, ...],
) -> None:
    upper, lower = text(high(percents, alerts=0), 80, {"NO_COLOR": "1"}).split("\n")
    assert upper == "Opus 5.5 │ ctx 34%"
    bars = re.findall(r"[█▏▎▍▌▋▊▉░╎]{8,}", lower)
    assert [bar.count("╎") for bar in bars] == [1, 1]
    assert "7d Fable" in lower


def test_alerts_about_limits_that_are_not_in_color_become_one() -> None:
    calm = high((41, 27, 55, 24))
    assert "▲ 5h passed 75%, 7d passed 75%, 7d Fable passed 75%, Usage credits passed 75%" in text(
        calm, 250, {"NO_COLOR": "1"}
    )
    assert "▲ 5h passed 75% +3" in text(calm, 80, {"NO_COLOR": "1"})
    assert "▲ 4 alerts" in text(calm, 30, {"NO_COLOR": "1"})


def test_an_alert_emphasizes_the_number_that_it_is_about() -> None:
    some = high((92, 81, 55, 24), alerts=1)
    assert "▲ 5h passed 75%" in text(some, 160, {"NO_COLOR": "1"})
    assert "passed" not in text(some, 160, {"TERM": "xterm"})
    rows = render.render(some, {}, {"COLUMNS": "160", "TERM": "xterm"})
    assert "\x1b[1;31;7m92%\x1b[0m" in rows[0]
    assert "\x1b[33m81%\x1b[0m" in rows[0]


@pytest.mark.parametrize(
    ("count", "columns", "words"),
    [
        (1, 160, "5h is free again"),
        (2, 160, "5h is free again, 7d is free again"),
        (2, 20, "2 free again"),
    ],
)
def test_limits_that_are_free_again_are_no_warning(count: int, columns: int, words: str) -> None:
    ctx = high((3, 4, 5, 6), count)
    ctx = ctx.replaced(alerts=[{**row, "threshold": 0} for row in ctx.alerts])
    env = {"COLUMNS": str(columns), "TERM": "xterm"}
    line = "\n".join(render.render(ctx, {"rows": [[("alerts", {})]]}, env))
    assert line == f"\x1b[32m{words}\x1b[0m"


def test_an_explicit_row_stays_one_row_and_gives_way_to_full_limits() -> None:
    names = ("model", "context", "session", "weekly", "scoped", "credits", "alerts")
    configured: dict[str, Any] = {"rows": [[(name, {}) for name in names]]}

    def drawn(columns: int) -> list[str]:
        return render.render(high(), configured, {"NO_COLOR": "1", "COLUMNS": str(columns)})

    assert drawn(50) == ["5h 92% ↻ 1h33m │ 7d 81% │ Fable 97% │ cr 89%"]
    assert drawn(34) == ["5h 92% │ 7d 81% │ 7d Fable 97%"]
    assert len(drawn(80)) == 1
    assert drawn(80)[0].startswith("Opus 5.5 │ ctx 34% │ 5h 92% │")


@pytest.mark.parametrize(
    ("theme_name", "row"),
    [
        ("default", "Opus 5.5" + " " * 66 + "note"),
        ("ascii", "Opus 5.5" + " " * 66 + "note"),
        ("powerline", " Opus 5.5 " + " " * 60 + " note "),
    ],
)
def test_flex_moves_what_follows_to_the_right(theme_name: str, row: str) -> None:
    configured: dict[str, Any] = {
        "theme": LOOKS[theme_name],
        "rows": [[("model", {}), ("flex", {}), ("text", {"text": "note"})]],
    }
    line = text_of(configured, 80)
    assert line.split() == row.split()
    # The client strips a blank at the end of a full row, so the last one stays clear of it.
    assert display_width(line) == 76 - theme_name.count("powerline")


def text_of(configured: dict[str, Any], columns: int) -> str:
    env = {"COLUMNS": str(columns), "TERM": "xterm-256color"}
    return ESCAPE.sub("", "\n".join(render.render(high(), configured, env)))


def test_flex_takes_no_room_that_a_segment_needs() -> None:
    row = [("model", {}), ("flex", {}), ("text", {"text": "note"}), ("flex", {})]
    assert text_of({"rows": [row]}, 20) == "Opus 5.5 │ note"
    centered = text_of({"rows": [[("flex", {}), ("model", {}), ("flex", {}), ("plan", {})]]}, 60)
    assert centered == " " * 48 + "Opus 5.5"
