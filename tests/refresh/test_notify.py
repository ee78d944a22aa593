"""Telling of alerts: what is run, with what, and that nothing is left of it."""

from __future__ import annotations

import os
import shlex
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.running import is_running
from usageline.config.loader import Alerts
from usageline.refresh.notify import send
from usageline.system import origin, origin_record, trust
from usageline.system.notifier import MAX_MESSAGES, TIMEOUT_S, Desktop
from usageline.usage.alerts import Alert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import World

NOW = int(time.time())
ALERT = Alert("session", "Current session", 90, 92.5, NOW + 3600, NOW)
HOSTILE = (
    "$(touch pwned)`touch pwned`'; touch pwned; "
    '" & do shell script "touch pwned" <img src=x> -- --help'
)
TEXT = "the 5-hour limit is at 92% and resets at "


def within(seconds: float) -> float:
    return time.monotonic() + seconds


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, mode=0o755, exist_ok=True)
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return path


def recorder(path: Path) -> Path:
    """A program that writes its arguments and its environment down, each in a file beside it."""
    args, env = shlex.quote(f"{path}.args"), shlex.quote(f"{path}.env")
    return program(path, f"printf '%s\\0' \"$@\" > {args}; env -0 > {env}\n")


def recorded(path: Path, what: str) -> list[str]:
    return Path(f"{path}.{what}").read_text().split("\0")[:-1]


def environment(path: Path) -> dict[str, str]:
    return dict(entry.split("=", 1) for entry in recorded(path, "env"))


@pytest.fixture
def runtime_dir() -> Iterator[str]:
    """A directory with a bus in it; its name is short, as a socket's must be."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory, socket.socket(socket.AF_UNIX) as bus:
        bus.bind(directory + "/bus")
        yield directory


@pytest.fixture
def notifier(world: World) -> Path:
    return recorder(world.root / "bin" / "notify-send")


def test_off_by_default(world: World, notifier: Path, runtime_dir: str) -> None:
    assert (
        send((ALERT,), Alerts(), world.env, within(5), Desktop((str(notifier),), runtime_dir)) == []
    )
    assert not Path(f"{notifier}.args").exists()


def test_a_notification_has_all_alerts_and_uses_the_users_own_bus(
    world: World, notifier: Path, runtime_dir: str
) -> None:
    world.env.update(
        DBUS_SESSION_BUS_ADDRESS="unixexec:path=/bin/touch,argv1=pwned",
        LD_PRELOAD="/evil.so",
        XDG_RUNTIME_DIR="/evil",
    )
    other = Alert("weekly_all", "Current week", 75, 80, None, NOW)
    assert (
        send(
            (ALERT, other),
            Alerts(desktop=True),
            world.env,
            within(5),
            Desktop(("/nonexistent", str(notifier)), runtime_dir),
        )
        == []
    )
    *arguments, text = recorded(notifier, "args")
    assert arguments == ["--app-name=usageline", "--", "usageline"]
    first, second = text.splitlines()
    assert first.startswith(TEXT)
    assert second == "the weekly limit is at 80%"
    env = environment(notifier)
    assert (env["DBUS_SESSION_BUS_ADDRESS"], env["XDG_RUNTIME_DIR"]) == (
        f"unix:path={runtime_dir}/bus",
        runtime_dir,
    )
    assert "LD_PRELOAD" not in env


def test_macs_script_gets_the_text_as_an_argument(world: World) -> None:
    osascript = recorder(world.root / "bin" / "osascript")
    alert = Alert("weekly_scoped", HOSTILE[:48], 90, 92, None, NOW)
    assert (
        send(
            (alert,),
            Alerts(desktop=True),
            world.env,
            within(5),
            Desktop((str(osascript),), "/nonexistent"),
        )
        == []
    )
    *script, title, text = recorded(osascript, "args")
    assert script[::2] == ["-e"] * 3
    assert "pwned" not in "".join(script)
    assert (title, text) == ("usageline", f"the weekly limit for {HOSTILE[:48]} is at 92%")


def test_a_label_is_no_markup(world: World, notifier: Path, runtime_dir: str) -> None:
    alert = Alert("new", "<img src=x>&", 90, 92, None, NOW)
    send(
        (alert,), Alerts(desktop=True), world.env, within(5), Desktop((str(notifier),), runtime_dir)
    )
    assert not set("<>&") & set(recorded(notifier, "args")[-1])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.chmod(0o777),
        lambda path: path.parent.chmod(0o777),
        lambda path: path.chmod(0o644),
    ],
)
def test_a_notifier_that_others_can_write_to_is_not_run(
    world: World, notifier: Path, runtime_dir: str, spoil: Callable[[Path], object]
) -> None:
    spoil(notifier)
    (failure,) = send(
        (ALERT,), Alerts(desktop=True), world.env, within(5), Desktop((str(notifier),), runtime_dir)
    )
    assert failure.startswith(f"desktop: {notifier} is not run: ")
    assert not Path(f"{notifier}.args").exists()


def test_without_a_bus_of_this_user_nothing_is_run(
    world: World, notifier: Path, runtime_dir: str
) -> None:
    """No socket, or one in a directory that others can write to."""
    Path(runtime_dir).chmod(0o777)
    for directory in ("/nonexistent", str(world.root), runtime_dir):
        failures = send(
            (ALERT,),
            Alerts(desktop=True),
            world.env,
            within(5),
            Desktop((str(notifier),), directory),
        )
        assert failures == ["desktop: nothing to show it with"]
    assert not Path(f"{notifier}.args").exists()


def test_the_command_finds_all_in_its_environment_and_little_else(world: World) -> None:
    out = world.root / "out"
    record = recorder(world.root / "bin" / "record")
    world.env.update(
        PATH="/evil",
        LD_PRELOAD="/evil.so",
        PYTHONPATH="/evil",
        ENV="/evil",
        BASH_ENV="/evil",
        ANTHROPIC_API_KEY="secret",
    )
    command = f"{record}; pwd > {out}; cat >> {out}; echo noise; echo noise >&2"
    assert send((ALERT,), Alerts(command=command), world.env, within(5)) == []
    env = environment(record)
    assert env.pop("USAGELINE_ALERT_TEXT").startswith(TEXT)
    assert {name: value for name, value in env.items() if name.startswith("USAGELINE_")} == {
        "USAGELINE_ALERT_KIND": "session",
        "USAGELINE_ALERT_LABEL": "Current session",
        "USAGELINE_ALERT_THRESHOLD": "90",
        "USAGELINE_ALERT_PERCENT": "92",
        "USAGELINE_ALERT_RESETS_AT": str(NOW + 3600),
    }
    assert {"HOME", "USER", "LANG", "TZ", "PATH"} <= set(env)
    assert "evil" not in str(env)
    assert "secret" not in str(env)
    assert out.read_text() == f"{world.home}\n"


def test_the_command_runs_for_each_alert_and_a_label_is_never_code(world: World) -> None:
    out = world.root / "out"
    alerts = (Alert("new", HOSTILE, 90, 92, None, NOW), Alert("session", "", 75, 80, None, NOW))
    names = ("LABEL", "THRESHOLD", "RESETS_AT")
    values = " ".join(f'"$USAGELINE_ALERT_{name}"' for name in names)
    command = f'printf "%s|%s|%s\\n" {values} >> {out}'
    assert send(alerts, Alerts(command=command), world.env, within(5)) == []
    assert sorted(out.read_text().splitlines()) == sorted([f"{HOSTILE}|90|", "|75|"])
    assert not [path for path in world.files() if path.name == "pwned"]


@pytest.mark.parametrize(
    "script",
    [
        "echo $$ >> {pids}; exec sleep 1000",
        "sleep 1000 & echo $$ $! >> {pids}; wait",
        (
            "{python} -c 'import os; os.setsid() if os.fork() == 0 else None; "
            'print(os.getpid(), file=open("{pids}", "a")); import time; time.sleep(1000)\''
        ),
        "sleep 1000 & echo $! >> {pids}",
        'echo $$ >> {pids}; trap "" TERM INT HUP; while :; do sleep 1; done',
        "echo $$ >> {pids}; exec cat /dev/zero",
        "echo $$ >> {pids}; exec cat /dev/zero >&2",
    ],
    ids=[
        "hangs",
        "has a child",
        "has one in another session",
        "leaves one",
        "ignores signals",
        "floods stdout",
        "floods stderr",
    ],
)
def test_what_runs_too_long_is_ended_with_all_that_it_started(
    world: World, script: str, eventually: Callable[[Callable[[], object]], None]
) -> None:
    pids = world.root / "pids"
    began = time.monotonic()
    send(
        (ALERT,),
        Alerts(command=script.format(pids=pids, python=sys.executable)),
        world.env,
        within(1),
    )
    assert time.monotonic() - began < TIMEOUT_S
    started = [int(pid) for pid in pids.read_text().split()]
    assert started
    eventually(lambda: not any(is_running(pid) for pid in started))


def test_a_directory_that_no_install_saw_starts_no_command(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers may be a project's own; the command of the user's is not run for them."""
    monkeypatch.setattr(origin, "ROOT", str(tmp_path))
    origin_record.write_record(str(tmp_path), world.env)
    settings = Alerts(command=f"pwd >{world.root}/ran; echo $HOME >>{world.root}/ran")
    for project_env in (
        {"CLAUDE_CONFIG_DIR": str(tmp_path)},
        {"HOME": str(tmp_path)},
        {"XDG_CONFIG_HOME": str(tmp_path)},
    ):
        assert send((ALERT,), settings, {**world.env, **project_env}, within(5)) == [
            "command: Claude Code's directory is not that of an install"
        ]
    assert not (world.root / "ran").exists()
    assert send((ALERT,), settings, {**world.env, "HOME": f"{world.home}/."}, within(5)) == []
    assert (world.root / "ran").read_text().split() == [str(world.home)] * 2


def test_what_hangs_is_named_and_keeps_the_others_from_nothing(
    world: World, notifier: Path, runtime_dir: str
) -> None:
    """All start at once."""
    out = world.root / "out"
    program(notifier, "sleep 1000\n")
    settings = Alerts(desktop=True, command=f"echo told >> {out}")
    failures = send(
        (ALERT,), settings, world.env, within(1), Desktop((str(notifier),), runtime_dir)
    )
    assert failures == ["desktop: it was still running and was ended"]
    assert out.read_text() == "told\n"


def test_what_a_command_leaves_running_may_come_to_its_end_in_time(world: World) -> None:
    out = world.root / "out"
    assert (
        send((ALERT,), Alerts(command=f"(sleep 0.3; echo told > {out}) &"), world.env, within(5))
        == []
    )
    assert out.read_text() == "told\n"


def test_a_failure_is_named_and_raises_nothing(world: World) -> None:
    assert send((ALERT,), Alerts(command="exit 3"), world.env, within(5)) == [
        "command: exit status 3"
    ]
    assert send((ALERT,), Alerts(command="no-such-program"), world.env, within(5)) == [
        "command: exit status 127"
    ]
    assert send((ALERT,), Alerts(command="true\0"), world.env, within(5)) == ["command: ValueError"]
    world.env["HOME"] = str(world.root / "gone")
    assert send((ALERT,), Alerts(command="true"), world.env, within(5)) == [
        "command: No such file or directory"
    ]


def test_a_time_that_has_passed_waits_for_nothing(world: World) -> None:
    began = time.monotonic()
    assert send((ALERT,), Alerts(command="sleep 1000"), world.env, began - 1) == [
        "command: it was still running and was ended"
    ]
    assert time.monotonic() - began < 30


def test_many_alerts_are_bounded(world: World) -> None:
    out = world.root / "out"
    alerts = tuple(Alert("new", str(number), 90, 92, None, NOW) for number in range(64))
    send(alerts, Alerts(command=f"echo told >> {out}"), world.env, within(5))
    assert out.read_text().count("told") == MAX_MESSAGES


def test_notifiers_are_searched_only_in_directories_of_root_or_the_user() -> None:
    assert all(os.path.isabs(path) for path in Desktop().programs)
    assert trust.is_trusted("/bin/sh")
