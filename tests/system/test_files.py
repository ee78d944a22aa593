"""Files that are seen old or new."""

from __future__ import annotations

import os
import stat
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from usageline.system.files import temporary_files, temporary_name, unique_name, write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test here under each umask."""
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_file_has_its_mode_under_any_umask(tmp_path: Path) -> None:
    """0600, or what is asked for."""
    write_atomic(str(tmp_path / "a"), b"x", 0o600)
    write_atomic(str(tmp_path / "b"), b"y", 0o644)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"] == [0o600, 0o644]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """A directory stands where the file should go."""
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "kept").write_text("x")
    with pytest.raises(OSError, match="target"):
        write_atomic(str(tmp_path / "target"), b"new", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_symlink_is_replaced_and_its_target_untouched(tmp_path: Path) -> None:
    """Somebody else's file is not written through a link in the cache."""
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "snapshot").symlink_to(tmp_path / "precious")
    write_atomic(str(tmp_path / "snapshot"), b"ours", 0o600)
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "snapshot").is_symlink()


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    """While it is replaced a few hundred times."""
    path, done, seen = tmp_path / "file", threading.Event(), set()
    contents = [b"a" * 100_000, b"b" * 50_000]
    write_atomic(str(path), contents[0], 0o600)

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        write_atomic(str(path), contents[number % 2], 0o600)
    done.set()
    reader.join()
    assert seen <= set(contents)


def test_what_a_killed_run_left_is_overwritten_by_the_next(tmp_path: Path) -> None:
    """The unfinished file of a dead process is not locked; 0.1.0 gave it one fixed name."""
    path = str(tmp_path / "file")
    for name in (temporary_name(path), unique_name(path)):
        (tmp_path / name).write_text("torn")
    write_atomic(path, b"whole", 0o600)
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("file", "whole")]


def test_a_file_that_changed_at_the_last_moment_is_left_alone(tmp_path: Path) -> None:
    """Whoever asks for that gets False."""
    path = tmp_path / "file"
    path.write_text("theirs")
    assert not write_atomic(str(path), b"ours", 0o600, lambda: False)
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("file", "theirs")]


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is there")
def test_a_full_disk_is_an_error_and_not_a_torn_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file system says so at the latest when the file is synced."""
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


def test_two_writers_at_once_do_not_share_their_unfinished_file(tmp_path: Path) -> None:
    """Each puts in place what it wrote itself, whole, and neither fails."""
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
