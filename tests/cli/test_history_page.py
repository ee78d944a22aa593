"""Open the page of `usageline history --html` in Chromium."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli import browser
from tests.storage.readings import NOW, keep, work
from usageline.cli.history import heatmap, page, series, svg_chart
from usageline.cli.svg import PAPER

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from tests.world import World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

needs_browser = pytest.mark.skipif(browser.find() is None, reason="no Chromium here")

WIDTHS = (360, 414, 527, 528, 799, 800, 1167, 1168, 1600)
MIN_TEXT_PX = 11
HOSTILE = '<img src=x onerror="parent.ran=ran=1"><script>ran=1</script>&amp;\u202eevil\x1b[31m'


def rgb(color: str) -> str:
    """Return `#0d1117` as a browser writes it."""
    return "rgb({}, {}, {})".format(*(int(color[at : at + 2], 16) for at in (1, 3, 5)))


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.slow
def test_page_fits_every_window_in_light_and_dark(
    world: World, usageline: Run, *, dark: bool
) -> None:
    keep(world.env, work(10))
    path = world.home / "usage.html"
    done = usageline("history", "--html", str(path))
    assert done.stdout == f"wrote {path}\n"
    for measured in browser.measure(path, WIDTHS, world.root, dark=dark):
        assert measured["scroll"] <= measured["width"]
        assert measured["outside"] == []
        assert measured["charts"] == 3 + 3 + 1  # with the keys of the colors
        assert measured["smallest"] >= MIN_TEXT_PX
        assert measured["paper"] == rgb(PAPER.dark if dark else PAPER.light)
        assert {"Summary", "5-hour limit", "Weekly limit for Fable"} <= set(
            measured["text"].split("\n")
        )


@needs_browser
def test_hostile_label_is_text_and_the_policy_stops_a_script(world: World, tmp_path: Path) -> None:
    readings = [
        replace(one, limits=tuple(replace(limit, label=HOSTILE) for limit in one.limits))
        for one in work(3)
    ]
    history = svg_chart.History(
        series.all_series(readings, NOW),
        heatmap.use_by_hour(readings),
        NOW - 3 * 86400,
        NOW,
        summary=[HOSTILE],
    )
    path = tmp_path / "usage.html"
    content = page.html(history)
    path.write_bytes(content)
    (measured,) = browser.measure(path, (800,), world.root)
    assert (measured["scripts"], measured["ran"]) == (0, False)
    assert '<img src=x onerror="parent.ran=ran=1"><script>ran=1</script>&amp;' in measured["text"]
    assert not {"\u202e", "\x1b"} & set(measured["text"])
    # The policy holds even if a script were in the page.
    path.write_bytes(content.replace(b"</body>", b"<script>ran=true</script></body>"))
    (measured,) = browser.measure(path, (800,), world.root)
    assert (measured["scripts"], measured["ran"]) == (1, False)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_page_has_a_table_of_each_day(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    readings = work(4)
    use = heatmap.use_by_hour(readings)
    content = page.html(svg_chart.History((), use, NOW - 4 * 86400, NOW)).decode()
    rows = re.findall(r"<tr><th scope=row>(.*?)</th>", content)
    assert rows == [heatmap.day_name(day) for day in sorted(use, reverse=True)]
    monkeypatch.undo()
    time.tzset()
