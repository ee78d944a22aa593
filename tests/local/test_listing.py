"""Test that directories which are remembered hide no transcript."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.transcripts import MAIN, OTHER, Directory, line
from usageline.jobs import local_usage
from usageline.sources.transcripts import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NEW = f"-home-dev-work-one/{OTHER}.jsonl"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """Return a directory of which everything is remembered at once."""
    monkeypatch.setattr(local_usage, "SETTLED_NS", 0)
    directory = Directory(tmp_path)
    directory.write(MAIN, line())
    directory.write("old/sub/a.jsonl", line(2))
    return directory


def remembered(directory: Directory) -> int:
    (number,) = directory.index.connection.execute("SELECT count(*) FROM folders").fetchone()
    return int(number)


def tick(path: Path) -> None:
    """Wait until a change of a directory has another time than its last one."""
    before = path.parent.stat().st_ctime_ns
    probe = path.parent.parent / "probe"
    probe.touch()
    while probe.stat().st_ctime_ns <= before:
        os.utime(probe)
    probe.unlink()


def test_what_is_added_renamed_or_removed_is_noticed(
    directory: Directory, eventually: Callable[[Callable[[], object]], None]
) -> None:
    def all_are_remembered() -> bool:
        directory.write(MAIN, line(), line(3))
        directory.scan()
        return remembered(directory) >= 4

    eventually(all_are_remembered)
    path = directory.root / "projects" / NEW
    tick(path)
    directory.write(NEW, line(4, sessionId=OTHER))
    assert directory.total().responses == 4
    tick(path)
    path.rename(path.with_name("other.jsonl"))
    assert directory.scan().files == 3
    tick(path)
    path.with_name("other.jsonl").unlink()
    assert directory.scan().files == 2
    directory.write("new/deep/er/b.jsonl", line(5))
    assert directory.total().responses == 5


def test_a_directory_with_links_is_listed_each_time(directory: Directory, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (directory.root / "projects" / "link").symlink_to(elsewhere)
    directory.scan()
    elsewhere.mkdir()
    (elsewhere / "c.jsonl").write_bytes((directory.root / "projects" / MAIN).read_bytes())
    assert directory.scan().files == 3
    (elsewhere / "loop").symlink_to(directory.root / "projects")
    assert directory.scan().files == 3


def test_names_that_are_no_text_are_listed_each_time(directory: Directory) -> None:
    folder = os.fsencode(directory.root / "projects") + b"/\xff"
    os.mkdir(folder)
    with open(folder + b"/\xfe.jsonl", "wb") as file:
        file.write((directory.root / "projects" / MAIN).read_bytes())
    assert directory.scan().files == 3
    assert directory.scan().files == 3


@pytest.mark.parametrize(
    ("transcript", "folder"),
    [
        ("/home/x/.claude/projects/-p/s.jsonl", "/home/x/.claude/projects/-p/s"),
        *((path, "") for path in ("/home/x/.claude/projects/-p/s.json", "", ".jsonl")),
        *((path, "") for path in ("/home/x/.claude/projects/../s.jsonl", "/tmp/s.jsonl")),
        *((path, "") for path in ("/home/x/.claude/projectsX/s.jsonl", "s.jsonl")),
    ],
)
def test_session_is_one_below_a_directory_that_counts(transcript: str, folder: str) -> None:
    assert files.of_session(transcript, ["/home/x/.claude", "/home/x/.config/claude"]) == folder


def test_inodes_and_times_that_sqlite_cannot_store_are_no_damage(directory: Directory) -> None:
    """Some network file systems have such inodes, and ext4 such times."""
    path = directory.write(NEW, line(4, sessionId=OTHER))
    os.utime(path, ns=(0, 14 * 10**18))
    directory.scan()
    assert directory.total().responses == 3
    large = (1 << 64) - 1
    status: Any = SimpleNamespace(st_dev=large, st_ino=large, st_size=5, st_mtime_ns=-large)
    state = files.state_of(status)
    directory.index.connection.execute("INSERT INTO files VALUES (?, ?, ?, ?, 0, x'', 0)", state)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_directories_that_cannot_be_read_are_counted(directory: Directory) -> None:
    folder = directory.write(MAIN, line()).parent
    folder.chmod(0)
    try:
        assert directory.scan().unreadable == 1
    finally:
        folder.chmod(0o700)
    assert directory.total().responses == 2
