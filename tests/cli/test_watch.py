"""`usageline watch` in a real terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal
from tests.hot import Hot
from tests.server import usage_body
from tests.world import CANARY
from usageline.core import paths

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.cli.installed import Installed
    from tests.server import Api
    from tests.world import World

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"
CTRL_C, CTRL_Z = b"\x03", b"\x1a"


def watching(installed: Installed, *, columns: int = 100, rows: int = 24, **env: str) -> Terminal:
    """`usageline watch` in a terminal of that size."""
    command = ["/bin/sh", paths.command(installed.world.env), "watch"]
    whole = {**installed.world.env, "TERM": "xterm-256color", **env}
    return Terminal(command, whole, installed.project, columns=columns, rows=rows)


def clock(screen: str) -> str:
    """The time of day in the screen's last line."""
    found = re.findall(r"\d\d:\d\d:\d\d", screen)
    return found[-1] if found else ""


def test_it_shows_the_table_and_looks_by_itself(installed: Installed, api: Api) -> None:
    """From an empty cache to numbers, with one request and nothing pressed."""
    with watching(installed) as terminal:
        screen = terminal.wait_for(lambda screen: "37%" in screen and "next refresh in" in screen)
        assert "Current session" in screen
        assert "$12.34 of $50" in screen
        assert "Ctrl-C quits" in screen
        assert len(api.usage_requests) == 1
        assert CANARY.encode() not in terminal.received


def test_it_is_drawn_again_each_second_without_asking_again(installed: Installed, api: Api) -> None:
    with watching(installed) as terminal:
        first = clock(terminal.wait_for(lambda screen: "37%" in screen))
        terminal.wait_for(lambda screen: clock(screen) > first)
        second = clock("\n".join(terminal.lines()))
        terminal.wait_for(lambda screen: clock(screen) > second)
    assert len(api.usage_requests) == 1


def test_it_looks_again_when_that_is_due_and_shows_the_new_numbers(
    installed: Installed, api: Api
) -> None:
    installed.world.configure("ttl = 1\n")
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        api.body = usage_body(session=41)
        os.utime(paths.stamp(installed.world.env), (time.time() - 60, time.time() - 60))
        terminal.wait_for(lambda screen: "41%" in screen)
    assert len(api.usage_requests) == 2


def test_what_another_session_published_is_shown(installed: Installed) -> None:
    hot = Hot(installed.world, installed.release)
    hot.publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        snapshot = installed.world.snapshot()
        snapshot["limits"][0]["percent"] = 52
        Path(paths.snapshot(installed.world.env)).write_text(json.dumps(snapshot))
        terminal.wait_for(lambda screen: "52%" in screen)


@pytest.mark.parametrize("status", ["429:3600", "500", "hang"])
def test_a_service_that_fails_is_asked_once(installed: Installed, api: Api, status: str) -> None:
    """Redrawing is no reason to ask; the reason for the missing numbers is on the screen."""
    api.fault = status
    with watching(installed) as terminal:
        if status == "hang":
            terminal.wait_for(lambda _: api.usage_requests)
        else:
            terminal.wait_for(lambda screen: "rate-limited" in screen or "offline" in screen)
        drawn = clock("\n".join(terminal.lines()))
        terminal.wait_for(lambda screen: clock(screen) > drawn)
        drawn = clock("\n".join(terminal.lines()))
        terminal.wait_for(lambda screen: clock(screen) > drawn)
    assert len(api.usage_requests) == 1


def test_a_cache_that_cannot_be_used_is_told(installed: Installed, api: Api) -> None:
    installed.world.cache.parent.mkdir(parents=True)
    installed.world.cache.write_text("")
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "no refresh: " in screen)
    assert api.requests == []


@pytest.mark.parametrize("columns", [160, 80, 60])
def test_it_follows_the_windows_size(installed: Installed, columns: int) -> None:
    """At once, whatever COLUMNS and LINES say, and without anything that runs over the edge."""
    Hot(installed.world, installed.release).publish()
    with watching(installed, columns=120, rows=30, COLUMNS="44", LINES="3") as terminal:
        before = terminal.wait_for(lambda screen: "37%" in screen)
        assert "resets in" in before.splitlines()[0]
        terminal.resize(columns, 12)
        bar_cells = min(max(columns - 62, 8), 24)
        terminal.wait_for(
            lambda screen: (
                len("".join(re.findall("[█▉▊▋▌▍▎▏░]", screen.splitlines()[0]))) == bar_cells
                and "Ctrl-C" in screen
            )
        )
        assert sum("37%" in line for line in terminal.lines()) == 1


def test_a_window_too_small_for_the_table_is_no_fault(installed: Installed) -> None:
    Hot(installed.world, installed.release).publish()
    with watching(installed, columns=24, rows=4) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        terminal.resize(100, 24)
        terminal.wait_for(lambda screen: "37%" in screen and "Ctrl-C" in screen)
        terminal.press(CTRL_C)
        assert terminal.end() == 0


def test_ctrl_c_ends_it_and_leaves_the_terminal_as_it_was(installed: Installed) -> None:
    """Its own screen is left, the cursor is back, no mode is changed, and nothing is printed."""
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        assert terminal.received.startswith(ENTER)
        terminal.press(CTRL_C)
        assert terminal.end() == 0
        left_as_it_was(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_it_leaves_the_terminal_as_it_was(
    installed: Installed, number: signal.Signals
) -> None:
    """And the process ends by that signal, as its parent expects."""
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        terminal.process.send_signal(number)
        assert terminal.end() == -number
        left_as_it_was(terminal)


def test_ctrl_z_gives_the_shell_its_screen_back(installed: Installed) -> None:
    """And it goes on when it is continued. The session's leader cannot be stopped by a key, so that it goes on at once here."""
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        terminal.press(CTRL_Z)
        terminal.wait_for(lambda _: terminal.received.count(ENTER) == 2)
        assert terminal.received.index(LEAVE) < terminal.received.rindex(ENTER)
        terminal.press(CTRL_C)
        assert terminal.end() == 0
        left_as_it_was(terminal)


@pytest.mark.parametrize("moment", range(8))
def test_ctrl_c_at_any_moment_leaves_the_terminal_as_it_was(
    installed: Installed, moment: int
) -> None:
    """While it begins, draws, or ends: an exception out of the blue could leave the other screen on."""
    Hot(installed.world, installed.release).publish()
    with watching(installed) as terminal:
        terminal.wait_for(lambda _: len(terminal.received) >= moment * 150 + 1)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 0
        left_as_it_was(terminal)


def test_a_refresh_that_it_started_goes_on_when_it_ends(installed: Installed, api: Api) -> None:
    """The request has been made; what it brings is for every session."""
    api.fault = "slow:1"
    with watching(installed) as terminal:
        terminal.wait_for(lambda _: api.usage_requests)
        terminal.press(CTRL_C)
        assert terminal.end() == 0
        terminal.wait_for(lambda _: os.path.exists(paths.snapshot(installed.world.env)))
    assert installed.world.snapshot()["status"] == "ok"


def test_without_colours_there_are_none(installed: Installed) -> None:
    Hot(installed.world, installed.release).publish()
    with watching(installed, NO_COLOR="1") as terminal:
        terminal.wait_for(lambda screen: "37%" in screen)
        assert b"\x1b[32m" not in terminal.received


def test_without_a_terminal_it_says_so_and_exits_2(
    usageline: Callable[..., subprocess.CompletedProcess[str]], world: World
) -> None:
    done = usageline("watch")
    assert (done.returncode, done.stdout) == (2, "")
    assert "this terminal cannot move the cursor" in done.stderr
    assert not world.cache.exists()


def test_in_a_terminal_that_cannot_move_its_cursor_it_says_so(installed: Installed) -> None:
    with watching(installed, TERM="dumb") as terminal:
        assert terminal.end() == 2
        assert b"this terminal cannot move the cursor" in terminal.received


def left_as_it_was(terminal: Terminal) -> None:
    """The rule for every end."""
    received = terminal.received
    assert received.count(ENTER) == received.count(LEAVE) >= 1
    assert received.rindex(LEAVE) > received.rindex(ENTER)
    assert received.rindex(SHOW_CURSOR) > received.rindex(HIDE_CURSOR)
    assert received[received.rindex(LEAVE) + len(LEAVE) :] == b""
    assert terminal.modes() == terminal.modes_before
