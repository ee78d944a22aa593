"""Releases: `<data_dir>/releases/<id>/`, and `<data_dir>/current`, a link to the one in use.

A release has `plugin/`, `hooks/`, `venv/` and `bin/usageline`. It is built in its final place,
because a venv cannot be moved, and it is valid once it has the file `complete`, written last.
The id depends on the content, so a complete release is never built again.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from usageline import __version__
from usageline.setup import owned_files, settings_entries
from usageline.setup.program_files import PARTS, program_files
from usageline.system import bundle, directories, files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.setup.interpreters import Interpreter
    from usageline.setup.packages import PackageInstaller

COMPILE_TIMEOUT_S = 120
IMPORT_TIMEOUT_S = 60

# -I ignores PYTHONDONTWRITEBYTECODE, and an unchecked pyc needs no stat of its source at start.
COMPILE_SCRIPT = """
import compileall, py_compile, sys
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
options = {"quiet": 2, "force": True, "invalidation_mode": mode}
done = [compileall.compile_dir(part, **options) for part in sys.argv[1:]]
sys.path.insert(0, sys.argv[1])
from usageline.system import bundle
bundle.write(sys.argv[1])
sys.exit(not all(done))
"""

LAUNCHER = """#!/bin/sh
{safe_zone}
python={python}
# If its Python is gone (an upgrade, or another system shares this home), use another one.
if [ ! -x "$python" ]; then exec /bin/sh {fallback} "$@"; fi
# Prompts and status bars run this often: skip the command line.
if [ "${{1-}}" = line ] && [ "${{2-}}" != --help ]; then
    exec "$python" -I -S -B -X utf8 {script} "$@"
fi
[ -r {command} ] || {{ echo 'usageline: its files are gone; install it again' >&2; exit 1; }}
exec "$python" -I -B -X utf8 {command} "$@"
"""

FALLBACK = """#!/bin/sh
{safe}
script={script} hook={hook} setup={setup}
damaged={damaged} no_python={no_python} no_command={no_command}
# No directory of PATH, which a project may set.
tool() {{ (PATH=/usr/bin:/bin:/run/current-system/sw/bin && "$@"); }}
"""
"""The beginning of `bin/fallback`; the rest are FALLBACK_PARTS."""

FALLBACK_PARTS = ("trusted.sh", "fallback.sh")
NO_PYTHON = "usageline: its Python is not on this system (if it was: install it again)"
"""The line's text without an interpreter.

Another system that shares the home directory may have it, so the advice is conditional.
"""


@dataclass(frozen=True, slots=True)
class Release:
    """A release, which need not exist."""

    data_dir: str
    id: str

    @property
    def root(self) -> str:
        """The release's directory."""
        return f"{self.data_dir}/releases/{self.id}"

    @property
    def python(self) -> str:
        """The interpreter of the background work."""
        return self.root + "/venv/bin/python"

    @property
    def script(self) -> str:
        """The status line's script."""
        return self.root + "/plugin/usageline/statusline.py"

    def is_complete(self) -> bool:
        """Return whether the build finished and the interpreter still exists."""
        return os.path.isfile(self.root + "/complete") and os.access(self.python, os.X_OK)

    def is_intact(self, source: str, check: str) -> bool:
        """Return whether it is complete, its files equal `source`, and it can run `check`."""
        if not self.is_complete() or not self.has_files_of(source):
            return False
        try:
            result = subprocess.run(
                [self.python, "-I", "-B", "-c", check],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=IMPORT_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return result.returncode == 0

    def has_files_of(self, source: str) -> bool:
        """Return whether every file of the program in `source` is in the release, unchanged."""
        return all(
            _have_same_content(file, f"{self.root}/{path}")
            for path, file in program_files(source).items()
        )

    def is_current(self) -> bool:
        """Return whether `current` links to it."""
        link = self.data_dir + "/current"
        return os.path.islink(link) and os.readlink(link) == "releases/" + self.id

    def is_compiled_for(self, interpreter: Interpreter) -> bool:
        """Return whether every file has bytecode for that interpreter."""
        major, minor, _ = interpreter.version
        tag = f"cpython-{major}{minor}"
        sources = (path for path in program_files(self.root) if path.endswith(".py"))
        compiled = (
            f"{self.root}/{folder}/__pycache__/{name[:-3]}.{tag}.pyc"
            for folder, name in map(os.path.split, sources)
        )
        return bundle.is_complete(self.root + "/plugin", tag) and all(map(os.path.isfile, compiled))


def for_source(
    source: str, data_dir: str, cold: Interpreter, extras: Sequence[str] = ()
) -> Release:
    """Return the release of the program in `source` with that cold interpreter and `extras`."""
    content = hashlib.sha256("\0".join((cold.version_text, *extras)).encode())
    for path, name in sorted(program_files(source).items()):
        with open(name, "rb") as file:
            data = file.read()
        content.update(f"\0{path}\0{len(data)}\0".encode())
        content.update(data)
    return Release(data_dir, f"{__version__}-{content.hexdigest()[:10]}")


def build(release: Release, source: str, cold: Interpreter, installer: PackageInstaller) -> str:
    """Build the release. Returns the name of the tool that installed the packages.

    Remove what a killed run left, unless only the environment is damaged: then the line goes on.
    """
    if release.has_files_of(source):
        files.remove_file(release.root + "/complete")
    else:
        directories.remove_tree(release.root)
    for path, file in program_files(source).items():
        target = f"{release.root}/{path}"
        if not os.path.exists(target):
            directories.make_directory(os.path.dirname(target))
            shutil.copyfile(file, target)
    tool = installer.install(cold, release.root)
    write_launcher(release)
    compile_bytecode(release, cold)
    # After a power loss `complete` must not be there without the rest of the release.
    directories.sync_tree(release.root)
    files.write_atomic(release.root + "/complete", f"{cold.path}\n".encode(), 0o600)
    return tool


def compile_bytecode(release: Release, interpreter: Interpreter) -> None:
    """Write the bytecode, which the line never writes. A failure only makes each line slower."""
    parts = [f"{release.root}/{part}" for part in PARTS]
    command = [interpreter.path, "-I", "-B", "-c", COMPILE_SCRIPT, *parts]
    subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=COMPILE_TIMEOUT_S,
        check=False,
    )


def activate(release: Release) -> None:
    """Link `current` to the release atomically."""
    files.replace_link(release.data_dir + "/current", "releases/" + release.id)


def current(data_dir: str) -> Release | None:
    """Return the release that `current` links to, or None if it is missing or incomplete."""
    try:
        release = Release(data_dir, os.path.basename(os.readlink(data_dir + "/current")))
    except OSError:
        return None
    return release if release.is_complete() else None


def remove_others(keep: Release) -> list[str]:
    """Remove every other release. Returns their ids."""
    try:
        names = os.listdir(keep.data_dir + "/releases")
    except FileNotFoundError:
        return []
    return [
        name
        for name in sorted(names)
        if name != keep.id
        and owned_files.RELEASE_NAME.fullmatch(name)
        and directories.remove_tree(f"{keep.data_dir}/releases/{name}")
    ]


# tried by: nothing, they are files of the program
def write_launcher(release: Release) -> None:
    """Write the release's `bin/usageline` and `bin/fallback`."""
    path = release.root + "/bin/usageline"
    directories.make_directory(os.path.dirname(path))
    # Without `current`, so that a running command keeps its release during an install.
    programs = {
        "python": release.python,
        "script": release.script,
        "command": release.root + "/plugin/usageline/cli/__main__.py",
        "hook": release.root + "/hooks/session_start.py",
        "setup": release.root + "/plugin/usageline/setup/__main__.py",
        "fallback": release.root + "/bin/fallback",
        "no_python": NO_PYTHON,
        "damaged": settings_entries.DAMAGED,
        "no_command": f"{NO_PYTHON}, or usageline install: {release.python}",
    }
    words = {name: shlex.quote(program) for name, program in programs.items()}
    words |= {
        "safe": (settings_entries.SAFE_LOCALE + settings_entries.SAFE_ZONE).strip(),
        "safe_zone": settings_entries.SAFE_ZONE.strip(),
    }
    fallback = os.fsencode(FALLBACK.format(**words))
    for part in FALLBACK_PARTS:
        with open(f"{os.path.dirname(__file__)}/{part}", "rb") as file:
            fallback += file.read()
    files.write_atomic(release.root + "/bin/fallback", fallback, 0o700)
    files.write_atomic(path, os.fsencode(LAUNCHER.format(**words)), 0o700)


def _have_same_content(path: str, other: str) -> bool:
    try:
        return filecmp.cmp(path, other, shallow=False)
    except OSError:
        return False
