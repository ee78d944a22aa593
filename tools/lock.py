"""Pin every package that pyproject.toml names, with the digests of its files:

    .tests-env/bin/python -m tools.lock                     keep the pins that still fit
    .tests-env/bin/python -m tools.lock --upgrade           take the newest release of each
    .tests-env/bin/python -m tools.lock --upgrade NAME...   take the newest release of these
    .tests-env/bin/python -m tools.lock --check             fail if a lock does not fit

Each lock holds for every platform and every supported Python. `uv` resolves it and asks the index.
A lock has names, versions, markers and digests, and never the address of an index.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 600


@dataclass(frozen=True)
class Lock:
    """One lock file and what of pyproject.toml it pins."""

    path: str
    project: bool = False
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    python: str = "3.10"
    comment: str = ""


EXTRAS = ("otlp", "png", "redis")

LOCKS = (
    Lock("plugin/requirements.lock", project=True),
    *(Lock(f"plugin/requirements-{extra}.lock", extras=(extra,)) for extra in EXTRAS),
    Lock("tests/requirements.lock", project=True, extras=EXTRAS, groups=("lint", "test")),
    Lock("tests/requirements-audit.lock", groups=("audit",)),
    Lock("tests/requirements-build.lock", groups=("build",)),
    Lock(
        "tests/requirements-earlier.lock",
        groups=("earlier",),
        comment="# What earlier versions install and this one does not, for `tests/run faults`.\n",
    ),
    Lock(
        "tests/requirements-fleet.lock",
        groups=("fleet",),
        python="3.11",
        comment="# For `tests/run fleet`. There are wheels for Linux on x86-64 and Python 3.11.\n",
    ),
    Lock(
        "tests/requirements-fuzz.lock",
        groups=("fuzz",),
        python="3.11",
        comment="# For `tests/run fuzz`. "
        "There are wheels for Linux on x86-64 and Python 3.11 to 3.13.\n",
    ),
)


class LockError(Exception):
    """uv could not resolve a lock."""


def requirements(lock: Lock, project: dict[str, Any]) -> list[str]:
    """Return what a lock pins, as pyproject.toml names it."""
    tables = project["project"]
    names = list(tables["dependencies"]) if lock.project else []
    for extra in lock.extras:
        names += tables["optional-dependencies"][extra]
    for group in lock.groups:
        names += group_members(project["dependency-groups"], group)
    return sorted(set(map(str, names)))


def group_members(groups: dict[str, Any], name: str) -> Iterator[str]:
    """Return the requirements of a dependency group, with those of the groups that it includes."""
    for entry in groups[name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from group_members(groups, entry["include-group"])


def resolve(lock: Lock, project: dict[str, Any], upgrade: list[str] | None) -> str:
    """Return the new text of a lock. `upgrade` is None for no package, or empty for all."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "requirements.lock"
        if (ROOT / lock.path).exists():  # uv prefers the pins that are there
            output.write_bytes((ROOT / lock.path).read_bytes())
        command = [
            *("uv", "pip", "compile", "-", "--output-file", str(output), "--quiet"),
            *("--universal", "--python-version", lock.python),
            *("--generate-hashes", "--no-header", "--no-annotate"),
        ]
        if lock.extras and not lock.project:  # an install takes both locks
            command += ["--constraint", str(ROOT / LOCKS[0].path)]
        if upgrade is not None:
            command += [f"--upgrade-package={name}" for name in upgrade] or ["--upgrade"]
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        result = subprocess.run(
            command,
            input="\n".join(requirements(lock, project)),
            env={**os.environ, "PATH": programs},
            cwd=folder,  # pyproject.toml may set nothing for uv
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if result.returncode:
            raise LockError(f"{lock.path}: {result.stderr.strip()}")
        return lock.comment + without_index(output.read_text("utf-8"))


def without_index(text: str) -> str:
    """Return the text of a lock without options, comments and empty lines."""
    lines = (
        line
        for line in text.splitlines()
        if line.strip() and not re.match(r"\s*(?:#|--(?!hash))", line)
    )
    return "".join(f"{line}\n" for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if a lock does not fit and `--check` is set."""
    parser = argparse.ArgumentParser(description="Pin every package that pyproject.toml names.")
    parser.add_argument(
        "--upgrade", nargs="*", metavar="NAME", help="take newer releases, of all or of these"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if a lock does not fit"
    )
    chosen = parser.parse_args(arguments)
    project = tomlkit.parse((ROOT / "pyproject.toml").read_text("utf-8")).unwrap()
    changed = 0
    for lock in LOCKS:
        try:
            text = resolve(lock, project, chosen.upgrade)
        except (OSError, subprocess.TimeoutExpired, LockError) as error:
            print(f"tools.lock: {error}", file=sys.stderr)
            return 1
        path = ROOT / lock.path
        if not path.exists() or text != path.read_text("utf-8"):
            changed = 1
            print(f"{lock.path} {'does not fit pyproject.toml' if chosen.check else 'is changed'}")
            if not chosen.check:
                path.write_text(text, "utf-8")
    return changed if chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
