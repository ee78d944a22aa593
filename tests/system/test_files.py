"""Atomic writes: readers get the old or the new file."""

from __future__ import annotations

import os
import stat
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from usageline.system.files import temporary_files, unique_name, write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run each test with each umask."""
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_file_has_its_mode_with_any_umask(tmp_path: Path) -> None:
    """0600, or what is asked for."""
    write_atomic(str(tmp_path / "a"), b"x", 0o600)
    write_atomic(str(tmp_path / "b"), b"y", 0o644)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"] == [0o600, 0o644]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_failed_write_leaves_only_the_old_file(tmp_path: Path) -> None:
    """The path is a directory."""
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "kept").write_text("x")
    with pytest.raises(OSError, match="target"):
        write_atomic(str(tmp_path / "target"), b"new", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_symlink_is_replaced_and_its_target_unchanged(tmp_path: Path) -> None:
    """A link in the cache must not redirect a write to another file."""
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "snapshot").symlink_to(tmp_path / "precious")
    write_atomic(str(tmp_path / "snapshot"), b"ours", 0o600)
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "snapshot").is_symlink()


@pytest.mark.slow
def test_reader_gets_whole_files_only(tmp_path: Path) -> None:
    """Even while it is replaced a few hundred times."""
    path, done, contents_read = tmp_path / "file", threading.Event(), set()
    contents = [b"a" * 100_000, b"b" * 50_000]
    write_atomic(str(path), contents[0], 0o600)

    def read() -> None:
        while not done.is_set():
            contents_read.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        write_atomic(str(path), contents[number % 2], 0o600)
    done.set()
    reader.join()
    assert contents_read <= set(contents)


def test_leftover_of_a_killed_run_is_removed(tmp_path: Path) -> None:
    """The unfinished file of a dead process is not locked; 0.1.0 gave it one fixed name."""
    path = str(tmp_path / "file")
    for name in (".file.usageline-new", unique_name(path)):
        (tmp_path / name).write_text("torn")
    write_atomic(path, b"whole", 0o600)
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("file", "whole")]


def test_unwanted_write_changes_nothing(tmp_path: Path) -> None:
    """`write_atomic` returns False."""
    path = tmp_path / "file"
    path.write_text("theirs")
    assert not write_atomic(str(path), b"ours", 0o600, lambda: False)
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("file", "theirs")]


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is there")
def test_full_disk_raises_and_keeps_the_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems report it only at the sync."""
    path = tmp_path / "file"
    path.write_text("old")
    real = os.open
    monkeypatch.setattr(
        os,
        "open",
        lambda name, flags, *mode: real(
            "/dev/full" if str(name).endswith("-new") else name,
            flags & ~(os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW),
            *mode,
        ),
    )
    monkeypatch.setattr(os, "fchmod", lambda *_: None)
    with pytest.raises(OSError, match="No space"):
        write_atomic(str(path), b"new" * 100_000, 0o600)
    assert path.read_text() == "old"


def test_concurrent_writers_have_separate_temporary_files(tmp_path: Path) -> None:
    """Each writes its own whole file, and neither fails."""
    path = tmp_path / "file"
    ready, go_on = threading.Event(), threading.Event()

    def wait() -> bool:
        ready.set()
        return go_on.wait(20)

    slow = threading.Thread(target=write_atomic, args=(str(path), b"slow" * 100_000, 0o600, wait))
    slow.start()
    assert ready.wait(20)
    write_atomic(str(path), b"quick", 0o600)
    assert path.read_bytes() == b"quick"
    assert len(temporary_files(str(path))) == 1  # the other writer's: it is alive
    go_on.set()
    slow.join()
    assert path.read_bytes() == b"slow" * 100_000
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
