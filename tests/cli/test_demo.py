"""`usageline demo` shows every theme, and writes nothing."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal
from tests.server import usage_body
from tests.world import REPOSITORY
from usageline import themes
from usageline.cli import demo
from usageline.setup import program_files
from usageline.sources.auth.claude_state import ClaudeState
from usageline.system.paths import Paths

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.world import World

    Usageline = Callable[..., subprocess.CompletedProcess[str]]

CODE = "import sys; sys.argv = ['usageline', 'demo']; from usageline.cli.main import main; main()"
LEAVE = b"\x1b[?1049l"


def tree(world: World) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in world.root.rglob("*")
    }


def in_terminal(world: World, *, columns: int = 80, rows: int = 24) -> Terminal:
    env = {**world.env, "TERM": "xterm-256color", "PYTHONPATH": str(REPOSITORY / "plugin")}
    command = [sys.executable, "-B", "-c", CODE]
    return Terminal(command, env, world.home, columns=columns, rows=rows)


@pytest.mark.parametrize("columns", ["40", "80", "160"])
def test_demo_without_a_terminal_prints_each_theme_once_and_writes_nothing(
    world: World, usageline: Usageline, columns: str
) -> None:
    world.env["COLUMNS"] = columns
    before = tree(world)
    done = usageline("demo")
    assert done.returncode == 0
    titles = [line.split(":")[1].strip() for line in done.stdout.splitlines() if "Theme " in line]
    assert titles == [*themes.NAMES]
    assert "\x1b" not in done.stdout
    assert "A sample" in done.stdout
    assert "Nothing was installed or changed" in done.stdout
    assert tree(world) == before


def test_demo_ends_in_whole_words_if_usageline_is_installed(world: World) -> None:
    paths = Paths(world.env)
    os.makedirs(paths.data_dir + "/current")
    lines = demo._closing(paths, 40).split("\n")
    assert max(map(len, lines)) <= 40
    assert lines[-1].endswith("`usageline config`")


def test_demo_shows_the_users_numbers_beside_high_usage(world: World, usageline: Usageline) -> None:
    world.env["COLUMNS"] = "160"
    world.client_saw(usage_body(session=13), age_s=600)
    output = usageline("demo").stdout
    assert "Your numbers, as Claude Code got them 10 min ago" in output
    assert "13%" in output
    assert "92%" in output


def test_demo_does_not_show_another_accounts_numbers(world: World, usageline: Usageline) -> None:
    world.client_saw(usage_body(session=13), account="99999999-9999-4999-8999-999999999999")
    output = usageline("demo").stdout
    assert "13%" not in output
    assert "A sample" in output


@pytest.mark.parametrize(
    "cached",
    [{}, {"utilization": 1}, {"fetchedAtMs": "x"}, {"fetchedAtMs": 10**30, "utilization": {}}],
    ids=repr,
)
def test_demo_ignores_a_broken_cache(cached: dict[str, object]) -> None:
    assert demo._own_reading(ClaudeState({}, cached), time.time()) is None


def test_demo_in_a_terminal_changes_the_theme_with_a_key_and_the_size(world: World) -> None:
    before = tree(world)
    with in_terminal(world) as terminal:
        terminal.wait_for(lambda screen: "Theme 1 of" in screen)
        terminal.press(b" ")
        terminal.wait_for(lambda screen: f": {themes.NAMES[1]}:" in screen)
        terminal.resize(60, 24)
        screen = terminal.wait_for(lambda screen: "At high usage" in screen)
        assert all(len(line) <= 60 for line in screen.splitlines())
        terminal.press(b"q")
        assert terminal.end() == 0
        assert terminal.modes() == terminal.modes_before
        assert LEAVE in terminal.received
        assert "Nothing was installed" in "\n".join(terminal.lines())
    assert tree(world) == before


@pytest.mark.parametrize(
    ("keys", "ends"),
    [
        (b"\x04", True),
        (b"\x1b", True),
        (b"q" * 60, True),
        (b"\x1b[A", False),
        (b"\x1b]0;x\x07", False),
        (b"\xff\xfe", False),
    ],
    ids=repr,
)
def test_demo_prints_no_key_and_ends_by_some(world: World, keys: bytes, ends: bool) -> None:
    with in_terminal(world) as terminal:
        terminal.wait_for(lambda screen: "Theme 1 of" in screen)
        terminal.press(keys)
        if not ends:
            terminal.wait_for(lambda screen: "Theme 2 of" in screen)
            terminal.press(b"q")
        assert terminal.end() == 0
        assert terminal.modes() == terminal.modes_before
        assert b"]0;x" not in terminal.received
        assert b"qq" not in terminal.received


@pytest.mark.parametrize(
    ("how", "status"), [("ctrl-c", 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_demo_restores_the_terminal_after_a_signal(
    world: World, how: str | signal.Signals, status: int
) -> None:
    with in_terminal(world) as terminal:
        terminal.wait_for(lambda screen: "Theme 1 of" in screen)
        if isinstance(how, signal.Signals):
            os.kill(terminal.process.pid, how)
        else:
            terminal.press(b"\x03")
        assert terminal.end() == status
        assert terminal.modes() == terminal.modes_before
        assert LEAVE in terminal.received
        assert b"Traceback" not in terminal.received


@pytest.mark.parametrize(
    ("files", "folder", "tool"),
    [
        (["uv-receipt.toml"], "tools/usageline", "uv"),
        (["pipx_metadata.json"], "venvs/usageline", "pipx"),
        (["pipx_metadata.json"], "pipx/0123", "pipx run"),
        ([], "archive-v0/abc", "uvx"),
        ([], "env", "pip"),
    ],
)
def test_package_tool_is_recognized(
    tmp_path: Path, files: list[str], folder: str, tool: str
) -> None:
    environment = tmp_path / folder
    environment.mkdir(parents=True)
    for name in files:
        (environment / name).touch()
    assert program_files.package_tool(str(environment)).name == tool


def test_package_of_a_command_is_that_of_its_environment(tmp_path: Path) -> None:
    """Also behind a link, and in directories whose names are patterns."""
    environment = tmp_path / "a[b]*"
    package = environment / "lib/python3.11/site-packages/usageline"
    (package / program_files.PACKAGED).mkdir(parents=True)
    (environment / "bin").mkdir()
    link = tmp_path / "usageline"
    link.symlink_to(environment / "bin" / "usageline")
    assert program_files.package_of(str(link)) == str(package)
    for other in (tmp_path / "none", tmp_path / "loop", link.parent):
        assert not program_files.package_of(str(other))
