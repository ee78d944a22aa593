"""The directory and the branch in the line without a configuration."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.hot import Hot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import Release, World


@pytest.fixture
def hot(world: World, built_release: Release) -> Hot:
    """Return a world with a snapshot."""
    hot = Hot(world, built_release)
    hot.publish()
    return hot


def session_in(directory: Path) -> dict[str, Any]:
    return {
        "model": {"display_name": "Opus 5.5"},
        "context_window": {"used_percentage": 12},
        "workspace": {"current_dir": str(directory)},
    }


def rows(hot: Hot, directory: Path, **env: str) -> list[str]:
    done = hot.run(json.dumps(session_in(directory)), env={**env})
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


@pytest.fixture
def repository(world: World) -> Path:
    """Return a repository with the branch `side` and no commit."""
    directory = world.home / "project"
    subprocess.run(["git", "init", "-q", "-b", "side", directory], check=True)
    return directory


def test_directory_and_branch_are_in_the_upper_of_two_rows(hot: Hot, repository: Path) -> None:
    for columns in ("80", "100"):
        upper, lower = rows(hot, repository, COLUMNS=columns)
        assert upper == "Opus 5.5 │ ctx 12% │ ~/project │ side"
        assert lower.startswith("5h ")


def test_one_row_has_directory_and_branch_or_two_rows_are_drawn(hot: Hot, repository: Path) -> None:
    upper, lower = rows(hot, repository, COLUMNS="110")
    assert (upper, lower[:3]) == ("Opus 5.5 │ ctx 12% │ ~/project │ side", "5h ")
    (wide,) = rows(hot, repository, COLUMNS="200")
    assert wide.startswith("Opus 5.5 │ ctx 12% │ ~/project │ side │ 5h ")
    (low,) = rows(hot, repository, COLUMNS="80", LINES="10")
    assert low.startswith("Opus 5.5 │ ctx 12% │ 5h ")


def test_default_starts_nothing_for_a_repository_and_needs_none(
    hot: Hot, world: World, repository: Path
) -> None:
    (repository / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n")  # as of a reftable
    before = {path: path.read_bytes() for path in world.files()}
    assert rows(hot, repository, COLUMNS="80")[0] == "Opus 5.5 │ ctx 12% │ ~/project"
    gone = rows(hot, world.home / "gone", COLUMNS="80")
    assert gone[0] == "Opus 5.5 │ ctx 12% │ ~/gone"
    assert {path: path.read_bytes() for path in world.files()} == before
