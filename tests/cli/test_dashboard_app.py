"""The dashboard's keys, in Textual's own test driver. test_watch.py has real terminals."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.hot import Hot
from usageline.cli.dashboard.app import MORE, Dashboard
from usageline.cli.dashboard.data import Data

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from tests.world import Release, World


class Watch:
    """A dashboard of a world with fresh numbers: no refresh is due."""

    def __init__(self, world: World, release: Release) -> None:
        Hot(world, release).publish(source="oauth")
        self.is_wanted = True
        self.data = Data({**world.env, "LANG": "C.UTF-8", "TERM": "xterm-256color"})
        self.app = Dashboard(self.data, lambda: self.is_wanted, lambda: None)

    def play(
        self, then: Callable[[Pilot[Any]], Awaitable[None]], size: tuple[int, int] = (60, 12)
    ) -> None:
        """Run it on a screen of that size while `then` works."""

        async def run() -> None:
            async with self.app.run_test(size=size) as pilot:
                await pilot.pause()
                await then(pilot)

        asyncio.run(run())

    def shown(self) -> str:
        """Return the text on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)


@pytest.fixture
def watch(world: World, built_release: Release) -> Watch:
    """Return a dashboard that does not run yet."""
    return Watch(world, built_release)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


def test_help_is_scrolled_and_closed_by_the_key_that_quits(watch: Watch) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await press(pilot, "question_mark")
        before = watch.shown()
        assert "5-hour limit" not in before
        await press(pilot, "down")
        assert watch.shown() != before
        await press(pilot, "q")
        assert "5-hour limit  37%" in watch.shown()
        await press(pilot, "q")

    watch.play(play)
    assert watch.app.return_value == 0


def test_chosen_limit_is_scrolled_into_a_low_screen(watch: Watch) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        assert MORE in watch.shown()
        assert "› 5-hour limit" in watch.shown()
        for name in ("Weekly limit", "Weekly limit for Fable", "Usage credits"):
            await press(pilot, "down")
            assert f"› {name}" in watch.shown()
        await press(pilot, *["down"] * 9)
        assert MORE not in watch.shown()
        for name in ("Weekly limit for Fable", "Weekly limit", "5-hour limit"):
            await press(pilot, "up")
            assert f"› {name}" in watch.shown()

    watch.play(play)


def test_page_keys_scroll_by_a_screen(watch: Watch) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        top = watch.shown()
        await press(pilot, "pagedown")
        assert "› 5-hour limit" not in watch.shown()
        await press(pilot, "pageup")
        assert watch.shown().splitlines()[2:8] == top.splitlines()[2:8]

    watch.play(play, size=(60, 10))


def test_refresh_key_starts_no_second_refresh(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, ending = [], threading.Event()

    def refresh(_snapshot: object) -> str:
        started.append(1)
        assert ending.wait(60)
        return "37% are used"

    monkeypatch.setattr(watch.data, "refresh_now", refresh)

    async def play(pilot: Pilot[Any]) -> None:
        await press(pilot, "r", "r", "R")
        assert "refreshing" in watch.shown()
        ending.set()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert "37% are used" in watch.shown()
        await press(pilot, "r")
        await pilot.app.workers.wait_for_complete()

    watch.play(play)
    assert len(started) == 2


def test_dashboard_ends_when_its_terminal_is_gone(watch: Watch) -> None:
    async def play(_pilot: Pilot[Any]) -> None:
        watch.is_wanted = False
        watch.app.tick()

    watch.play(play)
    assert watch.app.return_value == 0


def test_failure_ends_the_dashboard_without_a_traceback(
    watch: Watch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        monkeypatch.setattr(watch.data, "view", None)
        pilot.app.call_later(watch.app.draw)

    watch.play(play)
    assert watch.app.return_code == 1
    assert isinstance(watch.app.failure, TypeError)
    assert "Traceback" not in "".join(capsys.readouterr())
