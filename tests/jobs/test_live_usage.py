"""Test the job that publishes today's cost, in its own process, and what it sums."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.transcripts import AT, MAIN, Directory, ago, encoded, line, noon_zone
from tests.zones import local_zone
from usageline.core import jobs
from usageline.jobs.live_usage import recent_sessions, summary
from usageline.line import local
from usageline.storage import cost_alerts, job_results
from usageline.storage.usage_index.queries import span
from usageline.system import origin_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import Release, World

NOON = AT.timestamp() + 2 * 3600
HOUR_S = 3600.0


@pytest.fixture(autouse=True)
def zone() -> Iterator[None]:
    """Set the local zone to one whose day begins an hour before UTC's."""
    with local_zone("Europe/Berlin"):
        yield


@pytest.fixture
def summed(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return what `summary` makes of lines."""

    def make(*lines: dict[str, Any], now: float = NOON, reset_at: float | None = None) -> Any:
        directory = Directory(tmp_path)
        directory.write(MAIN, *lines)
        directory.scan()
        return summary(directory.index, reset_at, now)

    return make


def run(world: World, release: Release, *transcript: Path) -> None:
    done = world.run(release.python, "-I", "-B", "-m", "usageline.jobs", "local", *transcript)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_job_publishes_what_the_line_shows(world: World, built_release: Release) -> None:
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    path.write_bytes(encoded(line(1, timestamp=now), line(2, timestamp=now, model="mine")))
    run(world, built_release)
    result = Path(jobs.result_file(world.env, jobs.LOCAL, jobs.LOCAL_KEY))
    assert result.stat().st_size <= jobs.MAX_LOCAL_BYTES
    assert result.stat().st_mode & 0o777 == 0o600
    usage, is_due = local.read(world.env, time.time(), None)
    assert not is_due
    assert usage["today"] == {"cost": 0.03001, "tokens": 42_804, "at_least": False, "unpriced": 1}
    assert usage["rate"]["cost"] == pytest.approx(0.03001 * 12)
    with job_results.lock(world.paths, jobs.LOCAL, jobs.LOCAL_KEY):
        result.unlink()
        run(world, built_release)
        assert not result.exists()
    index = Path(world.paths.state_dir, "usage")
    index.rename(index.with_name("moved"))
    index.touch()
    run(world, built_release)
    assert json.loads(result.read_text()).get("failed") is True


def test_job_of_a_session_looks_at_recent_sessions_alone(
    world: World, built_release: Release
) -> None:
    """Others count with the next look at all directories."""
    projects = world.home / ".claude" / "projects"
    own, other = projects / MAIN, projects / "p" / "other.jsonl"
    outside = world.home / "outside.jsonl"
    now = ago()

    def responses() -> int:
        usage, _ = local.read(world.env, time.time(), None)
        return int(usage["today"]["tokens"] // 21_402)

    def write(*files: Path) -> None:
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                number = time.monotonic_ns()
                file.write(encoded(line(number, timestamp=now)))

    write(own, other, outside)
    run(world, built_release, outside)
    assert responses() == 2, "the first look is at everything"
    write(own, other, outside, own.with_suffix("") / "subagents" / "deep" / "agent-a.jsonl")
    run(world, built_release, outside)
    run(world, built_release, projects / ".." / "projects" / MAIN)
    assert responses() == 2
    run(world, built_release, own)
    assert responses() == 4
    write(own)
    run(world, built_release, other)
    assert responses() == 6, "the session of the run before is looked at, too"
    write(projects / "p" / "third.jsonl")
    run(world, built_release, own)
    assert responses() == 6
    run(world, built_release)
    assert responses() == 7


@pytest.mark.parametrize(
    ("known", "paths"),
    [
        ({"/b": NOON - 5, "/c": NOON - 599, "/d": NOON - 601, "/e": NOON + 5}, ["/a", "/b", "/c"]),
        (
            {f"/{number}": NOON - number for number in range(1, 20)},
            ["/a", *(f"/{n}" for n in range(1, 6))],
        ),
        (None, ["/a"]),
        ([], ["/a"]),
        ({"/b": None, "/c": "x", "/b" * 300: NOON}, ["/a"]),
        ({"/\ud800": NOON, "": NOON}, ["/a", "/\ud800"]),
    ],
)
def test_recent_sessions_are_few_and_bounded(known: object, paths: list[str]) -> None:
    assert list(recent_sessions(known, "/a", NOON)) == paths


def test_cost_of_the_day_is_alerted_once(
    world: World, built_release: Release, tmp_path: Path
) -> None:
    """Neither another job nor an index that is built again repeats it; a greater amount does."""
    world.env["TZ"] = noon_zone()
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    now = ago()
    path.write_bytes(encoded(line(1, timestamp=now)))
    out = tmp_path / "out"
    command = f'echo "$USAGELINE_ALERT_KIND $USAGELINE_ALERT_COST" >> {out}'
    settings = f"[alerts]\ncommand = '{command}'\n"
    world.configure(settings + "cost_day = 0.05\ncost_month = 100")
    run(world, built_release)
    assert not out.exists()
    path.write_bytes(encoded(line(1, timestamp=now), line(2, timestamp=now)))
    run(world, built_release)
    assert out.read_text() == "cost_day 0.06\n"
    usage, _ = local.read(world.env, time.time(), None)
    assert [(row["kind"], row["line"]) for row in usage["alerts"]] == [("cost_day", True)]
    index = Path(world.paths.usage_dir, "usage.db")
    index.write_bytes(index.read_bytes()[:5000])
    run(world, built_release)
    index.unlink()
    run(world, built_release)
    assert local.read(world.env, time.time(), None)[0]["alerts"] == usage["alerts"]
    assert out.read_text() == "cost_day 0.06\n"
    sent = Path(cost_alerts.path(world.paths))
    moved = sent.rename(sent.with_name("moved"))
    sent.mkdir()
    run(world, built_release)
    assert out.read_text() == "cost_day 0.06\n", "an alert that cannot be remembered was sent"
    sent.rmdir()
    moved.rename(sent)
    world.configure(settings + "cost_day = 0.06")
    run(world, built_release)
    assert out.read_text() == 2 * "cost_day 0.06\n"
    entries = Path(world.paths.log).read_text().splitlines()
    assert [json.loads(entry)["ended"] for entry in entries] == ["alerted", "alerted"]


def test_environment_of_a_project_adds_nothing(world: World, release: Release) -> None:
    origin_record.write_record(str(release.root), world.env)
    path = world.home / "project" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded(line()))
    own = dict(world.env)
    world.env["CLAUDE_CONFIG_DIR"] = str(world.home / "project")
    run(world, release)
    assert not Path(world.paths.state_dir, "usage").exists()
    world.env.clear()
    world.env.update(own)
    run(world, release)
    assert Path(world.paths.state_dir, "usage", "usage.db").exists()


def test_today_begins_at_the_local_midnight(summed: Callable[..., dict[str, Any]]) -> None:
    # 10:00 UTC less 11 hours and a second is before midnight in Berlin; 11 hours are at it.
    value = summed(line(1, after_s=-11 * HOUR_S - 1), line(2, after_s=-11 * HOUR_S), line(3))
    assert value["today"]["cost_micro"] == 2 * 30_010
    assert value["midnight"] - value["from"] == 24 * HOUR_S


def test_window_is_the_reported_one(summed: Callable[..., dict[str, Any]]) -> None:
    reset_at = NOON + 3 * HOUR_S + 60
    lines = [line(1, after_s=-30), line(2, after_s=60), line(3, after_s=HOUR_S)]
    block = summed(*lines, reset_at=reset_at)["block"]
    assert (block["from"], block["to"]) == (reset_at - 5 * HOUR_S, reset_at)
    assert (block["estimated"], block["cost_micro"]) == (False, 2 * 30_010)


def test_rate_is_of_the_last_half_hour_of_activity(summed: Callable[..., dict[str, Any]]) -> None:
    lines = [line(1), line(2, after_s=HOUR_S), line(3, after_s=HOUR_S + 1200, stop=None)]
    rate = summed(*lines)["block"]["rate"]
    assert rate["cost_micro"] == 2 * 30_010 * 3
    assert rate["until"] == AT.timestamp() + HOUR_S + 1200 + 1800


@pytest.mark.parametrize(
    ("first_s", "end_s"), [(0, 7200), (1, 7199), (900, 1800), (901, 1799), (100, 200), (1700, 2000)]
)
def test_sums_between_two_times_are_exact(tmp_path: Path, first_s: int, end_s: int) -> None:
    """Whole quarters of an hour are summed already, and their edges are not."""
    directory = Directory(tmp_path)
    numbers = range(0, 7200, 50)
    directory.write(MAIN, *(line(number, after_s=number, output=number) for number in numbers))
    directory.scan()
    start_ms = int(AT.timestamp()) * 1000
    row = span(directory.index, start_ms + first_s * 1000, start_ms + end_s * 1000)
    chosen = [number for number in numbers if first_s <= number < end_s]
    assert (row.responses, row.output) == (len(chosen), sum(chosen))
