"""A repository read from its files, and compared with what git says."""

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


def test_the_branch_is_found_from_any_directory_below(repo: Repo) -> None:
    deep = repo.root / "a" / "b"
    deep.mkdir(parents=True)
    repo.commit("file")
    repo.git("switch", "--quiet", "--create", "feature/a-b")
    found = repository_at(str(deep))
    assert (found.root, found.branch, found.commit, found.state) == (
        str(repo.root),
        "feature/a-b",
        "",
        "",
    )


def test_a_branch_without_a_commit_has_its_name(repo: Repo) -> None:
    assert repository_at(str(repo.root)).branch == "main"


def test_a_detached_head_is_its_short_hash(repo: Repo) -> None:
    commit = repo.commit()
    repo.git("switch", "--quiet", "--detach")
    found = repository_at(str(repo.root) + "/")
    assert (found.branch, found.commit) == ("", commit[:7])


def test_a_linked_worktree_has_its_own_branch_and_the_common_refs(repo: Repo) -> None:
    repo.commit()
    repo.git("worktree", "add", "--quiet", "../other", "-b", "other")
    found = repository_at(str(repo.root.parent / "other"))
    assert (found.branch, found.directory) == ("other", str(repo.root / ".git/worktrees/other"))
    assert os.path.samefile(found.common, repo.root / ".git")


def test_a_submodule_is_a_repository_of_its_own(repo: Repo) -> None:
    repo.commit()
    shutil.copytree(repo.root, repo.root.parent / "library")
    repo.git("submodule", "--quiet", "add", "../library", "sub")
    found = repository_at(str(repo.root / "sub"))
    assert found.branch == "main"
    assert os.path.samefile(found.directory, repo.root / ".git/modules/sub")


@pytest.mark.parametrize("how", [["rebase"], ["rebase", "--apply"]])
def test_a_stopped_rebase_is_named_with_the_branch_it_moves(repo: Repo, how: list[str]) -> None:
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
    found = repository_at(str(repo.root))
    assert (found.state, found.branch) == ("rebase", "moved")


@pytest.mark.parametrize(("command", "state"), [("merge", "merge"), ("cherry-pick", "cherry-pick")])
def test_a_stopped_merge_or_pick_is_named(repo: Repo, command: str, state: str) -> None:
    repo.commit()
    repo.git("switch", "--quiet", "--create", "other")
    repo.commit(content="b\n")
    repo.git("switch", "--quiet", "main")
    repo.commit(content="c\n")
    subprocess.run(
        ["git", command, "other"], cwd=repo.root, env=repo.env, capture_output=True, check=False
    )
    found = repository_at(str(repo.root))
    assert (found.state, found.branch) == (state, "main")


def test_a_bisection_is_named(repo: Repo) -> None:
    repo.commit()
    repo.git("bisect", "start")
    assert repository_at(str(repo.root)).state == "bisect"


def test_refs_in_a_table_leave_the_branch_to_git(repo: Repo) -> None:
    (repo.root / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    assert repository_at(str(repo.root)).branch == ""


@pytest.mark.parametrize(
    "cwd", ["", "relative", "/", "/nowhere/at/all", "a\0b", "/\ud800", "/" + "x/" * 5000]
)
def test_outside_a_repository_none_is_returned(cwd: str) -> None:
    assert git_repo.repository(cwd) is None


def test_the_way_up_ends(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    assert repository_at(f"{tmp_path}/" + "/".join("x" * (git_repo.MAX_STEPS - 2))).branch == "main"
    assert git_repo.repository(f"{tmp_path}/" + "/".join("x" * (git_repo.MAX_STEPS + 1))) is None


def test_a_bare_repository_has_no_worktree_to_show(repo: Repo) -> None:
    repo.git("init", "--quiet", "--bare", "../bare")
    assert git_repo.repository(str(repo.root.parent / "bare")) is None


@pytest.mark.parametrize(
    "name", [".git", ".git/HEAD", ".git/commondir", ".git/rebase-merge/head-name"]
)
def test_a_pipe_in_place_of_a_file_holds_nothing_up(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    if name not in {".git", ".git/HEAD"}:
        (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    found = git_repo.repository(str(tmp_path))
    assert found is None or found.branch in {"", "main"}


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_the_files_hold_it_is_read_without_a_fault(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, pointer: bytes
) -> None:
    root = tmp_path_factory.mktemp("repo")
    (root / "inner").mkdir()
    (root / ".git").mkdir()
    (root / ".git/HEAD").write_bytes(head)
    (root / "inner/.git").write_bytes(b"gitdir: " + pointer)
    for path in (root, root / "inner"):
        found = repository_at(str(path))
        assert found is None or isinstance(
            found.branch + found.commit + git_repo.fingerprint(found), str
        )


def test_a_huge_file_is_read_up_to_its_limit_only(repo: Repo) -> None:
    (repo.root / ".git/HEAD").write_bytes(b"ref: refs/heads/" + b"x" * 10**7)
    assert len(repository_at(str(repo.root)).branch) < git_repo.MAX_BYTES
