"""Test the service's numbers on every surface.

The status line, the table, `--json`, history, alerts and doctor show them.
"""

from __future__ import annotations

import json
import re
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.hot import Hot
from tests.server import iso
from usageline.cli.table import print_table
from usageline.refresh.run import refresh
from usageline.storage import history
from usageline.usage.credits import month_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World

HOUR, DAY = 3600, 86400
QUIET = """\
[segments.session]
show = ["percent", "reset"]
[segments.weekly]
show = ["percent", "reset"]
[alerts]
thresholds = [75, 90]
"""


def window(percent: float, ahead_s: float) -> dict[str, Any]:
    return {
        "utilization": percent,
        "resets_at": iso(time.time() + ahead_s),
        "limit_dollars": None,
        "used_dollars": None,
    }


def scoped(percent: float, label: str = "Fable", ahead_s: float = 3 * DAY) -> dict[str, Any]:
    scope = {"model": {"id": None, "display_name": label}, "surface": None}
    return {
        "kind": "weekly_scoped",
        "percent": percent,
        "severity": "normal",
        "resets_at": iso(time.time() + ahead_s),
        "scope": scope,
    }


@pytest.fixture
def show(
    world: World,
    api: Api,
    built_release: Release,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[dict[str, Any]], tuple[str, str]]:
    """What the line and the table show of a body; the table without bars, words one space apart."""

    def shown(body: dict[str, Any]) -> tuple[str, str]:
        api.body = body
        world.env |= {"COLUMNS": "200"}
        monkeypatch.setenv("COLUMNS", "200")
        world.configure(QUIET)
        refresh(world.env)
        print_table(world.snapshot(), world.snapshot()["credentials"], time.time())
        table = re.sub("[█▏▎▍▌▋▊▉░╎]+", "", capsys.readouterr().out)
        return Hot(world, built_release).line(), " ".join(table.split())

    return shown


def alerts(world: World) -> list[tuple[str, int]]:
    return [(row["label"], row["threshold"]) for row in world.snapshot()["alerts"]]


def test_use_above_100_is_shown_kept_and_alerted(show: Any, world: World) -> None:
    line, table = show(
        {
            "five_hour": window(101, HOUR - 5),
            "seven_day": window(64, 3 * DAY),
            "limits": [scoped(103)],
        }
    )
    assert line.startswith("5h 101% ↻ 59m │ 7d 64% ")
    assert "Fable 103%" in line
    assert "5-hour limit 101% resets in 59m" in table
    assert alerts(world) == [("Fable", 90), ("Current session", 90)]
    assert [
        limit.percent for limit in history.load(world.paths, world.snapshot()["account"])[0].limits
    ] == [103, 101, 64]
    assert [limit["percent"] for limit in world.snapshot()["limits"]] == [103, 101, 64]


def test_the_clients_cache_brings_use_above_100_too(show: Any, world: World, api: Api) -> None:
    world.client_saw({"five_hour": window(150.5, HOUR - 5)})
    assert show({})[0].startswith("5h 150%")
    assert api.usage_requests == []


def test_binary_noise_reaches_no_surface(show: Any, world: World) -> None:
    line, table = show(
        {
            "five_hour": window(28.999999999999996, HOUR),
            "seven_day": window(74.99999999999999, DAY),
            "limits": [scoped(12.77)],
        }
    )
    assert (line[:6], "7d 75%" in line, "Fable 12%" in line) == ("5h 29%", True, True)
    assert "Weekly limit 75%" in table
    assert alerts(world) == [("Current week (all models)", 75)]
    assert [limit["percent"] for limit in world.snapshot()["limits"]] == [12.77, 29, 75]


def test_an_overdue_reset_is_shown_and_alerted_once(show: Any, world: World) -> None:
    passed = datetime.now(timezone.utc).timestamp() - 70 * 60
    line, table = show(
        {
            "five_hour": window(1, 3 * HOUR),
            "seven_day": {"utilization": 99, "resets_at": iso(passed)},
        }
    )
    assert "7d 99% reset overdue" in line
    assert "Weekly limit 99% reset overdue since" in table
    first = world.snapshot()["alerts"]
    assert alerts(world) == [("Current week (all models)", 90)]
    assert "7d passed 90%" in line
    world.make_due()
    refresh(world.env, force=True)
    assert world.snapshot()["alerts"] == first


def test_a_week_longer_than_usual_is_kept_with_its_reset(show: Any, world: World) -> None:
    line, table = show({"seven_day": window(100, 8 * DAY + 3 * HOUR)})
    assert re.match(r"7d 100% ↻ [A-Z][a-z]{2} \d+ ", line)
    assert ("resets in 8d" in table, "clock" in table + line) == (True, False)
    assert len(history.load(world.paths, world.snapshot()["account"])) == 1
    assert alerts(world) == [("Current week (all models)", 90)]


def test_a_wrong_clock_is_named_though_a_reset_fits(
    show: Any, world: World, api: Api, built_release: Release
) -> None:
    api.clock_ahead_s = -3 * HOUR - 30
    line, table = show({"five_hour": window(10, -HOUR), "seven_day": window(20, 3 * DAY)})
    assert "7d 20%" in line
    for text in (line, table):
        assert "this machine's clock is 3h00m ahead" in text
    doctor = world.run(built_release.python, "-I", "-B", "-m", "usageline.cli", "doctor").stdout
    assert "but this machine's clock is 3h00m ahead" in doctor
    assert len(history.load(world.paths, world.snapshot()["account"])) == 1


def test_a_spend_limit_that_is_reached_is_shown_though_the_credits_are_off(
    show: Any, world: World
) -> None:
    extra = {
        "is_enabled": False,
        "monthly_limit": 500,
        "used_credits": 1077.0,
        "utilization": 215.4,
        "currency": "EUR",
        "decimal_places": 2,
    }
    line, table = show(
        {"five_hour": window(10, HOUR), "extra_usage": {**extra, "spend_limit_reached": True}}
    )
    first = re.search(r"credits €10.77/€5 limit reached ↻ ([A-Z][a-z]{2} 1)(?: |$)", line)
    assert first, line
    assert f"Usage credits 215% €10.77 of €5 limit reached, resets {first[1]}" in table
    (credit,) = world.snapshot()["credits"]
    assert credit["ends_at"] == month_end(time.time())
    assert credit["reached"] is True
    assert history.load(world.paths, world.snapshot()["account"])[0].credits[0].reached


def test_pools_and_promotions_are_rows_under_names_for_people(show: Any) -> None:
    ahead = iso(time.time() + 10 * DAY)
    pool = {"utilization": 60.0, "resets_at": ahead, "limit_dollars": 50, "used_dollars": None}
    promotion = {
        "program_id": "x",
        "label": "Holiday credit",
        "utilization": 12.5,
        "resets_at": ahead,
        "limit_dollars": 100,
    }
    body = {
        "five_hour": window(10, HOUR),
        "amber_ladder": pool,
        "iguana_necktie": {"utilization": 0, "resets_at": ahead},
    }
    line, table = show(
        {
            **body,
            "promo_credits": [{**promotion, "used_dollars": 12.5, "terms_line": "Covers Fable."}],
        }
    )
    assert "One-time credit 60% of $50 ends " in line
    assert "Holiday credit $12.50/$100 ends " in line
    assert "One-time credit 60% of $50 expires " in table
    assert "Holiday credit 12% $12.50 of $100 expires " in table
    assert "Holiday credit: Covers Fable." in table
    assert not {"amber", "Amber", "Iguana", "iguana"} & set(re.split(r"\W", line + table))


def test_twenty_limits_are_all_in_the_table_and_counted_in_the_line(show: Any) -> None:
    line, table = show(
        {
            "five_hour": window(10, HOUR),
            "limits": [scoped(number, f"M{number}") for number in range(1, 20)],
        }
    )
    assert ("M15 15%" in line, "M16" in line, " │ +4" in line) == (True, False, True)
    assert "M19 19%" in table


def test_json_prints_percentages_as_the_service_reports_them(
    show: Any, world: World, built_release: Release
) -> None:
    show({"five_hour": window(101, HOUR), "seven_day": window(56.99999999999999, DAY)})
    printed = world.run(built_release.python, "-I", "-B", "-m", "usageline.cli", "--json").stdout
    assert [limit["percent"] for limit in json.loads(printed)["limits"]] == [101, 57]
    form = world.run(
        built_release.python, "-I", "-B", built_release.statusline, "line", "--for", "json"
    ).stdout
    assert (json.loads(form)["percentage"], json.loads(form)["class"]) == (101, "critical")
