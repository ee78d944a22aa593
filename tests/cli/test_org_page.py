"""The picture and the page of `usageline org`, the page in Chromium."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.cli import browser
from tests.cli.org_reports import HOSTILE, days, hostile, people, report
from tests.cli.test_history_page import MIN_TEXT_PX, WIDTHS, needs_browser, rgb
from tests.jobs.org_world import OrgWorld
from tests.org_server import Event, Organization, OrgServer, user
from usageline.cli.org import chart
from usageline.cli.org.overview import DEFAULT_TOP, overview
from usageline.cli.svg import PAPER
from usageline.usage.org.model import Row, Sums

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world import World
    from usageline.usage.org.model import Report

    Run = Callable[..., subprocess.CompletedProcess[str]]

SVG = "{http://www.w3.org/2000/svg}"
MAX_LABEL_CHARS = 40
"""Of a name in the picture; a longer one is cut."""


def parsed(drawing: str) -> ET.Element:
    """Return the picture as XML."""
    return ET.fromstring(drawing)  # noqa: S314 - the program wrote it


def texts(drawing: str) -> list[str]:
    """Return the texts of a picture."""
    return [text.text or "" for text in parsed(drawing).iter(f"{SVG}text")]


def bars(drawing: str) -> list[tuple[float, float, str]]:
    """Return x, width and tooltip of each part of a bar."""
    return [
        (float(box.attrib["x"]), float(box.attrib["width"]), tip.text or "")
        for box in parsed(drawing).iter(f"{SVG}rect")
        if (tip := box.find(f"{SVG}title")) is not None
    ]


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.slow
def test_page_fits_every_window_in_light_and_dark(tmp_path: Path, *, dark: bool) -> None:
    path = tmp_path / "org.html"
    content = chart.page(report(people(30)), None)
    path.write_text(content.replace("<details>", "<details open>"))
    for measured in browser.measure(path, WIDTHS, tmp_path, dark=dark):
        assert measured["scroll"] <= measured["width"]
        assert measured["outside"] == []
        assert measured["charts"] == 1
        assert measured["smallest"] >= MIN_TEXT_PX
        assert measured["paper"] == rgb(PAPER.dark if dark else PAPER.light)
        assert {"Cost by person", "Summary", "Days after 30 Oct may still change"} <= set(
            measured["text"].split("\n")
        )


@needs_browser
def test_hostile_names_are_text_and_the_policy_stops_a_script(tmp_path: Path) -> None:
    path = tmp_path / "org.html"
    content = chart.page(hostile(), 4)
    path.write_text(content.replace("</body>", "<script>ran=true</script></body>"))
    (measured,) = browser.measure(path, (800,), tmp_path)
    assert (measured["scripts"], measured["ran"]) == (1, False)
    assert "<script>ran=1</script>" in measured["text"]
    assert not set("\x1b\u202e\x07\x9b") & set(content)


@pytest.mark.parametrize("shown", [hostile(), report([]), report(days(29), "day")])
def test_picture_is_well_formed_and_refers_to_nothing(shown: Report) -> None:
    drawing = chart.draw(shown, None)
    root = parsed(drawing)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "style", "rect", "text", "path"),
    }
    assert not re.search(r"(href|src|on\w+)=[\"']", re.sub(r">[^<]*<", "><", drawing))
    assert not set("\x1b\u202e\x07\x9b") & set(drawing)
    assert all(len(text) <= 140 for text in texts(drawing))


def test_picture_has_each_row_with_cost_and_share() -> None:
    rows = [
        Row("a", Sums(Decimal(300), models={"claude-opus-5-5": Decimal(300)}), "user", "Ana"),
        Row("b", Sums(Decimal(100), models={"claude-sonnet-5": Decimal(60)}), "user", "Ben"),
    ]
    drawing = chart.draw(report(rows, unattributed=None), None)
    words = texts(drawing)
    assert {"Ana", "$300.00", "75%", "Ben", "$100.00", "25%", "Opus 5.5", "Sonnet 5"} <= set(words)
    assert "total $400.00 after discount, $0.00 at list price" in words
    (ana, ben, rest) = bars(drawing)
    assert (ana[2], ben[2], rest[2]) == (
        *("Ana: Opus 5.5 $300.00", "Ben: Sonnet 5 $60.00", "Ben: $40.00"),
    )
    assert ben[1] + rest[1] == pytest.approx(ana[1] / 3, rel=0.01)
    assert ben[1] == pytest.approx(ana[1] / 5, rel=0.01)
    assert rest[0] == pytest.approx(ben[0] + ben[1], rel=0.01)


def test_parts_of_a_bar_never_leave_it() -> None:
    shown = overview(report(people(50)), None)
    palette = chart.colors(shown)
    longest = max(entry.cost or Decimal(0) for entry in shown.rows)
    for entry in shown.rows:
        parts = chart.pieces(entry, shown, longest, palette)
        assert all(part.length >= 0 for part in parts)
        assert sum(part.length for part in parts) <= 1 + 1e-9


def test_many_models_share_a_color() -> None:
    models = {f"model-{number}": Decimal(number + 1) for number in range(12)}
    drawing = chart.draw(report([Row("a", Sums(Decimal(78), models=models), "user", "Ana")]), None)
    legend = [text for text in texts(drawing) if text.startswith(("model-", "other"))]
    assert legend == ["model-11", "model-10", "model-9", "model-8", "model-7", "other models"]


def test_page_has_all_rows_and_the_picture_only_the_first() -> None:
    content = chart.page(report(people(300)), None)
    assert len(re.findall(r"<th scope=row>", content)) == 306 + 2
    assert f"{306 - DEFAULT_TOP} more" in content
    assert content.count("Person 299") == 1
    assert "<details><summary>" in content
    assert "<details open><summary>" in chart.page(report(people(3)), None)


def test_picture_of_ten_thousand_rows_shows_the_first_ones() -> None:
    drawing = chart.draw(report(people(10_000)), 20_000)
    assert f"{10_006 - chart.MAX_ROWS:,} more" in texts(drawing)


def test_page_escapes_each_name() -> None:
    content = chart.page(hostile(), None)
    body = content[content.index("<body>") :]
    assert "<script" not in body
    assert "<img" not in body
    assert HOSTILE[1] in unescape(body)


def test_ten_thousand_rows_make_a_page_of_a_few_megabytes() -> None:
    content = chart.page(report(people(10_000)), None)
    assert len(re.findall(r"<th scope=row>", content)) == 10_006 + 2
    assert len(content) < 8_000_000


def test_command_writes_page_and_picture_for_the_user_alone(world: World, usageline: Run) -> None:
    server = OrgServer()
    org = OrgWorld(world, server)
    group = {"actor": user(1), "model": "claude-opus-5-5"}
    tokens = (1, 1, 1, 1, 1)
    today = datetime.now(timezone.utc).date()
    server.organization = Organization(
        [
            Event(today - timedelta(days=ago), group, Decimal(500), Decimal(600), tokens, 1)
            for ago in (0, 1)
        ]
    )
    path = org.world.home / "org.html"
    options = ("org", "--since", "2d")
    written = usageline(*options, "--html", str(path))
    assert (written.returncode, written.stdout) == (0, f"wrote {path}\n"), written.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert "$10.00 after discount, $12.00 at list price" in path.read_text()
    count = len(server.requests)
    printed = usageline(*options, "--svg", "-")
    assert "Person 1" in texts(printed.stdout.partition("\n")[2])
    table = usageline(*options)
    assert "total $10.00 after discount, $12.00 at list price" in table.stdout
    refused = usageline(*options, "--svg", str(path.parent))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.endswith("is not a regular file: usageline left it unchanged\n")
    assert len(server.requests) == count, "numbers of this hour are requested once"
    server.close()
