"""Damage what the line reads: snapshot, compiled configuration, results of jobs, stamps."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable  # noqa: TC003 - a table of them is written when this is read
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.corruption.damage import HOSTILE_CONFIGURATIONS, contents, cuts, flips, spoilt
from tests.faults.corruption.drawing import Drawing, put
from tests.faults.promises import promise
from tests.hot import Hot
from usageline.core import git_repo, jobs, paths, throttle
from usageline.core.freshness import file_fingerprint
from usageline.line import settings
from usageline.system import directories

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.world import Release, World

ALERT = {
    "kind": "session",
    "label": "Current session",
    "threshold": 75,
    "percent": 76,
    "resets_at": None,
    "line": True,
}


@pytest.fixture
def drawing(world: World, built_release: Release, monkeypatch: pytest.MonkeyPatch) -> Drawing:
    """Return the line of this process, with numbers to show."""
    hot, now = Hot(world, built_release), int(time.time())
    hot.publish(
        alerts=[{**ALERT, "at": now, "session_start": True}],
        plan="Max 5x",
        detail="x",
        until=now + 60,
        appearance="dark",
    )
    return Drawing(world, built_release, monkeypatch)


def try_all(drawing: Drawing, path: Path, variants: Iterable[tuple[str, bytes]]) -> int:
    """Draw a line for each of these contents of the file. Return their number."""
    tried = 0
    for what, content in variants:
        put(path, content)
        drawing.rows(f"{path.name}, {what}")
        tried += 1
    return tried


def named(what: str, variants: Iterable[bytes]) -> Iterable[tuple[str, bytes]]:
    return ((f"{what} {number}", content) for number, content in enumerate(variants))


@promise(
    "Whatever the snapshot contains, the line is complete and immediate. Tried: truncated "
    "at every byte, every bit flipped, every value replaced by a hostile one.",
    sees=(
        "The line with the numbers that can be read, or `usage: loading…`, until the next "
        "refresh has rewritten the snapshot."
    ),
    topic="damaged",
)
def test_the_line_is_whole_over_any_snapshot(
    drawing: Drawing, tmp_path: Path, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    path = Path(paths.snapshot(drawing.env))
    good = path.read_bytes()
    drawing.configure(every=True)
    cut = try_all(drawing, path, named("cut", cuts(good, size(9, 1))))
    flipped = try_all(drawing, path, named("bit", flips(good, size(47, 1))))
    wrong = try_all(drawing, path, list(spoilt(json.loads(good)))[:: size(3, 1)])
    others = try_all(drawing, path, contents(good, tmp_path / "ran").items())
    assert not (tmp_path / "ran").exists()
    assert drawing.started == []
    figure(
        f"{cut} cuts, {flipped} bits, {wrong} values, {others} other contents; the slowest "
        f"line {drawing.slowest_s * 1000:.0f} ms"
    )


@promise(
    "Whatever the compiled configuration contains, the line is complete. It starts no "
    "program except the one that compiles config.toml again.",
    sees="The line. If the file cannot be read, with the default configuration.",
    topic="damaged",
)
@pytest.mark.slow
def test_the_line_is_whole_over_any_compiled_configuration(
    drawing: Drawing, tmp_path: Path, size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    path = drawing.configure(
        every=False, more=f"[chain]\ncommand = 'touch {tmp_path / 'ran'}'\nwait = true\n"
    )
    good = path.read_bytes()
    drawing.rows("as compiled")
    (command,) = (words for words in drawing.started if "usageline.jobs" in words)
    cut = try_all(drawing, path, named("cut", cuts(good, size(61, 3))))
    flipped = try_all(drawing, path, named("bit", flips(good, size(307, 7))))
    # A user may have a configuration without rows.
    values = [
        (what, content) for what, content in spoilt(json.loads(good)) if what != "('rows',): a list"
    ]
    wrong = try_all(drawing, path, values[:: size(20, 2)])
    others = try_all(drawing, path, contents(good, tmp_path / "ran").items())
    hostile = try_all(
        drawing,
        path,
        (
            (name, json.dumps({**json.loads(good), **config}).encode())
            for name, config in HOSTILE_CONFIGURATIONS.items()
        ),
    )
    for words in drawing.started:
        assert words[-1] == "usageline.config.compile" or (
            words[-1] == command[-1] and words[:6] == command[:6]
        )
    figure(
        f"{cut} cuts, {flipped} bits, {wrong} values, {others + hostile} other contents; the "
        f"slowest line {drawing.slowest_s * 1000:.0f} ms"
    )


def looked_at(drawing: Drawing, repository: Path) -> dict[Path, dict[str, Any]]:
    """Return the results of jobs by file: a repository's state, and a chained command's rows."""
    (repository / ".git").mkdir(parents=True)
    (repository / ".git" / "HEAD").write_text("ref: refs/heads/topic\n")
    git_repository = git_repo.repository(str(repository))
    assert git_repository is not None
    now = int(time.time())
    counts = {
        "changed": 1,
        "staged": 1,
        "unstaged": 0,
        "untracked": 0,
        "conflicts": 0,
        "ahead": 2,
        "behind": 3,
    }
    status = {
        "about": [git_repository.directory, git_repository.root],
        "at": now,
        "took_s": 0.01,
        "stamp": git_repo.fingerprint(git_repository),
        "branch": "topic",
        "more": True,
        **counts,
    }
    key = paths.digest(b"s1\nother")
    rows = [[["1;31", "red", ""], ["", " plain", "https://example.com/"]], [["", "second", ""]]]
    files: dict[Path, dict[str, Any]] = {
        Path(jobs.result_file(drawing.env, "git", git_repository.key)): status,
        Path(jobs.result_file(drawing.env, "chain", key)): {"rows": rows, "failed": "x"},
    }
    return dict(files)


@promise(
    "Whatever the result files of background jobs contain, only text, colors and web "
    "links of them reach the terminal. These are the repository's counts and another "
    "status line's rows.",
    sees=("The line, without unreadable counts or rows until the next run of the job."),
    topic="damaged",
)
@pytest.mark.slow
def test_the_line_is_whole_over_any_result_of_a_look(
    drawing: Drawing,
    tmp_path: Path,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawing.configure(
        every=True,
        more="[segments.git]\nshow = ['branch', 'dirty', 'ahead']\n[chain]\ncommand = 'other'\n",
    )
    repository = tmp_path / "repository"
    monkeypatch.setattr(
        "tests.faults.corruption.drawing.PAYLOAD", {"session_id": "s1", "cwd": str(repository)}
    )
    result_file, tried = looked_at(drawing, repository), 0
    for path, value in result_file.items():
        put(path, json.dumps(value).encode())
    text = "\n".join(drawing.rows("as found"))
    assert "*1+" in text
    assert "red plain" in text
    for path, value in result_file.items():
        good = json.dumps(value).encode()
        tried += try_all(drawing, path, named("cut", cuts(good, size(9, 1))))
        tried += try_all(drawing, path, named("bit", flips(good, size(31, 1))))
        tried += try_all(drawing, path, list(spoilt(value))[:: size(4, 1)])
        tried += try_all(drawing, path, contents(good, tmp_path / "ran").items())
        put(path, good)
    assert drawing.started == []
    figure(f"{tried} damaged results; the slowest line {drawing.slowest_s * 1000:.0f} ms")


def test_a_command_with_one_bit_turned_over_is_compiled_anew(drawing: Drawing) -> None:
    """It does not run until then."""
    path = drawing.configure(every=False, more="[chain]\ncommand = 'cat /etc/motd'\n")
    config = file_fingerprint(paths.config_file(drawing.env))
    assert settings.load(drawing.env, config)[1] is False
    put(path, path.read_bytes().replace(b"cat /etc/motd", b"cat /etc/mot`"))
    configured, is_old = settings.load(drawing.env, config)
    assert is_old
    assert "chain" not in configured


def _file(path: str, **times: float) -> None:
    Path(path).touch()
    if times:
        os.utime(path, (times["at"], times["at"]))


STAMPS: dict[str, Callable[[str], object]] = {
    "a directory": os.mkdir,
    "a FIFO": os.mkfifo,
    "a link to nothing": partial(os.symlink, "nowhere"),
    "a link to another file": partial(os.symlink, "../../../precious"),
    "of the year 2200": partial(_file, at=7_258_118_400),
    "of 1901": partial(_file, at=-2_147_483_648),
}


@promise(
    "Whatever kind of file is in the place of a stamp, a due job is started once, and "
    "nothing is written through a link.",
    topic="planted",
)
def test_a_stamp_of_any_kind_holds_nothing_up(world: World, figure: Callable[[str], None]) -> None:
    precious = world.home / "precious"
    precious.write_text("precious")
    os.utime(precious, (1_000_000_000, 1_000_000_000))
    world.cache.mkdir(parents=True, mode=0o700)
    world.cache.parent.chmod(0o700)
    for name, make in STAMPS.items():
        for stamp in (world.paths.stamp, world.paths.line_config_stamp):
            make(stamp)
            now = time.time() + 60
            assert throttle.acquire(stamp, 2, now, 12) == "", name
            claimed_at = os.lstat(
                stamp
            ).st_mtime  # a file that must not change was replaced, at the true time
            assert throttle.acquire(stamp, 2, claimed_at + 1, 12) == "recent", name
            assert throttle.acquire(stamp, 2, claimed_at + 13, 12) == "", name
            directories.clear_path(stamp)
            Path(stamp).unlink(missing_ok=True)
    assert (precious.read_text(), precious.stat().st_mtime) == ("precious", 1_000_000_000)
    figure(f"{len(STAMPS)} kinds of stamp")
