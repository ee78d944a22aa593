"""The rows of the dashboard, for sizes from 20 to 250 columns, without a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.line.test_service_numbers import DEC_1, HOUR, NOW, STAMP, credit, limit, snapshot
from tests.storage.readings import work
from usageline import themes
from usageline.cli.appearance import Appearance
from usageline.cli.dashboard import chart, data, drawing, model, page
from usageline.cli.profile_accounts import ProfileAccount
from usageline.themes.theme import resolve

if TYPE_CHECKING:
    from rich.text import Text

pytestmark = pytest.mark.usefixtures("utc")

FORESEEN = {
    **limit("session", 92, 93 * 60, "Current session"),
    "chance": 0.8,
    "exhausts_at": NOW + 50 * 60,
}
LIMITS = (
    FORESEEN,
    limit("weekly_all", 81, 147 * HOUR, "Current week (all models)"),
    limit("weekly_scoped", 97, 147 * HOUR, "Fable"),
)
CREDIT = credit(label="Usage credits", used_minor=4450, limit_minor=5000, ends_at=DEC_1)
KEY = ("session", "Current session")
PAST = model.Past(
    pieces={KEY: (((NOW - 5 * HOUR, 10.0), (NOW - HOUR, 60.0), (NOW - 60, 92.0)),)},
    resets={KEY: (NOW - 8 * HOUR,)},
    at_reset={KEY: (95.0, 130.0)},
    requests=12,
)
ALERT = {
    "kind": "session",
    "label": "Current session",
    "threshold": 90,
    "percent": 91,
    "resets_at": NOW + 93 * 60,
    "at": NOW - 600,
    "line": True,
}


def look(**changes: Any) -> Appearance:
    """Return an appearance without colors."""
    return Appearance({"NO_COLOR": "1", "LANG": "C.UTF-8"}, configured=changes)


def shown(content: dict[str, Any], **fields: Any) -> model.View:
    """Return the view of a snapshot."""
    given = {"history": PAST, "look": look(), **fields}
    return model.build(content, STAMP, NOW, given.pop("look"), given.pop("history"), **given)


def full() -> dict[str, Any]:
    """Return a snapshot with three limits, a credit and an alert."""
    content = snapshot(*LIMITS, credits_seen=(CREDIT,))
    return {**content, "alerts": [ALERT], "source": "oauth"}


def plain(lines: list[Text]) -> str:
    """Return the lines as text."""
    return "\n".join(line.plain.rstrip() for line in lines)


@pytest.mark.parametrize("width", [*range(20, 250, 23), 109, 110])
@pytest.mark.parametrize("height", [10, 20, 56])
def test_no_row_is_wider_than_its_column(width: int, height: int) -> None:
    for chosen in (0, 3):
        shown_page = page.arrange(shown(full()), width, height, chosen, look())
        room = width - shown_page.left_width - page.GAP
        assert max(line.cell_len for line in shown_page.left) <= shown_page.left_width
        assert all(line.cell_len <= room for line in shown_page.right)


@pytest.mark.parametrize(("width", "height"), [(78, 20), (118, 31), (198, 56)])
def test_every_limit_has_a_bar_and_percent(width: int, height: int) -> None:
    text = plain(page.arrange(shown(full()), width, height, 0, look()).left)
    for words in ("5-hour limit  92%", "Weekly limit  81%", "Weekly limit for Fable  97%"):
        assert words in text
    assert "Usage credits  89%" in text
    assert sum("█" in line for line in text.splitlines()) >= 4


def test_bars_grow_with_the_height() -> None:
    low, high = (
        plain(page.arrange(shown(full()), 118, height, 0, look()).left).count("█████")
        for height in (20, 56)
    )
    assert high > 2 * low


def test_bar_has_mark_and_forecast_band() -> None:
    bar = drawing.bar(shown(full()).meters[0], 100, look()).plain
    assert len(bar) == 100
    assert bar[69] == "╎"  # 93 minutes are left of five hours
    assert bar[:92].count("█") == 91
    assert bar[92:95] == drawing.LIKELY * 3
    assert bar[95:] == drawing.POSSIBLE * 5


def test_narrow_page_has_the_chart_of_the_chosen_limit() -> None:
    first, second = (
        plain(page.arrange(shown(full()), 78, 40, chosen, look()).left) for chosen in (0, 1)
    )
    assert "› 5-hour limit" in first
    assert "› Weekly limit" in second
    assert "no readings in the last 24 hours" not in first
    assert "no readings in the last 24 hours" in second


def test_wide_page_has_all_charts_at_the_right() -> None:
    text = plain(page.arrange(shown(full()), 198, 56, 0, look()).right)
    titles = [line.split("  ")[0] for line in text.splitlines() if line.endswith("  24 hours")]
    assert titles == ["5-hour limit", "Weekly limit", "Weekly limit for Fable"]


def test_chart_has_curve_reset_now_and_cone() -> None:
    drawn = shown(full()).meters[0].chart
    assert drawn is not None
    lines = [line.plain for line in chart.chart(drawn, 95, 12, look())]
    body, axis, labels = lines[1:-2], lines[-2], lines[-1]
    now = chart.AXIS_CELLS + 90 * 24 // 30
    assert labels[now : now + 3] == "now"
    assert axis[chart.AXIS_CELLS + 90 * 16 // 30] == "┴"
    assert "".join(body).count(drawing.POSSIBLE) > 0
    assert all(drawing.POSSIBLE not in line[:now] for line in body)
    assert body[-1][now - 4] == "█"
    assert "█" not in "".join(line[chart.AXIS_CELLS : now - 20] for line in body)


def test_past_computes_the_band_from_five_weeks() -> None:
    readings = work(35)
    past = model.past(readings, readings[-1].observed_at, 3)
    assert past.requests == 3
    assert past.pieces[KEY]
    for low, high in past.at_reset.values():
        assert 0 <= low <= high


def test_alerts_and_facts_are_listed() -> None:
    view = shown(full(), note="next refresh in 4m")
    text = plain(drawing.facts(view, 100, look()))
    assert "▲ 5-hour limit passed 90%: now 92%" in text
    assert "next refresh in 4m" in text
    assert "12 in 24 hours" in text
    assert "from Anthropic's API" in text


def test_alert_of_a_window_that_has_ended_is_not_listed() -> None:
    content = {**full(), "alerts": [{**ALERT, "resets_at": NOW - 10}]}
    assert shown(content).alerts == ()


TODAY = model.Today(
    "≥$9.50",
    "≥$9.50 + unpriced at list prices · 12.3M tokens",
    (
        model.ModelCost("claude-opus-5-5", "$7.00", "9M", 0.7),
        model.ModelCost("claude-sonnet-5-5", "≥$2.50", "3M", 0.3),
        model.ModelCost("mine 模型", "unpriced", "300k", 0.0),
    ),
    (("warning", "Today passed $5"),),
)


@pytest.mark.parametrize(("width", "height"), [(78, 20), (118, 31), (198, 56)])
def test_today_is_shown_in_every_size(width: int, height: int) -> None:
    view = shown(full(), today=TODAY)
    assert "today ≥$9.50   " in drawing.header(view, width, look()).plain
    text = plain(page.arrange(view, width, height, 0, look()).left)
    assert "▲ Today passed $5" in text
    assert "Today     ≥$9.50 + unpriced" in text
    has_rows = any(line.split()[:1] == ["claude-sonnet-5-5"] for line in text.splitlines())
    assert has_rows is (height == 56)
    assert ("Models    opus-5-5 $7.00, " in text) is not has_rows


@pytest.mark.parametrize("width", [20, 40, 60])
def test_models_that_do_not_fit_are_counted(width: int) -> None:
    lines = drawing.today(shown(full(), today=TODAY), width, look(), 0)
    assert lines[1].plain.endswith({20: ", 2 more", 40: ", 2 more", 60: ", 1 more"}[width])
    wide = drawing.today(shown(full(), today=TODAY), 100, look(), 0)
    assert wide[1].plain.endswith("sonnet-5-5 ≥$2.50, mine 模型 unpriced")


def test_nothing_is_shown_of_today_without_an_index() -> None:
    view = shown(full())
    assert drawing.today(view, 100, look(), 20) == []
    text = plain([drawing.header(view, 100, look()), *page.arrange(view, 118, 56, 0, look()).left])
    assert "oday" not in text


def test_day_without_a_response_costs_nothing() -> None:
    (line,) = drawing.today(shown(full(), today=data.today(None, [])), 100, look(), 20)
    assert line.plain == "Today     $0.00 at list prices"


def test_accounts_are_listed_with_their_limits() -> None:
    rows = [
        model.account(ProfileAccount("", label, "", None, content, STAMP, is_current), NOW)
        for label, content, is_current in (
            ("work", full(), True),
            ("home", {**full(), "limits": []}, False),
        )
    ]
    text = plain(drawing.facts(shown(full(), accounts=rows), 100, look()))
    assert "› work  5h 92%  7d 81%  7d Fable 97%" in text
    assert "  home  " in text


def test_times_follow_the_clock_of_the_configuration() -> None:
    half_days = look(clock="12h")
    view = shown(full(), look=half_days)
    assert view.time == "9:00:00am"
    text = plain(page.arrange(view, 118, 40, 0, half_days).left)
    assert "10:33am" in text
    assert "10:33 " not in text


@pytest.mark.parametrize("name", themes.NAMES)
def test_every_theme_draws_the_page(name: str) -> None:
    theme = resolve(themes.find(name))
    themed = Appearance(
        {"COLORTERM": "truecolor", "LANG": "C.UTF-8"}, {"appearance": "dark"}, {}, theme
    )
    arranged = page.arrange(shown(full(), look=themed), 118, 31, 0, themed)
    facts = drawing.facts(shown(full(), look=themed, today=TODAY), 118, themed, 20)
    text = plain([*arranged.left, *arranged.right, *facts])
    assert "92%" in text
    assert "$7.00" in text
    if themed.ascii:
        assert text.isascii()


def test_without_numbers_the_reason_is_shown() -> None:
    content = {**snapshot(), "status": "signed-out"}
    text = plain(page.arrange(shown(content, history=model.Past()), 78, 20, 0, look()).left)
    assert "sign in: /login" in text


@pytest.mark.parametrize(
    ("percent", "words"),
    [(69, "even pace"), (68, "1 point under even pace"), (71, "2 points over even pace")],
)
def test_pace_is_in_points(percent: float, words: str) -> None:
    meters = shown(snapshot(limit("session", percent, 93 * 60))).meters
    assert model.pace(meters[0].row)[0][1] == words


@pytest.mark.parametrize(
    ("percent", "ahead_s"), [(None, 93 * 60), (100, 93 * 60), (130, 93 * 60), (92, -10), (92, None)]
)
def test_limit_that_cannot_be_foreseen_has_a_chart_without_a_cone(
    percent: float | None, ahead_s: float | None
) -> None:
    """The number is unknown, nothing can be added to it, or its window has ended."""
    view = shown(snapshot(limit("session", percent, ahead_s, "Current session")))
    (meter,) = view.meters
    assert (meter.band, meter.chart.cone if meter.chart else None) == (None, ())
    text = plain(page.arrange(view, 118, 31, 0, look()).right)
    assert drawing.POSSIBLE not in text
    assert "now" in text


def test_mark_of_even_pace_interrupts_the_band_of_the_forecast() -> None:
    meter = shown(full()).meters[0]
    expected = {
        None: drawing.LIKELY * 3 + drawing.POSSIBLE * 5,
        93.0: f"{drawing.LIKELY}╎{drawing.LIKELY}" + drawing.POSSIBLE * 5,
        97.0: f"{drawing.LIKELY * 3}{drawing.POSSIBLE * 2}╎{drawing.POSSIBLE * 2}",
    }
    for mark, cells in expected.items():
        marked = replace(meter, row=replace(meter.row, mark=mark))
        assert drawing.bar(marked, 100, look()).plain[92:] == cells


@pytest.mark.parametrize("width", [20, 30, 45])
def test_what_does_not_fit_beside_the_name_is_left_out(width: int) -> None:
    view = shown({**full(), "plan": "Max 20x"}, label="a name of a profile", today=TODAY)
    assert "today" not in drawing.header(view, width, look()).plain
    assert drawing.header(view, width, look()).cell_len <= width
    lines = drawing.today(view, width, look(), 20)
    assert not any("█" in line.plain for line in lines), "no room for a bar of its share"
    profile = ProfileAccount(
        "", "a long name of a profile", "", None, full(), STAMP, is_current=True
    )
    rows = [model.account(profile, NOW)]
    (_, row) = drawing.accounts(rows, width, look())
    assert not row.plain.rstrip().endswith(rows[0].age)
    assert rows[0].age in drawing.accounts(rows, 120, look())[1].plain


def test_bar_of_a_share_is_drawn_only_if_it_can_be_read() -> None:
    view, bars = shown(full(), today=TODAY), []
    for width in range(50, 80):
        lines = drawing.today(view, width, look(), 20)
        assert all(line.cell_len <= width for line in lines)
        bars.append(max(line.plain.count("█") for line in lines))
    narrow = bars.index(next(filter(None, bars)))
    assert bars[:narrow] == [0] * narrow
    assert bars[narrow] == 5, "seven tenths of eight cells"


def test_highest_threshold_of_a_limit_is_listed_whatever_the_order() -> None:
    rows = [{**ALERT, "threshold": threshold} for threshold in (75, 90, 80)]
    content = {**full(), "alerts": rows}
    assert [text for _, text in shown(content).alerts] == ["5-hour limit passed 90%: now 92%"]


@pytest.mark.parametrize(
    "damage",
    [{"kind": 5}, {"label": None}, {"threshold": "x"}, {"percent": None}, {"threshold": None}],
)
def test_alert_that_makes_no_sense_is_left_out(damage: dict[str, Any]) -> None:
    assert shown({**full(), "alerts": [{**ALERT, **damage}, 5, ALERT]}).alerts == (
        ("critical", "5-hour limit passed 90%: now 92%"),
    )


def test_wide_page_of_credits_alone_has_no_charts() -> None:
    view = shown(snapshot(credits_seen=(CREDIT,)))
    arranged = page.arrange(view, 198, 56, 0, look())
    assert "Usage credits  89%" in plain(arranged.left)
    assert "24 hours" not in plain([*arranged.left, *arranged.right]).replace("in 24 hours", "")


def test_past_of_a_limit_that_has_just_been_reset_has_no_band() -> None:
    readings = work(2)
    last = readings[-1]
    ended = replace(last.limits[0], resets_at=last.observed_at)
    readings[-1] = replace(last, limits=(ended, *last.limits[1:]))
    assert KEY not in model.past(readings, last.observed_at, None).at_reset
