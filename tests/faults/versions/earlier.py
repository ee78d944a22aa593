"""Earlier states of the program: as a clone to install from, where git has them, and what each of them wrote (`written/<name>/`)."""

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
    """`commit` is the state, `config` a config.toml that was valid then, `keeps_history` whether it kept readings."""

    name: str
    commit: str
    config: str
    keeps_history: bool

    @property
    def written(self) -> Path:
        """What it wrote, with {HOME} where the home directory stood."""
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
    'ttl = 250\ntheme = "minimal"\nrows = [["session", "weekly", "credits"]]\n\n[segments.session]\nbar_width = 6\n\n[alerts]\nthresholds = [30, 90]\n',
    keeps_history=True,
)
"""There is no release yet: the first state that could be installed and used, and the last one before this part of the tests."""

ALL = (FIRST, PREVIOUS)


def clone_of(earlier: Earlier, target: Path) -> Path:
    """A clone of that state at `target`. The test is skipped in a copy of the repository that came without its history."""
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
    """What git says, nothing where it fails or is not there."""
    try:
        return subprocess.run(
            ["git", "-C", str(REPOSITORY), *words], check=False, capture_output=True
        ).stdout
    except OSError:
        return b""
