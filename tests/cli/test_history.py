"""Run `usageline history`: its output, its files and its errors."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import resvg_py

from tests.cli.terminal import Terminal
from tests.hot import Hot
from tests.storage.readings import ACCOUNT, DAY_S, NOW, keep, reading, work
from usageline.cli import output
from usageline.cli.history import readings
from usageline.cli.svg import PNG_ZOOM
from usageline.cli.svg import png as as_png
from usageline.core import text
from usageline.core.errors import UsagelineError
from usageline.storage import codec, history
from usageline.system.paths import Paths
from usageline.usage.values import epoch

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from tests.world import Release, World

    Run: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

OTHER = "f" * 16
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def worked(world: World) -> World:
    """Return a world with ten days of readings."""
    keep(world.env, work(10))
    return world


@pytest.mark.usefixtures("worked")
def test_chart_has_each_limit_and_the_heatmap_below(usageline: Run) -> None:
    done = usageline("history")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    heads = [line.split("  ")[0] for line in lines if "highest" in line]
    assert heads == ["5-hour limit", "Weekly limit", "Weekly limit for Fable"]
    assert sum(line.startswith("100% ┤") for line in lines) == 3
    assert all("┴" in line for line in lines if line.startswith("  0% └"))
    assert "5-hour limit used in each hour" in lines
    assert any("█" in line or "▓" in line for line in lines)
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
@pytest.mark.parametrize("days", ["1", "7", "60"])
def test_chart_fits_the_terminal(worked: World, usageline: Run, columns: int, days: str) -> None:
    worked.env["COLUMNS"] = str(columns)
    done = usageline("history", "--days", days)
    assert done.returncode == 0
    widths = [text.display_width(line) for line in done.stdout.splitlines()]
    assert max(widths) <= columns
    assert max(widths) > columns - 2


@pytest.mark.parametrize("columns", [80, 160])
@pytest.mark.parametrize("plain", [False, True], ids=["color", "NO_COLOR"])
@pytest.mark.slow
def test_chart_has_the_width_and_colors_of_the_terminal(
    worked: World, built_release: Release, columns: int, plain: bool
) -> None:
    env = {**worked.env, "TERM": "xterm-256color", **({"NO_COLOR": "1"} if plain else {})}
    command = [str(built_release.python), "-I", "-B", "-m", "usageline.cli", "history"]
    with Terminal(command, env, worked.home, columns=columns, rows=60) as terminal:
        assert terminal.end() == 0
        lines = terminal.lines()
        assert (b"\x1b[32m" in terminal.received) is not plain
    axis = next(line for line in lines if line.startswith("  0% └"))
    assert len(axis) == columns
    assert any(line.startswith("░ to 5%") for line in lines)


@pytest.mark.parametrize("name", ["weekly_scoped", "Fable", "7d fable", "Weekly limit for Fable"])
@pytest.mark.usefixtures("worked")
def test_limit_is_selected_by_kind_or_label(usageline: Run, name: str) -> None:
    done = usageline("history", "--limit", name)
    assert [line.split("  ")[0] for line in done.stdout.splitlines() if "highest" in line] == [
        "Weekly limit for Fable"
    ]


@pytest.mark.usefixtures("worked")
def test_heatmap_can_be_printed_alone(usageline: Run) -> None:
    done = usageline("history", "--heatmap")
    assert done.stdout.startswith("5-hour limit used in each hour\n")
    assert "┤" not in done.stdout


def test_json_has_the_stored_readings(worked: World, usageline: Run) -> None:
    done = usageline("history", "--json", "--days", "3")
    readings = [codec.from_json(row) for row in json.loads(done.stdout)]
    assert readings == history.load(
        Paths(worked.env), ACCOUNT, readings[0].observed_at if readings[0] else 0
    )
    assert len(readings) > 100
    alone = json.loads(usageline("history", "--json", "--limit", "session").stdout)
    assert {limit["kind"] for row in alone for limit in row["limits"]} == {"session"}
    assert not any(row["credits"] for row in alone)


def test_csv_has_a_row_for_each_limit_of_each_reading(worked: World, usageline: Run) -> None:
    done = usageline("history", "--csv", "--days", "3")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    first = epoch(rows[0]["observed_at"])
    assert first is not None
    expected = [
        (one.observed_at, limit.label, limit.percent, limit.resets_at)
        for one in history.load(Paths(worked.env), ACCOUNT, first)
        for limit in one.limits
    ]
    assert [
        (epoch(row["observed_at"]), row["label"], float(row["percent"]), epoch(row["resets_at"]))
        for row in rows
    ] == expected


def test_unknown_value_is_empty_in_csv(world: World, usageline: Run) -> None:
    keep(world.env, [reading(NOW)])
    row = list(csv.DictReader(io.StringIO(usageline("history", "--csv").stdout)))[2]
    assert (row["label"], row["percent"], row["resets_at"]) == ("Fäble 模型", "", "")


def test_pictures_refer_to_no_other_file(worked: World, usageline: Run) -> None:
    svg, png = worked.home / "usage.svg", worked.home / "usage.png"
    done = usageline("history", "--svg", str(svg), "--png", str(png))
    if "needs a font" in done.stderr:
        pytest.skip("no font here")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"wrote {svg}\nwrote {png}\n"
    root = ET.fromstring(svg.read_bytes())  # noqa: S314 - our own
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "title", "style", "rect", "path", "text"}
    assert not any("href" in name for element in root.iter() for name in element.attrib)
    texts = "".join(root.itertext())
    assert all(
        label in texts
        for label in (
            "5-hour limit",
            "Weekly limit",
            "Weekly limit for Fable",
            "100%",
            "5-hour limit used in each hour",
        )
    )
    assert "url(" not in texts
    assert "@import" not in texts
    data = png.read_bytes()
    assert data.startswith(PNG)
    assert int.from_bytes(data[16:20], "big") == PNG_ZOOM * int(root.attrib["width"])
    assert int.from_bytes(data[20:24], "big") == PNG_ZOOM * int(root.attrib["height"])
    assert {stat.S_IMODE(path.stat().st_mode) for path in (svg, png)} == {0o600}


def test_hostile_label_is_plain_text_in_terminal_and_picture(world: World, usageline: Run) -> None:
    hostile = "<script>alert(1)</script>&\"'}"
    limits = tuple(
        codec.LIMIT.decode({"kind": kind, "label": hostile, "percent": 5.0})
        for kind in ("new", hostile)
    )
    keep(world.env, [reading(NOW - 60, limits=limits), reading(NOW, limits=limits)])
    assert hostile in usageline("history").stdout
    usageline("history", "--svg", "x.svg")
    root = ET.fromstring((world.home / "x.svg").read_bytes())  # noqa: S314 - our own
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert [element.text for element in root.iter() if element.text == hostile]


def test_existing_file_is_replaced_atomically_and_keeps_its_mode(
    worked: World, usageline: Run
) -> None:
    path = worked.home / "usage.svg"
    path.write_text("old")
    path.chmod(0o640)
    same = os.open(path, os.O_RDONLY)
    assert usageline("history", "--svg", str(path)).returncode == 0
    assert os.read(same, 10) == b"old"
    os.close(same)
    assert path.read_bytes().startswith(b"<?xml")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [path.name for path in worked.home.iterdir() if "usageline" in path.name] == []


@pytest.mark.parametrize("what", ["directory", "link", "fifo", "device", "nowhere", "nul"])
def test_irregular_file_is_not_replaced(tmp_path: Path, what: str) -> None:
    path = tmp_path / "usage.svg"
    if what == "directory":
        path.mkdir()
    elif what == "link":
        (tmp_path / "theirs").write_text("theirs")
        path.symlink_to(tmp_path / "theirs")
    elif what == "fifo":
        os.mkfifo(path)
    named = {
        "device": "/dev/null",
        "nowhere": str(tmp_path / "no" / "usage.svg"),
        "nul": f"{path}\0",
    }.get(what, str(path))
    with pytest.raises(UsagelineError, match=r"not a regular file|cannot be written"):
        output.write_file(named, b"ours")
    assert what != "link" or (tmp_path / "theirs").read_text() == "theirs"


def test_png_without_the_extra_prints_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsagelineError, match=r"install\.sh --with png"):
        as_png(b"<svg/>")


def test_png_without_a_font_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        resvg_py, "svg_to_bytes", partial(resvg_py.svg_to_bytes, skip_system_fonts=True)
    )
    with pytest.raises(UsagelineError, match="needs a font"):
        as_png(b"<svg/>")


def problem(done: subprocess.CompletedProcess[str]) -> str:
    """Return the error message of a command that failed."""
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_missing_history_is_reported(usageline: Run) -> None:
    assert "there is no history yet" in problem(usageline("history"))


def test_time_without_readings_is_reported(world: World, usageline: Run) -> None:
    keep(world.env, [reading(NOW - 10 * DAY_S)])
    assert "no readings in the last 7 days" in problem(usageline("history"))
    assert "no readings in the last day:" in problem(usageline("history", "--days", "1"))
    assert usageline("history", "--days", "11").returncode == 0


def test_history_without_valid_lines_is_missing(world: World, usageline: Run) -> None:
    keep(world.env, [])
    assert "there is no history yet" in problem(usageline("history"))


@pytest.mark.usefixtures("worked")
def test_unknown_limit_is_reported_with_the_available_ones(usageline: Run) -> None:
    message = problem(usageline("history", "--limit", "monthly\x1b[31m"))
    assert (
        "session (5-hour limit), weekly_all (weekly limit), weekly_scoped (weekly limit for Fable)"
        in message
    )
    assert "\x1b" not in message


def test_readings_without_percentages_are_reported(world: World, usageline: Run) -> None:
    keep(world.env, [reading(NOW, limits=reading(NOW).limits[2:])])
    assert "no reading in this time has a percentage" in problem(usageline("history"))
    assert "no reading in this time has a percentage" in problem(usageline("history", "--heatmap"))
    assert "no reading in this time has a percentage" in problem(
        usageline("history", "--svg", "x.svg")
    )
    assert not (world.home / "x.svg").exists()


def test_default_account_is_that_of_the_snapshot(
    world: World, usageline: Run, built_release: Release
) -> None:
    keep(world.env, [reading(NOW, 11)], OTHER)
    keep(world.env, [reading(NOW, 22)])
    message = problem(usageline("history"))
    assert ACCOUNT in message
    assert OTHER in message
    assert "last 11%" in usageline("history", "--account", OTHER).stdout
    assert "ffff" in problem(usageline("history", "--account", "0" * 16))
    assert "last 11%" in usageline("history", "--account", "FF").stdout
    Hot(world, built_release).publish(account=ACCOUNT)
    assert "last 22%" in usageline("history").stdout
    Hot(world, built_release).publish(account="1" * 16)
    assert "the account signed in has no history" in problem(usageline("history"))


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        ("work", 0),
        ("HOME", 1),
        ("ho", 1),
        ("012", 0),
        ("0123456789abcdef", 0),
        ("w", "is not one account"),
        ("", "there is no history of"),
        ("x\x1b[31m", "there is no history of"),
    ],
)
def test_account_is_a_label_a_key_or_the_beginning_of_one(
    world: World, monkeypatch: pytest.MonkeyPatch, requested: str, expected: int | str
) -> None:
    keys = (ACCOUNT, OTHER, "e" * 16)
    for key in keys:
        keep(world.env, [reading(NOW)], key)
    by_key = dict(zip(keys, ("Work", "Home", "Work, old"), strict=True))
    monkeypatch.setattr(readings, "labels", lambda _env: by_key)
    if isinstance(expected, int):
        assert readings.account(world.env, requested) == keys[expected]
        return
    assert readings.complete(world.env, "HO") == ["Home"]
    assert readings.complete(world.env, "01") == [ACCOUNT]
    with pytest.raises(UsagelineError, match=expected) as error:
        readings.account(world.env, requested)
    assert f"{ACCOUNT} (Work)" in str(error.value)
    assert "\x1b" not in str(error.value)


@pytest.mark.usefixtures("worked")
def test_thresholds_are_those_of_the_alerts(worked: World, usageline: Run) -> None:
    def lines() -> int:
        usageline("history", "--limit", "session", "--svg", "x.svg")
        return (worked.home / "x.svg").read_text().count('stroke-dasharray="6 4"')

    assert lines() == 2
    worked.configure("[alerts]\nthresholds = [50]\n")
    assert lines() == 1


def test_summary_looks_two_weeks_back_whatever_is_shown(world: World, usageline: Run) -> None:
    keep(world.env, work(16))
    assert "This week: " in usageline("history", "--days", "2").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--days", "0"],
        ["--days", "91"],
        ["--days", "x"],
        ["--csv", "--svg", "x"],
        ["--json", "--heatmap"],
        ["--csv", "--png", "x"],
        ["--csv", "--html", "x"],
        ["--dark"],
        ["x"],
    ],
)
@pytest.mark.usefixtures("worked")
def test_wrong_usage_exits_with_2(usageline: Run, arguments: list[str]) -> None:
    assert usageline("history", *arguments).returncode == 2


def test_history_changes_only_the_named_file(worked: World, usageline: Run) -> None:
    before = {path: path.read_bytes() for path in worked.files()}
    usageline("history")
    usageline("history", "--json")
    usageline("history", "--svg", "x.svg")
    assert {path: path.read_bytes() for path in worked.files() if path.name != "x.svg"} == before


@pytest.mark.parametrize(
    "label", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "＝1+1"]
)
def test_csv_cells_are_not_spreadsheet_formulas(world: World, usageline: Run, label: str) -> None:
    one = reading(NOW - DAY_S)
    keep(
        world.env,
        [replace(one, limits=(replace(one.limits[0], label=label, kind="=kind"), *one.limits[1:]))],
    )
    rows = list(csv.DictReader(io.StringIO(usageline("history", "--days", "90", "--csv").stdout)))
    assert rows
    for row in rows:
        for cell in row.values():
            assert cell.strip()[:1] not in "=+-@＝" or not cell
    assert any(row["label"].endswith(label.strip()) for row in rows)
