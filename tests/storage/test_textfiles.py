"""The text file for a metrics collector, and the record of where it is."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.storage import textfiles

if TYPE_CHECKING:
    from tests.world import World


def always() -> bool:
    return True


def write(world: World, path: Path, text: bytes = b"a 1\n") -> None:
    textfiles.write(world.paths, str(path), text, always)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the directory of the collector."""
    path = tmp_path / "collector"
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("configured", "name"),
    [
        ("{folder}/mine.prom", "mine.prom"),
        ("{folder}", f"usageline-{os.geteuid()}.prom"),
        ("{folder}/", f"usageline-{os.geteuid()}.prom"),
    ],
)
def test_directory_gets_a_file_for_each_user(folder: Path, configured: str, name: str) -> None:
    assert textfiles.place(configured.format(folder=folder)) == f"{folder}/{name}"


def test_file_is_readable_by_all_and_the_record_is_private(world: World, folder: Path) -> None:
    path = folder / "m.prom"
    write(world, path)
    assert path.read_bytes() == textfiles.MARK + b"a 1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert stat.S_IMODE(os.stat(textfiles.record_file(world.paths)).st_mode) == 0o600
    assert [entry.name for entry in folder.iterdir()] == ["m.prom"]


def test_file_of_an_earlier_configuration_is_removed(world: World, folder: Path) -> None:
    write(world, folder / "old.prom")
    write(world, folder / "new.prom")
    assert [entry.name for entry in folder.iterdir()] == ["new.prom"]
    assert textfiles.written(world.paths) == [str(folder / "new.prom")]


def test_file_of_another_program_is_neither_replaced_nor_removed(
    world: World, folder: Path
) -> None:
    foreign = folder / "m.prom"
    foreign.write_text("other 1\n")
    with pytest.raises(FileExistsError, match="not a file of usageline's"):
        write(world, foreign)
    record = Path(textfiles.record_file(world.paths))
    write(world, folder / "own.prom")
    record.write_text(json.dumps({"textfiles": [str(foreign), str(folder / "own.prom")]}))
    assert textfiles.remove_all(world.paths) == [str(folder / "own.prom")]
    assert foreign.read_text() == "other 1\n"


def test_link_to_a_file_of_usageline_is_not_followed(world: World, folder: Path) -> None:
    write(world, folder / "own.prom")
    (folder / "link.prom").symlink_to(folder / "own.prom")
    record = Path(textfiles.record_file(world.paths))
    record.write_text(json.dumps({"textfiles": [str(folder / "link.prom")]}))
    assert textfiles.remove_all(world.paths) == []
    with pytest.raises(FileExistsError):
        write(world, folder / "link.prom")


def test_nothing_is_written_once_the_program_is_gone(world: World, folder: Path) -> None:
    textfiles.write(world.paths, str(folder / "m.prom"), b"a 1\n", lambda: False)
    assert not list(folder.iterdir())
    assert not os.path.exists(textfiles.record_file(world.paths))


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "null", '{"textfiles": 5}', '{"textfiles": [5, null, "relative"]}'),
        '{"textfiles": ["/a\\u0000b", "/a\\u001b[31m"], "instance": "../../x"}',
        '{"instance": 5, "textfiles": [' + '"/nowhere/x.prom",' * 99 + '"/nowhere/y.prom"]}',
    ],
)
def test_damaged_record_names_no_file_and_is_replaced(
    world: World, folder: Path, content: str
) -> None:
    record = Path(textfiles.record_file(world.paths))
    record.parent.mkdir(parents=True, mode=0o700)
    record.write_text(content)
    assert textfiles.written(world.paths) == []
    write(world, folder / "m.prom")
    assert json.loads(record.read_text())["textfiles"] == [str(folder / "m.prom")]


def test_instance_is_random_and_stays(world: World, folder: Path) -> None:
    first = textfiles.instance(world.paths)
    write(world, folder / "m.prom")
    assert textfiles.INSTANCE.fullmatch(first)
    assert textfiles.instance(world.paths) == first


def test_leftover_of_a_killed_first_write_is_removed(world: World, folder: Path) -> None:
    def is_killed() -> bool:
        if any(folder.iterdir()):
            shutil.copy(next(folder.iterdir()), leftover)
            raise KeyboardInterrupt
        return True

    leftover = folder / ".m.prom.1f-0123abcd.usageline-new"
    with pytest.raises(KeyboardInterrupt):
        textfiles.write(world.paths, str(folder / "m.prom"), b"a 1\n", is_killed)
    assert [*folder.iterdir()] == [leftover]
    assert textfiles.remove_all(world.paths) == []
    assert [*folder.iterdir()] == []
