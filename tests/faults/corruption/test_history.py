"""Damage the history, append from two profiles at once, and add foreign files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.corruption.damage import VALUES, bomb, cuts, flips
from tests.faults.promises import promise
from tests.storage.readings import ACCOUNT, NOW, directory, reading
from tests.world import World
from usageline.core import paths
from usageline.core.windows import MAX_PERCENT
from usageline.storage import history
from usageline.storage.codec import encode
from usageline.system import lock
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from usageline.usage.model import Reading

TESTS = Path(__file__).resolve().parents[2]
SEEN = [reading(NOW - 300 * number, float(number)) for number in range(4, -1, -1)]
LINES = b"".join(encode(one) + b"\n" for one in SEEN)


@promise(
    "Two profiles of one account that append readings while the file is trimmed to its "
    "maximum size lose none.",
    sees="Every reading in `usageline history`.",
    topic="damaged",
)
@pytest.mark.slow
def test_two_that_add_while_the_file_is_cut_lose_nothing(
    in_memory: Path, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    world = World(in_memory / "world")
    env = {**world.env, "PYTHONPATH": f"{TESTS.parent}:{TESTS.parent / 'plugin'}"}
    count, begin = size(400, 5000), in_memory / "begin"
    script = Path(__file__).with_name("appending.py")
    command = [sys.executable, "-B", str(script), ACCOUNT]
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen(
            [*command, str(who), str(count), str(begin)],
            env=env,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        for who in (0, 1)
    ]
    time.sleep(0.5)
    begin.touch()
    results = [(*process.communicate(timeout=300), process.returncode) for process in running]
    assert [(errors, status) for _, errors, status in results] == [("", 0)] * 2
    cut = max(int(output.split()[1]) for output, _, _ in results)
    assert cut > count / 100
    figure(f"2 processes, {count} readings each, {cut} cuts: 0 lost")


@promise(
    "A process that hangs while it holds the history's lock delays no refresh. The "
    "refresh stores its reading anyway.",
    topic="damaged",
)
def test_a_lock_that_is_never_given_back_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    monkeypatch.setattr(history, "LOCK_TIMEOUT_S", 0.5)
    assert history.append(world.paths, ACCOUNT, SEEN[0])
    with lock.hold_existing(str(directory(world.env)), 0) as free:
        assert free
        began = time.monotonic()
        assert history.append(world.paths, ACCOUNT, SEEN[1])
        took_s = time.monotonic() - began
    assert took_s < history.LOCK_TIMEOUT_S + 3
    assert history.load(world.paths, ACCOUNT) == SEEN[:2]
    figure(f"given up after {took_s:.1f} s")


def sound(readings: list[Reading]) -> bool:
    """Return whether all that was read can be shown."""
    limits = [limit for one in readings for limit in one.limits]
    return all(
        limit.label.isprintable() and (limit.percent is None or 0 <= limit.percent <= MAX_PERCENT)
        for limit in limits
    )


@promise(
    "If a history file is truncated at any byte, has any flipped bit or contains hostile "
    "lines, every other line is still read. New ones are appended.",
    sees="`usageline history` without the lost lines.",
    topic="damaged",
)
def test_good_lines_of_a_damaged_file_are_kept(
    in_memory: Path, tmp_path: Path, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    env = World(in_memory / "world").env
    directory(env).mkdir(parents=True, mode=0o700)
    path = directory(env) / history.month_file(NOW)
    new = reading(NOW + 1)
    tried = 0

    def check(content: bytes, intact: list[Reading]) -> None:
        nonlocal tried
        path.write_bytes(content)
        assert history.append(Paths(env), ACCOUNT, new)
        loaded = history.load(Paths(env), ACCOUNT)
        assert all(one in loaded for one in [*intact, new]), content[:200]
        assert sound(loaded)
        tried += 1

    for content in cuts(LINES, size(13, 1)):
        check(content, SEEN[: content.count(b"\n")])
    for place, content in enumerate(flips(LINES, size(97, 3))):
        byte = place * size(97, 3) // 8
        touched = {LINES[:byte].count(b"\n"), LINES[: byte + 1].count(b"\n")}
        check(content, [one for number, one in enumerate(SEEN) if number not in touched])
    lines = LINES.splitlines(keepends=True)
    at = f'{{"at":{NOW:010d},"by":'
    for value in VALUES.values():
        for bad in (
            f'{at}{value},"plan":null,"limits":[],"credits":[]}}',
            f'{at}"x","plan":{value},"limits":[],"credits":[]}}',
            f'{at}"x","plan":null,"limits":{value},"credits":[]}}',
            f'{at}"x","plan":null,"limits":[["session","x",{value},{value}]],"credits":[]}}',
            (
                f'{at}"x","plan":null,"limits":[],'
                f'"credits":[["x",{value},1,2,"EUR",{value},null,false,true,null]]}}'
            ),
            f'{{"at":{value},"by":"x","plan":null,"limits":[],"credits":[]}}',
        ):
            check(b"".join(line + bad.encode() + b"\n" for line in lines), SEEN)
    check(b"".join(line + bomb(tmp_path / "ran") + b"\n" for line in lines), SEEN)
    assert not (tmp_path / "ran").exists()
    figure(f"{tried} damaged files")


@promise(
    "Files of impossible or future months in the history directory cost no reading and no "
    "refresh. Files that usageline did not create stay.",
    topic="damaged",
)
def test_files_of_impossible_months_push_nothing_out(
    in_memory: Path, figure: Callable[[str], None]
) -> None:
    env = World(in_memory / "world").env
    for one in SEEN[:-1]:
        assert history.append(Paths(env), ACCOUNT, one)
    others = ("9999-12.jsonl", "0000-01.jsonl", "1970-01.jsonl", "2026-13.jsonl", "notes.jsonl")
    for name in others:
        (directory(env) / name).write_bytes(LINES)
    for year in range(2240, 2250):
        with (directory(env) / f"{year}-12.jsonl").open("wb") as file:
            file.truncate(history.MAX_BYTES)
    for name, make in (
        ("2030-01.jsonl", os.mkdir),
        ("2030-02.jsonl", os.mkfifo),
        ("2020-01.jsonl", os.mkfifo),
    ):
        make(directory(env) / name)
    began = time.monotonic()
    assert history.append(Paths(env), ACCOUNT, SEEN[-1])
    assert history.load(Paths(env), ACCOUNT) == SEEN
    assert time.monotonic() - began < 5
    left = {path.name for path in directory(env).iterdir()}
    assert {*others, "2030-01.jsonl", "2030-02.jsonl", "2020-01.jsonl"} <= left
    assert (
        sum(path.stat().st_size for path in directory(env).iterdir() if path.is_file())
        < history.MAX_BYTES
    )
    assert Path(paths.history_dir(env)).is_dir()
    figure(f"{len(others) + 13} files of impossible months")
