"""settings.json on disk: refusals, what an update keeps, and concurrent writers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from usageline.core.errors import SetupRefused
from usageline.setup import settings_file

DATA = b'{"model": "opus"}\n'


def change(path: Path, data: bytes | None = b"{}\n") -> None:
    """Replace the file with `data`."""
    settings_file.update(str(path), lambda _: data, lambda *_: None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Create a settings.json."""
    path = tmp_path / "settings.json"
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640])
def test_update_keeps_the_mode(path: Path, mode: int) -> None:
    """The umask does not matter."""
    path.chmod(mode)
    change(path)
    assert path.read_bytes() == b"{}\n"
    assert path.stat().st_mode & 0o777 == mode


def test_update_writes_through_a_link(path: Path, tmp_path: Path) -> None:
    """The link stays a link."""
    link = tmp_path / "home" / "settings.json"
    link.parent.mkdir()
    link.symlink_to(os.path.relpath(path, link.parent))
    change(link)
    assert link.is_symlink()
    assert path.read_bytes() == b"{}\n"


def test_update_creates_the_target_of_a_dangling_link(tmp_path: Path) -> None:
    """A dotfiles repository may not have the file yet."""
    link = tmp_path / "settings.json"
    link.symlink_to("target.json")
    change(link)
    assert link.is_symlink()
    assert (tmp_path / "target.json").stat().st_mode & 0o777 == 0o600


def test_update_creates_and_removes_the_file(tmp_path: Path) -> None:
    """The new file is for the user alone."""
    path = tmp_path / "settings.json"
    change(path)
    assert path.stat().st_mode & 0o777 == 0o600
    change(path, None)
    assert not path.exists()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "not valid JSON"),
        (b'{"a": NaN}', "not valid JSON"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'"\xff"', "not a JSON object"),
        (b"\xff\xfe{\0}", "not complete UTF-16"),
        ("\ufeff{}".encode("utf-16-be"), "does not read"),
        ("{}".encode("utf-16-le"), "does not read"),
        ("{}".encode("utf-16-be"), "does not read"),
        ("{}".encode("utf-32"), "does not read"),
        (b'"' + b"x" * settings_file.MAX_BYTES + b'"', "larger"),
    ],
)
def test_update_refuses_what_it_cannot_change_safely(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(data)
    with pytest.raises(SetupRefused, match=reason):
        change(path)
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == [path.name]


def test_update_refuses_a_read_only_file(path: Path) -> None:
    """Even root does not write it."""
    path.chmod(0o444)
    with pytest.raises(SetupRefused, match="read-only"):
        change(path)
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("kind", ["directory", "fifo", "loop"])
def test_read_refuses_what_is_not_a_file(tmp_path: Path, kind: str) -> None:
    """A read of a FIFO would wait."""
    path = tmp_path / "settings.json"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(path)
    with pytest.raises(SetupRefused):
        change(path)


def test_empty_file_counts_as_no_settings(path: Path) -> None:
    """Claude Code does the same."""
    path.write_bytes(b"")
    assert settings_file.read(str(path)).text == ""


def test_update_keeps_a_byte_order_mark(path: Path) -> None:
    """Some editors write one."""
    path.write_bytes(b"\xef\xbb\xbf{}")
    settings = settings_file.read(str(path))
    assert settings.text == "{}"
    assert settings.encoded("{ }") == b"\xef\xbb\xbf{ }"


def test_concurrent_change_restarts_the_update(path: Path) -> None:
    """Claude Code's write between the read and the replacement is not lost."""
    versions: list[bytes | None] = []

    def announce(settings: settings_file.SettingsFile, _data: bytes | None) -> None:
        versions.append(settings.data)
        if len(versions) == 1:
            path.write_bytes(b'{"from": "client"}')

    settings_file.update(str(path), lambda settings: (settings.data or b"") + b"\n", announce)
    assert versions == [DATA, b'{"from": "client"}']
    assert path.read_bytes() == b'{"from": "client"}\n'


def test_update_gives_up_after_max_attempts(path: Path) -> None:
    """The other writer's bytes stay."""
    count = 0

    def announce(_found: settings_file.SettingsFile, _data: bytes | None) -> None:
        nonlocal count
        count += 1
        path.write_bytes(b'{"n": %d}' % count)

    with pytest.raises(SetupRefused, match="keeps changing"):
        settings_file.update(str(path), lambda _: b"{}", announce)
    assert path.read_bytes() == b'{"n": %d}' % settings_file.MAX_ATTEMPTS
    assert os.listdir(path.parent) == [path.name]


def test_update_overwrites_a_killed_runs_temporary_file(path: Path) -> None:
    path.with_name(f".{path.name}.usageline-new").write_bytes(b"half")
    change(path)
    assert os.listdir(path.parent) == [path.name]


def test_backup_path_is_unused(path: Path) -> None:
    """Two backups in one second get two names."""
    names = []
    for _ in range(3):
        names.append(Path(settings_file.backup_path(str(path))))
        names[-1].touch()
    assert len(set(names)) == 3


@pytest.mark.parametrize(
    "data",
    [
        '{"note": "é"}'.encode("utf-16"),
        '{"note": "\ud83d"}'.encode("utf-16", "surrogatepass"),
        '{"note": "é"}'.encode("latin-1"),
        '{"note": "€"}'.encode("cp1252"),
        b'\xef\xbb\xbf{"note": "\xff\xfe\xe9"}',
    ],
)
def test_update_keeps_the_encoding(path: Path, data: bytes) -> None:
    """The client 2.1.330 reads these encodings."""
    path.write_bytes(data)
    settings = settings_file.read(str(path))
    assert settings.text.startswith('{"note": ')
    assert settings.encoded(settings.text) == data
    assert settings.encoded("{}").endswith(
        "{}".encode("utf-16-le") if data[:2] == b"\xff\xfe" else b"{}"
    )
