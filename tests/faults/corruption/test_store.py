"""Damage the store: no code runs, nothing outside is touched, and a broken store is recreated."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.corruption import hostile_store
from tests.faults.corruption.damage import cuts, flips
from tests.faults.corruption.measured import run
from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.storage.readings import reading
from usageline.storage.account_state import AccountState
from usageline.storage.accounts import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.server import Api
    from tests.world import Release, World

NOW = int(time.time())
RECORD = AccountState(reading(NOW), NOW + 300, "0123456789abcdef", True, NOW, "0123456789abcdef")
MAX_REFRESH_S = 9.0
"""The maximum duration of a refresh."""


@pytest.fixture
def directory(in_memory: Path) -> Path:
    """Return the directory of the store."""
    path = in_memory / "cache" / "store"
    path.parent.mkdir(mode=0o700)
    return path


def fresh(directory: Path) -> None:
    """Return a store with RECORD as account `a`, and no store that was set aside."""
    for path in (directory, directory.with_name("store.broken")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    with open_store(str(directory)) as store:
        store.put("a", RECORD)


def use(directory: Path, what: str) -> float:
    """Use the store twice as a refresh does. Return the duration."""
    began = time.monotonic()
    with open_store(str(directory)) as store:
        assert isinstance(store.get("a"), AccountState), what
        store.put("b", RECORD)
        assert store.get("b") == RECORD, what
    took_s = time.monotonic() - began
    with open_store(str(directory)) as store:
        assert store.get("b") == RECORD, what
    assert took_s < MAX_REFRESH_S, what
    return took_s


@promise(
    "If the store is truncated at any byte or has any flipped bit, its intact part is "
    "used, or it is set aside and recreated.",
    sees=(
        "The line does not change. Without the store, only the time of the last request is "
        "forgotten."
    ),
    topic="damaged",
)
def test_a_damaged_store_works_again_at_once(
    directory: Path, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    fresh(directory)
    database = directory / "cache.db"
    whole = database.read_bytes()

    def try_all(variants: Iterable[bytes]) -> int:
        count = 0
        for content in variants:
            database.write_bytes(content)
            use(directory, f"{len(content)} bytes, {count}")
            count += 1
        return count

    cut = try_all(cuts(whole, size(701, 13)))
    head = try_all(content + whole[100:] for content in flips(whole[:100], size(29, 1)))
    flipped = try_all(flips(whole, size(4001, 101)))
    figure(f"{cut} lengths, {head} bits of the header, {flipped} of the rest")


@promise(
    "Whatever the store contains, no code runs, and no file outside it is written or "
    "removed. The store works again within the time of one refresh. Tried: pickles and "
    "paths in every column, PRAGMAs, triggers, views, circular pages, journals, links, "
    "FIFOs, devices.",
    sees="The line does not change.",
    topic="planted",
)
@pytest.mark.slow
def test_nothing_in_a_hostile_store_is_followed(
    directory: Path, in_memory: Path, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    outside = in_memory / "outside"
    outside.mkdir()
    tried, slowest_s = 0, 0.0
    cases = list(hostile_store.changes(directory, outside))
    for what, change in cases[:: size(4, 1)]:
        (outside / "secret").write_text('"secret"')
        fresh(directory)
        change()
        slowest_s, tried = max(slowest_s, use(directory, what)), tried + 1
        assert [path.name for path in outside.iterdir()] == ["secret"], what
        assert (outside / "secret").read_text() == '"secret"', what
    figure(f"{tried} hostile stores; the longest took {slowest_s:.1f} s")


OPENED = (
    "cache.db-journal is a link to another file",
    "cache.db-journal is a journal that names another file",
    "a path in filename",
)
"""Those that a real refresh is traced with at either size."""


@promise(
    "A refresh over a hostile store opens no file that the store names, sends one "
    "request, and publishes.",
    sees="The numbers, with the next line.",
    topic="planted",
)
@pytest.mark.slow
def test_a_refresh_opens_nothing_that_a_store_names(  # noqa: PLR0917 - fixtures are arguments
    world: World,
    api: Api,
    built_release: Release,
    tmp_path: Path,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    needs("strace")
    outside = tmp_path / "outside"
    outside.mkdir()
    trace = tmp_path / "trace"
    strace = shutil.which("strace") or "strace"
    directory = world.cache / "store"
    cases = [
        case
        for case in hostile_store.changes(directory, outside)
        if size(0, 1) or case[0] in OPENED
    ]
    tried = 0
    for what, change in cases[:: size(1, 5)]:
        shutil.rmtree(world.cache, ignore_errors=True)
        world.cache.mkdir(parents=True, mode=0o700)
        world.cache.parent.chmod(0o700)
        (outside / "secret").write_text('"secret"')
        fresh(directory)
        change()
        asked = len(api.usage_requests)
        done = run(
            [
                strace,
                "-f",
                "-qq",
                "-e",
                "trace=%file",
                "-o",
                str(trace),
                *built_release.refresh_command,
            ],
            world.env,
        )
        assert (done.status, done.output, done.errors) == (0, "", ""), what
        assert world.snapshot()["status"] == "ok", what
        assert len(api.usage_requests) == asked + 1, what
        assert str(outside) not in trace.read_text(errors="replace"), what
        assert os.listdir(outside) == ["secret"], what
        tried += 1
    figure(f"{tried} hostile stores, by strace: 0 files outside named in a system call")
