"""Earlier versions of the program: clones to install from, and their files in `written/`."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.setup.machine import TREE
from tests.world import REPOSITORY

WRITTEN = Path(__file__).resolve().parent / "written"


@dataclass(frozen=True)
class Earlier:
    """An earlier version: its commit, a valid config.toml, and whether it has a history."""

    name: str
    commit: str
    config: str
    keeps_history: bool

    @property
    def written(self) -> Path:
        """The files that it wrote, with {HOME} for the home directory."""
        return WRITTEN / self.name


FIRST = Earlier(
    "first",
    "fc91051b78",
    'ttl = 250\nsources = ["payload", "claude-cache", "oauth"]\n',
    keeps_history=False,
)
PREVIOUS = Earlier(
    "previous",
    "0874d07641",
    'ttl = 250\ntheme = "minimal"\nrows = [["session", "weekly", "credits"]]\n\n'
    "[segments.session]\nbar_width = 6\n\n[alerts]\nthresholds = [30, 90]\n",
    keeps_history=True,
)
"""FIRST could be installed first; PREVIOUS is the last version before these tests."""

ALL = (FIRST, PREVIOUS)


def clone_of(earlier: Earlier, target: Path) -> Path:
    """Create a clone of that version at `target`; skip the test in a shallow clone."""
    if _git("rev-parse", "--is-shallow-repository").strip() != b"false":
        pytest.skip(f"this test needs the commit {earlier.commit}: a clone with its history")
    archive = _git("archive", earlier.commit, *TREE)
    assert archive, f"{earlier.commit} is not in this repository's history"
    target.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:  # git's own archive of our own files
            tar.extract(member, target)
    return target


def _git(*words: str) -> bytes:
    """Return git's output, b"" if it fails or is missing."""
    try:
        return subprocess.run(
            ["git", "-C", str(REPOSITORY), *words], check=False, capture_output=True
        ).stdout
    except OSError:
        return b""
