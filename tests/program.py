"""Compile the program once for each test process; its releases share the files by hard links."""

from __future__ import annotations

import atexit
import compileall
import contextlib
import io
import os
import py_compile
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from usageline.system import bundle

States = dict[str, tuple[int, ...]]


@dataclass
class Program:
    """A compiled copy of the program, and the state in which its files stay."""

    root: Path
    states: States = field(init=False)
    folders: list[str] = field(init=False)
    files: list[str] = field(init=False)
    is_used: bool = False

    def __post_init__(self) -> None:
        self.states = _states(self.root)
        length = len(f"{self.root}/")
        self.folders = [folder[length:] for folder, _, _ in os.walk(self.root)][1:]
        self.files = [path[length:] for path in self.states]

    def link(self, root: Path) -> None:
        """Create `root` with a link to each file: `shutil.copytree` takes five times as long."""
        root.mkdir(parents=True)
        for folder in self.folders:
            os.mkdir(f"{root}/{folder}")
        for file in self.files:
            _link(f"{self.root}/{file}", f"{root}/{file}")


_compiled: dict[Path, Program] = {}
"""The programs of this process by their sources."""


def lay_out(source: Path, root: Path, *, shared: bool) -> None:
    """Create `plugin/` and `hooks/` of `source` at `root`, compiled as install.sh compiles them.

    If the files are `shared`, this takes a fiftieth of the time to compile them.
    """
    program = _compiled.get(source) or _compiled.setdefault(source, _compile(source))
    program.is_used = program.is_used or shared
    if shared:
        program.link(root)
    else:
        shutil.copytree(program.root, root)


def assert_unchanged() -> None:
    """Fail if a shared file was changed in place since the last call."""
    for source, program in list(_compiled.items()):
        if program.is_used:
            program.is_used = False
            changed = [path for path, state in program.states.items() if _state(path) != state]
            if changed:
                del _compiled[source]
            assert not changed, f"unlink before you write: every release shares {changed[:3]}"


def overwrite(path: Path, data: bytes) -> None:
    """Replace the content of a file in one release alone."""
    path.unlink()
    path.write_bytes(data)


def _compile(source: Path) -> Program:
    root = Path(tempfile.mkdtemp(prefix="usageline-compiled-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    for folder in ("plugin", "hooks"):
        shutil.copytree(
            source / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
        with contextlib.redirect_stdout(io.StringIO()):
            compileall.compile_dir(
                root / folder,
                quiet=1,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
    bundle.write(str(root / "plugin"))
    return Program(root)


def _link(source: str, target: str) -> None:
    # The tests of the bundle damage it in place.
    if not source.endswith((".opt-bundle.pyc", ".deferred")):
        with contextlib.suppress(OSError):  # another file system
            os.link(source, target)
            return
    shutil.copy2(source, target)


def _states(root: Path) -> States:
    """Return the state of every file."""
    paths = (f"{folder}/{name}" for folder, _, names in os.walk(root) for name in names)
    return {path: _state(path) for path in paths}


def _state(path: str) -> tuple[int, ...]:
    """Return mode, size and modification time of a file, and nothing if it is gone."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return ()
    return (status.st_mode, status.st_size, status.st_mtime_ns)
