"""The SessionStart hook: silent, but for an alert that the user wants told there, once."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hot import INTERPRETER, Hot
from tests.world import REPOSITORY
from usageline.core import jobs, paths
from usageline.line import session_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Release, World

RESETS_IN_S = 3600


def alert(**changes: Any) -> dict[str, Any]:
    """One of the session's limit, as the refresh publishes it."""
    now = int(time.time())
    row = {
        "kind": "session",
        "label": "Current session",
        "threshold": 90,
        "percent": 92.5,
        "resets_at": now + RESETS_IN_S,
        "at": now - 60,
    }
    return {**row, "line": True, "session_start": True, **changes}


class Hook:
    """The hook as the client starts it."""

    def __init__(self, world: World, release: Release) -> None:
        self.world, self.hot = world, Hot(world, release)
        self.command = [INTERPRETER, "-I", "-S", "-B", str(release.hook)]

    def publish(self, *alerts: object, **changes: Any) -> None:
        self.hot.publish(**{"alerts": list(alerts), "limits": [], "credits": [], **changes})

    def start(
        self, *, stdout: int = subprocess.PIPE, env: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        whole = {**self.world.env, **(env or {})}
        return subprocess.Popen(
            self.command, env=whole, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE
        )

    def run(self, **env: str) -> str:
        """What one start prints; a start that fails, or says anything on stderr, fails the test."""
        process = self.start(env=env)
        stdout, stderr = process.communicate(timeout=20)
        assert (process.returncode, stderr) == (0, b"")
        return stdout.decode("ascii")

    def told(self, **env: str) -> str | None:
        """Return the message of one start, or None if it prints nothing."""
        output = self.run(**env)
        if not output:
            return None
        document = json.loads(output)
        assert list(document) == ["systemMessage"]
        assert isinstance(document["systemMessage"], str)
        return str(document["systemMessage"])


def publish_cost(session: Hook, *changes: dict[str, Any]) -> None:
    """Publish alerts on cost, as the job of the transcripts does."""
    now = int(time.time())
    row = {
        "kind": "cost_day",
        "label": "2026-11-29",
        "threshold": 25.0,
        "percent": 101.6,
        "resets_at": now + 3600,
        "at": now - 60,
        "cost": 25.4,
        "at_least": False,
        "session_start": True,
        "line": True,
    }
    path = Path(jobs.result_file(session.world.env, jobs.LOCAL, jobs.LOCAL_KEY))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    rows = [{**row, **each} for each in changes]
    path.write_text(json.dumps({"version": 1, "alerts": rows}))


@pytest.fixture
def session(world: World, built_release: Release) -> Hook:
    return Hook(world, built_release)


def test_alert_on_cost_is_told_once_without_a_plan_too(session: Hook) -> None:
    publish_cost(session, {}, {"kind": "cost_month", "threshold": 12.5, "label": "2026-11"})
    session.publish(cost_alerts=False)
    assert session.told() is None
    session.publish(cost_alerts=True, credentials="another sign-in")
    assert session.told(ANTHROPIC_API_KEY="key") == (
        "usageline: today's cost is $25.40 at list prices: it passed $25; "
        "this month's cost is $25.40 at list prices: it passed $12.50"
    )
    assert session.told() is None


@pytest.mark.parametrize(
    "changes",
    [
        *({"session_start": False}, {"resets_at": 0}, {"at": 0}, {"at": "\x1b"}, {"label": 3}),
        *({"threshold": None}, {"threshold": -1}, {"cost": "\x1b"}, {"kind": []}),
    ],
)
def test_alert_on_cost_that_is_old_or_broken_is_not_told(
    session: Hook, changes: dict[str, Any]
) -> None:
    publish_cost(session, changes)
    session.publish(cost_alerts=True)
    assert session.told() is None


def test_an_alert_is_told_at_one_sessions_start_and_at_no_other(session: Hook) -> None:
    at = int(time.time()) + RESETS_IN_S
    session.publish(alert(resets_at=at))
    assert session.told() == "usageline: the 5-hour limit is at 92% and resets at " + time.strftime(
        "%H:%M", time.gmtime(at)
    )
    assert session.told() is None


def test_the_same_threshold_in_the_next_window_or_reached_anew_is_told_again(session: Hook) -> None:
    first = alert()
    for row in (
        first,
        {**first, "resets_at": first["resets_at"] + 18000},
        {**first, "at": first["at"] + 1},
        {**first, "threshold": 75},
    ):
        session.publish(row)
        assert session.told()
        assert session.told() is None


def test_an_alert_of_an_overdue_window_says_so(session: Hook) -> None:
    now = int(time.time())
    session.publish(alert(kind="weekly_all", percent=99, resets_at=now - 4200, at=now - 60))
    assert session.told() == "usageline: the weekly limit is at 99%, and its reset is overdue"


def test_several_are_one_message_with_what_is_used_now(session: Hook) -> None:
    session.publish(
        alert(kind="weekly_scoped", label="Fable", resets_at=None),
        alert(kind="credits", label="Usage credits", percent=130),
        alert(kind="weekly_all", resets_at=None),
        limits=[{"kind": "weekly_scoped", "label": "Fable", "percent": 97.9}],
    )
    assert (
        session.told()
        == "usageline: the weekly limit for Fable is at 97%; the credit limit is at 130%; "
        "the weekly limit is at 92%"
    )


def test_more_than_one_message_holds_are_told_at_the_next_start(session: Hook) -> None:
    session.publish(
        *(
            alert(kind="new", label=f"number {number}", resets_at=None)
            for number in range(session_start.MAX_SHOWN + 1)
        )
    )
    assert str(session.told()).count("number") == session_start.MAX_SHOWN
    assert session.told() == f"usageline: the limit number {session_start.MAX_SHOWN} is at 92%"
    assert session.told() is None


@pytest.mark.parametrize(
    "change",
    [
        {"session_start": False},
        {"session_start": 1},
        {"resets_at": 1_795_400_000, "at": 1_795_399_000},
        {"resets_at": "soon"},
        {"at": 0},
        {"percent": None},
        {"percent": True},
        {"threshold": -1},
        {"threshold": "90"},
        {"label": 5},
        {"kind": None},
        {"kind": []},
    ],
    ids=str,
)
def test_what_is_not_to_be_told_or_is_no_alert_is_silence(
    session: Hook, change: dict[str, Any]
) -> None:
    session.publish(alert(**change))
    assert session.run() == ""


@pytest.mark.parametrize("alerts", [None, [], {}, "x", 5, [None, 3, "x", []]], ids=str)
def test_alerts_of_another_shape_are_silence(session: Hook, alerts: object) -> None:
    session.publish(alerts=alerts)
    assert session.run() == ""


@pytest.mark.parametrize(
    "changes", [{"credentials": "1-2-3"}, {"credentials": None}, {"version": 2}], ids=str
)
def test_another_sign_ins_alerts_are_not_told(session: Hook, changes: dict[str, Any]) -> None:
    session.publish(alert(), **changes)
    assert session.run() == ""


@pytest.mark.parametrize(
    "variable", ["USAGELINE_REFRESH", "ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK"]
)
def test_a_session_without_a_user_or_a_plan_neither_tells_nor_counts(
    session: Hook, variable: str
) -> None:
    session.publish(alert())
    assert session.told(**{variable: "1"}) is None
    assert session.told()


def test_ten_sessions_at_once_tell_once(session: Hook) -> None:
    session.publish(alert(), alert(kind="weekly_all"))
    running = [session.start() for _ in range(10)]
    outputs = [process.communicate(timeout=20)[0] for process in running]
    assert b"".join(outputs).count(b"5-hour") == 1
    assert b"".join(outputs).count(b"weekly") == 1


def test_killed_before_it_could_say_it_a_session_has_told_at_most_once(
    session: Hook, eventually: Callable[..., None]
) -> None:
    """It blocks on a full pipe. No other session shows what was lost."""
    session.publish(alert())
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writer, bytes(4096)):
            pass
    os.set_blocking(writer, True)
    process = session.start(stdout=writer)
    shown_alerts = Path(session.world.paths.shown_alerts_dir)
    eventually(lambda: shown_alerts.exists() and list(shown_alerts.iterdir()))
    process.kill()
    process.communicate(timeout=10)
    os.close(reader)
    os.close(writer)
    assert session.run() == ""


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shown_alerts: shown_alerts.touch(),
        lambda shown_alerts: shown_alerts.symlink_to("/tmp"),
        lambda shown_alerts: (shown_alerts.mkdir(), shown_alerts.chmod(0o777)),
        lambda shown_alerts: shown_alerts.parent.chmod(0o777),
    ],
    ids=["a file", "a link", "for all to write", "in a cache for all to write"],
)
def test_what_cannot_be_noted_is_not_told(session: Hook, spoil: Callable[[Path], object]) -> None:
    """Else each session would tell it."""
    session.publish(alert())
    spoil(Path(session.world.paths.shown_alerts_dir))
    assert session.run() == ""


def test_the_note_is_this_users_alone_whatever_the_umask(session: Hook) -> None:
    session.publish(alert())
    before = os.umask(0)
    try:
        assert session.told()
    finally:
        os.umask(before)
    directory = Path(session.world.paths.shown_alerts_dir)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in directory.iterdir()] == [0o600]


def test_a_reader_that_has_gone_keeps_no_refresh_from_starting(
    session: Hook, eventually: Callable[..., None]
) -> None:
    session.world.env["USAGELINE_API_URL"] = "http://127.0.0.1:1"
    session.publish(alert(), next_refresh_at=1)
    reader, writer = os.pipe()
    os.close(reader)
    process = session.start(stdout=writer)
    os.close(writer)
    assert process.communicate(timeout=20)[1] == b""
    assert process.returncode == 0
    eventually(lambda: session.world.snapshot().get("next_refresh_at", 1) > 1)


def test_without_an_alert_for_it_the_hook_imports_nothing_for_alerts(session: Hook) -> None:
    """Nor for a refresh that is not due. tools/bench.py holds its cost."""
    session.publish(alert(session_start=False))
    script = session.command[-1]
    report = (
        "import posix, sys; "
        "posix._exit = lambda code: posix.write(1, ' '.join(sys.modules).encode());"
        f"__file__ = {script!r}; exec(compile(open({script!r}).read(), {script!r}, 'exec'))"
    )
    done = session.hot.run(command=[*session.command[:-1], "-c", report])
    modules = set(done.stdout.decode().split())
    assert "usageline.core.freshness" in modules
    assert not modules & {
        "usageline.line.view",
        "usageline.core.text",
        "usageline.core.formatting",
        "json",
        "os",
        "re",
    }


def test_the_plugins_hook_lets_the_message_through_and_nothing_else(
    session: Hook, built_release: Release
) -> None:
    """Neither a traceback nor what the shell has to say."""
    command = json.loads((REPOSITORY / "hooks" / "hooks.json").read_text())["hooks"][
        "SessionStart"
    ][0]["hooks"][0]["command"]
    env = {
        **session.world.env,
        "CLAUDE_PLUGIN_ROOT": str(built_release.root),
        "PATH": os.path.dirname(INTERPRETER) + ":/usr/bin:/bin",
    }
    session.publish(alert())
    done = session.world.run("/bin/sh", "-c", command, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "5-hour" in json.loads(done.stdout)["systemMessage"]
    done = session.world.run(
        "/bin/sh", "-c", command, env={**env, "CLAUDE_PLUGIN_ROOT": "/nonexistent"}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@given(
    label=st.text(st.characters(exclude_categories=()), max_size=200),
    kind=st.sampled_from(
        ["session", "weekly_all", "weekly_scoped", "credits", "\x1b]0;x\x07", "\ud800"]
    ),
    percent=st.integers(0, 10**6) | st.floats(0, 10**6),
)
def test_whatever_a_label_holds_the_output_is_one_line_of_json_that_a_terminal_can_show(
    tmp_path_factory: pytest.TempPathFactory, label: str, kind: str, percent: float
) -> None:
    env = {"HOME": str(tmp_path_factory.mktemp("home"))}
    Path(paths.cache_dir(env)).mkdir(parents=True, mode=0o700)
    snapshot = {
        "version": 1,
        "credentials": "",
        "alerts": [alert(label=label, kind=kind, percent=percent)],
    }
    message = session_start.message(snapshot, env, time.time())
    assert message.isascii()
    assert message.endswith("}\n")
    assert message.count("\n") == 1
    assert json.loads(message)["systemMessage"].isprintable()
    assert session_start.message(snapshot, env, time.time()) == ""
