"""A repository as read from its files, compared with git's output."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.jobs.conftest import repository_at
from usageline.core import git_repo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.conftest import Repo


def test_branch_is_read_from_any_subdirectory(repo: Repo) -> None:
    deep = repo.root / "a" / "b"
    deep.mkdir(parents=True)
    repo.commit("file")
    repo.git("switch", "--quiet", "--create", "feature/a-b")
    repository = repository_at(str(deep))
    assert (repository.root, repository.branch, repository.commit, repository.state) == (
        str(repo.root),
        "feature/a-b",
        "",
        "",
    )


def test_branch_without_a_commit_has_its_name(repo: Repo) -> None:
    assert repository_at(str(repo.root)).branch == "main"


def test_detached_head_has_its_short_hash(repo: Repo) -> None:
    commit = repo.commit()
    repo.git("switch", "--quiet", "--detach")
    repository = repository_at(str(repo.root) + "/")
    assert (repository.branch, repository.commit) == ("", commit[:7])


def test_linked_worktree_has_its_own_branch_and_common_refs(repo: Repo) -> None:
    repo.commit()
    repo.git("worktree", "add", "--quiet", "../other", "-b", "other")
    repository = repository_at(str(repo.root.parent / "other"))
    assert (repository.branch, repository.directory) == (
        "other",
        str(repo.root / ".git/worktrees/other"),
    )
    assert os.path.samefile(repository.common, repo.root / ".git")


def test_submodule_is_its_own_repository(repo: Repo) -> None:
    repo.commit()
    shutil.copytree(repo.root, repo.root.parent / "library")
    repo.git("submodule", "--quiet", "add", "../library", "sub")
    repository = repository_at(str(repo.root / "sub"))
    assert repository.branch == "main"
    assert os.path.samefile(repository.directory, repo.root / ".git/modules/sub")


@pytest.mark.parametrize("how", [["rebase"], ["rebase", "--apply"]])
def test_stopped_rebase_is_named_with_its_branch(repo: Repo, how: list[str]) -> None:
    repo.commit()
    repo.git("switch", "--quiet", "--create", "moved")
    repo.commit(content="b\n")
    repo.git("switch", "--quiet", "main")
    repo.commit(content="c\n")
    subprocess.run(
        ["git", *how, "main", "moved"],
        cwd=repo.root,
        env=repo.env,
        capture_output=True,
        check=False,
    )
    repository = repository_at(str(repo.root))
    assert (repository.state, repository.branch) == ("rebase", "moved")


@pytest.mark.parametrize(("command", "state"), [("merge", "merge"), ("cherry-pick", "cherry-pick")])
def test_stopped_merge_or_pick_is_named(repo: Repo, command: str, state: str) -> None:
    repo.commit()
    repo.git("switch", "--quiet", "--create", "other")
    repo.commit(content="b\n")
    repo.git("switch", "--quiet", "main")
    repo.commit(content="c\n")
    subprocess.run(
        ["git", command, "other"], cwd=repo.root, env=repo.env, capture_output=True, check=False
    )
    repository = repository_at(str(repo.root))
    assert (repository.state, repository.branch) == (state, "main")


def test_bisection_is_named(repo: Repo) -> None:
    repo.commit()
    repo.git("bisect", "start")
    assert repository_at(str(repo.root)).state == "bisect"


def test_branch_is_unknown_in_a_reftable(repo: Repo) -> None:
    (repo.root / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    assert repository_at(str(repo.root)).branch == ""


@pytest.mark.parametrize(
    "cwd", ["", "relative", "/", "/nowhere/at/all", "a\0b", "/\ud800", "/" + "x/" * 5000]
)
def test_directory_outside_a_repository_has_none(cwd: str) -> None:
    assert git_repo.repository(cwd) is None


def test_search_for_a_repository_ends(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    assert repository_at(f"{tmp_path}/" + "/".join("x" * (git_repo.MAX_STEPS - 2))).branch == "main"
    assert git_repo.repository(f"{tmp_path}/" + "/".join("x" * (git_repo.MAX_STEPS + 1))) is None


def test_bare_repository_has_no_worktree(repo: Repo) -> None:
    repo.git("init", "--quiet", "--bare", "../bare")
    assert git_repo.repository(str(repo.root.parent / "bare")) is None


@pytest.mark.parametrize(
    "name", [".git", ".git/HEAD", ".git/commondir", ".git/rebase-merge/head-name"]
)
def test_fifo_does_not_block(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    if name not in {".git", ".git/HEAD"}:
        (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    repository = git_repo.repository(str(tmp_path))
    assert repository is None or repository.branch in {"", "main"}


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_content_is_read_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, pointer: bytes
) -> None:
    root = tmp_path_factory.mktemp("repo")
    (root / "inner").mkdir()
    (root / ".git").mkdir()
    (root / ".git/HEAD").write_bytes(head)
    (root / "inner/.git").write_bytes(b"gitdir: " + pointer)
    for path in (root, root / "inner"):
        repository = git_repo.repository(str(path))
        assert repository is None or isinstance(
            repository.branch + repository.commit + git_repo.fingerprint(repository), str
        )


def test_huge_file_is_read_up_to_its_limit(repo: Repo) -> None:
    (repo.root / ".git/HEAD").write_bytes(b"ref: refs/heads/" + b"x" * 10**7)
    assert len(repository_at(str(repo.root)).branch) < git_repo.MAX_BYTES
