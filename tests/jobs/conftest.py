from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from usageline.core import git_repo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World


@dataclass(frozen=True)
class Repo:
    """A repository at `root`, for git to be run in."""

    root: Path
    env: dict[str, str]

    def git(self, *arguments: str) -> str:
        """What git prints. A failure of it fails the test."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, name: str = "a", content: str = "a\n") -> str:
        """Commit a file; gives the commit's name."""
        (self.root / name).write_text(content)
        self.git("add", name)
        self.git("commit", "--quiet", "--message", name)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repo(world: World) -> Repo:
    """A repository with no commit yet, on the branch main."""
    root = world.home / "work"
    root.mkdir()
    (world.home / ".gitconfig").write_text(
        "[user]\n  name = t\n  email = t@example.com\n[protocol]\n  file = always\n"
        '[protocol "file"]\n  allow = always\n'
    )
    found = Repo(root, world.env)
    found.git("init", "--quiet", "--initial-branch=main")
    return found


def repository_at(cwd: str) -> git_repo.Repository:
    """Return the repository that contains `cwd`. A missing one fails the test."""
    repo = git_repo.repository(cwd)
    assert repo is not None
    return repo
