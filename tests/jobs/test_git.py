"""The job that counts a repository's changes, as the line starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.conftest import repository_at
from tests.running import is_running
from usageline.core import git_repo, jobs
from usageline.core.background import refresh_environment
from usageline.jobs import git_status as look
from usageline.line import git
from usageline.system import child_env, origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.conftest import Repo
    from tests.world import Release, World

NOW = 1_795_400_000.0


def looked(world: World, release: Release, repo: Repo) -> dict[str, Any]:
    """Return the result of one job in its own process."""
    done = world.run(release.python, "-I", "-B", "-m", "usageline.jobs", "git", repo.root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    repository = repository_at(str(repo.root))
    counts = git.read_counts(world.env, repository, time.time())[0]
    assert counts is not None
    return counts


def result_path(world: World, repo: Repo) -> Path:
    return Path(jobs.result_file(world.env, "git", repository_at(str(repo.root)).key))


def test_each_kind_of_change_is_counted(world: World, built_release: Release, repo: Repo) -> None:
    for name in ("a", "b", "c"):
        repo.commit(name, "some lines\n" * 5)
    (repo.root / "a").write_text("changed\n")
    repo.git("mv", "b", "renamed")
    (repo.root / "renamed").write_text("some lines\n" * 5 + "and more\n")
    (repo.root / "new").write_text("x")
    repo.git("add", "new")
    (repo.root / "un\ntracked").touch()
    (repo.root / "folder").mkdir()
    (repo.root / "folder/one").touch()
    result = looked(world, built_release, repo)
    counts = {
        name: result[name] for name in ("changed", "staged", "unstaged", "untracked", "conflicts")
    }
    assert counts == {"changed": 5, "staged": 2, "unstaged": 2, "untracked": 2, "conflicts": 0}
    assert (
        result["branch"],
        result["ahead"],
        result["behind"],
        result["failed"],
        result["more"],
    ) == ("main", None, None, "", False)


def test_commits_ahead_and_behind_are_counted(
    world: World, built_release: Release, repo: Repo
) -> None:
    repo.commit()
    repo.git("branch", "upstream")
    repo.git("branch", "--set-upstream-to=upstream")
    repo.commit("b")
    repo.commit("c")
    repo.git("push", "--quiet", "--force", ".", "HEAD~2:upstream")
    tree = repo.git("rev-parse", "HEAD^{tree}")
    other = repo.git("commit-tree", tree, "-p", "upstream", "-m", "x")
    repo.git("update-ref", "refs/heads/upstream", other)
    result = looked(world, built_release, repo)
    assert (result["ahead"], result["behind"]) == (2, 1)


def test_conflicts_are_counted(world: World, built_release: Release, repo: Repo) -> None:
    repo.commit()
    repo.git("switch", "--quiet", "--create", "other")
    repo.commit(content="b\n")
    repo.git("switch", "--quiet", "main")
    repo.commit(content="c\n")
    world.run("git", "-C", repo.root, "merge", "other")
    assert looked(world, built_release, repo)["conflicts"] == 1


def test_job_leaves_the_repository_unchanged(
    world: World, built_release: Release, repo: Repo
) -> None:
    repo.commit()
    os.utime(repo.root / "a", (0, 0))
    before = {path: path.stat().st_mtime_ns for path in (repo.root / ".git").rglob("*")}
    looked(world, built_release, repo)
    assert {path: path.stat().st_mtime_ns for path in (repo.root / ".git").rglob("*")} == before


def test_repository_cannot_run_code_by_its_fsmonitor(
    world: World, built_release: Release, repo: Repo
) -> None:
    """Neither can it by a hook or a filter, in its own or an included file."""
    repo.commit()
    trap = world.home / "trap"
    trap.write_text(f"#!/bin/sh\necho $0 >>{world.home}/sprung\ncat\n")
    trap.chmod(0o755)
    (repo.root / ".git/more").write_text(
        f'[filter "included"]\n  clean = {trap}\n  required = true\n'
    )
    for name in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process"):
        repo.git("config", name, str(trap))
    repo.git("config", "include.path", "more")
    (repo.root / ".git/hooks").mkdir(exist_ok=True)
    os.link(trap, repo.root / ".git/hooks/post-index-change")
    (repo.root / ".git/info").mkdir(exist_ok=True)
    (repo.root / ".git/info/attributes").write_text("a filter=evil\nb filter=included\n")
    (repo.root / "a").write_text("b\n")
    (repo.root / "b").write_text("b\n")
    os.utime(repo.root / "a", (0, 0))
    world.run("git", "-C", repo.root, "status")
    sprung = world.home / "sprung"
    assert sprung.exists(), "the trap is none"
    sprung.unlink()
    assert looked(world, built_release, repo)["unstaged"] == 1
    assert not sprung.exists()


def test_filter_that_no_argument_can_name_is_not_run(
    world: World, built_release: Release, repo: Repo
) -> None:
    repo.commit()
    with (repo.root / ".git/config").open("a") as file:
        file.write(f'[filter "a=b"]\n  clean = touch {world.home}/sprung\n')
    (repo.root / ".git/info").mkdir(exist_ok=True)
    (repo.root / ".git/info/attributes").write_text("a filter=a=b\n")
    os.utime(repo.root / "a", (0, 0))
    assert "filter" in looked(world, built_release, repo)["failed"]
    assert not (world.home / "sprung").exists()


def test_filter_of_the_user_stays_active(world: World, built_release: Release, repo: Repo) -> None:
    with (world.home / ".gitconfig").open("a") as file:
        file.write('[filter "upper"]\n  clean = tr a-z A-Z\n')
    (repo.root / ".gitattributes").write_text("a filter=upper\n")
    repo.git("add", ".gitattributes")
    repo.commit()
    (repo.root / "a").write_text("A\n")
    os.utime(repo.root / "a", (0, 0))
    assert looked(world, built_release, repo)["unstaged"] == 0


@pytest.mark.parametrize("spoil", ["garbage", "owner"])
def test_failure_of_git_is_published_with_its_reason(
    world: World, built_release: Release, repo: Repo, spoil: str
) -> None:
    repo.commit()
    if spoil == "owner":
        if os.geteuid() != 0:
            pytest.skip("only root can give a directory away")
        os.chown(repo.root, 12345, 12345)
        os.chown(repo.root / ".git", 12345, 12345)
    else:
        (repo.root / ".git/index").write_bytes(b"garbage")
    result = looked(world, built_release, repo)
    assert result["failed"].startswith(("fatal: ", "error: "))
    assert result["staged"] is None


def test_hanging_git_is_killed_and_named(
    world: World,
    repo: Repo,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    pids = world.home / "pids"
    hang = world.home / "git"
    hang.write_text(f"#!/bin/sh\nsleep 300 & echo $! >>{pids}; echo $$ >>{pids}; wait\n")
    hang.chmod(0o755)
    monkeypatch.setattr(look, "PLACES", (str(hang),))
    monkeypatch.setattr(look, "TIMEOUT_S", 0.4)
    assert look.count(world.env, str(repo.root), None, NOW) == {"failed": "git took too long"}
    eventually(lambda: not [pid for pid in map(int, pids.read_text().split()) if is_running(pid)])


def test_untracked_files_are_skipped_after_a_timeout(
    world: World, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit()
    (repo.root / "a").write_text("b\n")
    asked = world.home / "asked"
    slow = world.home / "git"
    slow.write_text(
        f'#!/bin/sh\ncase "$*" in *untracked-files=normal*) echo normal >>{asked};'
        ' exec sleep 300;; esac\nexec git "$@"\n'
    )
    slow.chmod(0o755)
    monkeypatch.setattr(look, "PLACES", (str(slow),))
    monkeypatch.setattr(look, "UNTRACKED_TIMEOUT_S", 0.5)
    for at in (NOW, NOW + 60):
        repository = look.count(world.env, str(repo.root), NOW if at > NOW else None, at)
        assert (repository["unstaged"], repository["untracked"], repository["slow_at"]) == (
            1,
            None,
            NOW,
        )
    assert asked.read_text().split() == ["normal"]
    look.count(world.env, str(repo.root), NOW, NOW + look.SKIP_UNTRACKED_S)
    assert asked.read_text().split() == ["normal", "normal"]


def test_truncated_output_is_counted(
    world: World, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        (repo.root / f"file{number}").touch()
    monkeypatch.setattr(look, "MAX_BYTES", 500)
    repository = look.count(world.env, str(repo.root), None, NOW)
    assert repository["more"]
    assert 10 < repository["untracked"] < 100


def test_git_that_others_can_write_is_not_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = world.home / "git"
    evil.write_text("#!/bin/sh\n")
    evil.chmod(0o777)
    monkeypatch.setattr(look, "PLACES", ())
    assert look.find_git({**world.env, "PATH": f"{world.home}:relative"}) is None


def test_job_is_due_at_first_and_after_a_change_or_interval(
    world: World, built_release: Release, repo: Repo
) -> None:
    repo.commit()
    repository = repository_at(str(repo.root))
    assert git.read_counts(world.env, repository, time.time()) == (None, True)
    assert git.read_counts(world.env, repository, time.time()) == (None, False)
    looked(world, built_release, repo)
    at = json.loads(result_path(world, repo).read_text())["at"]
    assert not git.read_counts(world.env, repository, at + git.OLD_S - 1)[1]
    assert git.read_counts(world.env, repository, at + git.OLD_S + 1)[1]
    assert not git.read_counts(world.env, repository, at + git.OLD_S + 2)[1]
    repo.git("switch", "--quiet", "--create", "other")
    assert git.read_counts(
        world.env, repository_at(str(repo.root)), at + git.OLD_S + git.CLAIM_S + 2
    )[1]


def test_segment_without_counts_starts_no_job(world: World, repo: Repo) -> None:
    nothing = {"changed": None, "ahead": None, "behind": None, "more": None}
    assert git.read(world.env, str(repo.root), NOW, counted=False) == (
        {"branch": "main", "state": "", **nothing},
        None,
    )
    commit = repo.commit()
    repo.git("switch", "--quiet", "--detach")
    assert git.read(world.env, str(repo.root), NOW, counted=False) == (
        {"branch": commit[:7], "state": "", **nothing},
        None,
    )
    assert git.read(world.env, "/", NOW, counted=True) == (None, None)
    assert not world.cache.exists()


def test_branch_that_only_git_knows_starts_a_job(
    world: World, built_release: Release, repo: Repo
) -> None:
    repository = repository_at(str(repo.root))
    (repo.root / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    shown, due = git.read(world.env, str(repo.root), NOW, counted=False)
    assert shown is not None
    assert due is not None
    assert (shown["branch"], due.root) == ("", str(repo.root))
    (repo.root / ".git/HEAD").write_text("ref: refs/heads/main\n")
    assert looked(world, built_release, repo)["branch"] == "main"
    (repo.root / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    shown, _ = git.read(world.env, repository.root, time.time(), counted=False)
    assert shown is not None
    assert shown["branch"] == "main"


def test_counts_of_the_last_job_are_shown(world: World, built_release: Release, repo: Repo) -> None:
    repo.commit()
    (repo.root / "a").write_text("b\n")
    looked(world, built_release, repo)
    shown, due = git.read(world.env, str(repo.root), time.time(), counted=True)
    assert shown is not None
    assert (shown["changed"], shown["ahead"], due) == (1, None, None)


def test_slow_repository_has_a_longer_interval(world: World, repo: Repo) -> None:
    repository = repository_at(str(repo.root))
    world.cache.joinpath("looks").mkdir(parents=True, mode=0o700)
    result = {
        "about": [repository.directory, repository.root],
        "stamp": git_repo.fingerprint(repository),
        "at": NOW,
        "took_s": 3.0,
    }
    result_path(world, repo).write_text(json.dumps(result))
    assert not git.read_counts(world.env, repository, NOW + 29)[1]
    assert git.read_counts(world.env, repository, NOW + 31)[1]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"about": 5}', '{"about": ["/elsewhere", "/elsewhere"], "staged": 5}'],
)
def test_invalid_or_foreign_result_is_ignored(world: World, repo: Repo, content: str) -> None:
    world.cache.joinpath("looks").mkdir(parents=True, mode=0o700)
    result_path(world, repo).write_text(content)
    assert git.read_counts(world.env, repository_at(str(repo.root)), NOW)[0] is None


def test_values_of_the_wrong_type_are_unknown(world: World, repo: Repo) -> None:
    repository = repository_at(str(repo.root))
    world.cache.joinpath("looks").mkdir(parents=True, mode=0o700)
    wrong = dict.fromkeys((*git_repo.COUNTS, "at", "took_s", "more", "stamp"), "\x1b[31m")
    result_path(world, repo).write_text(
        json.dumps(
            {"about": [repository.directory, repository.root], "branch": 5, "failed": [], **wrong}
        )
    )
    counts = git.read_counts(world.env, repository, NOW)[0]
    assert counts is not None
    assert {counts[name] for name in git_repo.COUNTS} == {None}
    assert (counts["branch"], counts["failed"], counts["more"]) == ("", "", False)


def test_job_is_not_due_without_a_home() -> None:
    assert jobs.claim({}, "git", "0" * 16, NOW, 5) is False
    assert jobs.result({}, "git", "0" * 16, 100) is None


@pytest.mark.slow
def test_fifty_lines_start_one_job(
    world: World,
    built_release: Release,
    repo: Repo,
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    """Fifty processes start at once, and each would launch a job if it may."""
    repo.commit()
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from usageline.core import git_repo\n"
        "from usageline.core.background import refresh_environment\n"
        "from usageline.core.paths import environment\n"
        "from usageline.line import git, spawn\n"
        "repository = git_repo.repository(sys.argv[2])\n"
        "print(0, flush=True)\n"
        "now = float(sys.stdin.readline())\n"
        "due = git.read_counts(environment(), repository, now)[1]\n"
        "print(int(due), flush=True)\n"
        "env, job = refresh_environment(environment()), ['git', repository.root]\n"
        "if due: spawn.launch_job(sys.argv[3], job, env)\n"
    )
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        script,
        str(built_release.root / "plugin"),
        str(repo.root),
        str(built_release.python),
    ]
    runs = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=world.env)
        for _ in range(50)
    ]
    for run in runs:
        assert run.stdout
        run.stdout.readline()
    now = b"%f\n" % time.time()
    for run in runs:
        assert run.stdin
        run.stdin.write(now)
        run.stdin.close()
    started = []
    for run in runs:
        assert run.stdout
        started.append(int(run.stdout.read()))
        run.stdout.close()
        run.wait()
    assert sum(started) == 1
    eventually(lambda: result_path(world, repo).exists())


def test_job_gets_the_environment_of_a_refresh(world: World) -> None:
    assert "GIT_DIR" not in refresh_environment({**world.env, "GIT_DIR": "/elsewhere"})
    given = child_env.build(
        "git", {**world.env, "GIT_DIR": "/elsewhere"}, origin.own(world.env), {}
    )
    assert set(given) == {"HOME", "PATH"}
