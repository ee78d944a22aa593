"""The commands in settings.json, run by a shell as Claude Code does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from tests.hot import INTERPRETER
from tests.program import overwrite
from usageline.core.background import is_zone
from usageline.setup.settings_entries import DAMAGED, SAFE_ZONE, SettingsEntries, make_entries

if TYPE_CHECKING:
    from tests.world import Release, World

TIMEOUT_S = 8
"""Far longer than a line takes on a busy machine."""


@pytest.fixture
def wired(release: Release, world: World) -> SettingsEntries:
    """Return the commands of an installed release."""
    data = Path(world.paths.data_dir)
    data.mkdir(parents=True)
    (data / "current").symlink_to(release.root)
    return make_entries(INTERPRETER, str(data))


def _run(
    world: World, command: str, stdin: int | IO[Any] = subprocess.DEVNULL, **env: str
) -> subprocess.CompletedProcess[str]:
    whole = {**world.env, "NO_COLOR": "1", **env}
    return subprocess.run(
        ["/bin/sh", "-c", command],
        stdin=stdin,
        env=whole,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@pytest.mark.parametrize(
    "name",
    [
        ":{0}/fifo",
        "{0}/fifo",
        ":./fifo",
        "../../../../..{0}/fifo",
        ":{0}/link",
        ":/dev/stdin",
        "/proc/self/fd/0",
    ],
)
def test_time_zone_file_of_a_project_is_not_opened(
    world: World, wired: SettingsEntries, tmp_path: Path, name: str
) -> None:
    """A FIFO would block the line, the hook and the refresh forever."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    zone = name.format(tmp_path)
    reader, writer = os.pipe()
    try:
        assert _run(
            world, wired.line, reader if "fifo" not in name else subprocess.DEVNULL, TZ=zone
        ).stdout.strip()
        assert _run(world, wired.hook, TZ=zone).returncode == 0
    finally:
        os.close(reader)
        os.close(writer)
    assert not is_zone(zone)


def test_time_zone_directory_of_a_project_is_not_used(
    world: World, wired: SettingsEntries, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "Zone")
    assert _run(world, wired.line, TZ="Zone", TZDIR=str(tmp_path)).stdout.strip()


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Berlin",
        ":Europe/Berlin",
        "UTC",
        "EST5EDT,M3.2.0,M11.1.0",
        "",
        ":/etc/localtime",
        "/usr/share/zoneinfo/Asia/Tokyo",
    ],
)
def test_time_zone_of_the_system_is_kept(name: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", SAFE_ZONE + 'echo "$TZ"'],
        env={"TZ": name},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == name + "\n"
    assert is_zone(name)


@pytest.mark.parametrize(
    "kind", ["directory", "closed", "write-only", "socket", "/dev/zero", "/dev/full", "/dev/tty"]
)
def test_line_is_printed_with_any_stdin(
    world: World, wired: SettingsEntries, tmp_path: Path, kind: str
) -> None:
    """An interpreter does not start if stdin is a directory."""
    if kind == "closed":
        assert _run(world, f"exec <&-; {wired.line}").stdout.strip()
    elif kind == "socket":
        here, there = socket.socketpair()
        with here, there:
            assert _run(world, wired.line, here.fileno()).stdout.strip()
    elif kind == "write-only":
        with (tmp_path / "file").open("wb") as file:
            assert _run(world, wired.line, file).stdout.strip()
    elif kind == "/dev/tty":
        controller, terminal = os.openpty()
        assert _run(world, wired.line, terminal).stdout.strip()
        os.close(controller)
        os.close(terminal)
    else:
        descriptor = os.open("/" if kind == "directory" else kind, os.O_RDONLY)
        done = _run(world, wired.line, descriptor)
        assert (done.returncode, bool(done.stdout.strip()), done.stderr) == (0, True, "")
        os.close(descriptor)


@pytest.mark.parametrize("how", ["blocked", "ignored", "pending"])
def test_line_times_out_even_if_the_alarm_is_blocked_or_ignored(
    world: World, wired: SettingsEntries, how: str
) -> None:
    """The client's parent may have set that. A pending alarm does not cut the payload short."""
    prepare = {
        "blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])",
        "ignored": "signal.signal(signal.SIGALRM, signal.SIG_IGN)",
        "pending": "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]);"
        " os.kill(os.getpid(), signal.SIGALRM)",
    }[how]
    code = f"import os, signal, sys; {prepare}; os.execv('/bin/sh', ['/bin/sh', '-c', sys.argv[1]])"
    reader, writer = os.pipe()
    os.write(writer, b'{"model": {"display_name": "Opus"}')
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", code, wired.line],
        stdin=reader,
        env=world.env,
        stdout=subprocess.PIPE,
    )
    try:
        if how == "pending":
            time.sleep(0.5)
            os.write(writer, b"}")
        output, _ = process.communicate(timeout=TIMEOUT_S)
    finally:
        process.kill()
        os.close(reader)
        os.close(writer)
    assert output.strip()
    assert process.returncode not in (-signal.SIGALRM, 128 + signal.SIGALRM)
    assert time.monotonic() - began < TIMEOUT_S


CUTS = ["empty", "half", "a line less", "zeros", "one byte"]


@pytest.mark.parametrize("how", CUTS)
def test_damaged_script_is_reported(
    world: World, wired: SettingsEntries, release: Release, how: str
) -> None:
    """A power loss may empty or cut it. The hook prints nothing, and both exit with 0."""
    for script in (release.statusline, release.hook):
        whole = script.read_bytes()
        lines = whole.splitlines(keepends=True)
        cut = {
            "empty": b"",
            "half": whole[: len(whole) // 2],
            "a line less": b"".join(lines[:-2]),
            "zeros": bytes(len(whole)),
            "one byte": whole[:1],
        }
        overwrite(script, cut[how])
    line, hook = _run(world, wired.line), _run(world, wired.hook)
    assert (line.returncode, line.stdout) == (0, DAMAGED + "\n")
    assert (hook.returncode, hook.stdout, hook.stderr) == (0, "", "")


@pytest.mark.parametrize("how", ["gone", "FIFO", "directory"])
def test_missing_script_is_reported_without_waiting(
    world: World, wired: SettingsEntries, release: Release, how: str
) -> None:
    """The hook prints nothing and exits with 0: the client shows any other status as an error."""
    fallback = release.root / "bin/fallback"
    fallback.parent.mkdir()
    for path in (release.statusline, release.hook, fallback):
        path.unlink(missing_ok=True)
        if how == "FIFO":
            os.mkfifo(path)
        elif how == "directory":
            path.mkdir()
        line, hook = _run(world, wired.line), _run(world, wired.hook)
        assert (line.returncode, bool(line.stdout.strip()), line.stderr) == (0, True, "")
        assert (hook.returncode, hook.stdout, hook.stderr) == (0, "", "")


@pytest.mark.parametrize("how", CUTS)
def test_damaged_module_leaves_a_line(
    world: World, wired: SettingsEntries, release: Release, how: str
) -> None:
    """The modules of the line, their bytecode, and the bundle."""
    bundles = list((release.root / "plugin/usageline/__pycache__").glob("*.opt-bundle.pyc"))
    modules = [
        release.root / "plugin/usageline/line" / name
        for name in ("main.py", "view.py", "__init__.py")
    ]
    for path in (*bundles, *modules):
        compiled = (
            (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc") if path.suffix == ".py" else ()
        )
        for file in (path, *compiled):
            whole = file.read_bytes()
            cut = {
                "empty": b"",
                "half": whole[: len(whole) // 2],
                "a line less": whole[:-40],
                "zeros": bytes(len(whole)),
                "one byte": whole[:1],
            }
            overwrite(file, cut[how])
        done = _run(world, wired.line)
        assert (done.returncode, bool(done.stdout.strip())) == (0, True), path


def test_intact_script_prints_the_line(world: World, wired: SettingsEntries) -> None:
    done = _run(world, wired.line)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert "usageline:" not in done.stdout
