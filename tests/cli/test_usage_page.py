"""Open the page of `usageline usage --html` in Chromium, and read the picture."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.cli import browser
from tests.cli.test_history_page import HOSTILE, rgb
from tests.local.transcripts import MAIN, encoded, line
from usageline.cli.svg import PAPER
from usageline.cli.usage import chart, picture
from usageline.cli.usage.result import Result
from usageline.storage.usage_index.queries import Row
from usageline.usage.local.prices import PICO

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.world import World

    Run = Callable[..., subprocess.CompletedProcess[str]]

needs_browser = pytest.mark.skipif(browser.find() is None, reason="no Chromium here")

WIDTHS = (360, 527, 800, 1600)
MIN_TEXT_PX = 11
MODELS = [f"claude-model-{number}-20260101" for number in range(8)]


def write_days(world: World, days: int = 40) -> None:
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    started = time.time() - days * 86400
    lines = [
        line(
            number,
            timestamp=time.strftime("%Y-%m-%dT%H:00:00.000Z", time.gmtime(started + day * 86400)),
            model=model,
            cwd=f"/home/dev/a long directory with many words {number % 30} {HOSTILE}",
            output=100 * day,
            stop=None if day % 7 else "end_turn",
        )
        for day in range(days)
        for number, model in enumerate(["claude-opus-4-8", "claude-sonnet-5", "mine"], day * 3)
    ]
    path.write_bytes(encoded(*lines))


@needs_browser
@pytest.mark.parametrize(("kind", "dark"), [("day", False), ("project", True)])
@pytest.mark.slow
def test_page_fits_every_window_in_light_and_dark(
    world: World, usageline: Run, kind: str, dark: bool
) -> None:
    write_days(world)
    path = world.home / "usage.html"
    assert usageline("usage", kind, "--html", str(path)).stdout == f"wrote {path}\n"
    for measured in browser.measure(path, WIDTHS, world.root, dark=dark):
        assert measured["scroll"] <= measured["width"]
        assert measured["outside"] == []
        assert measured["smallest"] >= MIN_TEXT_PX
        assert measured["paper"] == rgb(PAPER.dark if dark else PAPER.light)
        assert (measured["scripts"], measured["ran"]) == (0, False)
        assert not {"\u202e", "\x1b"} & set(measured["text"])
        assert re.search(f"^Cost by {kind}.*^Notes$", measured["text"], re.DOTALL | re.MULTILINE)
        assert ("evil" in measured["text"]) is (kind == "project")


def test_dash_is_stdout(world: World, usageline: Run) -> None:
    write_days(world, days=2)
    for form, start in (("html", "<!doctype html>"), ("svg", "<?xml ")):
        printed = usageline("usage", f"--{form}", "-").stdout
        assert printed.lower().startswith(start)
        assert "wrote" not in printed.splitlines()[-1]
    assert not (world.home / "-").exists()


def test_picture_is_xml_without_links_or_scripts(world: World, usageline: Run) -> None:
    write_days(world)
    for kind in ("hour", "session", "block"):
        path = world.home / f"{kind}.svg"
        assert usageline("usage", kind, "--svg", str(path), "--dark").returncode == 0
        elements = ET.parse(path).iter()  # noqa: S314 - the command wrote it
        tags = {element.tag.rpartition("}")[2] for element in elements}
        assert tags <= {"svg", "title", "rect", "text", "path"}
        assert PAPER.dark in path.read_text()


def rows(costs: list[int]) -> list[Row]:
    return [Row(f"2026-11-{day:02}", cost=cost * PICO) for day, cost in enumerate(costs, 1)]


def heights(result: Result) -> list[float]:
    drawing = picture.svg(result).decode()
    return [float(each) for each in re.findall(r'height="([\d.]+)" fill="#0969da"', drawing)]


def test_columns_are_as_high_as_the_cost() -> None:
    low, high = heights(Result("day", "UTC", rows([5, 20]), Row("total", cost=25 * PICO)))
    assert high == pytest.approx(4 * low, abs=0.05)
    tokens = [Row("2026-11-01", output=10), Row("2026-11-02", output=30)]
    low, high = heights(Result("day", "UTC", tokens, Row("total")))
    assert high == pytest.approx(3 * low, abs=0.05)


def test_days_without_a_response_have_room() -> None:
    known = [Row("2026-11-01", cost=1), Row("2026-11-04", cost=2)]
    assert [row.cost for row in chart.filled(known, "day")] == [1, 0, 0, 2]
    months = [Row("2026-01", cost=1), Row("2026-04", cost=2)]
    assert [row.key for row in chart.filled(months, "month")] == [
        "2026-01",
        "2026-02",
        "2026-03",
        "2026-04",
    ]
    assert chart.filled(known, "block") == known


def test_legend_has_the_most_expensive_models_and_the_rest() -> None:
    shares = {"2026-11-01": {model: cost for cost, model in enumerate(MODELS)}}
    result = Result("day", "UTC", rows([28]), Row("total", cost=28), shares=shares)
    entries = chart.legend(result)
    assert [share.cost for share in entries] == [7, 6, 5, 4, 3, 2 + 1]
    assert entries[-1].name == chart.OTHERS_NAME
