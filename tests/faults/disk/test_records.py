"""Check what is stored for good: history, configuration, settings and install manifest."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.installed import install
from tests.faults.disk.scene import Scene, stray
from tests.faults.disk.space import wait_for_background
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.world import REPOSITORY
from usageline.setup.settings_entries import NOT_INSTALLED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.disk.space import Space
    from tests.server import Api
    from tests.world import Release, World

BEFORE = 'theme = "ascii"  # mine\n'


@promise(
    "If the disk of the history is full or read-only, the history loses nothing and the "
    "numbers stay fresh. Recording continues when there is room again.",
    sees=(
        "Fresh numbers. `usageline doctor` reports that the disk of the history is full or "
        "read-only."
    ),
    topic="disk",
)
@pytest.mark.parametrize("fault", ["full", pytest.param("read-only", marks=pytest.mark.full)])
@pytest.mark.slow
def test_a_history_that_cannot_be_added_to(
    fault: str, scene: Scene, figure: Callable[[str], None]
) -> None:
    state = Path(scene.world.paths.state_dir).parent
    scene.space.mount(state, "size=64k")
    scene.get_numbers()

    def files() -> dict[str, bytes]:
        directory = scene.space.inside(scene.world.paths.history_dir)
        return {path.name: path.read_bytes() for path in directory.rglob("*.jsonl")}

    before = files()
    assert len(before) == 1
    # So full that not even the rest of the last block is free.
    if fault == "full":
        scene.space.do("sh", "-c", f"truncate -s %4096 {scene.world.paths.history_dir}/*/*.jsonl")
        scene.space.fill(state)
    else:
        scene.space.do("mount", "-o", "remount,ro", state)
    before = files()
    for _ in range(2):
        scene.ask()
        line = scene.line()
        assert "37%" in line
        assert "ago" not in line
    assert files() == before
    report = " ".join(scene.usageline("doctor").stdout.split())
    assert (
        "the disk of the history"
        if fault == "full"
        else "the history, ~/.local/state/usageline, is on a read-only"
    ) in report
    assert scene.usageline("history", "--json").returncode == 0
    scene.space.do("rm", f"{state}/filler") if fault == "full" else scene.space.do(
        "mount", "-o", "remount,rw", state
    )
    scene.ask()
    for name, content in files().items():
        assert content.startswith(before[name])
        assert len(content) > len(before[name])
    figure(f"{fault}: 2 readings published, 0 lines lost")


@promise(
    "A config.toml that cannot be written does not change, and the command reports why. "
    "Reasons tried: full disk, read-only disk, file size limit.",
    sees=("`~/.config/usageline/config.toml cannot be written: No space left on device`"),
    topic="config",
)
def test_a_configuration_that_cannot_be_written(
    space: Space, world: World, built_release: Release, figure: Callable[[str], None]
) -> None:
    needs("prlimit")
    directory = Path(world.paths.config_file).parent
    space.mount(directory.parent, "size=16k")
    space.inside(directory).mkdir(mode=0o700)
    file = space.inside(world.paths.config_file)
    file.write_text(BEFORE)
    change = [
        built_release.python,
        "-I",
        "-B",
        "-m",
        "usageline.cli",
        "config",
        "set",
        "theme",
        "powerline",
    ]
    space.fill(directory.parent)
    outputs = {"full": space.run(*change)}
    space.do("mount", "-o", "remount,ro", directory.parent)
    outputs["read-only"] = space.run(*change)
    space.do("mount", "-o", "remount,rw", directory.parent)
    space.do("rm", f"{directory.parent}/filler")
    outputs["too large"] = space.run("prlimit", "--fsize=0", *change)
    words = {
        "full": "No space left",
        "read-only": "Read-only file system",
        "too large": "File too large",
    }
    for fault, done in outputs.items():
        assert done.returncode == 1
        assert f"config.toml cannot be written: {words[fault]}" in done.stderr
        assert file.read_text() == BEFORE
    assert os.listdir(file.parent) == [file.name]
    assert space.run(*change).returncode == 0
    assert "powerline" in file.read_text()
    figure(f"{len(outputs)} faults: 0 bytes changed")


@promise(
    "If a changed config.toml cannot be compiled because the cache's disk is full, the "
    "line reports it. The previous configuration stays in force, and the line does not "
    "wait for the compilation repeatedly.",
    sees="`config.toml is not read: the disk is full`",
    topic="config",
)
def test_a_configuration_that_cannot_be_compiled(
    scene: Scene, figure: Callable[[str], None]
) -> None:
    scene.world.configure('rows = [["text", "session"]]\n[segments.text]\ntext = "before"\n')
    scene.get_numbers()
    assert "before" in scene.hot.run_configured().stdout.decode()
    scene.space.fill(scene.world.home / ".cache")
    scene.world.configure(
        'rows = [["text", "session"]]\n[segments.text]\ntext = "afterwards, and longer"\n'
        + "# more\n" * 99
    )
    stamp, tries = scene.space.inside(scene.world.paths.line_config_stamp), set()
    for _ in range(5):
        shown = scene.hot.run_configured().stdout.decode()
        assert "config.toml is not read: the disk is full" in shown
        assert "before" in shown
        tries.add(stamp.stat().st_mtime)
    assert len(tries) == 1
    scene.space.do("rm", f"{scene.world.home}/.cache/filler")
    os.utime(stamp, (stamp.stat().st_atime, 1))
    shown = scene.hot.run_configured().stdout.decode()
    wait_for_background(scene.world)
    assert "afterwards" in scene.hot.run_configured().stdout.decode()
    figure("5 lines: 1 try to compile; read once there was room")


@promise(
    "An uninstall that cannot change settings.json leaves every byte of it. On a full "
    "disk it changes nothing else either. In a read-only directory it removes the program "
    "and reports what is left to do. Run again with enough room, it removes the rest.",
    sees=(
        "`~/.claude/settings.json: No space left on device. Free some space on that disk. Run "
        "it again when that is solved.`"
    ),
    topic="setup",
)
@pytest.mark.slow
def test_an_uninstall_without_room(
    space: Space, world: World, api: Api, figure: Callable[[str], None]
) -> None:
    claude = Path(world.paths.claude_settings).parent
    aside = world.root / "claude"
    world.env["NO_COLOR"] = "1"
    installed = install(world)
    shutil.copytree(claude, aside)
    space.mount(claude, "size=32k")
    space.do("sh", "-c", f"cp -a {aside}/. {claude}/")
    settings = space.inside(installed.settings)
    before = settings.read_bytes()
    command = json.loads(before)["statusLine"]["command"]
    remove = [installed.release.python, "-I", "-B", "-m", "usageline.cli", "uninstall"]
    space.fill(claude)
    done = space.run(*remove)
    assert done.returncode == 1
    assert "settings.json: No space left on device. Free some space" in done.stderr
    line = space.run("sh", "-c", command, input="{}", stdin=None)
    assert (line.returncode, line.stdout) == (0, "usage: loading…\n")
    wait_for_background(world)
    space.do("mount", "-o", "remount,ro", claude)
    done = space.run(*remove)
    assert done.returncode == 1
    assert (
        "it is read-only. Remove statusLine and usageline's SessionStart hook yourself."
        in done.stdout
    )
    line = space.run("sh", "-c", command, input="{}", stdin=None)
    assert (line.returncode, line.stdout) == (0, NOT_INSTALLED + "\n")
    assert settings.read_bytes() == before
    space.do("mount", "-o", "remount,rw", claude)
    space.do("rm", f"{claude}/filler")
    again = [
        sys.executable,
        "-I",
        "-B",
        REPOSITORY / "plugin" / "usageline" / "setup" / "__main__.py",
        "--uninstall",
    ]
    assert space.run(*again).returncode == 0
    assert b"usageline" not in settings.read_bytes()
    assert stray(os.listdir(settings.parent)) == []
    assert len(api.requests) == 1
    figure("2 faults: 0 bytes of settings.json changed; taken back afterwards")
