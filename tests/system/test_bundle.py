from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hot import Hot
from usageline.system import bundle

if TYPE_CHECKING:
    from tests.world import Release, World

PAYLOAD = {"model": {"display_name": "Opus 5.5"}, "context_window": {"used_percentage": 12}}


@pytest.fixture
def line(world: World, release: Release) -> Hot:
    """The line of a release that the test may spoil."""
    hot = Hot(world, release)
    hot.publish()
    return hot


def place(release: Release) -> Path:
    return Path(bundle.path(str(release.root / "plugin"), sys.implementation.cache_tag))


def test_an_unconfigured_line_finds_none_of_its_modules_by_itself(line: Hot) -> None:
    command = [line.command[0], "-X", "importtime", *line.command[1:]]
    done = subprocess.run(
        command,
        input=json.dumps(PAYLOAD).encode(),
        env={**line.world.env, "NO_COLOR": "1", "COLUMNS": "160"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().startswith("Opus 5.5 │ ctx 12% │ 5h ")
    assert re.findall(r"usageline\S*", done.stderr.decode()) == []


def test_every_module_comes_after_all_that_it_imports() -> None:
    """Else it would be imported by the usual way, and then run a second time."""
    package = Path(bundle.__file__).parent.parent
    for index, name in enumerate(bundle.MODULES):
        place = package.parent / name.replace(".", "/")
        text = (place / "__init__.py" if place.is_dir() else place.with_suffix(".py")).read_text()
        for module, names in re.findall(
            r"^from (usageline[.\w]*) import ([^#\n]+)", text, re.MULTILINE
        ):
            wanted = {module, *(f"{module}.{one.strip()}" for one in names.split(","))}
            assert wanted & set(bundle.MODULES) <= set(bundle.MODULES[:index]), name


def test_without_a_bundle_the_line_is_the_same(line: Hot, release: Release) -> None:
    with_one = line.line(PAYLOAD)
    place(release).unlink()
    assert line.line(PAYLOAD) == with_one


@pytest.mark.parametrize("size", [0, 3, 4, 5, 100, -1])
def test_a_bundle_that_is_cut_short_costs_time_and_nothing_else(
    line: Hot, release: Release, size: int
) -> None:
    with_one, path = line.line(PAYLOAD), place(release)
    path.write_bytes(path.read_bytes()[:size])
    assert line.line(PAYLOAD) == with_one


def test_a_bundle_of_another_interpreter_is_passed_over(line: Hot, release: Release) -> None:
    with_one, path = line.line(PAYLOAD), place(release)
    path.write_bytes(b"\0\0\r\n" + path.read_bytes()[4:])
    assert line.line(PAYLOAD) == with_one
