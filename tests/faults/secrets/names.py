"""Collect the names of variables that usageline, its libraries and its programs may read.

Python's sources name them in plain calls. A compiled program has them among its texts, of which
every one in the form of a name counts.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import ssl
import sys
import sysconfig
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tests.world import REPOSITORY
from usageline.core.background import ENV_ALLOWLIST
from usageline.core.other_sign_ins import OTHER_SIGN_INS, PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = ("sh", "bash", "git", "env")
LIBRARIES = ("libssl", "libcrypto", "libsqlite3", "libc.so", "libz", "libpython", "libffi")
"""Beginnings of names in /proc/self/maps of a process that uses all of Python's own modules."""

UNDEFENDED = re.compile(
    r"LD_\w+|DYLD_\w+|LOCPATH|GCONV_PATH|SHELLOPTS|BASHOPTS|PS4|BASH_ENV|ENV|BASH_FUNC\w*|OPTIND"
)
"""They work in Claude Code's own shell, before usageline (SECURITY.md)."""

CHOSEN = {
    *ENV_ALLOWLIST,
    *(name for name, _ in (*PROVIDERS, *OTHER_SIGN_INS)),
    *("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_FEDERATION_RULE_ID"),
    *("USAGELINE_REFRESH", "PATH"),
}
"""They choose the account, or that there is none: `variables.py` and tests/line try them."""

_READ = re.compile(r"""(?:environ|getenv|env)\w*(?:\.\w+)?[(\[]\s*f?["']([A-Za-z_]\w+)["']""")
_CONSTANT = re.compile(r"""["']([A-Z][A-Z0-9]*_[A-Z0-9_]+)["']""")
_NAME = re.compile(rb"(?<![\w.%-])[A-Z][A-Z0-9_]{3,40}(?=\0)")


@cache
def names() -> tuple[str, ...]:
    """Return every name, sorted, without those that are tried elsewhere or cannot be defended."""
    every = {name for path in _sources() for name in _names_in_source(path)}
    every |= {name for path in _binaries() for name in _names_in_binary(path)}
    return tuple(sorted(name for name in every - CHOSEN if not UNDEFENDED.fullmatch(name)))


def _names_in_source(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8", "replace")
    if "environ" in text or "getenv" in text or "env" in text:
        yield from _READ.findall(text)
        yield from _CONSTANT.findall(text)


def _names_in_binary(path: Path) -> Iterator[str]:
    for name in _NAME.findall(path.read_bytes()):
        yield name.decode()


def _sources() -> Iterator[Path]:
    yield from (REPOSITORY / "plugin").rglob("*.py")
    standard = Path(sysconfig.get_paths()["stdlib"])
    for path in standard.rglob("*.py"):
        parts = path.relative_to(standard).parts
        if parts[0] not in {"site-packages", "test", "idlelib", "lib2to3", "turtledemo"}:
            yield path
    for name in _pinned():
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError:  # of another platform or Python
            continue
        yield from (Path(str(file.locate())) for file in files if file.suffix == ".py")


def _pinned() -> Iterator[str]:
    """Yield the packages that an install with every extra has."""
    for lock in sorted((REPOSITORY / "plugin").glob("requirements*.lock")):
        yield from re.findall(r"^([\w.-]+)==", lock.read_text(), re.MULTILINE)


def _binaries() -> Iterator[Path]:
    programs = filter(None, map(shutil.which, PROGRAMS))
    yield from {Path(program).resolve() for program in (*programs, sys.executable)}
    assert ssl.OPENSSL_VERSION  # its library is loaded
    assert sqlite3.sqlite_version
    maps = Path("/proc/self/maps").read_text().split()
    yield from {
        Path(path).resolve()
        for path in maps
        if path.startswith("/") and Path(path).name.startswith(LIBRARIES)
    }
