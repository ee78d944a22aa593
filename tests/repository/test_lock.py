"""The lock files pin what pyproject.toml names, and nothing else is in them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from tools import lock

PROJECT = tomlkit.parse((lock.ROOT / "pyproject.toml").read_text("utf-8")).unwrap()
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def name_of(requirement: str) -> str:
    match = NAME.match(requirement)
    assert match
    return match[0].lower()


@pytest.mark.parametrize("one", lock.LOCKS, ids=lambda one: str(one.path))
def test_every_requirement_is_pinned(one: lock.Lock) -> None:
    pinned = {
        name_of(line)
        for line in (lock.ROOT / one.path).read_text("utf-8").splitlines()
        if NAME.match(line)
    }
    wanted = {name_of(requirement) for requirement in lock.requirements(one, PROJECT)}
    assert wanted
    assert wanted <= pinned


@pytest.mark.parametrize("one", lock.LOCKS, ids=lambda one: str(one.path))
def test_a_lock_has_only_what_the_script_writes(one: lock.Lock) -> None:
    text = (lock.ROOT / one.path).read_text("utf-8")
    assert one.comment + lock.without_index(text) == text


def test_every_group_and_extra_is_in_a_lock_except_dev() -> None:
    groups = {group for one in lock.LOCKS for group in one.groups}
    assert groups | {"dev"} == set(PROJECT["dependency-groups"])
    assert {extra for one in lock.LOCKS for extra in one.extras} == set(
        PROJECT["project"]["optional-dependencies"]
    )
    locks = {
        path.relative_to(lock.ROOT).as_posix()
        for folder in ("plugin", "tests")
        for path in (lock.ROOT / folder).glob("*.lock")
    }
    assert {one.path for one in lock.LOCKS} == locks


def test_a_group_has_what_the_groups_in_it_have() -> None:
    groups = {"a": ["one", {"include-group": "b"}], "b": ["two"]}
    assert list(lock.group_members(groups, "a")) == ["one", "two"]


def test_an_index_is_left_out() -> None:
    text = "--index-url https://example.com/simple\n# by uv\n\n"
    text += "a==1 \\\n    --hash=sha256:00\n    # via b\n"
    assert lock.without_index(text) == "a==1 \\\n    --hash=sha256:00\n"


class Uv:
    """Stand in for the `uv` command: add `added` to the lock that it is to write."""

    def __init__(self, added: str = "", status: int = 0) -> None:
        self.added, self.status, self.commands = added, status, list[list[str]]()

    def __call__(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        output = Path(command[command.index("--output-file") + 1])
        output.write_text(output.read_text() + self.added)
        return subprocess.CompletedProcess(command, self.status, "", "no such package")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of pyproject.toml and the locks, on which the script works."""
    for path in ("pyproject.toml", *(one.path for one in lock.LOCKS)):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((lock.ROOT / path).read_bytes())
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    return tmp_path


def test_check_fails_and_changes_nothing_if_a_lock_does_not_fit(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clone / "plugin" / "requirements.lock"
    before = path.read_bytes()
    monkeypatch.setattr("subprocess.run", Uv())
    assert lock.main(["--check"]) == 0
    monkeypatch.setattr("subprocess.run", Uv("zzz==1 \\\n    --hash=sha256:00\n"))
    assert lock.main(["--check"]) == 1
    assert path.read_bytes() == before
    assert lock.main([]) == 0
    assert path.read_bytes() == before + b"zzz==1 \\\n    --hash=sha256:00\n"


def test_a_failure_of_uv_changes_nothing(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [(clone / one.path).read_bytes() for one in lock.LOCKS]
    monkeypatch.setattr("subprocess.run", Uv("zzz==1\n", status=1))
    assert lock.main([]) == 1
    assert "plugin/requirements.lock: no such package" in capsys.readouterr().err
    assert [(clone / one.path).read_bytes() for one in lock.LOCKS] == before


@pytest.mark.usefixtures("clone")
@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], []),
        (["--upgrade"], ["--upgrade"]),
        (["--upgrade", "httpx", "rich"], ["--upgrade-package=httpx", "--upgrade-package=rich"]),
    ],
)
def test_upgrade_is_for_all_packages_or_the_named_ones(
    arguments: list[str], options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = Uv()
    monkeypatch.setattr("subprocess.run", uv)
    assert lock.main(arguments) == 0
    assert len(uv.commands) == len(lock.LOCKS)
    assert all(
        [word for word in command if word.startswith("--upgrade")] == options
        for command in uv.commands
    )
