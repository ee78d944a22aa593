"""Trusted programs: those that only this user or root can write."""

from __future__ import annotations

import grp
import os
import pwd
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from usageline.core import path_owners
from usageline.core.errors import CacheUnsafe
from usageline.system import trust
from usageline.system.directories import private_directory

if TYPE_CHECKING:
    from pathlib import Path

USER = pwd.getpwuid(os.geteuid())
OTHER_GROUP = next(group.gr_gid for group in grp.getgrall() if group.gr_gid != USER.pw_gid)
ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
PRIVATE = pytest.mark.skipif(
    not trust.is_private_group(USER.pw_gid), reason="this user has no group of their own"
)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Return a program in its own directory, created with `umask 002`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    path = folder / "tool"
    path.write_text("#!/bin/sh\n")
    for place in (folder, path):
        place.chmod(0o775)
        os.chown(place, -1, USER.pw_gid)
    return path


@PRIVATE
def test_private_group_may_write_to_a_program(program: Path) -> None:
    assert trust.untrusted_reason(str(program)) == ""
    assert trust.is_trusted(str(program))


@ONLY_ROOT
@pytest.mark.parametrize("which", ["directory", "program"])
def test_shared_group_is_refused_and_named(program: Path, which: str) -> None:
    place = program.parent if which == "directory" else program
    os.chown(place, -1, OTHER_GROUP)
    assert (
        trust.untrusted_reason(str(program))
        == f"{place} can be written by others in its group ({OTHER_GROUP}): chmod g-w it"
    )


def test_program_that_all_users_can_write_is_refused(program: Path) -> None:
    program.parent.chmod(0o777)
    assert "can be written by every user" in trust.untrusted_reason(str(program))


@ONLY_ROOT
def test_program_of_another_user_is_refused(program: Path) -> None:
    os.chown(program, 12345, -1)
    assert "belongs to another user (12345)" in trust.untrusted_reason(str(program))


def test_reason_names_the_path_of_the_program(program: Path) -> None:
    program.parent.chmod(0o777)
    assert trust.find_executable("tool", [str(program)], {"PATH": "/usr/bin"}) is None
    reason = trust.missing_reason("tool", [str(program)], {"PATH": "/usr/bin"})
    assert reason.startswith(
        f"tool was found at {program} and is not run: {program.parent} can be written"
    )
    assert (
        trust.missing_reason("no-such-tool", [], {"PATH": "/usr/bin"})
        == "no-such-tool was not found"
    )


def test_foreign_or_unknown_group_is_not_private() -> None:
    assert not trust.is_private_group(OTHER_GROUP)
    assert not trust.is_private_group(987654)


@PRIVATE
def test_cache_that_a_private_group_can_write_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    os.chown(folder, -1, USER.pw_gid)
    folder.chmod(0o775)
    private_directory(str(folder))
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    with pytest.raises(CacheUnsafe):
        private_directory(str(folder))


@pytest.mark.parametrize(
    ("group", "members", "users", "is_private"),
    [
        ("me", [], "me:x:7:70:::", True),
        ("me", ["me", "root"], "me:x:7:70:::", True),
        ("me", ["other"], "me:x:7:70:::", False),
        ("me", [], "me:x:7:70:::\nother:x:8:70:::", False),
        ("me", [], "", True),  # a user of the network's database
        ("me", [], None, True),
        ("staff", [], "me:x:7:70:::\nother:x:8:80:::", True),
        ("staff", [], "me:x:7:70:::\nother:x:8:70:::", False),
        ("staff", [], "", False),
        ("staff", [], None, False),
    ],
)
def test_private_group_has_one_user_as_primary_group(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    group: str,
    members: list[str],
    users: str | None,
    is_private: bool,
) -> None:
    if users is not None:
        (tmp_path / "passwd").write_text(users)
    monkeypatch.setattr(path_owners, "USERS", str(tmp_path / "passwd"))
    entry: Any = SimpleNamespace(pw_name="me", pw_gid=70)
    monkeypatch.setattr(
        path_owners, "_group", lambda _: SimpleNamespace(gr_name=group, gr_mem=members)
    )
    assert path_owners.is_private_group(70, entry) is is_private
    assert not path_owners.is_private_group(71, entry)
