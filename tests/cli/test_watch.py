"""Run `usageline watch` in a real terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal
from tests.hot import Hot
from tests.local.transcripts import MAIN, MODEL, ago, encoded, line, noon_zone
from tests.server import usage_body
from tests.world import CANARY, REPOSITORY
from usageline.jobs import local_usage

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.cli.installed import Installed
    from tests.server import Api

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"
PLUGIN = REPOSITORY / "plugin"
FAILING = """
from unittest import mock
from usageline.cli.dashboard import app
with mock.patch.object(app, "arrange", side_effect=ValueError("broken")):
    from usageline.cli.watch import command
    command()
"""
CTRL_C, CTRL_Z = b"\x03", b"\x1a"


def watching(installed: Installed, *, columns: int = 100, rows: int = 30, **env: str) -> Terminal:
    """Start `usageline watch` in a terminal of this size."""
    command = ["/bin/sh", installed.world.paths.command, "watch"]
    whole = {**installed.world.env, "TERM": "xterm-256color", **env}
    return Terminal(command, whole, installed.project, columns=columns, rows=rows)


def clock(screen: str) -> str:
    """Return the time of day in the last line of the screen."""
    times = re.findall(r"\d\d:\d\d:\d\d", screen)
    return times[-1] if times else ""


def test_watch_refreshes_once_and_redraws_each_second(installed: Installed, api: Api) -> None:
    with watching(installed) as terminal:
        screen = terminal.wait_for(lambda screen: "37%" in screen and "1 in 24 hours" in screen)
        assert "5-hour limit" in screen
        assert "$12.34 of $50" in screen
        assert "q quit" in screen
        first = clock(screen)
        terminal.wait_for(lambda screen: clock(screen) > first)
        second = clock("\n".join(terminal.lines()))
        terminal.wait_for(lambda screen: clock(screen) > second)
        assert CANARY.encode() not in terminal.received
    assert len(api.usage_requests) == 1


def test_watch_refreshes_when_due(installed: Installed, api: Api) -> None:
    installed.world.configure("ttl = 1\n")
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        api.body = usage_body(session=41)
        os.utime(installed.world.paths.stamp, (time.time() - 60, time.time() - 60))
        terminal.wait_for(lambda screen: "41%" in screen)
    assert len(api.usage_requests) == 2


def test_watch_shows_the_snapshot_of_another_session(installed: Installed) -> None:
    hot = Hot(installed.world, installed.release)
    hot.publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        snapshot = installed.world.snapshot()
        snapshot["limits"][0]["percent"] = 52
        Path(installed.world.paths.snapshot).write_text(json.dumps(snapshot))
        terminal.wait_for(lambda screen: "52%" in screen)


def test_cost_of_today_follows_the_transcripts(installed: Installed) -> None:
    """The dashboard starts the job that reads them, and shows the index again if it changed."""
    world = installed.world
    world.env["TZ"] = noon_zone()
    path = world.home / ".claude" / "projects" / MAIN
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(line(1, timestamp=ago())))
    with local_usage.updated(world.env):
        pass
    path.write_bytes(encoded(line(1, timestamp=ago()), line(2, timestamp=ago())))
    with watching(installed) as terminal:
        screen = terminal.wait_for(lambda screen: "today $0.06" in screen)
        assert MODEL.removeprefix("claude-") in screen


@pytest.mark.parametrize("status", ["429:3600", "hang"])
@pytest.mark.slow
def test_failing_service_gets_one_request(installed: Installed, api: Api, status: str) -> None:
    api.fault = status
    with watching(installed) as terminal:
        if status == "hang":
            terminal.wait_for(lambda _: api.usage_requests)
        else:
            terminal.wait_for(lambda screen: "rate-limited" in screen or "offline" in screen)
        shown_at = clock("\n".join(terminal.lines()))
        terminal.wait_for(lambda screen: clock(screen) > shown_at)
        shown_at = clock("\n".join(terminal.lines()))
        terminal.wait_for(lambda screen: clock(screen) > shown_at)
    assert len(api.usage_requests) == 1


def test_unusable_cache_is_reported(installed: Installed, api: Api) -> None:
    installed.world.cache.parent.mkdir(parents=True)
    installed.world.cache.write_text("")
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "no refresh: " in screen)
    assert api.requests == []


@pytest.mark.slow
def test_watch_follows_the_window_size(installed: Installed) -> None:
    """COLUMNS and LINES do not change with the window."""
    Hot(installed.world, installed.release).publish()
    with watching(installed, columns=120, rows=35, COLUMNS="44", LINES="3") as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        for columns, rows in ((200, 60), (80, 24), (60, 20)):
            terminal.resize(columns, rows)
            terminal.process.send_signal(signal.SIGWINCH)
            terminal.wait_for(lambda screen: fills(screen, columns, rows))  # noqa: B023 - at once


@pytest.mark.slow
def test_watch_survives_a_window_that_is_too_small(installed: Installed) -> None:
    Hot(installed.world, installed.release).publish()
    with watching(installed, columns=24, rows=8) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        terminal.resize(5, 2)
        terminal.process.send_signal(signal.SIGWINCH)
        terminal.resize(100, 24)
        terminal.process.send_signal(signal.SIGWINCH)
        terminal.wait_for(lambda screen: "37%" in screen and "q quit" in screen)
        terminal.press(CTRL_C)
        assert terminal.end() == 0


def test_keys_open_help_change_the_theme_choose_and_quit(installed: Installed) -> None:
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "› 5-hour limit" in screen)
        terminal.press(b"?")
        terminal.wait_for(lambda screen: "refresh now" in screen)
        terminal.press(b"?")
        terminal.wait_for(lambda screen: "refresh now" not in screen)
        terminal.press(b"\x1b[B")
        terminal.wait_for(lambda screen: "› Weekly limit" in screen)
        terminal.press(b"t")
        terminal.wait_for(lambda screen: "usageline config set theme dark" in screen)
        terminal.press(b"q")
        assert terminal.end() == 0
        left_as_it_was(terminal)
    assert not os.path.exists(installed.world.paths.config_file)


def test_r_refreshes_at_once(installed: Installed, api: Api) -> None:
    hot = Hot(installed.world, installed.release)
    hot.publish(observed_at=int(time.time()) - 200)
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        api.body = usage_body(session=41)
        terminal.press(b"r")
        terminal.wait_for(lambda screen: "41%" in screen and "refreshed" in screen)
    assert len(api.usage_requests) == 1


@pytest.mark.slow
def test_r_keeps_the_wait_that_the_service_asked_for(installed: Installed, api: Api) -> None:
    api.fault = "429:3600"
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "rate-limited" in screen)
        terminal.press(b"r")
        terminal.wait_for(lambda screen: "rate-limited until" in screen.splitlines()[-1])
    assert len(api.usage_requests) == 1


def test_ascii_theme_draws_ascii_only(installed: Installed) -> None:
    installed.world.configure('theme = "ascii"\n')
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        assert terminal.wait_for(lambda screen: "37%" in screen).isascii()
        terminal.press(b"?")
        assert terminal.wait_for(lambda screen: "refresh now" in screen).isascii()


def test_table_is_drawn_live_if_stdin_is_no_terminal(installed: Installed) -> None:
    Hot(installed.world, installed.release).publish()
    command = ["/bin/sh", "-c", 'exec "$0" watch </dev/null', installed.world.paths.command]
    env = {**installed.world.env, "TERM": "xterm-256color"}
    with Terminal(command, env, installed.project) as terminal:
        screen = terminal.wait_for(lambda screen: "Ctrl-C quits" in screen)
        assert "37%" in screen
        assert screen.startswith("5-hour limit")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == -signal.SIGTERM
        left_as_it_was(terminal)


@pytest.mark.slow
def test_table_is_drawn_live_if_the_dashboard_fails(installed: Installed) -> None:
    Hot(installed.world, installed.release).publish()
    env = {**installed.world.env, "TERM": "xterm-256color", "PYTHONPATH": str(PLUGIN)}
    with Terminal([sys.executable, "-c", FAILING], env, installed.project) as terminal:
        screen = terminal.wait_for(lambda screen: "Ctrl-C quits" in screen)
        assert "37%" in screen
        terminal.press(CTRL_C)
        assert terminal.end() == 0
        assert b"Traceback" not in terminal.received
        left_as_it_was(terminal)


def test_variables_of_textual_are_ignored(installed: Installed) -> None:
    """TEXTUAL_DRIVER would name a module to run."""
    Hot(installed.world, installed.release).publish()
    with watching(installed, TEXTUAL_DRIVER="none:None", TEXTUAL_LOG="textual.log") as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
    assert not (installed.project / "textual.log").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.slow
def test_signal_restores_the_terminal(installed: Installed, number: signal.Signals) -> None:
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        terminal.process.send_signal(number)
        assert terminal.end() == -number
        left_as_it_was(terminal)


def test_closed_terminal_ends_the_dashboard(installed: Installed) -> None:
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        terminal.hang_up()
        assert terminal.process.wait(timeout=20) == -signal.SIGHUP


def test_ctrl_z_restores_the_screen_of_the_shell(installed: Installed) -> None:
    """The leader of a session cannot be stopped by a key, so it continues at once here."""
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        terminal.press(CTRL_Z)
        terminal.wait_for(lambda _: terminal.received.count(ENTER) == 2)
        assert terminal.received.index(LEAVE) < terminal.received.rindex(ENTER)
        terminal.press(CTRL_C)
        assert terminal.end() == 0
        left_as_it_was(terminal)


@pytest.mark.parametrize("moment", [0, 6])
def test_ctrl_c_at_any_moment_restores_the_terminal(installed: Installed, moment: int) -> None:
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda _: len(terminal.received) >= moment * 150 + 1)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 0
        left_as_it_was(terminal)


@pytest.mark.slow
def test_refresh_continues_after_watch_exits(installed: Installed, api: Api) -> None:
    api.fault = "slow:1"
    with watching(installed) as terminal:
        terminal.wait_for(lambda _: api.usage_requests)
        terminal.press(CTRL_C)
        assert terminal.end() == 0
        terminal.wait_for(lambda _: os.path.exists(installed.world.paths.snapshot))
    assert installed.world.snapshot()["status"] == "ok"


def test_no_color_disables_colors(installed: Installed) -> None:
    Hot(installed.world, installed.release).publish()
    with watching(installed, NO_COLOR="1") as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        codes = b";".join(re.findall(rb"\x1b\[([0-9;]*)m", terminal.received)).split(b";")
        assert set(codes) <= {b"", b"0", b"1", b"7", b"39", b"49"}


def test_watch_without_a_terminal_prints_the_table_once(
    usageline: Callable[..., subprocess.CompletedProcess[str]], api: Api
) -> None:
    done = usageline("watch")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("5-hour limit")
    assert "\x1b" not in done.stdout
    assert len(api.usage_requests) == 1


def test_watch_in_a_dumb_terminal_prints_the_table_once(installed: Installed) -> None:
    Hot(installed.world, installed.release).publish()
    with watching(installed, TERM="dumb") as terminal:
        assert terminal.end() == 0
        assert terminal.received.startswith(b"5-hour limit")
        assert ENTER not in terminal.received


def fills(screen: str, columns: int, rows: int) -> bool:
    """Return whether the dashboard takes the whole window."""
    lines = screen.splitlines()
    return (
        len(lines) == rows
        and ("q quit" in lines[-1] or "q r t ?" in lines[-1])
        and max(map(len, lines)) == columns - 1
    )


def left_as_it_was(terminal: Terminal) -> None:
    """Assert that the terminal was restored: its settings, and every mode that was switched."""
    received = terminal.received
    assert received.count(ENTER) == received.count(LEAVE) >= 1
    assert received.rindex(LEAVE) > received.rindex(ENTER)
    assert received.rindex(SHOW_CURSOR) > received.rindex(HIDE_CURSOR)
    switched = dict(re.findall(rb"\x1b\[\?(\d+)([hl])", received))
    on_by_default = {b"7": b"h", b"25": b"h"}
    assert {number: on_by_default.get(number, b"l") for number in switched} == switched
    assert received.count(b"\x1b[>") == received.count(b"\x1b[<")
    assert terminal.modes() == terminal.modes_before
