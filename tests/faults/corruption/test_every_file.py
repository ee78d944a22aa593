"""Damage each file that any program of usageline reads, in every way, and run what reads it."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.disk.space import AS_USER
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.faults.used import ALL, CANARY, Used, used
from tests.org_server import OrgServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.corruption.measured import Measured
    from tests.server import Api
    from tests.world import World

STRANGER = 54321
"""A user without any files here."""

MAX_RUN_S = 120.0
"""For a program that waits for nothing but a refresh, on a busy machine."""

MAX_LINE_PEAK_BYTES = 64 << 20
MAX_PEAK_BYTES = 256 << 20
PARTS = 3
UNWANTED = ("Traceback", "please report it", CANARY)
STATUSES = {0, 1, 2, 3}
"""Those that docs/USAGE.md names. A signal or any other number is a crash."""


def shorten(path: Path, _: Used) -> None:
    """Cut it in the middle."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path, _: Used) -> None:
    """Leave nothing of it."""
    path.write_bytes(b"")


def zero(path: Path, _: Used) -> None:
    """Replace it by as many NUL bytes, as a crash of the system does."""
    path.write_bytes(b"\0" * path.stat().st_size)


def scramble(path: Path, _: Used) -> None:
    """Replace it by random bytes."""
    path.write_bytes(random.Random(path.name).randbytes(max(path.stat().st_size, 64)))


def make_directory(path: Path, _: Used) -> None:
    """Put a directory with a file in its place."""
    path.unlink()
    path.mkdir()
    (path / "file").write_text("theirs")


def make_fifo(path: Path, _: Used) -> None:
    """Put a FIFO in its place, which has no writer."""
    path.unlink()
    os.mkfifo(path, 0o600)


def link(path: Path, machine: Used) -> None:
    """Put a link to a file elsewhere in its place."""
    path.unlink()
    path.symlink_to(machine.elsewhere)


def give_away(path: Path, _: Used) -> None:
    """Give it to another user, who lets everybody read it."""
    path.chmod(0o644)
    os.chown(path, STRANGER, STRANGER)


def hide(path: Path, _: Used) -> None:
    """Give it to another user, who lets nobody read it."""
    path.chmod(0o600)
    os.chown(path, STRANGER, STRANGER)


def grow(path: Path, _: Used) -> None:
    """Make it a gigabyte, most of it a hole."""
    os.truncate(path, 1 << 30)


DAMAGES: dict[str, Callable[[Path, Used], None]] = {
    "truncated": shorten,
    "empty": empty,
    "NUL bytes": zero,
    "random bytes": scramble,
    "a directory": make_directory,
    "a FIFO": make_fifo,
    "a link to another file": link,
    "of another user": give_away,
    "of another user, unreadable": hide,
    "a gigabyte": grow,
}


@pytest.fixture
def machine(world: World, api: Api, size: Callable[[int, int], int]) -> Iterator[Used]:
    """Return a machine on which everything was used, or some of it."""
    needs("strace", "git", "unshare", root=True)
    org = OrgServer()
    yield used(world, api, org, size(5, ALL))
    org.close()


def programs(machine: Used, path: Path, turn: int) -> list[str]:
    """Return the programs to run over a damaged file: the line if it reads it, and one in turn."""
    readers = machine.readers(path)
    return list(dict.fromkeys([*{"line"}.intersection(readers), readers[turn % len(readers)]]))


def problems(machine: Used, name: str, done: Measured) -> Iterator[str]:
    """Yield what must not be after a program has run over a damaged file."""
    output = done.output + done.errors
    is_hot = name in {"line", "hook"}
    if done.status not in STATUSES or (is_hot and (done.status or done.errors)):
        yield f"status {done.status}: {output}"
    if any(words in output for words in UNWANTED):
        yield output
    if done.took_s > MAX_RUN_S:
        yield f"{done.took_s:.1f} s"
    if done.peak > (MAX_LINE_PEAK_BYTES if is_hot else MAX_PEAK_BYTES):
        yield f"{done.peak >> 20} MiB"
    if not output.strip() and (name == "line" or done.status not in {0, machine.usual[name]}):
        yield f"status {done.status} and no word"
    if machine.elsewhere.read_text() != CANARY:
        yield "a file elsewhere changed"
    changed = machine.changed()
    if changed:
        yield f"changed {changed}"


@promise(
    "Whatever happens to any file that usageline reads, each program that reads it ends in time "
    "and without a traceback. The line is complete, and no other file changes. Tried: truncated, "
    "empty, NUL and random bytes, a directory, a FIFO, a link, another user's, a gigabyte.",
    sees="The line. `usageline doctor` and the command that needs the file name it.",
    topic="damaged",
)
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=pytest.mark.full if part else []) for part in range(PARTS)]
)
def test_any_file_that_is_read_may_be_damaged(
    *, machine: Used, part: int, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    cases = [(path, turn) for path in machine.files for turn in range(len(DAMAGES))]
    tried: list[tuple[str, Path, str]] = []
    wrong: list[str] = []
    slowest_s, most = 0.0, 0
    for path, turn in random.sample(cases, 5) if size(1, 0) else cases[part::PARTS]:
        damage = list(DAMAGES)[turn]
        for name in programs(machine, path, turn):
            machine.damage(path, DAMAGES[damage])
            done = machine.run(name, AS_USER if "another user" in damage else ())
            what = f"{name}, {path.relative_to(machine.home)} {damage}"
            wrong += [f"{what}: {problem}" for problem in problems(machine, name, done)]
            tried.append((name, path, damage))
            slowest_s, most = max(slowest_s, done.took_s), max(most, done.peak)
    assert wrong == []
    names, files, damages = (len(set(column)) for column in zip(*tried, strict=True))
    figure(
        f"{len(tried)} runs of {names} programs over {files} files and {damages} damages: at most "
        f"{slowest_s:.1f} s and {most >> 20} MiB"
    )
