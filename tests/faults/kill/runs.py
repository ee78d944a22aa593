"""Kill everything else: a line, a hook, jobs, and `usageline config`."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.kill.scene import Scene
from tests.faults.kill.strace import Command
from tests.faults.kill.walk import Case
from tests.hot import INTERPRETER, Hot
from tests.local.transcripts import MAIN, encoded
from tests.local.transcripts import line as line_of
from tests.world import World
from usageline.config.compile import compile_config
from usageline.config.template import default_file
from usageline.core import git_repo
from usageline.system.files import temporary_files

if TYPE_CHECKING:
    from tests.world import Release

CONFIG = (
    '# mine\ntheme = "dark" # dark\nrows = [["session", "git"]]\n[chain]\ncommand = "echo other"\n'
)
CHANGED = CONFIG.replace("dark", "light", 1)
USAGE_LINES = 40
IDLE = "#!/bin/sh\nexit 0\n"


def idle(release: Release) -> Release:
    """Return a release whose cold side does nothing, so that only the line runs."""
    release.python.unlink()
    release.python.write_text(IDLE)
    release.python.chmod(0o700)
    return release


def line(root: Path, release: Release, *, due: bool) -> Case:
    """Return a line that starts everything: a refresh, a compilation, a git job, a chained command.

    The cache is empty, or a `due` one.
    """
    scene = Scene(World(root))
    world = scene.world
    project = world.home / "project"
    subprocess.run(["git", "init", "-q", str(project)], check=True, env=world.env)
    hot = Hot(world, release)
    if due:
        world.configure('theme = "light"\n')
        compile_config(world.env)
        hot.publish(next_refresh_at=int(time.time()) - 1)
    world.configure(CONFIG)
    scene.keep()
    command = Command(
        hot.command, {**world.env, "COLUMNS": "160"}, json.dumps({"cwd": str(project)}).encode()
    )
    before = _content(scene)

    def look() -> None:
        # It writes only stamps, which are empty.
        now = _content(scene)
        assert {path: now.get(path) for path in before} == before
        assert set().union(*(now[path] for path in now.keys() - before.keys())) == set()

    def again() -> None:
        done = hot.run(command.data, env={"COLUMNS": "160"})
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.strip()
        scene.assert_nothing_runs()

    return Case(scene, command, look, again)


def hook(root: Path, release: Release) -> Case:
    """Return a session start with an alert to report, and a refresh to start."""
    scene = Scene(World(root))
    now = int(time.time())
    alert = {
        "kind": "session",
        "label": "Current session",
        "threshold": 75,
        "percent": 80,
        "at": now - 60,
        "resets_at": now + 7000,
    }
    Hot(scene.world, release).publish(
        next_refresh_at=now - 1, alerts=[{**alert, "session_start": True}]
    )
    scene.keep()
    command = Command([INTERPRETER, "-I", "-S", "-B", str(release.hook)], scene.world.env)
    published = scene.world.snapshot()

    def look() -> None:
        assert scene.world.snapshot() == published
        shown_alerts = Path(scene.world.paths.shown_alerts_dir)
        assert not shown_alerts.exists() or all(
            mark.stat().st_size == 0 for mark in shown_alerts.iterdir()
        )

    def again() -> None:
        done = scene.world.run(*command.words)
        assert (done.returncode, done.stderr) == (0, "")
        scene.assert_nothing_runs()

    return Case(scene, command, look, again)


def look_at_repository(root: Path, release: Release) -> Case:
    """Return `git status` of a repository."""
    scene = Scene(World(root))
    project = scene.world.home / "project"
    subprocess.run(["git", "init", "-q", str(project)], check=True, env=scene.world.env)
    repository = git_repo.repository(str(project))
    assert repository is not None
    return _look(scene, release, f"git-{repository.key}", "git", str(project))


def look_at_chain(root: Path, release: Release) -> Case:
    """Return a chained command that prints a row."""
    return _look(
        Scene(World(root)),
        release,
        "chain-0123456789abcdef",
        "chain",
        "0123456789abcdef",
        "5.0",
        "echo other",
    )


def compilation(root: Path, release: Release) -> Case:
    """Return a compilation of config.toml that a line waits for."""
    scene = Scene(World(root))
    scene.world.configure(CONFIG)
    compile_config(scene.world.env)
    scene.world.configure(CHANGED)
    scene.keep()
    target = scene.world.paths.line_config
    command = Command(
        [str(release.python), "-I", "-B", "-m", "usageline.config.compile"], scene.world.env
    )
    return Case(
        scene, command, lambda: _assert_whole(scene, target), lambda: _complete(scene, command)
    )


CONFIG_COMMANDS = {
    "init": (None, default_file(), ["init"]),
    "set": (CONFIG, CHANGED, ["set", "theme", "light"]),
    "unset": (CONFIG, CONFIG.replace('theme = "dark" # dark\n', ""), ["unset", "theme"]),
    "preset": (CONFIG, None, ["preset", "minimal"]),
    "edit": (CONFIG, CHANGED, ["edit"]),
}
"""By name: config.toml before and after (None: as an undisturbed run writes it), and arguments."""


def config(root: Path, release: Release, name: str) -> Case:
    """Return `usageline config …`; sed does the edit."""
    before, after, words = CONFIG_COMMANDS[name]
    scene = Scene(World(root))
    world = scene.world
    file = Path(world.paths.config_file)
    if before is not None:
        world.configure(before)
    scene.keep()
    editor = world.home / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/= "dark/= "light/\' "$1"\n')
    editor.chmod(0o700)
    world.env["VISUAL"] = str(editor)
    command = Command(
        [str(release.python), "-I", "-B", "-m", "usageline.cli", "config", *words], world.env
    )
    left = Path(world.paths.state_dir) / "edit" / "config.toml"
    if after is None:
        _complete(scene, command)
        after = file.read_text()
        assert after != before
        scene.restore()

    def look() -> None:
        assert (file.read_text() if file.exists() else None) in (before, after)
        assert not left.exists() or left.read_text() in (before, after)
        _assert_whole(scene, world.paths.line_config)

    def again() -> None:
        # The next edit offers an interrupted one; without a terminal it stays.
        if left.exists() and left.read_text() == after:
            assert world.run(*command.words).returncode == 1
            left.unlink()
        if name == "init" and file.exists():
            file.unlink()
        _complete(scene, command)
        assert file.read_text() == after
        compile_config(
            world.env
        )  # compiled for the next line, if the command had nothing left to do

    return Case(scene, command, look, again)


def usage(root: Path, release: Release) -> Case:
    """Return `usageline usage`, which reads transcripts into an index that has some of them."""
    scene = Scene(World(root))
    world = scene.world
    transcript = world.home / ".claude" / "projects" / MAIN
    transcript.parent.mkdir(parents=True)
    command = Command(
        [str(release.python), "-I", "-B", "-m", "usageline.cli", "usage", "--json", "--tz", "UTC"],
        world.env,
    )
    transcript.write_bytes(encoded(*(line_of(number) for number in range(USAGE_LINES // 2))))
    _complete(scene, command)
    scene.keep()
    transcript.write_bytes(encoded(*(line_of(number) for number in range(USAGE_LINES))))

    def again() -> None:
        done = world.run(*command.words)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["total"]["responses"] == USAGE_LINES

    return Case(scene, command, lambda: None, again)


def _look(scene: Scene, release: Release, result: str, *words: str) -> Case:
    scene.keep()
    command = Command(
        [str(release.python), "-I", "-B", "-m", "usageline.jobs", *words], scene.world.env
    )
    path = Path(scene.world.paths.jobs_dir) / f"{result}.json"

    def again() -> None:
        _complete(scene, command)
        assert json.loads(path.read_text())["version"] == 1  # and so the lock was free

    return Case(scene, command, lambda: _assert_whole(scene, str(path)), again)


def _complete(scene: Scene, command: Command) -> None:
    done = scene.world.run(*command.words)
    assert done.returncode == 0, done.stderr


def _assert_whole(scene: Scene, path: str) -> None:
    """Assert that the file is absent or complete, beside only what the next run overwrites."""
    if Path(path).exists():
        assert json.loads(Path(path).read_text())["version"] == 1
    strays = {str(file) for file in scene.home.rglob(".*-new")}
    config_file, edit = (
        scene.world.paths.config_file,
        scene.world.paths.state_dir + "/edit/",
    )
    files = (path, config_file, edit + "config.toml", edit + "before.toml")
    assert strays <= {name for file in files for name in temporary_files(file)}


def _content(scene: Scene) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in scene.home.rglob("*") if path.is_file()}
