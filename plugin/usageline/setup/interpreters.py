"""The Pythons of this machine: real ones, 3.10 or newer, each once; and which of them starts fastest."""

from __future__ import annotations

import glob
import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from usageline.setup import trusted_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OLDEST = (3, 10)
ROUNDS = 15
"""Timings of each interpreter; the least of them counts, for whatever else runs only adds."""

TIE = 1.05
"""Times that differ by less than this are the same: two runs of the same interpreter do."""

PROBE_TIMEOUT_S = 10
"""A version manager's shim may take seconds; one that hangs is no interpreter."""

DAMAGED = b"this installation is damaged"
"""What the line prints in an interpreter that cannot run it."""

_NAMES = ("python3", *(f"python3.{minor}" for minor in range(14, 9, -1)), "python")
_DIRECTORIES = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin")
_LASTING = ("/usr/", "/opt/homebrew/", "/home/linuxbrew/", "/Library/Frameworks/")
_FRAMEWORKS = "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3"
_MANAGED = (
    ("PYENV_ROOT", ".pyenv", "versions/*/bin/python3"),
    ("ASDF_DATA_DIR", ".asdf", "installs/python/*/bin/python3"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/python/*/bin/python3"),
    ("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python", "*/bin/python3"),
)
_STORES = ("/nix/store/", "/gnu/store/")
_PATCH = re.compile(r"(?P<name>.*?)(?P<minor>\d+\.\d+)\.\d+(?:[a-z]+\d+)?(?P<rest>[-+_t].*)?$")
"""A directory's name with a patch release in it: 3.12.1, cpython-3.12.1-linux-x86_64-gnu."""

NEEDED = (
    *(
        "argparse",
        "base64",
        "hashlib",
        "json",
        "logging",
        "subprocess",
        "tempfile",
        "threading",
        "urllib.request",
    ),
    *(
        "_socket",
        "_ssl",
        "ctypes",
        "fcntl",
        "select",
        "sqlite3",
        "ssl",
        "zlib",
        "xml.etree.ElementTree",
        "unicodedata",
    ),
    *(
        "pyexpat",
        "pickle",
        "asyncio",
        "concurrent.futures",
        "email.message",
        "ipaddress",
        "zoneinfo",
    ),
)
"""What the refresh, the command and their packages import of the standard library, and what some systems package apart."""

_LACKS = """
for name in names:
    try:
        __import__(name)
    except Exception:
        print(name)
"""
_PROBE = """
import sys, json
json.dump([getattr(sys, "_base_executable", "") or sys.executable, sys.version_info[:3], sys.implementation.name], sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A real CPython: its path without shims, venvs and links in between, and its version."""

    path: str
    version: tuple[int, int, int]

    @property
    def version_text(self) -> str:
        """Such as 3.12.1."""
        return ".".join(map(str, self.version))


def find(
    env: dict[str, str], first: Sequence[str] = (), refused: list[str] | None = None
) -> list[Interpreter]:
    """Every usable interpreter, those of `first` before the others. A venv or a shim counts as the interpreter that it leads to.

    One that another user can change is not even started; `refused` gets a sentence for each.
    """
    found: dict[str, Interpreter] = {}
    seen: set[str] = set()
    for candidate in (*first, *_candidates(env)):
        real = os.path.realpath(candidate)
        # A shim is one script for all versions, told apart by its name; any other file is the same whatever it is called.
        key = real if os.path.basename(real).startswith("python") else candidate
        if key in seen or not os.access(candidate, os.X_OK):
            continue
        seen.add(key)
        refusal = trusted_path.refusal(candidate)
        if refusal:
            if refused is not None:
                refused.append(f"{candidate} is not run: {refusal}")
            continue
        interpreter = probe(candidate)
        if interpreter and interpreter.path not in found:
            found[interpreter.path] = interpreter
            seen.add(os.path.realpath(interpreter.path))
    return list(found.values())


def probe(candidate: str) -> Interpreter | None:
    """What interpreter `candidate` leads to, or None where that is none that we can use."""
    if is_macos_stub(candidate) or trusted_path.refusal(candidate):
        return None
    try:
        done = subprocess.run(
            [candidate, "-I", "-S", "-B", "-X", "utf8", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_TIMEOUT_S,
            check=True,
        )
        executable, version, implementation = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if tuple(version) < OLDEST or implementation != "cpython" or not executable:
        return None
    path = lasting_path(candidate, executable, f"{version[0]}.{version[1]}")
    return (
        Interpreter(path, tuple(version))
        if os.access(path, os.X_OK) and not trusted_path.refusal(path)
        else None
    )


@lru_cache
def lacks(interpreter: Interpreter) -> tuple[str, ...]:
    """Return the standard modules that a refresh needs and that this interpreter has not, or cannot load."""
    try:
        done = subprocess.run(
            [interpreter.path, "-I", "-S", "-B", "-c", f"names = {NEEDED!r}{_LACKS}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_TIMEOUT_S,
            check=True,
        )
        return tuple(done.stdout.decode().split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return NEEDED


def lasting_path(candidate: str, executable: str, minor: str) -> str:
    """Return the path of `executable` that a new patch release leaves in place; `minor` is its version, such as 3.12.

    That may be a link by which `candidate` reaches it: a version manager and a store of packages give each patch release a directory of its own.
    """
    path = stable_path(executable)
    if not _changes_with_patch(path):
        return path
    real, at = os.path.realpath(path), candidate
    links: list[str] = []
    while os.path.islink(at) and len(links) < trusted_path.MAX_LINKS:
        links.append(at)
        at = os.path.normpath(os.path.join(os.path.dirname(at), os.readlink(at)))
    for link in links:
        names_minor = minor in os.path.basename(link) or f"/{minor}/" in link
        if (
            names_minor
            and os.path.realpath(link) == real
            and not _changes_with_patch(link)
            and not _is_venv(link)
        ):
            return link
    return path


def _changes_with_patch(path: str) -> bool:
    return path.startswith(_STORES) or any(_PATCH.match(part) for part in path.split("/"))


def _is_venv(path: str) -> bool:
    folder = os.path.dirname(path)
    return any(os.path.exists(f"{place}/pyvenv.cfg") for place in (folder, os.path.dirname(folder)))


def stable_path(executable: str) -> str:
    """The real path of an interpreter; for Homebrew and version managers the one that stays when a new patch release moves the files."""
    real = os.path.realpath(executable)
    prefix, cellar, rest = real.partition("/Cellar/")
    if cellar:
        formula = rest.split("/")[0]
        kept = f"{prefix}/opt/{formula}/bin/{os.path.basename(real)}"
        if os.path.realpath(kept) == real:
            return kept
    parts = real.split("/")
    for index, part in enumerate(parts):
        version = _PATCH.match(part)
        if version:
            # mise, asdf and uv: `3.12` is a link to `3.12.1`.
            kept = "/".join(
                [
                    *parts[:index],
                    version["name"] + version["minor"] + (version["rest"] or ""),
                    *parts[index + 1 :],
                ]
            )
            if os.path.realpath(kept) == real:
                return kept
    return real


def is_macos_stub(path: str) -> bool:
    """Whether this is Apple's python3 without the developer tools: running it would open a dialog that asks to install them."""
    select = "/usr/bin/xcode-select"
    if os.path.dirname(os.path.realpath(path)) != "/usr/bin" or not os.path.exists(select):
        return False
    return (
        subprocess.run(
            [select, "-p"], stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).returncode
        != 0
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """The least wall time of one start, in seconds."""

    interpreter: Interpreter
    seconds: float


def rank(interpreters: Iterable[Interpreter], script: str) -> list[Timing]:
    """The interpreters in which the line works, by the time in which they print it, fastest first; by an empty program if it fails in all."""
    candidates = list(interpreters)
    program = [script]
    able = [candidate for candidate in candidates if _run(candidate, program)]
    if not able:
        program = ["-c", "pass"]
        able = [candidate for candidate in candidates if _run(candidate, program)]
    candidates = able
    least = dict.fromkeys(candidates, float("inf"))
    for turn in range(ROUNDS if candidates else 0):
        # In turn, and each round from another one on: neither a burst of other work nor a rhythm of the machine falls on one of them.
        first = turn % len(candidates)
        for candidate in candidates[first:] + candidates[:first]:
            least[candidate] = min(least[candidate], _timed(candidate, program))
    return sorted((Timing(*pair) for pair in least.items()), key=lambda timing: timing.seconds)


def choose(ranking: Sequence[Timing]) -> Timing:
    """The fastest; of those that are as fast, one that the system or its package manager keeps, as others come and go."""
    as_fast = [timing for timing in ranking if timing.seconds <= ranking[0].seconds * TIE]
    return next(
        (timing for timing in as_fast if timing.interpreter.path.startswith(_LASTING)), ranking[0]
    )


def explain(ranking: Sequence[Timing]) -> str:
    """Why that one was chosen, in a few words."""
    best = choose(ranking)
    if len(ranking) == 1:
        return f"Python {best.interpreter.version_text}, the only one found"
    what = f"Python {best.interpreter.version_text}, {best.seconds * 1000:.1f} ms a line"
    if best is not ranking[0]:
        return f"{what}; the system's own, as fast as the fastest of {len(ranking)} ({ranking[0].interpreter.path}, {best.seconds / ranking[0].seconds:.2f}×)"
    return f"{what}, the fastest of {len(ranking)}; the next takes {ranking[1].seconds / best.seconds:.2f}×, the last {ranking[-1].seconds / best.seconds:.2f}×"


def _run(interpreter: Interpreter, program: list[str]) -> bool:
    try:
        start = {**_start(interpreter, program), "stdout": subprocess.PIPE}
        done = subprocess.run(**start, input=b"{}", timeout=PROBE_TIMEOUT_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and DAMAGED not in done.stdout


def _timed(interpreter: Interpreter, program: list[str]) -> float:
    """The wall time of one run, in seconds."""
    started = time.perf_counter()
    # No timeout: with one, subprocess looks for the end in steps of up to 50 ms. It has run to its end before, in time.
    subprocess.run(**_start(interpreter, program), input=b"{}", check=False)
    return time.perf_counter() - started


def _start(interpreter: Interpreter, program: list[str]) -> dict[str, Any]:
    # With no home directory the line can start no refresh, so that nothing but itself is timed.
    env = {"HOME": "/dev/null", "LANG": "C.UTF-8"}
    return {
        "args": [interpreter.path, "-I", "-S", "-B", *program],
        "env": env,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }


def _candidates(env: dict[str, str]) -> Iterable[str]:
    directories = [part for part in env.get("PATH", "").split(os.pathsep) if os.path.isabs(part)]
    for directory in dict.fromkeys((*directories, *_DIRECTORIES)):
        for name in _NAMES:
            yield os.path.join(directory, name)
    yield from sorted(glob.glob(_FRAMEWORKS))
    home = env.get("HOME", "")
    for variable, default, pattern in _MANAGED:
        root = env.get(variable) or os.path.join(home, default)
        if os.path.isabs(root):
            yield from sorted(glob.glob(os.path.join(glob.escape(root), pattern)))
