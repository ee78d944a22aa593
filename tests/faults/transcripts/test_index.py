"""Damage the index of local usage at any page: it is built again, with what it alone has."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.promises import promise
from tests.local.transcripts import AT, MAIN, OTHER, cost_state, encoded, line
from usageline.core.errors import UsagelineError
from usageline.jobs import local_usage
from usageline.storage.usage_index.checks import NAME
from usageline.storage.usage_index.selection import Range, comparisons, sums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.world import World
    from usageline.storage.usage_index.queries import Row

RESPONSES = 300
PAGE_BYTES = 4096
ALL = 10_000


@pytest.fixture
def place(world: World) -> Path:
    """Return the directory of an index, with the transcripts that it was built from."""
    since_s = int(time.time() - AT.timestamp()) - 86_400
    projects = world.home / ".claude" / "projects"
    for name, session in ((MAIN, "one"), ("p/fork.jsonl", OTHER)):
        path = projects / name
        path.parent.mkdir(parents=True)
        lines = [
            line(number, after_s=since_s + number * 60, sessionId=session)
            for number in range(RESPONSES)
        ]
        path.write_bytes(encoded(*lines, cost_state()))
    place = world.root / "home/.local/state/usageline/usage"
    report(world)
    assert place.joinpath(NAME).exists()
    return place


def report(world: World) -> tuple[list[Row], Row, list[Row]]:
    """Return what `usageline usage` shows, by session and by day, after a pass."""
    with local_usage.updated(world.env) as (index, _):
        comparisons(index)
        rows, total = sums(index, "session", Range())
        return rows, total, sums(index, "day", Range())[0]


def damages(content: bytes, pages: range) -> Iterator[tuple[str, bytes]]:
    """Yield the database with one page or its end changed."""
    choose = random.Random(1)
    for page in pages:
        start, end = page * PAGE_BYTES, (page + 1) * PAGE_BYTES
        for what, bytes_ in (
            ("ones", b"\xff" * PAGE_BYTES),
            ("zeros", bytes(PAGE_BYTES)),
            ("noise", choose.randbytes(PAGE_BYTES)),
        ):
            yield f"page {page}: {what}", content[:start] + bytes_ + content[end:]
        yield f"cut at page {page}", content[:start]


@promise(
    "If any page of the index is overwritten or cut off, the next run builds it again. It is "
    "complete again if the transcripts are there, else only the damaged pages are lost.",
    sees="The same numbers.",
    topic="transcripts",
)
@pytest.mark.slow
def test_an_index_damaged_at_any_page_is_built_again(
    world: World,
    place: Path,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    expected = report(world)
    content = (place / NAME).read_bytes()
    pages = len(content) // PAGE_BYTES
    tried = 0
    for what, damaged in damages(content, range(0, pages, size(7, 1))):
        shutil.rmtree(place)
        place.mkdir(mode=0o700)
        (place / NAME).write_bytes(damaged)
        (place / NAME).chmod(0o600)
        assert report(world) == expected, what
        tried += 1
    assert tried > 10
    figure(f"{tried} damages of {pages} pages: the same numbers")


@promise(
    "If the disk changes bits of the index and not its time, `usageline usage` shows numbers or "
    "that the index is damaged. It is built again at once or in the next run.",
    sees="The numbers, or `cannot be used` once.",
    topic="transcripts",
)
def test_flipped_bits_cost_one_run_at_most(
    world: World,
    place: Path,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    choose = random.Random(2)
    sound = world.root / "sound"
    shutil.copytree(place, sound)
    named = 0
    tries = size(15, 600)
    for number in range(tries):
        shutil.rmtree(place)
        shutil.copytree(sound, place)
        path = place / NAME
        before = path.stat()
        content = bytearray(path.read_bytes())
        for _ in range(choose.choice((1, 8, 200))):
            content[choose.randrange(len(content))] ^= 1 << choose.randrange(8)
        path.write_bytes(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        with contextlib.suppress(UsagelineError):
            report(world)
            continue
        named += 1
        assert report(world)[1].responses, number
    figure(f"{tries} damages: {named} were named, and repaired by the next run")
