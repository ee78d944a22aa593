"""Run `usageline doctor --log`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.refresh.run import refresh

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import World

    Run = Callable[..., subprocess.CompletedProcess[str]]


def test_log_lists_refreshes_with_the_newest_last(world: World, api: Api, usageline: Run) -> None:
    """Times are in the user's zone."""
    world.env["TZ"] = "Asia/Tokyo"
    refresh(world.env)
    api.fault = "500"
    usageline("refresh", "--force")
    usageline("refresh")
    done = usageline("doctor", "--log")
    assert done.returncode == 0
    headings, first, *_, last, empty, place = done.stdout.splitlines()
    assert headings.split() == ["when", "by", "why", "ended", "took"]
    assert " JST  command  there were no numbers" in first
    assert "oauth: ok" in first
    assert "claude-cache: not used, Claude Code has no usage in its cache" in first
    assert "unreadable" not in first
    assert last.split()[3:5] == ["command", "not-due"] or "failed" in last
    assert empty == ""
    assert (
        place == "from ~/.local/state/usageline/log/default.log; "
        "older entries: ~/.local/state/usageline/log/default.log.1"
    )


@pytest.mark.parametrize("columns", [50, 60, 80, 109, 110, 160])
def test_log_breaks_no_word_and_no_time(world: World, usageline: Run, columns: int) -> None:
    """Below 110 columns reason and details are below the entry."""
    world.env["COLUMNS"] = str(columns)
    entry = {
        "at": "2026-11-29T06:20:55Z",
        "by": "hook",
        "why": "the numbers were 301 s old",
        "ended": "failed",
        "ms": 2412,
        "status": "rate-limited",
        "tried": ["oauth: rate-limited, HTTP 429, Retry-After 900 s, for this account"],
        "notes": ["told the desktop of one alert"],
    }
    log = Path(world.paths.log)
    log.parent.mkdir(parents=True, mode=0o700)
    log.write_text(json.dumps(entry) + "\n")
    log.chmod(0o600)
    printed = usageline("doctor", "--log").stdout.split("\n\n")[0]
    lines = [line.rstrip() for line in printed.splitlines()]
    assert max(map(len, lines)) <= columns
    assert lines[1].startswith("2026-11-29 06:20:55 UTC  hook  ")
    words = " ".join(printed.split())
    for text in ("Retry-After", "rate-limited;", "301 s old"):
        assert text in words
    if columns < 110:
        assert lines[1].endswith("  failed  2.4 s")
        assert all(line.startswith("    ") for line in lines[2:])
        assert len(lines) <= 4 + 160 // (columns - 20)


@pytest.mark.usefixtures("api")
def test_lines_limits_the_number_of_entries(world: World, usageline: Run) -> None:
    for _ in range(5):
        refresh(world.env)
    assert len(usageline("doctor", "--log").stdout.splitlines()) == 5 + 3
    assert len(usageline("doctor", "--log", "--lines", "2").stdout.splitlines()) == 2 + 3


def test_missing_log_is_reported_with_advice(usageline: Run) -> None:
    done = usageline("doctor", "--log")
    assert done.returncode == 1
    assert "~/.local/state/usageline/log/default.log does not exist yet" in done.stderr
    assert "usageline refresh" in done.stderr


@pytest.mark.parametrize("kind", ["link", "fifo", "directory"])
def test_irregular_log_is_refused(world: World, usageline: Run, tmp_path: Path, kind: str) -> None:
    path = Path(world.paths.log)
    path.parent.mkdir(parents=True)
    if kind == "link":
        (tmp_path / "secret").write_text('{"ended":"secret"}\n')
        path.symlink_to(tmp_path / "secret")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    done = usageline("doctor", "--log")
    assert done.returncode == 1
    assert "secret" not in done.stdout + done.stderr
    assert "remove it" in done.stderr


def test_hostile_lines_are_printed_as_text_or_skipped(world: World, usageline: Run) -> None:
    path = Path(world.paths.log)
    path.parent.mkdir(parents=True)
    lines = [
        b"\xff\xfe",
        b"[" * 900,
        b"[1]",
        b'{"at":[],"by":{},"why":7,"ended":null,"ms":"x","tried":{},"notes":[1,null]}',
        b'{"ms":1e999,"next":"9999-99-99T99:99:99Z","at":"0001-01-01T00:00:00Z"}',
        b'{"ended":"\\u001b]52;c;AAAA\\u0007","notes":["\\u001b[2J\\u202e[bold]red[/bold]"]}',
        b"x" * 5000,
    ]
    path.write_bytes(b"\n".join(lines))
    done = usageline("doctor", "--log")
    assert done.returncode == 0, done.stderr
    assert "[bold]red[/bold]" in done.stdout
    assert done.stdout.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "arguments", [("--lines", "3"), ("--log", "--schema"), ("--log", "--lines", "0")]
)
def test_wrong_usage_exits_with_2(usageline: Run, arguments: tuple[str, ...]) -> None:
    assert usageline("doctor", *arguments).returncode == 2
