"""Releases: `<data_dir>/releases/<id>/` with `plugin/`, `hooks/`, `venv/` and `bin/usageline`, and `<data_dir>/current` that names one.

A release is built in place, for a venv cannot be moved, and counts only once it holds `complete`, which is written last.
The id stands for the content, so an existing complete release never has to be built again.
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
from usageline.setup import own_names, settings_changes
from usageline.system import bundle, directories, files
from usageline.system import files as files_

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from usageline.setup.interpreters import Interpreter
    from usageline.setup.packages import Packages

PARTS = ("plugin", "hooks")
COMPILE_TIMEOUT_S = 120

_LAUNCHER = """#!/bin/sh
{safe_zone}
python={python}
# Without its Python (an upgrade took it, or another system shares this home) another one can still install and uninstall.
if [ ! -x "$python" ]; then exec /bin/sh {fallback} "$@"; fi
# A prompt or a status bar asks for this often: it goes by the fast way.
if [ "${{1-}}" = line ] && [ "${{2-}}" != --help ]; then exec "$python" -I -S -B -X utf8 {script} "$@"; fi
[ -r {command} ] || {{ echo 'usageline: its files are gone; run install.sh again' >&2; exit 1; }}
exec "$python" -I -B -X utf8 {command} "$@"
"""
_FALLBACK = """#!/bin/sh
# For when the interpreter of this release is not on this system. `statusline` prints the line, `hook` is the session's start;
# the other words are those of the command `usageline`.
{safe}
script={script} hook={hook} setup={setup}
usable() {{
    [ -x "$1" ] || return 1
    if [ "$1" = /usr/bin/python3 ] && [ -x /usr/bin/xcode-select ]; then /usr/bin/xcode-select -p >/dev/null 2>&1 || return 1; fi
    [ "$("$1" -I -S -B -c 'import sys; print(sys.version_info >= (3, 10))' </dev/null 2>/dev/null)" = True ]
}}
# In fixed places: PATH may be a project's.
found=
for directory in /usr/bin /usr/local/bin /opt/homebrew/bin /home/linuxbrew/.linuxbrew/bin /run/current-system/sw/bin; do
    for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        if [ -z "$found" ] && usable "$directory/$name"; then found=$directory/$name; fi
    done
done
word=${{1-}}
case $word in
statusline)
    [ -f "$script" ] && [ -s "$script" ] || {{ echo {damaged}; exit 0; }}
    [ -n "$found" ] && exec "$found" -I -S -B -X utf8 "$script"
    echo {no_python}
    exit 0 ;;
hook)
    [ -f "$hook" ] && [ -n "$found" ] && exec "$found" -I -S -B -X utf8 "$hook"
    exit 0 ;;
line)
    [ -n "$found" ] && exec "$found" -I -S -B -X utf8 "$script" "$@" ;;
install | uninstall)
    shift
    if [ -z "$found" ]; then
        for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
            python=$(command -v "$name" || :)
            case $python in /*) if [ -z "$found" ] && usable "$python"; then found=$python; fi ;; esac
        done
    fi
    if [ -n "$found" ] && [ "$word" = uninstall ]; then set -- --uninstall "$@"; fi
    [ -n "$found" ] && exec "$found" -I -B -X utf8 "$setup" "$@" ;;
esac
echo {no_command} >&2
exit 1
"""
NO_PYTHON = "usageline: its Python is not on this system (if it was: run install.sh again)"
"""What the line says without an interpreter: not to be obeyed where another system shares the home directory, and has it."""
# PYTHONDONTWRITEBYTECODE has no say here (-I), and a pyc that is checked against no source needs no stat at start.
COMPILE = """
import compileall, py_compile, sys
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
done = [compileall.compile_dir(part, quiet=2, force=True, invalidation_mode=mode) for part in sys.argv[1:]]
sys.path.insert(0, sys.argv[1])
from usageline.system import bundle
bundle.write(sys.argv[1])
sys.exit(not all(done))
"""


@dataclass(frozen=True, slots=True)
class Release:
    """One release, there or not."""

    data_dir: str
    id: str

    @property
    def root(self) -> str:
        """Its directory."""
        return f"{self.data_dir}/releases/{self.id}"

    @property
    def python(self) -> str:
        """The cold side's interpreter."""
        return self.root + "/venv/bin/python"

    @property
    def script(self) -> str:
        """The hot side's entry file."""
        return self.root + "/plugin/usageline/statusline.py"

    def is_complete(self) -> bool:
        """Whether it was built to the end and its interpreter is still there."""
        return os.path.isfile(self.root + "/complete") and os.access(self.python, os.X_OK)

    def is_whole(self, source: str, check: str) -> bool:
        """Whether, besides, every file of the program in `source` is there unchanged, and its interpreter can do `check`."""
        if not self.is_complete() or not all(
            _same(f"{source}/{path}", f"{self.root}/{path}") for path in _files(source)
        ):
            return False
        try:
            done = subprocess.run(
                [self.python, "-I", "-B", "-c", check],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0

    def is_current(self) -> bool:
        """Whether `current` names it."""
        link = self.data_dir + "/current"
        return os.path.islink(link) and os.readlink(link) == "releases/" + self.id

    def is_compiled_for(self, interpreter: Interpreter) -> bool:
        """Whether all of it has bytecode that suits that interpreter."""
        major, minor, _ = interpreter.version
        tag = f"cpython-{major}{minor}"
        paths = (os.path.split(path) for path in _files(self.root) if path.endswith(".py"))
        compiled = (
            f"{self.root}/{folder}/__pycache__/{name[:-3]}.{tag}.pyc" for folder, name in paths
        )
        return bundle.is_whole(bundle.path(self.root + "/plugin", tag)) and all(
            map(os.path.isfile, compiled)
        )


def release_of(
    source: str, data_dir: str, cold: Interpreter, extras: Sequence[str] = ()
) -> Release:
    """The release that the program in `source` makes with that interpreter for the cold side, and with `extras`."""
    content = hashlib.sha256("\0".join((cold.version_text, *extras)).encode())
    for path in sorted(_files(source)):
        with open(f"{source}/{path}", "rb") as file:
            data = file.read()
        content.update(f"\0{path}\0{len(data)}\0".encode())
        content.update(data)
    return Release(data_dir, f"{__version__}-{content.hexdigest()[:10]}")


def build(release: Release, source: str, cold: Interpreter, packages: Packages) -> str:
    """Make the release; gives the name of the tool that installed the packages.

    A part of one that a killed run left goes first; but where only the environment is damaged, lines go on meanwhile.
    """
    if all(_same(f"{source}/{path}", f"{release.root}/{path}") for path in _files(source)):
        files_.remove_file(release.root + "/complete")
    else:
        directories.remove_tree(release.root)
    for path in _files(source):
        target = f"{release.root}/{path}"
        if not os.path.exists(target):
            directories.make_directory(os.path.dirname(target))
            shutil.copyfile(f"{source}/{path}", target)
    tool = packages.install(cold, release.root)
    _write_launcher(release)
    compile_for(release, cold)
    directories.sync_tree(release.root)  # `complete` says so of a disk that lost its power as well
    files_.write_atomic(release.root + "/complete", f"{cold.path}\n".encode(), 0o600)
    return tool


def compile_for(release: Release, interpreter: Interpreter) -> None:
    """Write the bytecode that the hot side never writes itself. A failure costs time at each line and nothing else."""
    parts = [f"{release.root}/{part}" for part in PARTS]
    command = [interpreter.path, "-I", "-B", "-c", COMPILE, *parts]
    subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=COMPILE_TIMEOUT_S,
        check=False,
    )


def switch_to(release: Release) -> None:
    """Let `current` name the release, in one step."""
    files.replace_link(release.data_dir + "/current", "releases/" + release.id)


def current(data_dir: str) -> Release | None:
    """The release that `current` names, if it is complete."""
    try:
        release = Release(data_dir, os.path.basename(os.readlink(data_dir + "/current")))
    except OSError:
        return None
    return release if release.is_complete() else None


def remove_others(keep: Release) -> list[str]:
    """Remove every release but one; gives the ids that went."""
    try:
        names = os.listdir(keep.data_dir + "/releases")
    except FileNotFoundError:
        return []
    return [
        name
        for name in sorted(names)
        if name != keep.id
        and own_names.RELEASE.fullmatch(name)
        and directories.remove_tree(f"{keep.data_dir}/releases/{name}")
    ]


def _write_launcher(release: Release) -> None:
    path = release.root + "/bin/usageline"
    directories.make_directory(os.path.dirname(path))
    # Without `current` in it, a running command keeps its own release while another one is installed.
    programs = {
        "python": release.python,
        "script": release.script,
        "command": release.root + "/plugin/usageline/cli/__main__.py",
        "hook": release.root + "/hooks/session_start.py",
        "setup": release.root + "/plugin/usageline/setup/__main__.py",
        "fallback": release.root + "/bin/fallback",
        "no_python": NO_PYTHON,
        "damaged": settings_changes.DAMAGED,
        "no_command": f"{NO_PYTHON}, or usageline install: {release.python}",
    }
    words = {name: shlex.quote(program) for name, program in programs.items()}
    words |= {
        "safe": (settings_changes.SAFE_LOCALE + settings_changes.SAFE_ZONE).strip(),
        "safe_zone": settings_changes.SAFE_ZONE.strip(),
    }
    files_.write_atomic(
        release.root + "/bin/fallback", os.fsencode(_FALLBACK.format(**words)), 0o700
    )
    files_.write_atomic(path, os.fsencode(_LAUNCHER.format(**words)), 0o700)


def _same(path: str, other: str) -> bool:
    try:
        return filecmp.cmp(path, other, shallow=False)
    except OSError:
        return False


def _files(source: str) -> Iterator[str]:
    """The paths, relative to `source`, of what makes up the program: no bytecode, no editor's leftovers, no links."""
    for part in PARTS:
        for directory, names, leaves in os.walk(f"{source}/{part}"):
            names[:] = sorted(
                name for name in names if name != "__pycache__" and not name.startswith(".")
            )
            for leaf in leaves:
                path = os.path.join(directory, leaf)
                if (
                    not leaf.startswith(".")
                    and not leaf.endswith((".pyc", "~", ".swp"))
                    and os.path.isfile(path)
                    and not os.path.islink(path)
                ):
                    yield os.path.relpath(path, source)
