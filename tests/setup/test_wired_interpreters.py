"""The commands in settings.json with an interpreter that cannot run, in every shell there is."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.needs import needs
from tests.hot import INTERPRETER
from tests.world import REPOSITORY
from usageline.setup import releases
from usageline.setup.settings_entries import DAMAGED, make_entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Release, World

TIMEOUT_S = 30

SHELLS = {
    "dash": ["dash"],
    "bash": ["bash", "--posix"],
    "zsh": ["zsh", "--emulate", "sh"],
    "busybox": ["busybox", "sh"],
}
PRESENT = [name for name, (program, *_) in SHELLS.items() if shutil.which(program)]

LIMITS = (
    *("-v 8192", "-v 12288", "-v 16384", "-v 24576", "-d 100", "-d 1000", "-m 1000"),
    *("-s 8", "-n 5", "-n 8", "-f 0", "-t 1", "-c 0"),
)
"""Of memory, stack, descriptors, file size, time and core. Most leave enough, some for no Python.

Only dash and bash start a program with fewer than five descriptors.
"""

PAYLOAD = '{"model": {"display_name": "Opus"}}'


@pytest.fixture
def data_dir(release: Release, world: World) -> Path:
    """Return the directory of an installed release without a second interpreter."""
    data = Path(world.paths.data_dir)
    data.mkdir(parents=True)
    (data / "current").symlink_to(release.root)
    return data


def run(shell: str, command: str, world: World) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SHELLS[shell], "-c", command],
        input=PAYLOAD,
        env={**world.env, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@pytest.mark.parametrize("shell", PRESENT)
def test_line_or_hint_is_printed_under_any_limit(shell: str, world: World, data_dir: Path) -> None:
    entries = make_entries(INTERPRETER, str(data_dir))
    few = ("-n 3", "-n 4") if shell in ("dash", "bash") else ()
    printed = set()
    for limit in (*LIMITS, *few):
        if shell == "zsh" and limit == "-d 100":  # too little for zsh itself
            continue
        line = run(shell, f"ulimit {limit}; {entries.line}", world)
        hook = run(shell, f"ulimit {limit}; {entries.hook}", world)
        text = line.stdout.rstrip("\n")
        assert line.returncode == 0, limit
        assert text == DAMAGED or text.startswith("Opus"), (limit, line)
        assert (hook.returncode, hook.stdout) == (0, ""), limit
        printed.add(text == DAMAGED)
    assert printed == {True, False}


def _script(text: bytes) -> Callable[[Path], bytes]:
    return lambda _: text


BROKEN: dict[str, Callable[[Path], bytes]] = {
    "ends without a word": _script(b"#!/bin/sh\nexit 0\n"),
    "fails": _script(b"#!/bin/sh\necho no library >&2; exit 127\n"),
    "is killed": _script(b"#!/bin/sh\nkill -KILL $$\n"),
    "needs another program": _script(b"#!/nonexistent/python\n"),
    "is empty": _script(b""),
    "is a text": _script(b"hello\n"),
    "is cut short": lambda python: python.read_bytes()[:500],
    "is for another processor": lambda python: (
        python.read_bytes()[:18] + b"\xff\xfe" + python.read_bytes()[20:]
    ),
}


@pytest.mark.parametrize("shell", PRESENT)
def test_interpreter_that_cannot_run_leaves_a_hint_or_another_ones_line(
    shell: str, world: World, release: Release, data_dir: Path, tmp_path: Path
) -> None:
    """The hook prints nothing, and both exit with 0."""
    directory = tmp_path / "directory"
    directory.mkdir()
    broken = [directory]
    for name, content in BROKEN.items():
        broken.append(tmp_path / name)
        broken[-1].write_bytes(content(Path(INTERPRETER)))
        broken[-1].chmod(0o755)
    for python in broken:
        entries = make_entries(str(python), str(data_dir))
        line, hook = run(shell, entries.line, world), run(shell, entries.hook, world)
        assert (line.returncode, line.stdout) == (0, DAMAGED + "\n"), python
        assert (hook.returncode, hook.stdout, hook.stderr) == (0, "", ""), python
    (data_dir / "releases").mkdir()
    (data_dir / "releases/one").symlink_to(release.root)
    (release.root / "bin").mkdir(exist_ok=True)
    releases.write_launcher(releases.Release(str(data_dir), "one"))
    if not any(os.access(f"/usr/bin/python3.{minor}", os.X_OK) for minor in range(10, 15)):
        return
    for python in broken:
        line = run(shell, make_entries(str(python), str(data_dir)).line, world)
        assert (line.returncode, line.stdout[:4]) == (0, "Opus"), python


@pytest.mark.skipif(os.geteuid() == 0, reason="root may start any number of processes")
def test_shell_that_cannot_fork_prints_the_line(world: World, data_dir: Path) -> None:
    entries = make_entries(INTERPRETER, str(data_dir))
    for limit in (0, 1):
        done = run("dash", f"ulimit -p {limit}; {entries.line}", world)
        assert (done.returncode, done.stdout[:4]) == (0, "Opus")
        done = run("dash", f"ulimit -p {limit}; {entries.hook}", world)
        assert (done.returncode, done.stdout) == (0, "")


OTHER_USER = 61234
"""A user number without an account."""

SPOILED: dict[str, Callable[[Path], None]] = {
    "program of another user": lambda python: os.chown(python, OTHER_USER, -1),
    "directory of another user": lambda python: os.chown(python.parent, OTHER_USER, -1),
    "directory above of another user": lambda python: os.chown(python.parents[1], OTHER_USER, -1),
    "writable program": lambda python: python.chmod(0o757),
    "writable directory": lambda python: python.parent.chmod(0o1777),
    "writable directory above": lambda python: python.parents[1].chmod(0o777),
    "writable by a group": lambda python: _give_to_group(python.parent),
}


def _give_to_group(directory: Path) -> None:
    os.chown(directory, -1, OTHER_USER)
    directory.chmod(0o770)


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """Return an interpreter that leaves the file `ran` beside its directories."""
    python = tmp_path / "prefix" / "more" / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\n: >{tmp_path}/ran\nexec {shlex.quote(INTERPRETER)} "$@"\n')
    for path in (python, *python.parents[:3]):
        path.chmod(0o755)
    return python


def _spoil(how: str, python: Path) -> None:
    if "user" in how or "group" in how:
        needs(root=True)
    SPOILED[how](python)


@pytest.mark.parametrize("how", ["", *SPOILED])
def test_fallback_runs_no_interpreter_that_another_user_can_change(
    world: World, release: Release, data_dir: Path, marked: Path, how: str
) -> None:
    if how:
        _spoil(how, marked)
    (release.root / "bin").mkdir(exist_ok=True)
    (data_dir / "releases").mkdir()
    (data_dir / "releases/one").symlink_to(release.root)
    releases.write_launcher(releases.Release(str(data_dir), "one"))
    fallback = release.root / "bin/fallback"
    text = fallback.read_text()
    elsewhere = re.sub(r"(?s)in /usr/bin /usr/local.*?;", f"in {marked.parent};", text)
    assert elsewhere != text
    fallback.write_text(elsewhere)
    for word in ("statusline", "hook"):
        done = run(PRESENT[0], f"exec /bin/sh {fallback} {word}", world)
        assert (done.returncode, done.stderr) == (0, "")
        assert ("Opus" in done.stdout) == (word == "statusline" and not how)
        assert (marked.parents[3] / "ran").exists() == (not how)


@pytest.mark.parametrize("shell", PRESENT)
def test_plugins_hook_runs_no_interpreter_that_another_user_can_change(
    shell: str, world: World, release: Release, marked: Path, tmp_path: Path
) -> None:
    hooks = json.loads((REPOSITORY / "hooks" / "hooks.json").read_text())["hooks"]
    command = hooks["SessionStart"][0]["hooks"][0]["command"]
    hook = re.sub(r"in /opt/\S+ .*?;", f"in {marked};", command)
    assert hook != command
    world.env["CLAUDE_PLUGIN_ROOT"] = str(release.root)

    def runs() -> bool:
        done = run(shell, hook, world)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        has_run = (tmp_path / "ran").exists()
        (tmp_path / "ran").unlink(missing_ok=True)
        return has_run

    assert runs()
    for how, spoil in SPOILED.items():
        if os.geteuid() and ("user" in how or "group" in how):
            continue
        spoil(marked)
        assert not runs(), how
        for path in (marked, *marked.parents[:3]):
            os.chown(path, os.geteuid(), os.getegid())
            path.chmod(0o755)
