"""The key and the password are read only from files that no other user can read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from usageline.sources.shared import secret
from usageline.sources.shared.secret import SecretUnusable

if TYPE_CHECKING:
    from pathlib import Path


def test_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "config" / "shared.key"
    previous = os.umask(0)
    try:
        assert secret.make_key(str(path))
    finally:
        os.umask(previous)
    key = secret.read_key(str(path))
    assert len(key) == 32
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not secret.make_key(str(path))
    assert secret.read_key(str(path)) == key


@pytest.mark.parametrize(
    "content",
    [b"", b"x" * 64, b"0" * 63, b"0" * 66, b"\xff" * 64, b"0" * 10_000_000, b"0" * 64 * 2],
)
def test_invalid_key_names_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "shared.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SecretUnusable, match=r"shared\.key"):
        secret.read_key(str(path))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660, 0o602])
def test_key_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "shared.key"
    secret.make_key(str(path))
    path.chmod(mode)
    with pytest.raises(SecretUnusable, match="chmod 600"):
        secret.read_key(str(path))


def test_special_file_is_not_waited_for(tmp_path: Path) -> None:
    fifo = tmp_path / "shared.key"
    os.mkfifo(fifo, 0o600)
    for path in (str(fifo), str(tmp_path), str(tmp_path / "none"), "/dev/zero"):
        with pytest.raises(SecretUnusable):
            secret.read_key(path)
    assert not secret.make_key(str(fifo))


def test_link_to_a_key_is_followed_as_container_secrets_need_it(tmp_path: Path) -> None:
    secret.make_key(str(tmp_path / "real"))
    (tmp_path / "shared.key").symlink_to("real")
    assert secret.read_key(str(tmp_path / "shared.key"))


@pytest.mark.parametrize(
    ("content", "expected"), [("pw\n", "pw"), ("a b", "a b"), ("p\r\n", "p"), (" x ", " x ")]
)
def test_password_is_one_line(tmp_path: Path, content: str, expected: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content.encode())
    path.chmod(0o600)
    assert secret.read_password(str(path)) == expected


@pytest.mark.parametrize("content", ["", "\n", "a\nb", "a\0b", "x" * 513, "ä"])
def test_invalid_password_is_named_without_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content.encode())
    path.chmod(0o600)
    with pytest.raises(SecretUnusable) as refused:
        secret.read_password(str(path))
    assert "x" * 20 not in str(refused.value)


def test_no_password_file_is_no_password() -> None:
    assert secret.read_password("") == ""
