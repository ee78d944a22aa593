from __future__ import annotations

import ast
import importlib.util
import json
import marshal
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hot import Hot
from tests.program import overwrite
from usageline.core import bundled
from usageline.system import bundle

if TYPE_CHECKING:
    from collections.abc import Callable

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


def deferred_codes(release: Release) -> Path:
    (path,) = place(release).parent.glob("*.deferred")
    return path


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


@pytest.mark.parametrize("part", [place, deferred_codes])
@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "missing", "directory"])
def test_a_damaged_part_makes_the_bundle_incomplete(
    release: Release, part: Callable[[Release], Path], damage: str
) -> None:
    plugin, tag = str(release.root / "plugin"), sys.implementation.cache_tag
    assert bundle.is_complete(plugin, tag)
    path = part(release)
    code = path.read_bytes()
    path.unlink()
    if damage == "directory":
        path.mkdir()
    elif damage != "missing":
        flipped = code[:-40] + bytes([code[-40] ^ 1]) + code[-39:]
        path.write_bytes({"cut": code[:-1], "flipped": flipped, "empty": b""}[damage])
    assert not bundle.is_complete(plugin, tag)
    assert not bundle.is_complete(f"{plugin}/gone", tag)


def test_a_bundle_of_another_interpreter_is_passed_over(line: Hot, release: Release) -> None:
    with_one, path = line.line(PAYLOAD), place(release)
    path.write_bytes(b"\0\0\r\n" + path.read_bytes()[4:])
    assert line.line(PAYLOAD) == with_one


@pytest.mark.parametrize("what", ["bundle", "deferred", "bytecode"])
def test_a_fifo_among_the_compiled_files_does_not_block(
    line: Hot, release: Release, what: str
) -> None:
    source = release.root / "plugin/usageline/line/main.py"
    paths = {
        "bundle": [place(release)],
        "deferred": [deferred_codes(release)],
        "bytecode": [place(release), Path(importlib.util.cache_from_source(str(source)))],
    }
    payload = {**PAYLOAD, "workspace": {"current_dir": "/"}}
    with_one = line.line(payload)
    for path in paths[what]:
        path.unlink()
        os.mkfifo(path)
    assert line.line(payload) == with_one
    done = line.run(command=[*line.command, "line", "--for", "plain"])
    assert done.stdout.decode().startswith("5h ")


def test_deferred_modules_come_from_the_bundle(line: Hot, release: Release) -> None:
    for name in ("embed", "settings"):
        source = release.root / f"plugin/usageline/line/{name}.py"
        Path(importlib.util.cache_from_source(str(source))).unlink()
        source.unlink()
    done = line.run(command=[*line.command, "line", "--for", "plain"])
    assert done.stdout.decode().startswith("5h ")


def test_without_their_code_in_the_bundle_deferred_modules_are_imported_from_disk(
    release: Release,
) -> None:
    broken, root = release.root / "broken.deferred", str(release.root / "plugin")
    broken.write_bytes(b"\xff")
    deferred = {"colorsys": ("x.py", 0, 1), "cmd": ("cut.py", 1, 9), "sched": ("x.py", 0, 1)}
    bundled.load(root, (("needing", "needing.py", NEEDING),), deferred, str(broken))
    needed = sys.modules.pop("needing").needed
    assert [needed(name).__name__ for name in ("colorsys", "cmd")] == ["colorsys", "cmd"]
    broken.unlink()
    assert needed("sched").__spec__ is not None
    with pytest.raises(KeyError):
        needed("unknown")


def test_an_unconfigured_line_needs_only_the_bundle(line: Hot, release: Release) -> None:
    """Neither the code of other modules nor the sources are there."""
    with_one = line.line(PAYLOAD)
    deferred_codes(release).unlink()
    for name in bundle.MODULES[1:]:
        module = release.root / "plugin" / name.replace(".", "/")
        source = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
        overwrite(source, b"raise ImportError\n")
        Path(importlib.util.cache_from_source(str(source))).unlink()
    assert line.line(PAYLOAD) == with_one


NEEDING = compile("needed = __deferred__", "needing.py", "exec")

TYPED = '''
"""A docstring."""
from __future__ import annotations
import sys
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
SIZE: int = 3
"""An attribute docstring."""
LATER: str
class Empty(Exception):
    """Only a docstring."""
class Point:
    x: int
    def move(self, by: Any, *rest: int, far: bool = False, **more: Any) -> Point:
        steps: list[Any] = [by]
        total: int
        return steps, rest, far, more
'''

UNTYPED = """
import sys
SIZE = 3
class Empty(Exception):
    pass
class Point:
    def move(self, by, *rest, far=False, **more):
        steps = [by]
        return (steps, rest, far, more)
"""


def test_types_and_docstrings_are_stripped() -> None:
    stripped = bundle.strip_types(ast.parse(TYPED))
    assert ast.dump(stripped) == ast.dump(ast.parse(UNTYPED))


def test_stripping_keeps_the_other_branch_of_a_type_checking_block() -> None:
    source = "if TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
    assert ast.unparse(bundle.strip_types(ast.parse(source))) == "import b"


def test_imports_between_bundled_modules_become_look_ups() -> None:
    source = """
import sys
from usageline.core import paths, spare, syscalls
from usageline.core.text import sanitize as clean
from usageline.cli.cold import x
def lazily():
    from usageline.core import paths, spare
    from usageline.core.spare import THEME as theme
"""
    names = ("usageline.core", "usageline.core.paths", "usageline.core.spare")
    linked = bundle.link_imports(ast.parse(source), {*names, "usageline.core.text"})
    assert (
        ast.unparse(linked)
        == """\
import sys
paths = __bundled__['usageline.core.paths']
spare = __deferred__('usageline.core.spare')
syscalls = __bundled__['usageline.core'].syscalls
clean = __bundled__['usageline.core.text'].sanitize
from usageline.cli.cold import x

def lazily():
    paths = __bundled__['usageline.core.paths']
    spare = __deferred__('usageline.core.spare')
    theme = __deferred__('usageline.core.spare').THEME"""
    )


def test_the_hot_sides_bytecode_has_no_annotations(release: Release) -> None:
    source = release.root / "plugin/usageline/core/bundled.py"
    compiled = Path(importlib.util.cache_from_source(str(source))).read_bytes()
    assert compiled[:4] == importlib.util.MAGIC_NUMBER
    namespace: dict[str, Any] = {}
    exec(marshal.loads(compiled[16:]), namespace)  # noqa: S102, S302 - our own bytecode
    assert namespace["load"].__annotations__ == {}
    assert namespace["load"].__doc__ is None
