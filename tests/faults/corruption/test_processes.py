"""Run real processes: the line, the hook, the command. Check output, duration and memory."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.corruption.damage import contents
from tests.faults.corruption.drawing import put
from tests.faults.corruption.measured import run
from tests.faults.promises import promise
from tests.hot import Hot
from usageline.core import paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World

MAX_PEAK_BYTES = 64 << 20
MAX_RUN_S = 15.0
"""For a process that waits for nothing, on a busy machine."""


def sparse(path: str) -> None:
    """Write a sparse gigabyte."""
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
        file.truncate(1 << 30)


KINDS: dict[str, Callable[[str], object]] = {
    "a FIFO": os.mkfifo,
    "a directory": os.mkdir,
    "a link to itself": lambda path: os.symlink(os.path.basename(path), path),
    "a link to a device": partial(os.symlink, "/dev/zero"),
    "a link to another file": partial(os.symlink, "../../../secret"),
    "a gigabyte": sparse,
}


def clear(path: Path) -> None:
    """Remove the file or directory."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@promise(
    "Whatever kind of file is in the cache, line and hook exit at once with status 0 and "
    "little memory. Tried: FIFOs, directories, devices, links, a gigabyte, deep nesting.",
    sees="The line, without what cannot be read.",
    topic="planted",
)
@pytest.mark.slow
def test_line_and_hook_are_quick_and_small_over_any_kind_of_file(
    world: World,
    built_release: Release,
    tmp_path: Path,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    hot = Hot(world, built_release)
    hot.publish()
    world.configure('rows = [["model", "session", "weekly", "status"]]')
    (world.home / "secret").write_text('{"version": 1, "plan": "SECRET"}')
    assert hot.line()
    snapshot, compiled = Path(world.paths.snapshot), Path(world.paths.line_config)
    good = {path: path.read_bytes() for path in (snapshot, compiled)}
    hook = [hot.command[0], "-I", "-S", "-B", str(built_release.hook)]
    env = {**world.env, "COLUMNS": "120", "USAGELINE_REFRESH": "1"}
    slowest_s, most, runs = 0.0, 0, 0
    cases: list[tuple[str, Callable[[str], object]]] = list(KINDS.items())
    whole = list(contents(good[snapshot], tmp_path / "ran").items())
    cases += [
        (name, partial(lambda content, path: put(Path(path), content), content))
        for name, content in whole[:: size(4, 1)]
    ]
    for name, make in cases:
        for path in good:
            clear(path)
            make(str(path))
        for command, expected in ((hot.command, True), (hook, False)):
            done = run(command, env, b"{}")
            assert (done.status, done.errors, bool(done.output.strip())) == (0, "", expected), name
            assert "SECRET" not in done.output
            assert done.took_s < MAX_RUN_S, name
            assert done.peak < MAX_PEAK_BYTES, name
            slowest_s, most, runs = max(slowest_s, done.took_s), max(most, done.peak), runs + 1
        for path, content in good.items():
            clear(path)
            put(path, content)
    assert not (tmp_path / "ran").exists()
    figure(
        f"{runs} runs over {len(cases)} kinds of file: at most {slowest_s:.1f} s and "
        f"{most >> 20} MiB"
    )


PLACES = (
    "snapshot.json",
    "line.json",
    "line.stamp",
    "refresh.stamp",
    "refresh.lock",
    "told",
    "looks",
    "store",
    "store.broken",
    "store/cache.db",
)


@promise(
    "A refresh removes whatever kind of file is in the place of its own files. It reads "
    "and writes nothing through it, and publishes.",
    sees="The numbers, with the next line.",
    topic="planted",
)
@pytest.mark.slow
def test_a_refresh_publishes_whatever_stands_in_the_place_of_its_files(
    world: World,
    api: Api,
    built_release: Release,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    world.configure('rows = [["model", "session"]]')
    secret = world.home / "secret"
    slowest_s, most, tried = 0.0, 0, 0
    whole = [
        *KINDS.items(),
        ("a file", lambda path: Path(path).write_text("theirs")),
        ("nothing", lambda _path: None),
    ]
    for name, make in whole[:: size(3, 1)]:
        shutil.rmtree(world.cache.parent, ignore_errors=True)
        world.cache.mkdir(parents=True, mode=0o700)
        world.cache.parent.chmod(0o700)
        secret.write_text("SECRET")
        asked = len(api.usage_requests)
        for place in PLACES:
            path = world.cache / place
            if path.parent.is_dir() and not path.parent.is_symlink():
                make(str(path))
        done = run(built_release.refresh_command, world.env)
        assert (done.status, done.output, done.errors) == (0, "", ""), name
        assert world.snapshot()["status"] == "ok", name
        assert [limit["percent"] for limit in world.snapshot()["limits"]] == [37, 26, 55], name
        assert len(api.usage_requests) == asked + 1, name
        assert secret.read_text() == "SECRET", name
        assert done.took_s < 2 * MAX_RUN_S, name
        assert done.peak < 2 * MAX_PEAK_BYTES, name
        assert run(built_release.refresh_command, world.env).status == 0
        assert len(api.usage_requests) == asked + 1, name
        slowest_s, most, tried = max(slowest_s, done.took_s), max(most, done.peak), tried + 1
    figure(
        f"{tried} kinds of file in {len(PLACES)} places: a refresh takes at most "
        f"{slowest_s:.1f} s and {most >> 20} MiB"
    )


@pytest.mark.full
@promise(
    "Whatever the cache, the store and the history contain, each command reports in one "
    "sentence what it cannot read, without a traceback.",
    topic="damaged",
)
def test_no_command_shows_a_traceback(
    world: World, api: Api, built_release: Release, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    del api
    env = {**world.env, "COLUMNS": "120"}
    assert run(built_release.refresh_command, env).status == 0
    snapshot = Path(paths.snapshot(env))
    history = next(Path(paths.history_dir(env)).glob("*/*.jsonl"))
    good = {
        path: path.read_bytes() for path in (snapshot, history, world.cache / "store" / "cache.db")
    }
    runs = 0
    for name, content in contents(good[snapshot], tmp_path / "ran").items():
        for path in good:
            put(path, content)
        for words in (
            (),
            ("--json",),
            ("doctor",),
            ("history",),
            ("history", "--csv"),
            ("line", "--for", "json"),
            ("explain",),
            ("info",),
        ):
            done = run([str(built_release.python), "-I", "-B", "-m", "usageline.cli", *words], env)
            output = done.output + done.errors
            assert done.status in (0, 1), (name, words, output)
            assert "Traceback" not in output, (name, words, output)
            assert "please report it" not in output, (name, words, output)
            runs += 1
    assert not (tmp_path / "ran").exists()
    figure(f"{runs} commands over {runs // 8} contents of snapshot, store and history")
