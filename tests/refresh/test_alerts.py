"""Test alerts from the service's answer to the notifiers.

They are remembered before they are sent, sent once, and delay nothing.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.server import usage_body
from usageline.core.alert_text import alert_id
from usageline.refresh import notify
from usageline.refresh.log_entry import RunLog
from usageline.refresh.run import refresh
from usageline.storage.account_state import AccountState, as_json, from_json
from usageline.system import lock, notifier
from usageline.usage.alerts import MAX_ALERTS, Alert

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.refresh.conftest import Later
    from tests.server import Api
    from tests.world import Release, World

AT = 1_795_464_000
ALERT = Alert("session", "Current session", 90, 92.5, AT, AT - 9000)


@pytest.fixture
def out(world: World) -> Path:
    """The file in which the user's command records each alert."""
    path = world.root / "out"
    world.configure(
        f"[alerts]\ncommand = 'echo $USAGELINE_ALERT_KIND $USAGELINE_ALERT_THRESHOLD >> {path}'\n"
    )
    return path


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def alerts(world: World) -> list[tuple[str, int]]:
    return [(alert["kind"], alert["threshold"]) for alert in world.snapshot()["alerts"]]


def test_a_crossed_threshold_is_published_and_sent_once(
    world: World, api: Api, later: Later, out: Path
) -> None:
    """The first reading of an account can cross a threshold, too.

    A failed refresh keeps the account's alerts beside its numbers.
    """
    api.body = usage_body(session=92, weekly=80)
    refresh(world.env)
    alerts = world.snapshot()["alerts"]
    assert [
        {key: value for key, value in row.items() if key not in ("resets_at", "at")}
        for row in alerts
    ] == [
        {
            "kind": "session",
            "label": "Current session",
            "threshold": 90,
            "percent": 92,
            "line": True,
            "session_start": False,
        },
        {
            "kind": "weekly_all",
            "label": "Current week (all models)",
            "threshold": 75,
            "percent": 80,
            "line": True,
            "session_start": False,
        },
    ]
    assert [row["resets_at"] for row in alerts] == [
        limit["resets_at"] for limit in world.snapshot()["limits"][:2]
    ]
    assert all(abs(row["at"] - time.time()) < 10 for row in alerts)
    later.refresh()
    api.fault = "500"
    later.refresh()
    assert world.snapshot()["status"] == "offline"
    assert world.snapshot()["alerts"] == alerts
    assert sorted(lines(out)) == ["session 90", "weekly_all 75"]


@pytest.mark.usefixtures("out")
def test_another_accounts_alerts_are_its_own(world: World, api: Api, later: Later) -> None:
    api.body = usage_body(session=92)
    refresh(world.env)
    api.body = usage_body()
    world.sign_in(account="33333333-3333-4333-8333-333333333333", token="sk-ant-oat01-other")
    later.refresh()
    assert alerts(world) == []
    world.sign_out()
    later.refresh()
    assert alerts(world) == []


def test_the_settings_decide_which_alerts_appear_in_which_place(
    world: World, api: Api, out: Path
) -> None:
    api.body = usage_body(session=92, weekly=80)
    world.configure(
        "[alerts]\nthresholds = [85]\nkinds = ['session']\nline = false\nsession_start = true\n"
        f"cost_day = 25\ncommand = 'echo told > {out}'\n"
    )
    refresh(world.env)
    assert alerts(world) == [("session", 85)]
    assert (
        world.snapshot()["alerts"][0]["line"],
        world.snapshot()["alerts"][0]["session_start"],
    ) == (False, True)
    assert world.snapshot()["cost_alerts"] is True
    assert lines(out) == ["told"]


def test_without_thresholds_there_are_no_alerts(world: World, api: Api, later: Later) -> None:
    """An alert that was published before is removed, too."""
    api.body = usage_body(session=92)
    refresh(world.env)
    assert alerts(world) == [("session", 90)]
    world.configure("[alerts]\nthresholds = []")
    later.refresh()
    assert alerts(world) == []


def start(world: World, release: Release) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*release.refresh_command, "--force"], env=world.env, stdin=subprocess.DEVNULL
    )


def test_refreshes_at_once_send_an_alert_once(
    world: World, api: Api, out: Path, built_release: Release
) -> None:
    api.body = usage_body(session=92)
    for process in [start(world, built_release) for _ in range(5)]:
        assert process.wait(30) == 0
    assert lines(out) == ["session 90"]


def test_a_refresh_killed_at_any_moment_has_sent_at_most_once(
    world: World, api: Api, out: Path, built_release: Release
) -> None:
    """Between remembering and telling, too: then it shows in the line alone."""
    api.body = usage_body(session=92)
    for number in range(6):
        process = start(world, built_release)
        time.sleep(0.08 * number)
        process.kill()
        process.wait(10)
    deadline = time.monotonic() + 20
    while not Path(world.paths.snapshot).exists() or alerts(world) != [("session", 90)]:
        assert time.monotonic() < deadline
        start(world, built_release).wait(20)
    assert lines(out) in ([], ["session 90"])


def test_an_alert_is_remembered_before_it_is_sent(
    world: World,
    api: Api,
    later: Later,
    built_release: Release,
    eventually: Callable[..., None],
) -> None:
    """The command kills the refresh that runs it, and finds the alert in the snapshot."""
    out = world.root / "out"
    world.configure(f"[alerts]\ncommand = 'cat {world.paths.snapshot} >> {out}; kill -9 $PPID'")
    api.body = usage_body(session=92)
    assert start(world, built_release).wait(20) == -9
    eventually(lambda: lines(out))
    assert '"threshold":90' in lines(out)[0]
    later.refresh()
    assert len(lines(out)) == 1


def test_an_alert_that_cannot_be_remembered_is_not_sent(world: World, api: Api, out: Path) -> None:
    """Otherwise every refresh would send it.

    While the service is asked, another program locks and moves the store.
    """
    taken = []

    def body(_: object) -> dict[str, Any]:
        store = Path(world.paths.store_dir)
        taken.append(
            sqlite3.connect(store / "cache.db", isolation_level=None, check_same_thread=False)
        )
        taken[0].execute("BEGIN EXCLUSIVE")
        store.rename(store.with_name("elsewhere"))
        return usage_body(session=92)

    api.body = body
    refresh(world.env)
    taken[0].close()
    assert [limit["percent"] for limit in world.snapshot()["limits"]] == [92, 26, 55]
    assert alerts(world) == []
    assert lines(out) == []


def test_a_command_that_takes_its_time_holds_no_lock(
    world: World, api: Api, built_release: Release, eventually: Callable[..., None]
) -> None:
    api.body = usage_body(session=92)
    gate, out = world.root / "gate", world.root / "out"
    os.mkfifo(gate)
    world.configure(f"[alerts]\ncommand = 'echo begun > {out}; cat {gate} >> {out}'")
    process = start(world, built_release)
    eventually(lambda: lines(out))
    with lock.hold(world.paths.lock) as is_owner:
        assert is_owner
    assert process.poll() is None
    gate.write_text("ended\n")
    assert process.wait(20) == 0
    assert lines(out) == ["begun", "ended"]


def test_a_command_that_never_ends_is_killed_and_reported(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.body = usage_body(session=92)
    world.configure("[alerts]\ncommand = 'exec sleep 1000'")
    monkeypatch.setattr(notifier, "TIMEOUT_S", 0.2)
    log = RunLog()
    assert refresh(world.env, log=log).state == "refreshed"
    assert log.notes[1:] == ["not sent by command: it was still running and was ended"]


def test_a_record_keeps_its_alerts() -> None:
    """What is damaged or hostile among them is not there."""
    record = AccountState(alerts=(ALERT, replace(ALERT, resets_at=None, at=0)))
    assert from_json(json.loads(json.dumps(as_json(record)))) == record
    row = asdict(ALERT)
    damaged = [
        {**row, "threshold": -1},
        {**row, "threshold": "90"},
        {**row, "percent": None},
        {**row, "kind": 3},
        {**row, "label": ""},
        5,
        None,
        [],
    ]
    assert from_json({"alerts": [*damaged, row]}).alerts == (ALERT,)
    assert from_json({"alerts": "all"}).alerts == from_json({}).alerts == ()
    assert len(from_json({"alerts": [row] * 1000}).alerts) == MAX_ALERTS


def test_marks_of_sessions_are_removed_when_their_window_must_be_over(world: World) -> None:
    """An alert of a longer window keeps its mark; without marks no directory is made."""
    now = time.time()
    directory = Path(world.paths.shown_alerts_dir)
    notify.prune_sent(world.paths, (ALERT,), now)
    assert not directory.exists()
    directory.mkdir(parents=True, mode=0o700)
    stands = alert_id(asdict(ALERT))
    for name, age_s in (
        ("old", notify.KEEP_SENT_S + 1),
        ("new", notify.KEEP_SENT_S - 60),
        (stands, 10 * notify.KEEP_SENT_S),
    ):
        (directory / name).touch()
        os.utime(directory / name, (now - age_s, now - age_s))
    notify.prune_sent(world.paths, (ALERT,), now)
    assert {path.name for path in directory.iterdir()} == {"new", stands}
