"""Find the real CPython interpreters of this machine, 3.10 or newer, each one once."""

from __future__ import annotations

import glob
import json
import os
import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from usageline.system import trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIN_VERSION = (3, 10)
PROBE_TIMEOUT_S = 10
"""A version manager's shim may take seconds. An interpreter that times out is skipped."""

_NAMES = ("python3", *(f"python3.{minor}" for minor in range(14, 9, -1)), "python")
_DIRECTORIES = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin")
_FRAMEWORKS = "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3"
_VERSION_MANAGERS = (
    ("PYENV_ROOT", ".pyenv", "versions/*/bin/python3"),
    ("ASDF_DATA_DIR", ".asdf", "installs/python/*/bin/python3"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/python/*/bin/python3"),
    ("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python", "*/bin/python3"),
)
_STORES = ("/nix/store/", "/gnu/store/")
_PATCH = re.compile(r"(?P<name>.*?)(?P<minor>\d+\.\d+)\.\d+(?:[a-z]+\d+)?(?P<rest>[-+_t].*)?$")
"""A directory name with a patch version: 3.12.1, cpython-3.12.1-linux-x86_64-gnu."""

REQUIRED_MODULES = tuple(
    """
    _socket _ssl argparse asyncio base64 concurrent.futures ctypes email.message fcntl hashlib
    ipaddress json logging pickle pyexpat select sqlite3 ssl subprocess tempfile threading
    unicodedata urllib.request xml.etree.ElementTree zlib zoneinfo
    """.split()  # noqa: SIM905 - a literal would take a line for each word
)
"""Standard modules that the refresh, the command and their packages import.

Some systems package a few of them separately.
"""

_IMPORT_SCRIPT = """
for name in names:
    try:
        __import__(name)
    except Exception:
        print(name)
"""
_PROBE_SCRIPT = """
import sys, json
executable = getattr(sys, "_base_executable", "") or sys.executable
json.dump([executable, sys.version_info[:3], sys.implementation.name], sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A real CPython: its path behind shims, venvs and links, and its version."""

    path: str
    version: tuple[int, int, int]

    @property
    def version_text(self) -> str:
        """The version as a string, such as 3.12.1."""
        return ".".join(map(str, self.version))


def find(
    env: dict[str, str], first: Sequence[str] = (), refusals: list[str] | None = None
) -> list[Interpreter]:
    """Return every usable interpreter, those of `first` before the others.

    A venv or a shim counts as the interpreter behind it. An interpreter that another user can
    change is not started; a sentence about it is added to `refusals`.
    """
    by_path: dict[str, Interpreter] = {}
    checked: set[str] = set()
    for candidate in (*first, *_candidates(env)):
        real = os.path.realpath(candidate)
        # A shim is one script for all versions and depends on its name; another file does not.
        key = real if os.path.basename(real).startswith("python") else candidate
        if key in checked or not os.access(candidate, os.X_OK):
            continue
        checked.add(key)
        reason = trust.untrusted_interpreter_reason(candidate)
        if reason:
            if refusals is not None:
                refusals.append(f"{candidate} is not run: {reason}")
            continue
        interpreter = probe(candidate)
        if interpreter and interpreter.path not in by_path:
            by_path[interpreter.path] = interpreter
            checked.add(os.path.realpath(interpreter.path))
    return list(by_path.values())


def probe(candidate: str) -> Interpreter | None:
    """Return the interpreter behind `candidate`, or None if it is unusable."""
    if is_macos_stub(candidate) or trust.untrusted_interpreter_reason(candidate):
        return None
    try:
        executable, version, implementation = json.loads(_output(candidate, _PROBE_SCRIPT))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if tuple(version) < MIN_VERSION or implementation != "cpython" or not executable:
        return None
    path = upgrade_safe_path(candidate, executable, f"{version[0]}.{version[1]}")
    if not os.access(path, os.X_OK) or trust.untrusted_interpreter_reason(path):
        return None
    return Interpreter(path, tuple(version))


@lru_cache
def missing_modules(interpreter: Interpreter) -> tuple[str, ...]:
    """Return the required standard modules that this interpreter cannot import."""
    script = f"names = {REQUIRED_MODULES!r}{_IMPORT_SCRIPT}"
    try:
        return tuple(_output(interpreter.path, script).decode().split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return REQUIRED_MODULES


def _output(interpreter: str, script: str) -> bytes:
    """Return what a script prints. Raise OSError or SubprocessError if it fails."""
    return subprocess.run(
        [interpreter, "-I", "-S", "-B", "-X", "utf8", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=PROBE_TIMEOUT_S,
        check=True,
    ).stdout


def upgrade_safe_path(candidate: str, executable: str, minor: str) -> str:
    """Return a path of `executable` that a new patch version keeps; `minor` is such as 3.12.

    It may be a link on the way from `candidate`: version managers and package stores use a
    separate directory for each patch version.
    """
    path = stable_path(executable)
    if not _changes_with_patch(path):
        return path
    real, step = os.path.realpath(path), candidate
    links: list[str] = []
    while os.path.islink(step) and len(links) < trust.MAX_LINKS:
        links.append(step)
        step = os.path.normpath(os.path.join(os.path.dirname(step), os.readlink(step)))
    for link in links:
        names_minor = minor in os.path.basename(link) or f"/{minor}/" in link
        if (
            names_minor
            and os.path.realpath(link) == real
            and not _changes_with_patch(link)
            and not _is_in_venv(link)
        ):
            return link
    return path


def _changes_with_patch(path: str) -> bool:
    return path.startswith(_STORES) or any(_PATCH.match(part) for part in path.split("/"))


def _is_in_venv(path: str) -> bool:
    folder = os.path.dirname(path)
    parents = (folder, os.path.dirname(folder))
    return any(os.path.exists(f"{parent}/pyvenv.cfg") for parent in parents)


def stable_path(executable: str) -> str:
    """Return the real path of an interpreter.

    For Homebrew and version managers, return the path that stays when a patch version changes.
    """
    real = os.path.realpath(executable)
    prefix, cellar, rest = real.partition("/Cellar/")
    if cellar:
        formula = rest.split("/")[0]
        linked = f"{prefix}/opt/{formula}/bin/{os.path.basename(real)}"
        if os.path.realpath(linked) == real:
            return linked
    parts = real.split("/")
    for index, part in enumerate(parts):
        version = _PATCH.match(part)
        if version:
            # mise, asdf and uv: `3.12` is a link to `3.12.1`.
            name = version["name"] + version["minor"] + (version["rest"] or "")
            linked = "/".join([*parts[:index], name, *parts[index + 1 :]])
            if os.path.realpath(linked) == real:
                return linked
    return real


def is_macos_stub(path: str) -> bool:
    """Return whether this is Apple's python3 without the developer tools.

    Running it would open a dialog that offers to install them.
    """
    select = "/usr/bin/xcode-select"
    if os.path.dirname(os.path.realpath(path)) != "/usr/bin" or not os.path.exists(select):
        return False
    result = subprocess.run(
        [select, "-p"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return result.returncode != 0


def _candidates(env: dict[str, str]) -> Iterable[str]:
    directories = [part for part in env.get("PATH", "").split(os.pathsep) if os.path.isabs(part)]
    for directory in dict.fromkeys((*directories, *_DIRECTORIES)):
        for name in _NAMES:
            yield os.path.join(directory, name)
    yield from sorted(glob.glob(_FRAMEWORKS))
    home = env.get("HOME", "")
    for variable, default, pattern in _VERSION_MANAGERS:
        root = env.get(variable) or os.path.join(home, default)
        if os.path.isabs(root):
            yield from sorted(glob.glob(os.path.join(glob.escape(root), pattern)))
