"""The picker in a real terminal: tmux at 80×24, driven by keys."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal
from tests.cli.tmux import DONE, Tmux
from usageline.config.validate import validate
from usageline.core import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from tests.world import Release, World

    Eventually: TypeAlias = "Callable[[Callable[[], object]], None]"

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

MINE = '# mine\nclock = "12h"  # at home\n'


@contextmanager
def picker(
    world: World, release: Release, eventually: Eventually, locale: str = "C.UTF-8"
) -> Iterator[Tmux]:
    """Open the picker in a terminal, wait for its first screen, and end it afterwards."""
    # The path of a socket must be short.
    directory = tempfile.mkdtemp(prefix="ul-", dir="/tmp")
    env = {**world.env, "LANG": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh"}
    # What a project's settings could set: a module to import, a file to write, a size.
    env.update(TEXTUAL_DRIVER="evil:Driver", TEXTUAL_LOG=str(world.home / "log"), COLUMNS="9")
    tmux = Tmux(f"{directory}/s", env, eventually)
    python = f"'{release.python}' -I -B -m usageline.cli config"
    tmux.start(f"cd '{world.home}' && LANG={locale} LC_ALL={locale} {python}")
    try:
        tmux.wait_for("1 Presets")
        yield tmux
    finally:
        tmux.stop()
        shutil.rmtree(directory)


def test_theme_and_two_rows_are_chosen_and_saved(
    world: World, built_release: Release, eventually: Eventually
) -> None:
    world.configure(MINE)
    file = Path(paths.config_file(world.env))
    with picker(world, built_release, eventually) as terminal:
        terminal.press("Down", "Down")
        terminal.wait_for("trying two-rows")
        terminal.press("Enter")
        terminal.wait_for("not saved yet")
        terminal.press("3")
        terminal.wait_for("high-contrast")
        terminal.press("End")
        terminal.wait_for("trying one-dark")
        terminal.press("Enter", "s")
        terminal.wait_for(
            "Write ~/.config/usageline/config.toml?", '+theme = "one-dark"', "Esc back"
        )
        assert file.read_text() == MINE
        terminal.press("Enter")
        shown = terminal.wait_for(DONE)
    assert f"{DONE} 0" in shown
    lines = [line for line in shown.splitlines() if line.strip()]
    assert lines[0] == "wrote ~/.config/usageline/config.toml: the next status line shows it"
    assert lines[1].startswith("  Opus 5.5 │ ")
    assert lines[2].startswith("  5h ")
    assert file.read_text().startswith(MINE)
    values, problems, _ = validate(file.read_text())
    assert (problems, values.get("theme"), len(values.get("rows"))) == ([], "one-dark", 2)
    assert not (world.home / "log").exists()


@pytest.mark.parametrize("text", [MINE, None])
@pytest.mark.parametrize("keys", [("q", "d"), ("C-c",)])
def test_cancel_leaves_the_files_as_they_were(
    world: World,
    built_release: Release,
    eventually: Eventually,
    text: str | None,
    keys: tuple[str, ...],
) -> None:
    """A config.toml stays byte for byte, and none is created."""
    if text is not None:
        world.configure(text)
    before = {path: path.read_bytes() for path in world.files()}
    with picker(world, built_release, eventually, "C") as terminal:
        assert terminal.screen().isascii()
        terminal.press("Down", "Enter")
        terminal.wait_for("not saved yet")
        terminal.press(*keys)
        assert "nothing was changed" in terminal.wait_for(f"{DONE} 0")
    assert {path: path.read_bytes() for path in world.files()} == before


def test_a_signal_restores_the_terminal_and_changes_nothing(
    world: World, built_release: Release
) -> None:
    world.configure(MINE)
    command = [str(built_release.python), "-I", "-B", "-m", "usageline.cli", "config"]
    env = {**world.env, "LANG": "C.UTF-8", "TERM": "xterm-256color"}
    with Terminal(command, env, world.home, columns=80) as terminal:
        terminal.wait_for(lambda screen: "1 Presets" in screen)
        terminal.press(b"3")
        terminal.wait_for(lambda screen: "high-contrast" in screen)
        terminal.press(b"j\r")
        terminal.wait_for(lambda screen: "not saved yet" in screen)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 128 + signal.SIGTERM
        assert terminal.modes() == terminal.modes_before
        assert b"\x1b[?1049l" in terminal.received  # leaves the alternate screen
    assert Path(paths.config_file(world.env)).read_text() == MINE


def test_broken_config_is_reported_without_opening_the_picker(
    world: World, built_release: Release, eventually: Eventually
) -> None:
    world.configure("theme = \n")
    directory = tempfile.mkdtemp(prefix="ul-", dir="/tmp")
    terminal = Tmux(f"{directory}/s", {**world.env, "TERM": "xterm-256color"}, eventually)
    terminal.start(f"'{built_release.python}' -I -B -m usageline.cli config")
    try:
        shown = " ".join(terminal.wait_for(f"{DONE} 1").split())
    finally:
        terminal.stop()
        shutil.rmtree(directory)
    assert "config.toml:1: not TOML" in shown
    assert "correct it with `usageline config edit`" in shown
    assert os.fsdecode(Path(paths.config_file(world.env)).read_bytes()) == "theme = \n"
