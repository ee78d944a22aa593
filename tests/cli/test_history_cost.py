"""Test the cost and tokens by day and model in `usageline history`."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import time
from html import unescape
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli import browser
from tests.local.transcripts import MAIN, MODEL, ago, encoded, line, noon_zone
from tests.storage.readings import keep, work
from usageline.cli.history import cost, cost_svg
from usageline.cli.svg import Drawing
from usageline.cli.usage.result import incomplete
from usageline.core.errors import UsagelineError
from usageline.core.text import display_width
from usageline.jobs import local_usage
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.world import World

    Run = Callable[..., subprocess.CompletedProcess[str]]

DAY_S = 86400
UNKNOWN = "gl\x1b[31mm<b>&-模型"
HAIKU = "claude-haiku-4-5"


@pytest.fixture
def indexed(world: World) -> World:
    """Return a world with responses of three days and readings of ten."""
    world.env.update(TZ=noon_zone(), NO_COLOR="1", COLUMNS="80")
    keep(world.env, work(10))
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    path.write_bytes(
        encoded(
            line(1, timestamp=ago()),
            line(2, timestamp=ago(DAY_S), model=HAIKU),
            line(3, timestamp=ago(DAY_S), stop=None),
            line(4, timestamp=ago(2 * DAY_S), model=UNKNOWN),
            line(5, timestamp=ago(40 * DAY_S)),
        )
    )
    with local_usage.updated(world.env):
        pass
    return world


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("indexed")
def test_cost_is_below_the_limits_with_its_marks(usageline: Run) -> None:
    done = usageline("history")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines.index("5-hour limit used in each hour") < next(
        number for number, line in enumerate(lines) if line.startswith("Cost by day")
    )
    text = done.stdout
    assert "≥$0.07 + unpriced · 86k tokens" in text
    assert "at list prices, over all sessions on this machine" in text
    assert "≥: 1 response without a last line" in text
    assert "unpriced: 1 response of gl[31mm<b>&-模型" in text
    assert "\x1b" not in text
    assert sum(line.rstrip().endswith(" –") for line in lines) == 4
    assert max(map(display_width, lines)) <= 80


@pytest.mark.usefixtures("indexed")
def test_numbers_are_those_of_the_usage_command(usageline: Run) -> None:
    for days in ("1", "2", "90"):
        own = json.loads(usageline("history", "--cost", "--json", "--days", days).stdout)
        other = json.loads(usageline("usage", "day", "--json", "--since", f"{days}d").stdout)
        assert own["total"] == other["total"]
        by_day: dict[str, int] = {}
        for row in own["rows"]:
            by_day[row["day"]] = by_day.get(row["day"], 0) + row["input"] + row["cache_read"]
        assert by_day == {row["key"]: row["input"] + row["cache_read"] for row in other["rows"]}
    rows = [*csv.DictReader(io.StringIO(usageline("history", "--cost", "--csv").stdout))]
    assert [row["model"] for row in rows] == ["gl[31mm<b>&-模型", HAIKU, MODEL, MODEL]
    assert [row["unpriced"] for row in rows] == ["1", "", "", ""]
    assert [row["at_least"] for row in rows] == ["", "", "yes", ""]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda path: path.unlink(), cost.NO_INDEX),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), cost.UNUSABLE),
        (lambda path: path.write_bytes(b""), cost.UNUSABLE),
        (lambda path: (path.unlink(), path.symlink_to("/etc/passwd")), cost.UNUSABLE),
        (lambda path: (path.unlink(), path.mkdir()), cost.UNUSABLE),
    ],
    ids=["missing", "cut", "empty", "a link", "a directory"],
)
def test_rest_is_there_without_a_good_index(
    indexed: World, usageline: Run, damage: Callable[[Path], object], sentence: str
) -> None:
    index = Path(indexed.paths.usage_dir, "usage.db")
    damage(index)
    before = index.lstat() if os.path.lexists(index) else None
    page, picture = indexed.home / "usage.html", indexed.home / "usage.svg"
    done = usageline("history", "--html", str(page), "--svg", str(picture))
    assert done.returncode == 0, done.stderr
    assert "Weekly limit" in page.read_text()
    for content in (page.read_text(), picture.read_text()):
        assert sentence in content
    done = usageline("history")
    assert " ".join(done.stdout.split()).count(sentence) == 1
    assert "5-hour limit" in done.stdout
    alone = usageline("history", "--cost")
    assert (alone.returncode, alone.stdout) == (1, "")
    assert sentence in alone.stderr
    after = index.lstat() if os.path.lexists(index) else None
    assert (before and before.st_ino) == (after and after.st_ino), "a reader changed the index"


@pytest.mark.slow
def test_index_damaged_anywhere_is_shown_or_named(indexed: World) -> None:
    """Whatever a page or a single byte has become, nothing but a sentence is raised."""
    index = Path(indexed.paths.usage_dir, "usage.db")
    whole = index.read_bytes()
    now, shown = time.time(), 0
    pages = range(0, len(whole), 4096)
    used = [at for at in range(100, len(whole)) if whole[at]]
    damaged = [whole[:at] + Random(at).randbytes(4096) + whole[at + 4096 :] for at in pages]
    damaged += [
        whole[:at] + bytes([whole[at] ^ 1 << number % 8]) + whole[at + 1 :]
        for number, at in enumerate(used[:: max(len(used) // 300, 1)])
    ]
    for content in damaged:
        index.write_bytes(content)
        with contextlib.suppress(UsagelineError):
            costs = cost.read(indexed.env, now, 90)
            shown += 1
            cost.lines(costs, 80)
            cost.as_json(costs)
            incomplete(costs.total)
    assert 0 < shown < len(damaged)


def test_cost_is_shown_without_readings(world: World, usageline: Run) -> None:
    """A user without a plan has none."""
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded(line(1, timestamp=ago())))
    assert usageline("history").returncode == 1
    with local_usage.updated(world.env):
        pass
    done = usageline("history")
    assert done.returncode == 0, done.stderr
    assert "Cost by day" in done.stdout
    assert "no limits: there is no history yet" in done.stdout
    assert usageline("history", "--account", "other").returncode == 1


@pytest.mark.usefixtures("indexed")
def test_cost_stands_alone_or_not_at_all_if_one_thing_is_chosen(usageline: Run) -> None:
    assert "Cost by" not in usageline("history", "--limit", "session").stdout
    assert "Cost by" not in usageline("history", "--heatmap").stdout
    assert usageline("history", "--cost").stdout.startswith("Cost by day ")
    for option in (("--heatmap",), ("--limit", "session"), ("--account", "x")):
        assert usageline("history", "--cost", *option).returncode == 2


def test_index_in_a_directory_that_is_read_only_is_shown(indexed: World, usageline: Run) -> None:
    Path(indexed.paths.usage_dir).chmod(0o500)
    try:
        assert usageline("history", "--cost").stdout.startswith("Cost by day ")
    finally:
        Path(indexed.paths.usage_dir).chmod(0o700)


@pytest.mark.skipif(browser.find() is None, reason="no Chromium here")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.slow
def test_page_with_cost_fits_every_window(indexed: World, usageline: Run, *, dark: bool) -> None:
    path = indexed.home / "usage.html"
    assert usageline("history", "--html", str(path)).returncode == 0
    for measured in browser.measure(path, (360, 528, 1600), indexed.root, dark=dark):
        assert measured["scroll"] <= measured["width"]
        assert measured["outside"] == []
        assert measured["charts"] == 3 + 3 + 1 + 2 + 3  # with the keys of limits and models
        assert measured["smallest"] >= 11
        assert (measured["scripts"], measured["ran"]) == (0, False)
        assert "gl[31mm<b>&-模型" in measured["text"]
        assert {"Cost by day, at list prices", "Tokens by day", "Cost and tokens by model"} <= set(
            measured["text"].split("\n")
        )


def test_picture_has_a_bar_for_each_model_of_each_day(indexed: World, usageline: Run) -> None:
    path = indexed.home / "usage.svg"
    assert usageline("history", "--cost", "--svg", str(path)).returncode == 0
    tips = [title for title in texts_of(path.read_text(), "title") if " tokens" in title]
    assert sum(MODEL in tip for tip in tips) == 2 * 2  # in the chart of the cost and the tokens
    assert sum("unpriced" in tip for tip in tips) == 1
    assert any("≥$0.03, 21k tokens" in tip for tip in tips)


def texts_of(picture: str, tag: str) -> list[str]:
    """Return the texts of the elements with that tag."""
    return [unescape(text) for text in re.findall(rf"<{tag}[^>]*>([^<]*)</{tag}>", picture)]


def costs_of(*rows: tuple[float, str, int], days: int = 7, now: float = 1e9) -> cost.Costs:
    """Return the costs of rows: days before now, a model, dollars."""
    quarters = [
        (
            int(now - ago_days * DAY_S) // 900 * 900,
            model,
            (1, 2, 0, 3, 4, 0, 1, amount * PICO, 0, 0),
        )
        for ago_days, model, amount in rows
    ]
    return cost.by_day(quarters, cost.days_until(now, days))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_day_is_the_local_one(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    # A week around the end of daylight time in New York.
    now = 1_793_700_000.0
    days = cost.days_until(now, 9)
    assert len(set(days)) == 9
    assert days[-1].timetuple()[:3] == time.localtime(now)[:3]
    costs = costs_of(*((number, "m", 1) for number in range(9)), days=9, now=now)
    assert [costs.by_day[day]["m"].cost // PICO for day in days] == [1] * 9
    monkeypatch.undo()
    time.tzset()


@given(
    st.lists(
        st.tuples(st.integers(0, 80), st.sampled_from("abcdefgh"), st.integers(0, 10**6)),
        min_size=1,
        max_size=30,
    ),
    st.integers(36, 200),
    st.integers(81, 90) | st.integers(1, 31),
)
def test_chart_fits_and_its_parts_are_the_whole(
    rows: list[tuple[int, str, int]], width: int, days: int
) -> None:
    rows = [(ago_days % days, model, amount) for ago_days, model, amount in rows]
    costs = costs_of(*rows, days=days)
    assert sum(row.cost for row in costs.models) == costs.total.cost
    assert (
        sum(row.cost for models in costs.by_day.values() for row in models.values())
        == costs.total.cost
    )
    lines = cost.lines(costs, width)
    assert max(line.cell_len for line in lines) <= max(width, 60)
    drawn = cost_svg.models(costs)
    assert sum(row.cost for row, _, _ in drawn) == costs.total.cost
    assert len(drawn) == min(len(costs.models), len(cost_svg.COLORS))
    if days > cost.MAX_DAYS:
        bars = [line.plain for line in lines if line.plain.startswith("from ")]
        assert 0 < len(bars) <= 14


@pytest.mark.usefixtures("utc")
def test_models_are_told_apart_without_colors() -> None:
    costs = costs_of((0, "a", 40), (0, "b", 30), (0, "c", 20), (0, "d", 5), (0, "e", 5))
    bar = next(line.plain for line in cost.lines(costs, 120) if line.plain.endswith("░"))
    cells = bar.split()[-1]
    assert [cells.count(glyph) for glyph in "█▓▒░"] == [24, 18, 12, 6]
    legend = [line.plain.split("  ")[0] for line in cost.lines(costs, 120)[-4:]]
    assert legend == ["█ a", "▓ b", "▒ c", "░ other models"]


@pytest.mark.parametrize(
    ("amounts", "labels"),
    [
        ((100, 35), ["$0", "$50", "$100"]),
        ((3,), ["$0", "$1", "$2", "$3"]),
        ((1234,), ["$0", "$500", "$1,000", "$1,500"]),
    ],
)
@pytest.mark.usefixtures("utc")
def test_axis_has_round_amounts(amounts: tuple[int, ...], labels: list[str]) -> None:
    drawing = Drawing(600, 190, "", dark=None)
    costs = costs_of(*((number, "m", amount) for number, amount in enumerate(amounts)))
    cost_svg.draw(drawing, costs, cost_svg.COST, (0, 0, 600, 190))
    texts = texts_of(drawing.as_element(), "text")
    assert [text for text in texts if text.startswith("$")] == labels


def test_cost_is_not_shown_if_the_settings_forbid_it(indexed: World, usageline: Run) -> None:
    indexed.configure("[local]\nenabled = false")
    refused = usageline("history", "--cost")
    assert refused.returncode == 1
    assert "local.enabled is false" in refused.stderr
    assert "local.enabled" not in usageline("history").stderr
