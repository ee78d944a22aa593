"""Damage each file that any program of usageline reads, in every way, and run what reads it."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.disk.space import AS_USER
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.faults.used import CANARY, Used, used
from tests.org_server import OrgServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.corruption.measured import Measured
    from tests.server import Api
    from tests.world import World

STRANGER = 54321
"""A user without any files here."""

MAX_RUN_S = 30.0
"""For a program that waits for nothing but a refresh, on a busy machine."""

MAX_LINE_PEAK_BYTES = 64 << 20
MAX_PEAK_BYTES = 256 << 20
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
def machine(world: World, api: Api) -> Iterator[Used]:
    """Return a machine on which everything was used."""
    needs("strace", "git", "unshare", root=True)
    org = OrgServer()
    yield used(world, api, org)
    org.close()


def programs(machine: Used, path: Path, number: int, most: int) -> list[str]:
    """Return programs that read a file: at most `most` besides the line.

    Which ones depends on `number`, so that each has a turn.
    """
    readers = machine.readers(path)
    start = number * most % len(readers)
    turn = [*readers[start:], *readers[:start]][:most]
    return turn if "line" in turn or "line" not in readers else ["line", *turn]


def check(machine: Used, path: Path, name: str, done: Measured, what: str) -> None:
    """Assert what holds for each program over each damaged file."""
    output = done.output + done.errors
    report = f"{what}: status {done.status}, {done.took_s:.1f} s, {done.peak >> 20} MiB: {output}"
    assert done.status in STATUSES, report
    assert not any(words in output for words in UNWANTED), report
    assert done.took_s < MAX_RUN_S, report
    if name in {"line", "hook"}:
        assert (done.status, done.errors) == (0, ""), report
        assert done.peak < MAX_LINE_PEAK_BYTES, report
    assert done.peak < MAX_PEAK_BYTES, report
    assert done.output.strip() or name != "line", report
    assert output.strip() or done.status in {0, machine.usual[name]}, report
    assert machine.elsewhere.read_text() == CANARY, report
    changed = machine.changed(path)
    assert not changed, f"{what}: changed {changed}"


@promise(
    "Whatever happens to any file that usageline reads, each program that reads it ends in time "
    "and without a traceback. The line is complete, and no other file changes. Tried: truncated, "
    "empty, NUL and random bytes, a directory, a FIFO, a link, another user's, a gigabyte.",
    sees="The line. `usageline doctor` and the command that needs the file name it.",
    topic="damaged",
)
@pytest.mark.timeout(3600)
def test_any_file_that_is_read_may_be_damaged(
    machine: Used, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    cases = [(path, damage) for path in machine.files for damage in DAMAGES]
    count, programs_each = size(5, len(cases)), size(1, 4)
    runs, slowest_s, most = 0, 0.0, 0
    for number, (path, damage) in enumerate(random.sample(cases, count)):
        for name in programs(machine, path, number, programs_each):
            machine.restore()
            DAMAGES[damage](path, machine)
            done = machine.run(name, AS_USER if "another user" in damage else ())
            check(machine, path, name, done, f"{name}, {path.relative_to(machine.home)} {damage}")
            runs, slowest_s, most = runs + 1, max(slowest_s, done.took_s), max(most, done.peak)
    figure(
        f"{runs} runs of {len(machine.programs)} programs over {len(machine.files)} files and "
        f"{len(DAMAGES)} damages: at most {slowest_s:.1f} s and {most >> 20} MiB"
    )
