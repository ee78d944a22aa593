"""The log: a line for each refresh, whole, private, bounded and without a secret."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world import CANARY
from usageline.core.freshness import is_stale
from usageline.refresh.log_entry import Outcome, RunLog, why_due
from usageline.refresh.run import refresh
from usageline.storage import refresh_log
from usageline.storage.refresh_log import MAX_LINE_BYTES
from usageline.system import lock
from usageline.system.paths import Paths
from usageline.usage.alerts import Alert
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.refresh.conftest import Later
    from tests.server import Api
    from tests.world import Release, World


def entries(world: World) -> list[dict[str, Any]]:
    """Return the log's entries, newest last."""
    return [json.loads(line) for line in refresh_log.read_last(world.paths, 1000)]


def values(world: World, *names: str) -> list[tuple[Any, ...]]:
    """Those values of each line."""
    return [tuple(entry.get(name) for name in names) for entry in entries(world)]


def test_each_end_of_a_refresh_has_its_line(world: World, api: Api, later: Later) -> None:
    """Why it ran, and how it ended."""
    refresh(world.env)
    refresh(world.env)
    with lock.hold(world.paths.lock):
        refresh(world.env)
    world.make_due()
    api.fault = "500"
    later.refresh()
    assert values(world, "why", "ended", "status") == [
        ("there were no numbers", "refreshed", "ok"),
        (None, "not-due", None),
        (None, "busy", None),
        ("it was due", "failed", "offline"),
    ]
    first, *_, failed = entries(world)
    assert first["by"] == "command"
    assert abs(
        time.time() - time.mktime(time.strptime(first["at"] + " UTC", "%Y-%m-%dT%H:%M:%SZ %Z"))
    ) < 60 + abs(time.timezone)
    assert first["tried"][-1] == "oauth: ok"
    assert 0 <= first["ms"] < 10_000
    assert first["next"] > first["at"]
    assert "oauth: offline (500), server error 500" in failed["tried"]


def test_the_log_has_the_http_status_of_the_answer(world: World, api: Api) -> None:
    api.fault = "429"
    refresh(world.env)
    (line,) = entries(world)
    assert any(text.startswith("oauth: rate-limited (429)") for text in line["tried"])
    assert line["status"] == "rate-limited"


def test_the_log_reports_a_cache_that_may_not_be_used(world: World) -> None:
    """That is before there is a lock."""
    Path(world.paths.cache_dir).parent.mkdir(parents=True)
    Path(world.paths.cache_dir).write_text("")
    assert refresh(world.env).state == "failed"
    assert "is not a directory; remove it" in entries(world)[0]["notes"][0]


@pytest.mark.usefixtures("api")
def test_log_entry_names_the_trigger(world: World, built_release: Release) -> None:
    world.run(*built_release.refresh_command[:-1], "hook", "--force")
    world.run(*built_release.refresh_command[:-2])
    assert [line for (line,) in values(world, "by")] == ["hook", "unknown"]


@pytest.mark.parametrize("by", ["", "\x1b[31m" + CANARY, "Line"])
def test_a_trigger_that_is_not_known_is_not_logged(by: str) -> None:
    assert json.loads(RunLog(by).aborted("x"))["by"] == "unknown"


def test_a_refresh_that_is_ended_by_its_last_resort_has_a_line(
    world: World, built_release: Release
) -> None:
    code = (
        "import sys; sys.argv[1:] = ['--by', 'line']\n"
        "from usageline.refresh import __main__ as main, run\n"
        "import time; main.HARD_TIMEOUT_S = 1\n"
        "run._bounded = lambda *_, **__: time.sleep(30)\n"
        "main.main()\n"
    )
    world.run(built_release.python, "-I", "-B", "-c", code)
    assert values(world, "by", "ended") == [("line", "cut off")]
    assert "did not end within" in entries(world)[0]["notes"][0]


@pytest.mark.usefixtures("api")
def test_the_log_reports_a_store_set_aside_and_a_history_that_cannot_grow(world: World) -> None:
    refresh(world.env)
    Path(world.paths.store_dir, "cache.db").write_bytes(b"no database")
    history = Path(world.paths.history_dir)
    for path in sorted(history.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    history.rmdir()
    history.write_text("")
    refresh(world.env, force=True)
    notes = entries(world)[-1]["notes"]
    assert "what was remembered could not be read and was set aside" in notes
    assert "the reading could not be added to the history" in notes


def test_the_log_reports_that_the_refresh_before_was_killed(
    world: World,
    api: Api,
    built_release: Release,
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    api.fault = "hang"
    process = subprocess.Popen(built_release.refresh_command, env=world.env)
    eventually(lambda: api.requests)
    process.kill()
    process.wait()
    api.fault = ""
    refresh(world.env)
    assert "an earlier refresh was cut off" in str(entries(world)[-1])


def test_the_log_names_the_alerts_that_were_sent() -> None:
    entry = RunLog("line")
    entry.notified(
        (Alert("session", "Current session", 80, 81.0, None, 1),),
        ["desktop: nothing to show it with"],
    )
    line = json.loads(entry.finished(Outcome("not-due", None)))
    assert line["notes"] == [
        "sent: 5-hour limit 80%",
        "not sent by desktop: nothing to show it with",
    ]


@pytest.mark.usefixtures("api")
def test_the_log_is_private_whatever_the_umask(world: World) -> None:
    before = os.umask(0)
    try:
        refresh(world.env)
    finally:
        os.umask(before)
    path = Path(world.paths.log)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "kind", ["link", "directory", "fifo", "hard link", "others' directory", "no home"]
)
@pytest.mark.usefixtures("api")
def test_a_foreign_log_is_not_written_and_no_refresh_fails_for_it(
    world: World, tmp_path: Path, kind: str
) -> None:
    path = Path(world.paths.log)
    path.parent.mkdir(parents=True, mode=0o700)
    target = tmp_path / "target"
    target.write_text("theirs")
    if kind == "link":
        path.symlink_to(target)
    elif kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "hard link":
        os.link(target, path)
    elif kind == "others' directory":
        path.parent.chmod(0o777)
    else:
        assert not refresh_log.append(Paths({}), b"\n")
        return
    assert refresh(world.env).state == "refreshed"
    assert target.read_text() == "theirs"
    if kind != "others' directory":
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on what is there
            refresh_log.read_last(world.paths, 1)


@pytest.mark.usefixtures("api")
def test_it_is_bounded_and_keeps_what_came_before_in_one_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the lock it is rotated; without the lock, at twice the size."""
    monkeypatch.setattr(refresh_log, "MAX_BYTES", 32 << 10)
    path, older = Path(world.paths.log), Path(world.paths.log + refresh_log.OLDER)
    refresh(world.env)
    line = path.read_bytes()
    path.write_bytes(line * (refresh_log.MAX_BYTES // len(line) + 1))
    assert refresh_log.append(world.paths, line)
    assert not older.exists()
    refresh(world.env)
    assert refresh_log.MAX_BYTES <= older.stat().st_size < refresh_log.MAX_BYTES + 2 * len(line)
    assert len(path.read_bytes().splitlines()) == 1
    assert len(refresh_log.read_last(world.paths, 50)) == 50
    for _ in range(3 * refresh_log.MAX_BYTES // len(line)):
        assert refresh_log.append(world.paths, line)
    assert (
        path.stat().st_size + older.stat().st_size < 4 * refresh_log.MAX_BYTES + 2 * MAX_LINE_BYTES
    )
    assert len(list(path.parent.iterdir())) == 2


@pytest.mark.slow
def test_writers_at_once_lose_and_tear_no_line(world: World, built_release: Release) -> None:
    code = (
        "from usageline.storage import refresh_log\n"
        "from usageline.refresh.log_entry import RunLog\n"
        "from usageline.refresh.run import Outcome\n"
        "from usageline.system.paths import Paths\n"
        "import os\n"
        "outcome = Outcome('busy', None, 'x' * 150)\n"
        "for _ in range(100):\n"
        "    refresh_log.append(Paths(os.environ), RunLog('line').finished(outcome))\n"
    )
    running = [
        subprocess.Popen([built_release.python, "-I", "-B", "-c", code], env=world.env)
        for _ in range(10)
    ]
    assert [process.wait(60) for process in running] == [0] * 10
    assert len(entries(world)) == 1000


@pytest.mark.usefixtures("api")
def test_what_a_full_disk_left_of_a_line_does_not_take_the_next_along(world: World) -> None:
    refresh(world.env)
    path = Path(world.paths.log)
    path.write_bytes(path.read_bytes() + b'{"at":"2026')
    refresh(world.env)
    assert [line for line in refresh_log.read_last(world.paths, 9) if line.endswith(b"}")] == [
        path.read_bytes().splitlines()[index] for index in (0, 2)
    ]


TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from('\x1b\x07\n\r\x9b\u202e"\\\ud800')), max_size=400
)


@given(st.lists(TEXTS, max_size=20), st.lists(TEXTS, max_size=20), TEXTS)
def test_a_line_is_one_short_line_of_printable_json_whatever_is_in_it(
    tried: list[str], notes: list[str], detail: str
) -> None:
    entry = RunLog("line")
    for text in tried:
        entry.source_failed("oauth", SourceFailure("offline", text))
    entry.notes += notes
    snapshot = {"status": "offline", "next_refresh_at": 1_795_400_000, "detail": detail}
    line = entry.finished(Outcome("failed", snapshot, detail)).decode()
    assert len(line.encode()) <= MAX_LINE_BYTES
    assert line[-1] == "\n"
    assert line[:-1].isprintable()
    assert json.loads(line)["ended"] == "failed"


@pytest.mark.parametrize("character", ["x", "\U0001f980", '"', "\\"])
def test_line_of_many_long_texts_is_short_and_names_each(character: str) -> None:
    entry = RunLog("line")
    for number in range(8):
        entry.source_failed("oauth", SourceFailure("offline", f"{number}" + 999 * character))
        entry.notes.append(f"{number}" + 999 * character)
    line = entry.aborted("the last resort " + 999 * character)
    assert len(line) <= MAX_LINE_BYTES
    written = json.loads(line)
    assert [len(written[name]) for name in ("tried", "notes")] == [8, 8]
    assert written["notes"][0].startswith("the last")


@pytest.mark.parametrize(
    "secret",
    [
        CANARY,
        f"Bearer {CANARY[6:]}",
        "http://somebody:word@proxy",
        "t@example.com",
        "11111111-1111-4111-8111-111111111111",
        "SK-ANT-api03-x",
    ],
)
def test_a_secret_in_a_detail_ends_there(secret: str) -> None:
    entry = RunLog("line")
    entry.source_failed("oauth", SourceFailure("offline", f"before {secret} after"))
    entry.notes.append("x" * 140 + secret)
    line = entry.aborted(f"«{secret}»").decode()
    for part in (secret, "CANARY", "somebody", "example", "1111-4111"):
        assert part not in line
    assert "before [left out]" in line
    assert "after" in line


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-100, 200), st.floats(0, 200), st.text(max_size=2)
)
SNAPSHOTS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("version", "next_refresh_at", "published_at", "credentials"), VALUES
        ),
    ),
)


@given(SNAPSHOTS, st.sampled_from(["", "a"]), st.floats(0, 100))
def test_there_is_a_reason_exactly_if_a_refresh_is_due(
    snapshot: dict[str, Any] | None, credentials: str, now: float
) -> None:
    assert bool(why_due(snapshot, credentials, now, force=False)) == is_stale(
        snapshot, credentials, now
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 2}, "the numbers were another version's"),
        ({"credentials": "b"}, "the sign-in changed"),
        ({"published_at": 1000}, "the clock was set back"),
        ({"next_refresh_at": 99}, "it was due"),
        ({}, ""),
    ],
)
def test_the_reason_is_the_true_one(changes: dict[str, Any], reason: str) -> None:
    snapshot = {
        "version": 1,
        "credentials": "a",
        "published_at": 90,
        "next_refresh_at": 200,
        **changes,
    }
    assert why_due(snapshot, "a", 100, force=False) == reason
    assert why_due(snapshot, "a", 100, force=True) == "it was asked for"
