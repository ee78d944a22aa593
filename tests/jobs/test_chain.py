"""The chained command, by the process that the line starts, and as the line shows it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.running import is_running
from usageline.core import chained_rows, jobs
from usageline.line import chain, layout, spawn
from usageline.line.chain import Command
from usageline.system.process_tree import descendants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import Release, World

NOW = 1_795_400_000.0
SESSION = "cfad0000-0000-4000-8000-000000000000"
LAUNCHER = (
    "import sys, time, json; sys.path.insert(0, sys.argv[1])\n"
    "from usageline.core import json_file\n"
    "from usageline.core.environment import environment\n"
    "from usageline.line.chain import Command\n"
    "value, payload = json_file.payload()\n"
    "command = Command(sys.argv[2], environment(), json.loads(sys.argv[3]), value['session_id'])\n"
    "rows, problem, due = command.result(payload, 76, time.time())\n"
    "print(json.dumps([rows, problem, due]), flush=True)\n"
    "if due: command.launch(payload, 76)\n"
)
"""A line that shows nothing but the chained command, and does it as a whole line does."""


class Lines:
    """Runs lines with a chained command in one world."""

    def __init__(self, world: World, release: Release) -> None:
        self.world = world
        self.release = release
        self.pids = world.home / "pids"

    def start(
        self,
        command: str,
        *,
        session: str = SESSION,
        payload: dict[str, Any] | None = None,
        **settings: Any,
    ) -> subprocess.Popen[str]:
        """A line that has its payload."""
        chained = json.dumps({"command": command, "timeout": 5, **settings})
        words = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            LAUNCHER,
            str(self.release.root / "plugin"),
            str(self.release.python),
            chained,
        ]
        pipe = subprocess.PIPE
        line = subprocess.Popen(
            words,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
            env=self.world.env,
            cwd=self.world.home,
        )
        assert line.stdin
        line.stdin.write(json.dumps({"session_id": session, **(payload or {})}))
        line.stdin.close()
        return line

    def run(self, command: str, **settings: Any) -> tuple[list[Any], str, bool]:
        """What a line shows: rows, problem, and whether it started the command."""
        with self.start(command, **settings) as line:
            assert line.stdout
            assert line.stderr
            said = line.stdout.read()
            assert line.wait() == 0, line.stderr.read()
        rows, problem, due = json.loads(said)
        return rows, problem, due

    def result(self, command: str, session: str = SESSION) -> dict[str, Any]:
        """Return the published result, or {} without one."""
        path = jobs.result_file(
            self.world.env, "chain", Command("", {}, {"command": command}, session)._key
        )
        found: dict[str, Any] = json.loads(Path(path).read_text()) if os.path.exists(path) else {}
        return found

    def running(self) -> list[int]:
        """The processes that commands wrote to `pids` and that are there still."""
        return (
            [pid for pid in map(int, self.pids.read_text().split()) if is_running(pid)]
            if self.pids.exists()
            else []
        )

    def looks(self) -> int:
        """How many processes of ours are at a look."""
        mark = str(self.release.python).encode() + b"\0-I\0-B\0-X\0utf8\0-m\0usageline.jobs"
        found = 0
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found += path.read_bytes().startswith(mark) and is_running(int(path.parent.name))
            except OSError:
                continue
        return found


@pytest.fixture
def lines(world: World, built_release: Release) -> Iterator[Lines]:
    """Lines in this test's world; what a failed test left running is ended."""
    found = Lines(world, built_release)
    yield found
    for pid in found.running():
        os.kill(pid, signal.SIGKILL)


def text(rows: list[Any]) -> list[str]:
    return ["".join(part[1] for part in row) for row in rows]


def test_a_line_starts_the_command_and_the_next_line_shows_its_output(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    command = "printf '\\033[31mred\\033[0m plain\\nsecond'"
    assert lines.run(command) == ([], "", True)
    eventually(lambda: lines.result(command))
    rows, problem, _ = lines.run(command)
    assert rows == [[["31", "red", ""], ["", " plain", ""]], [["", "second", ""]]]
    assert problem == ""


def test_the_command_gets_the_payload_the_environment_and_the_directory_that_the_line_has(
    lines: Lines,
) -> None:
    lines.world.env["SOMETHING"] = "of the user's"
    command = 'cat; echo; echo "$COLUMNS $SOMETHING"; pwd; trap'
    rows, problem, _ = lines.run(command, wait=True, payload={"cwd": "/é"})
    assert problem == ""
    assert json.loads(text(rows)[0]) == {"session_id": SESSION, "cwd": "/é"}
    assert text(rows)[1:] == ["76 of the user's", str(lines.world.home)]


def test_a_command_may_use_an_alarm(lines: Lines) -> None:
    """The line's own is switched off, and that would be passed on to what it starts."""
    script = "import signal; signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()"
    rows, problem, _ = lines.run(
        f"{sys.executable} -c '{script}' >/dev/null 2>&1; echo $?", wait=True
    )
    assert (text(rows), problem) == ([str(128 + signal.SIGALRM)], "")


def test_a_line_that_waits_shows_this_very_run(lines: Lines) -> None:
    for number in ("1", "2"):
        (lines.world.home / "number").write_text(number)
        assert lines.run("cat number", wait=True) == ([[["", number, ""]]], "", False)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("exit 3", "chain: exit status 3"),
        ("echo shown only when all is well; exit 1", "chain: exit status 1"),
        ("no-such-command-at-all", "chain: not found"),
        ("/etc/passwd", "chain: not executable"),
        ("kill -9 $$", "chain: killed by signal 9"),
        ("true", "chain: printed nothing"),
        ("printf '\\033[2J\\n\\n'", "chain: printed nothing"),
        ("if", "chain: exit status 2"),
    ],
)
def test_what_went_wrong_is_named(lines: Lines, command: str, problem: str) -> None:
    assert lines.run(command, wait=True) == ([], problem, False)


def test_a_hanging_chained_command_is_killed_with_its_children(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    """Even in their own sessions, without their parents, and with every signal ignored."""
    command = (
        f"trap '' TERM HUP INT; echo $$ >>{lines.pids}; sleep 300 & echo $! >>{lines.pids}; "
        f"setsid sleep 300 & echo $! >>{lines.pids};"
        f"(setsid sh -c 'echo $$ >>{lines.pids}; exec sleep 300' >/dev/null 2>&1 &); "
        "wait; sleep 300"
    )
    assert lines.run(command, timeout=2) == ([], "", True)
    eventually(lambda: lines.pids.exists() and len(lines.pids.read_text().split()) == 4)
    eventually(lambda: lines.result(command))
    assert lines.result(command)["failed"] == "chain: timed out after 2 s"
    eventually(lambda: not lines.running())
    eventually(lambda: not lines.looks())


def test_children_that_a_command_leaves_may_end_their_work_and_are_then_killed_and_named(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    leaves = (
        f"setsid sh -c 'echo $$ >>{lines.pids}; exec sleep 300' & "
        f"sleep 300 & echo $! >>{lines.pids}"
    )
    works = f"(setsid sh -c 'sleep 0.2; touch {lines.world.home}/worked' >/dev/null 2>&1 &)"
    command = f"{works}; {leaves}; echo shown"
    rows, problem, _ = lines.run(command, timeout=3, wait=True)
    assert (text(rows), problem) == (["shown"], "")
    eventually(lambda: lines.result(command)["failed"] == "chain: left 2 processes running")
    assert (lines.world.home / "worked").exists()
    assert len(lines.pids.read_text().split()) == 2
    assert not lines.running()
    assert text(lines.result(command)["rows"]) == ["shown"]


@pytest.mark.parametrize("flood", ["yes", "cat /dev/zero", "yes | tr -d '\\n'"])
def test_a_flood_is_cut(
    lines: Lines, flood: str, eventually: Callable[[Callable[[], object]], None]
) -> None:
    rows, problem, _ = lines.run(f"echo $$ >>{lines.pids}; {flood}", wait=True)
    assert problem == "chain: printed more than 64 KiB"
    assert len(rows) <= chained_rows.MAX_ROWS
    assert all(layout.parts_width(row) <= chained_rows.MAX_CELLS for row in rows)
    eventually(lambda: not lines.running())


def test_output_of_the_worst_kind_fits_its_file(lines: Lines) -> None:
    script = lines.world.home / "worst"
    url = "http://" + "x" * (chained_rows.MAX_URL - 7)
    script.write_text(
        f"\x1b]8;;{url}\x07"
        + ("".join(f"\x1b[3{number % 8}m\u5b57" for number in range(900)) + "\n") * 8
    )
    rows, problem, _ = lines.run(f"cat {script}", wait=True)
    assert problem == ""
    assert {len(row) for row in rows} == {chained_rows.MAX_PARTS}


def test_a_line_that_waits_is_not_delayed_past_the_time_limit(lines: Lines) -> None:
    """Its limit is half a second; the command would take a minute."""
    (lines.world.home / "said").write_text("earlier")
    command = f"echo $$ >>{lines.pids}; [ -e slow ] && sleep 60; cat said"
    assert text(lines.run(command, wait=True)[0]) == ["earlier"]
    (lines.world.home / "slow").touch()
    began = time.monotonic()
    rows, problem, _ = lines.run(command, wait=True, timeout=0.5)
    assert time.monotonic() - began < 15
    assert (rows, problem) == ([], "chain: timed out after 0.5 s") or text(rows) == ["earlier"]


def test_a_canceled_line_that_waits_leaves_no_hanging_process(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    """Claude Code sends SIGTERM to all descendants. A command that ignores it is killed."""
    command = (
        f"trap '' TERM; echo $$ >>{lines.pids}; "
        f"(trap '' TERM; setsid sleep 300 & echo $! >>{lines.pids}; wait) & "
        "while :; do sleep 1; done"
    )
    with lines.start(command, wait=True, timeout=30) as line:
        eventually(lambda: lines.pids.exists() and len(lines.pids.read_text().split()) == 2)
        for pid in [line.pid, *descendants(line.pid)]:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
    eventually(lambda: not lines.running())
    eventually(lambda: not lines.looks())
    assert lines.result(command) == {}


def test_a_canceled_line_that_does_not_wait_leaves_the_command_running(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    with lines.start("sleep 0.3; echo done") as line:
        assert line.stdout
        line.stdout.read()
        line.terminate()
    eventually(lambda: lines.result("sleep 0.3; echo done"))


def test_a_burst_of_fifty_lines_runs_the_command_once_at_a_time(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    command = f"echo $$ >>{lines.pids}; while [ ! -e stop ]; do sleep 0.05; done; echo done"
    burst = [lines.start(command, timeout=30) for _ in range(50)]
    for line in burst:
        with line:
            assert line.stdout
            line.stdout.read()
    # Some time later, while it runs still: another line starts a process that finds it running.
    stamp = Path(
        jobs.stamp_file(
            lines.world.env, "chain", Command("", {}, {"command": command}, SESSION)._key
        )
    )
    os.utime(stamp, (0, 0))
    # On macOS a claim's lock and that of the running process exclude each other.
    assert lines.run(command, timeout=30)[2] or sys.platform == "darwin"
    eventually(lambda: lines.pids.exists() and lines.looks() == 1)
    (lines.world.home / "stop").touch()
    eventually(lambda: lines.result(command))
    eventually(lambda: not lines.looks())
    assert len(lines.pids.read_text().split()) == 1


def test_sessions_do_not_share_their_output(lines: Lines) -> None:
    assert text(lines.run("cat", wait=True, session="one")[0]) == ['{"session_id": "one"}']
    assert text(lines.run("cat", wait=True, session="two")[0]) == ['{"session_id": "two"}']
    assert text(lines.run("cat", session="one")[0]) == ['{"session_id": "one"}']


def test_a_line_chained_to_itself_chains_no_further(lines: Lines) -> None:
    lines.world.env[chain.MARK] = "1"
    assert lines.run("echo x", wait=True) == ([], "", False)


def test_a_payload_that_no_pipe_holds_is_not_sent(lines: Lines) -> None:
    assert lines.run("cat", wait=True, payload={"x": "y" * spawn.PIPE_BYTES}) == ([], "", False)


def test_the_result_is_ours_alone(lines: Lines) -> None:
    lines.run("echo x", wait=True)
    directory = lines.world.cache / "looks"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    assert len(list(directory.iterdir())) == 2


def test_nothing_is_started_when_the_directory_is_not_private(lines: Lines) -> None:
    directory = lines.world.cache / "looks"
    directory.mkdir(parents=True, mode=0o700)
    directory.chmod(0o777)
    assert lines.run(f"touch {lines.world.home}/ran", wait=True) == ([], "", False)
    assert not (lines.world.home / "ran").exists()


@pytest.mark.parametrize(
    "settings", [{}, {"command": 5}, {"command": ""}, {"command": None, "wait": True}]
)
def test_without_a_command_there_is_nothing(settings: dict[str, Any]) -> None:
    assert Command("/python", {"HOME": "/nowhere"}, settings, SESSION).result(b"{}", 76, NOW) == (
        [],
        "",
        False,
    )


def test_without_an_interpreter_the_last_output_is_shown(lines: Lines) -> None:
    lines.run("echo x", wait=True)
    command = Command("", lines.world.env, {"command": "echo x", "wait": True}, SESSION)
    assert command.result(b"{}", 76, NOW) == ([[("", "x", "")]], "", False)


@pytest.mark.parametrize(
    ("given", "taken"), [(0, 0.1), (99, 30.0), ("x", 5.0), (True, 5.0), (2, 2.0)]
)
def test_the_time_limit_stays_within_bounds(given: object, taken: float) -> None:
    assert Command("", {}, {"command": "x", "timeout": given}, SESSION)._timeout_s == taken


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        (None, []),
        ("x", []),
        ([[], 5, [5], [[]], [["", 5, ""]], [["a", "b"]]], []),
        ([[["1\x1b", "x\x1b[2J", "javascript:x"]]], [[("", "x[2J", "")]]),
        ([[["1;31", "x", "https://e.org"]]], [[("1;31", "x", "https://e.org")]]),
        ([[["1" * 500, "", ""]]], []),
        ([[["", "x", ""]]] * 50, [[("", "x", "")]] * 8),
    ],
)
def test_a_result_is_checked_once_more(world: World, rows: object, shown: object) -> None:
    command = Command("", world.env, {"command": "x"}, SESSION)
    path = Path(jobs.result_file(world.env, "chain", command._key))
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(json.dumps({"rows": rows, "failed": "\x1b[31m"}))
    assert command.result(b"", 76, NOW) == (shown, "[31m", False)
