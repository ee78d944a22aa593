"""Test the segments of local usage, and the line's reading of its background job's result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from usageline.core import jobs, paths
from usageline.line import jobs as line_jobs
from usageline.line import local, settings, spawn, view
from usageline.line.render import render
from usageline.system.directories import prepare, private_directory

if TYPE_CHECKING:
    from tests.world import World

NOW = 1_795_400_000.0
SUMS = {"cost_micro": 12_345_678, "tokens": 8_400_000, "at_least": False, "unpriced": 0}
UNPRICED = {**SUMS, "cost_micro": 0, "unpriced": 3}
DEAR = {**SUMS, "cost_micro": 1_056_100_000, "at_least": True}
RESULT = {
    "version": 1,
    "at": NOW - 10,
    "took_s": 0.1,
    "from": NOW - 3600,
    "midnight": NOW + 3600,
    "today": SUMS,
    "block": {"rate": {**SUMS, "until": NOW + 60}},
}


def line(
    kind: str,
    result: dict[str, Any],
    now: float = NOW,
    payload: dict[str, Any] | None = None,
    **options: Any,
) -> str:
    """Draw the segment with what the line takes from a result."""
    context = view.build(payload or {}, None, "", {"HOME": "/home/me"}, now)
    rows = render(
        context,
        {"rows": [[[kind, options]]]},
        {"NO_COLOR": "1", "TERM": "dumb"},
        width=options.pop("width", 200),
        local=local.current(result, now),
    )
    return "".join(rows)


@pytest.mark.parametrize(
    ("kind", "result", "options", "text"),
    [
        ("usage_today", {}, {}, "today $12.35"),
        ("usage_today", {"today": {**SUMS, "at_least": True}}, {}, "today ≥$12.35"),
        ("usage_today", {"today": {**SUMS, "unpriced": 3}}, {}, "today $12.35 + 3 unpriced"),
        ("usage_today", {}, {"tokens": True}, "today $12.35 8.4M tokens"),
        ("usage_today", {"today": {**SUMS, "unpriced": 3}}, {"width": 14}, "today ≥$12.35"),
        ("usage_today", {"today": UNPRICED}, {}, "today 3 unpriced"),
        ("usage_today", {"today": UNPRICED}, {"tokens": True}, "today 3 unpriced 8.4M tokens"),
        ("usage_today", {"midnight": NOW}, {}, "today $0.00"),
        ("usage_today", {"from": NOW + 1}, {}, ""),
        ("usage_today", {}, {"hide_below": 20}, ""),
        ("usage_today", {"failed": True}, {}, "today run usageline usage"),
        ("usage_today", {"version": 1, "today": None}, {}, ""),
        ("burn", {}, {}, "burn $12.35/h"),
        ("burn", {}, {"tokens": True}, "burn 8.4M tokens/h"),
        ("burn", {"block": {"rate": {**DEAR, "until": NOW + 60}}}, {}, "burn ≥$1,056/h"),
        ("burn", {"block": {"rate": {**UNPRICED, "until": NOW + 60}}}, {}, "burn 8.4M tokens/h"),
        ("burn", {"block": {"rate": {**SUMS, "until": NOW}}}, {}, ""),
        ("burn", {"failed": True}, {}, ""),
        ("burn", {"block": {}}, {}, ""),
    ],
)
def test_segment_shows_the_result(
    kind: str, result: dict[str, Any], options: dict[str, Any], text: str
) -> None:
    assert line(kind, {**RESULT, **result}, **options) == text


@pytest.mark.parametrize(
    ("result", "options", "text"),
    [
        ({}, {}, "$1.27"),
        ({}, {"today": True}, "$1.27 · today $12.35"),
        ({"today": {**SUMS, "at_least": True}}, {"today": True}, "$1.27 · today ≥$12.35"),
        ({"today": {**SUMS, "unpriced": 3}}, {"today": True}, "$1.27 · today ≥$12.35"),
        ({"today": UNPRICED}, {"today": True}, "$1.27 · today 3 unpriced"),
        ({}, {"today": True, "width": 12}, "$1.27"),
        ({"midnight": NOW}, {"today": True, "decimals": 0}, "$1 · today $0"),
        ({"failed": True}, {"today": True}, "$1.27"),
        ({"version": 1, "today": None}, {"today": True}, "$1.27"),
    ],
)
def test_cost_shows_todays_beside_the_sessions(
    result: dict[str, Any], options: dict[str, Any], text: str
) -> None:
    payload = {"cost": {"total_cost_usd": 1.27}}
    assert line("cost", {**RESULT, **result}, payload=payload, **options) == text


@pytest.mark.parametrize("hostile", [None, True, -1, 1.5, 10**15, "\x1b[2J", [], {}, float("nan")])
def test_hostile_value_is_not_shown(hostile: Any) -> None:
    for name in SUMS:
        sums = {**SUMS, name: hostile}
        for kind in ("usage_today", "burn"):
            drawn = line(
                kind,
                {**RESULT, "today": sums, "block": {"rate": {**sums, "until": NOW + 60}}},
                tokens=True,
            )
            assert (
                ("12.35" in drawn and "8.4M" in drawn)
                or name in ("cost_micro", "tokens")
                or (kind == "burn")
            )
            assert drawn.isprintable()
    for name in RESULT:
        assert line("usage_today", {**RESULT, name: hostile}).isprintable()
        assert line("burn", {**RESULT, name: hostile}).isprintable()
    assert local.current({**RESULT, "today": {**SUMS, "cost_micro": hostile}}, NOW).keys() == {
        "rate"
    }


@pytest.mark.parametrize(
    ("age_s", "answered_ago_s", "took_s", "is_due"),
    [
        (29, 0, 0.1, False),
        (31, 0, 0.1, True),
        (31, 60, 0.1, False),
        (31, None, 0.1, False),
        (121, 200, 0.1, True),
        (60, 0, 20, False),
        (201, 0, 20, True),
        (301, 0, 600, True),
        (-30, 0, 0.1, False),
        (-100, 0, 0.1, True),
    ],
)
def test_job_is_due_after_its_interval(
    world: World, age_s: float, answered_ago_s: float | None, took_s: float, *, is_due: bool
) -> None:
    prepare(world.paths)
    private_directory(world.paths.jobs_dir)
    result = {**RESULT, "at": NOW - age_s, "took_s": took_s}
    path = Path(jobs.result_file(world.env, jobs.LOCAL, jobs.LOCAL_KEY))
    path.write_text(json.dumps(result))
    answered_at = None if answered_ago_s is None else NOW - answered_ago_s
    assert local.read(world.env, NOW, answered_at)[1] is is_due


ALERT = {
    "kind": "cost_day",
    "label": "2026-11-29",
    "threshold": 25.0,
    "percent": 101.6,
    "resets_at": NOW + 3600,
    "at": NOW - 60,
    "cost": 25.4,
    "at_least": False,
    "line": True,
}


def alerted(world: World, alerts: Any, snapshot_alerts: tuple[dict[str, Any], ...] = ()) -> str:
    """Draw alerts and today's cost from a result, as a configured line does."""
    prepare(world.paths)
    private_directory(world.paths.jobs_dir)
    path = Path(jobs.result_file(world.env, jobs.LOCAL, jobs.LOCAL_KEY))
    path.write_text(json.dumps({**RESULT, "alerts": alerts}))
    context = view.build({}, None, "", world.env, NOW)
    context.add_alerts(list(snapshot_alerts))
    rows: Any = [["usage_today", {}], ["alerts", {}]]
    configured = settings.checked({"rows": [rows], "cost_alerts": True})
    usage, _ = line_jobs.local_usage(context, configured, world.env, "")
    env = {"COLORTERM": "truecolor", "TERM": "xterm-256color"}
    return "".join(render(context, configured, env, width=200, local=usage))


def test_alert_on_cost_is_shown_and_colors_the_cost_of_the_day(world: World) -> None:
    quiet, drawn = alerted(world, []), alerted(world, [ALERT])
    assert "passed" not in quiet
    assert "today passed $25" in drawn
    today, calm = (text.partition("$12.35")[0] for text in (drawn, quiet))
    assert today != calm
    month = {**ALERT, "kind": "cost_month", "threshold": 12.5}
    assert "this month passed $12.50" in alerted(world, [month])
    both = alerted(world, [ALERT, month], ({**ALERT, "kind": "session", "label": "Session"},))
    assert "5h passed 25%, today passed $25, this month passed $12.50" in both


@pytest.mark.parametrize(
    "changes",
    [
        *({"line": False}, {"at": NOW - 1000}, {"resets_at": NOW}),
        *({"threshold": -1}, {"threshold": []}, {"threshold": "\x1b[2J"}),
        *({"kind": "cost_x"}, {"kind": []}, {"kind": None}, {"at": {}}, {"at": "\x1b[2J"}),
    ],
)
def test_alert_on_cost_that_is_old_or_broken_is_not_shown(
    world: World, changes: dict[str, Any]
) -> None:
    drawn = alerted(world, [{**ALERT, **changes}, 5, None])
    assert "passed" not in drawn
    assert "[2J" not in drawn
    assert "passed" not in alerted(world, changes)


def test_nothing_is_read_or_started_without_such_a_segment(world: World) -> None:
    context = view.build({}, None, "", world.env, NOW)
    for rows, alerts, starts in (
        ([["model", {}], ["cost", {}]], False, False),
        ([["burn", {}]], False, True),
        ([["cost", {"decimals": 1}], ["cost", {"today": True}]], False, True),
        ([["model", {}]], True, True),
    ):
        world.env["XDG_CACHE_HOME"] = str(world.root / f"cache{len(rows)}{alerts}{starts}")
        configured = settings.checked({"rows": [rows], "cost_alerts": alerts})
        assert bool(line_jobs.local_usage(context, configured, world.env, "python")[1]) is starts
    assert Path(paths.jobs_dir(world.env)).is_dir()


@pytest.mark.parametrize(
    ("transcript", "arguments"),
    [("/a b.jsonl", ["/a b.jsonl"]), ("/a\0b.jsonl", []), ("/a\nb.jsonl", []), (None, [""])],
)
def test_job_gets_the_transcript_of_the_session(
    world: World, monkeypatch: pytest.MonkeyPatch, transcript: object, arguments: list[str]
) -> None:
    launched: list[list[str]] = []
    monkeypatch.setattr(spawn, "launch_job", lambda _python, job, _env: launched.append(job))
    context = view.build({"transcript_path": transcript}, None, "", world.env, NOW)
    configured = settings.checked({"rows": [[["burn", {}]]]})
    start = line_jobs.local_usage(context, configured, world.env, "python")[1]
    assert start
    start()
    assert launched == [[jobs.LOCAL, *arguments]]
