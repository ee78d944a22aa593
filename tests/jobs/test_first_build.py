"""Test when the transcripts are read in the background, in the processes that do it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.transcripts import MAIN, encoded, line
from usageline.core import jobs, throttle
from usageline.sources.transcripts import roots
from usageline.storage.usage_index.checks import NAME
from usageline.system import process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import Release, World

RESPONSES = 45_000
"""Three transactions."""

TIMEOUT_S = 60


def write_transcript(world: World, responses: int = 1) -> None:
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    one = encoded(line(7, timestamp=now)).replace(b"msg_" + b"7".rjust(20, b"0"), b"msg_%08d")
    path.write_bytes(b"".join(one % number for number in range(responses)))


def result(world: World) -> dict[str, Any]:
    """Wait for the job's result."""
    path = Path(jobs.result_file(world.env, jobs.LOCAL, jobs.LOCAL_KEY))
    until = time.monotonic() + TIMEOUT_S
    while not path.exists():
        assert time.monotonic() < until, "the job has written nothing"
        time.sleep(0.05)
    value: dict[str, Any] = json.loads(path.read_text())
    return value


@contextlib.contextmanager
def locked_index(path: Path) -> Iterator[int]:
    """Wait until some transaction is done, and hold up the next. Yield the responses until then."""
    until = time.monotonic() + TIMEOUT_S
    while time.monotonic() < until:
        with contextlib.suppress(sqlite3.Error):
            connection = sqlite3.connect(f"file:{path}?mode=rw", 0, uri=True, isolation_level=None)
            try:
                connection.execute("BEGIN IMMEDIATE")
                (number,) = connection.execute("SELECT count(*) FROM responses").fetchone()
                if number:
                    yield number
                    return
            finally:
                connection.close()
        time.sleep(0.002)
    pytest.fail("the job has committed nothing")


def test_refresh_starts_the_first_build(world: World, built_release: Release) -> None:
    write_transcript(world)
    world.run(*built_release.refresh_command)
    assert result(world)["today"]["cost_micro"] == 30_010


@pytest.mark.slow
def test_first_build_goes_on_after_a_kill(world: World, built_release: Release) -> None:
    write_transcript(world, RESPONSES)
    command = [str(built_release.python), "-I", "-B", "-m", "usageline.jobs", "local"]
    path = Path(world.paths.usage_dir, NAME)
    with (
        subprocess.Popen(command, env=world.env) as process,
        locked_index(path) as before_the_kill,
    ):
        process.kill()
    assert 0 < before_the_kill < RESPONSES
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (offset,) = connection.execute("SELECT offset FROM files").fetchone()
        assert offset > 0
    assert world.run(*command, timeout=100).returncode == 0
    assert result(world)["today"]["cost_micro"] == RESPONSES * 30_010


@pytest.mark.parametrize(
    ("config", "has_transcripts", "is_started"),
    [
        ("", True, True),
        ("", False, False),
        ("[local]\nenabled = false", True, False),
        ("[local]\nkeep_days = 'no'", True, False),
    ],
)
def test_job_is_started_only_if_there_is_something_to_read(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    config: str,
    has_transcripts: bool,
    is_started: bool,
) -> None:
    world.configure(config)
    if has_transcripts:
        write_transcript(world)
    started: list[list[str]] = []
    monkeypatch.setattr(process, "start_detached", lambda command, _env: started.append(command))
    assert roots.start_if_due("/python", world.env, time.time()) is is_started
    assert [command[-1] for command in started] == ["local"] * is_started


def test_job_is_started_once_an_hour_or_more_often_if_the_cost_is_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_transcript(world)
    monkeypatch.setattr(process, "start_detached", lambda _command, _env: None)
    assert roots.start_if_due("/python", world.env, time.time())
    stamp = jobs.stamp_file(world.env, jobs.LOCAL, jobs.LOCAL_KEY)
    now = throttle.acquired_at(stamp) or 0
    assert not roots.start_if_due("/python", world.env, now + roots.HOUR_S - 1)
    assert not roots.start_if_due("/python", world.env, now + roots.SHOWN_S - 1, is_shown=True)
    assert roots.start_if_due("/python", world.env, now + roots.SHOWN_S, is_shown=True)
    assert roots.start_if_due("/python", world.env, now + roots.SHOWN_S + roots.HOUR_S)
