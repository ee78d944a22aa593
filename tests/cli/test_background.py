"""Query the terminal for its background if Claude Code's theme depends on it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal
from usageline.core import paths
from usageline.system.paths import Paths
from usageline.system.terminal import cached_background

if TYPE_CHECKING:
    from tests.world import Release, World


def run(world: World, release: Release, answer: bytes, *, term: str = "xterm-256color") -> Terminal:
    """Run `usageline config path` in a terminal that sends `answer`. Return it after the exit."""
    command = [str(release.python), "-I", "-B", "-m", "usageline.cli", "config", "path"]
    with Terminal(command, {**world.env, "TERM": term}, world.home) as terminal:
        deadline = time.monotonic() + 20
        while terminal.process.poll() is None and b"\x1b]11;?" not in terminal.received:
            assert time.monotonic() < deadline
            terminal._read(0.02)
        if b"\x1b]11;?" in terminal.received:
            terminal.press(answer)
        assert terminal.end() == 0
        assert terminal.modes() == terminal.modes_before
    return terminal


@pytest.fixture
def auto(world: World) -> World:
    """Return a world with the theme `auto` in Claude Code."""
    Path(world.paths.claude_settings).write_text('{"theme": "auto"}')
    return world


@pytest.mark.parametrize(
    ("answer", "background"),
    [
        (b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\\x1b[?62;4c", "dark"),
        (b"\x1b]11;rgb:fd/f6/e3\x07\x1b[?1;2c", "light"),
        (b"\x1b]11;rgba:ffff/ffff/ffff/ffff\x1b\\\x1b[?6c", "light"),
        (b"\x1b[?6c", ""),
    ],
)
def test_background_answer_is_stored_and_terminal_is_restored(
    auto: World, built_release: Release, answer: bytes, background: str
) -> None:
    terminal = run(auto, built_release, answer)
    assert cached_background(Paths(auto.env)) == background
    # Nothing of the answer is echoed, or left for the shell to read.
    assert re.sub(
        rb"\x1b\][^\x1b]*\x1b\\|\x1b\[c", b"", terminal.received
    ).decode().strip() == paths.config_file(auto.env)


def test_silent_terminal_is_queried_once(auto: World, built_release: Release) -> None:
    assert b"\x1b]11;?" in run(auto, built_release, b"").received
    assert b"\x1b]11;?" not in run(auto, built_release, b"").received
    assert b"\x1b]11;?" in run(auto, built_release, b"\x1b[?6c", term="xterm-kitty").received


@pytest.mark.parametrize("term", ["dumb", "linux"])
def test_terminal_that_would_print_the_query_is_not_queried(
    auto: World, built_release: Release, term: str
) -> None:
    assert b"\x1b]11" not in run(auto, built_release, b"", term=term).received


def test_terminal_is_not_queried_when_the_theme_sets_the_background(
    world: World, built_release: Release
) -> None:
    Path(world.paths.claude_settings).write_text('{"theme": "dark"}')
    assert b"\x1b]11" not in run(world, built_release, b"").received
    assert not Path(world.paths.terminal_background).exists()


def test_damaged_background_file_is_ignored(world: World) -> None:
    path = Path(world.paths.terminal_background)
    path.parent.mkdir(parents=True, mode=0o700)
    for content in ("", "{", "[]", json.dumps({"version": 1, "background": ["dark"]})):
        path.write_text(content)
        path.chmod(0o600)
        assert cached_background(world.paths) == ""
