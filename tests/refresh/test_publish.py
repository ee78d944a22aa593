"""Files that are seen old or new."""

from __future__ import annotations

import os
import stat
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from usageline.refresh.publish import SUFFIX, sweep, write_atomically

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
    write_atomically(str(tmp_path / "a"), b"x")
    write_atomically(str(tmp_path / "b"), b"y", 0o644)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"] == [0o600, 0o644]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """A directory stands where the file should go."""
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "kept").write_text("x")
    with pytest.raises(OSError, match="target"):
        write_atomically(str(tmp_path / "target"), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_symlink_is_replaced_and_its_target_untouched(tmp_path: Path) -> None:
    """Somebody else's file is not written through a link in the cache."""
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "snapshot").symlink_to(tmp_path / "precious")
    write_atomically(str(tmp_path / "snapshot"), b"ours")
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "snapshot").is_symlink()


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    """While it is replaced a few hundred times."""
    path, done, seen = tmp_path / "file", threading.Event(), set()
    contents = [b"a" * 100_000, b"b" * 50_000]
    write_atomically(str(path), contents[0])

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        write_atomically(str(path), contents[number % 2])
    done.set()
    reader.join()
    assert seen <= set(contents)


def test_sweeping_removes_unfinished_files_and_nothing_else(tmp_path: Path) -> None:
    """A directory of that name is none of ours and does not hold the sweep up."""
    for name in (f".snapshot.json.0123{SUFFIX}", f"x{SUFFIX}", "snapshot.json", "other.tmp"):
        (tmp_path / name).write_text("x")
    (tmp_path / f"directory{SUFFIX}").mkdir()
    sweep(str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"directory{SUFFIX}", "other.tmp", "snapshot.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is there")
def test_a_full_disk_is_an_error_and_not_a_torn_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file system says so at the latest when the file is synced."""
    path = tmp_path / "file"
    path.write_text("old")
    real = os.open
    monkeypatch.setattr(
        os,
        "open",
        lambda name, flags, *mode: real(
            "/dev/full" if str(name).endswith(SUFFIX) else name, flags & ~(os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW), *mode
        ),
    )
    monkeypatch.setattr(os, "fchmod", lambda *_: None)
    with pytest.raises(OSError, match="No space"):
        write_atomically(str(path), b"new" * 100_000)
    assert path.read_text() == "old"
