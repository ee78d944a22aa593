"""The chained command: the job that the line starts, and the line that shows its result."""

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
from usageline.core import jobs
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
    "from usageline.core.paths import environment\n"
    "from usageline.line.chain import Command\n"
    "value, payload = json_file.payload()\n"
    "command = Command(sys.argv[2], environment(), json.loads(sys.argv[3]), value['session_id'])\n"
    "rows, problem, due = command.result(payload, 76, time.time())\n"
    "print(json.dumps([rows, problem, due]), flush=True)\n"
    "if due: command.launch(payload, 76)\n"
)
"""A line that shows only the chained command."""


class Lines:
    """Run lines with a chained command in one world."""

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
        """Start a line with its payload."""
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
        """Return a line's rows, its problem, and whether it started the command."""
        with self.start(command, **settings) as line:
            assert line.stdout
            assert line.stderr
            output = line.stdout.read()
            assert line.wait() == 0, line.stderr.read()
        rows, problem, due = json.loads(output)
        return rows, problem, due

    def result(self, command: str, session: str = SESSION) -> dict[str, Any]:
        """Return the published result, {} if there is none."""
        path = jobs.result_file(
            self.world.env, "chain", Command("", {}, {"command": command}, session)._key
        )
        result: dict[str, Any] = json.loads(Path(path).read_text()) if os.path.exists(path) else {}
        return result

    def running(self) -> list[int]:
        """Return the running processes that commands wrote to `pids`."""
        return (
            [pid for pid in map(int, self.pids.read_text().split()) if is_running(pid)]
            if self.pids.exists()
            else []
        )

    def running_jobs(self) -> int:
        """Return the number of running jobs."""
        mark = str(self.release.python).encode() + b"\0-I\0-B\0-X\0utf8\0-m\0usageline.jobs"
        count = 0
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                count += path.read_bytes().startswith(mark) and is_running(int(path.parent.name))
            except OSError:
                continue
        return count


@pytest.fixture
def lines(world: World, built_release: Release) -> Iterator[Lines]:
    """Yield lines in this test's world. Kill what a failed test left running."""
    lines = Lines(world, built_release)
    yield lines
    for pid in lines.running():
        os.kill(pid, signal.SIGKILL)


def text(rows: list[Any]) -> list[str]:
    return ["".join(part[1] for part in row) for row in rows]


def test_line_starts_the_command_and_the_next_shows_its_output(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    command = "printf '\\033[31mred\\033[0m plain\\nsecond'"
    assert lines.run(command) == ([], "", True)
    eventually(lambda: lines.result(command))
    rows, problem, _ = lines.run(command)
    assert rows == [[["31", "red", ""], ["", " plain", ""]], [["", "second", ""]]]
    assert problem == ""


def test_command_gets_the_lines_payload_environment_and_directory(
    lines: Lines,
) -> None:
    lines.world.env["LC_TIME"] = "C"
    command = 'cat; echo; echo "$COLUMNS $LC_TIME"; pwd; trap'
    rows, problem, _ = lines.run(command, wait=True, payload={"cwd": "/é"})
    assert problem == ""
    assert json.loads(text(rows)[0]) == {"session_id": SESSION, "cwd": "/é"}
    assert text(rows)[1:] == ["76 C", str(lines.world.home)]


def test_command_gets_the_listed_variables_and_those_of_chain_env(lines: Lines) -> None:
    names = ("AWS_PROFILE", "STARSHIP_CONFIG", "STARSHIP_SHELL", "STAR", "SHELL", "NODE_OPTIONS")
    lines.world.env |= dict.fromkeys((*names, "TERM"), "of-the-session")
    rows, problem, _ = lines.run(
        "env | grep =of-the-session | sort",
        wait=True,
        env=["AWS_PROFILE", "STARSHIP_*", 5, "", "*"],
    )
    assert problem == ""
    assert text(rows) == [
        f"{name}=of-the-session"
        for name in ("AWS_PROFILE", "STARSHIP_CONFIG", "STARSHIP_SHELL", "TERM")
    ]


def test_command_may_use_an_alarm(lines: Lines) -> None:
    """The line ignores SIGALRM; the command must not inherit that."""
    script = "import signal; signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()"
    rows, problem, _ = lines.run(
        f"{sys.executable} -c '{script}' >/dev/null 2>&1; echo $?", wait=True
    )
    assert (text(rows), problem) == ([str(128 + signal.SIGALRM)], "")


def test_waiting_line_shows_the_run_that_it_started(lines: Lines) -> None:
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
def test_failure_is_named(lines: Lines, command: str, problem: str) -> None:
    assert lines.run(command, wait=True) == ([], problem, False)


def test_a_hanging_chained_command_is_killed_with_its_children(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    """Children in own sessions, orphaned, or ignoring each signal are killed, too."""
    command = (
        f"trap '' TERM HUP INT; echo $$ >>{lines.pids}; sleep 300 & echo $! >>{lines.pids};"
        f" setsid sleep 300 & echo $! >>{lines.pids};"
        f"(setsid sh -c 'echo $$ >>{lines.pids}; exec sleep 300' >/dev/null 2>&1 &);"
        " wait; sleep 300"
    )
    assert lines.run(command, timeout=5) == ([], "", True)
    eventually(lambda: lines.pids.exists() and len(lines.pids.read_text().split()) == 4)
    eventually(lambda: lines.result(command))
    assert lines.result(command)["failed"] == "chain: timed out after 5 s"
    eventually(lambda: not lines.running())
    eventually(lambda: not lines.running_jobs())


def test_children_left_running_get_the_rest_of_the_time(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    leaves = (
        f"setsid sh -c 'echo $$ >>{lines.pids}; exec sleep 300' &"
        f" sleep 300 & echo $! >>{lines.pids}"
    )
    works = f"(setsid sh -c 'sleep 0.2; touch {lines.world.home}/worked' >/dev/null 2>&1 &)"
    command = f"{works}; {leaves}; echo shown"
    rows, problem, _ = lines.run(command, timeout=8, wait=True)
    assert (text(rows), problem) == (["shown"], "")
    eventually(lambda: lines.result(command)["failed"] == "chain: left 2 processes running")
    assert (lines.world.home / "worked").exists()
    assert len(lines.pids.read_text().split()) == 2
    assert not lines.running()
    assert text(lines.result(command)["rows"]) == ["shown"]


@pytest.mark.parametrize("flood", ["yes", "cat /dev/zero", "yes | tr -d '\\n'"])
def test_output_is_limited(
    lines: Lines, flood: str, eventually: Callable[[Callable[[], object]], None]
) -> None:
    rows, problem, _ = lines.run(f"echo $$ >>{lines.pids}; {flood}", wait=True)
    assert problem == "chain: printed more than 64 KiB"
    assert len(rows) <= jobs.MAX_CHAIN_ROWS
    assert all(layout.parts_width(row) <= jobs.MAX_CELLS for row in rows)
    eventually(lambda: not lines.running())


def test_largest_output_fits_its_file(lines: Lines) -> None:
    script = lines.world.home / "worst"
    url = "http://" + "x" * (jobs.MAX_URL - 7)
    script.write_text(
        f"\x1b]8;;{url}\x07"
        + ("".join(f"\x1b[3{number % 8}m\u5b57" for number in range(900)) + "\n") * 8
    )
    rows, problem, _ = lines.run(f"cat {script}", wait=True)
    assert problem == ""
    assert {len(row) for row in rows} == {jobs.MAX_PARTS}


def test_waiting_line_returns_at_its_time_limit(lines: Lines) -> None:
    """The limit is half a second; the command would take a minute."""
    (lines.world.home / "said").write_text("earlier")
    command = f"echo $$ >>{lines.pids}; [ -e slow ] && sleep 60; cat said"
    assert text(lines.run(command, wait=True)[0]) == ["earlier"]
    (lines.world.home / "slow").touch()
    began = time.monotonic()
    rows, problem, _ = lines.run(command, wait=True, timeout=0.5)
    assert time.monotonic() - began < 15
    assert (rows, problem) == ([], "chain: timed out after 0.5 s") or text(rows) == ["earlier"]


def test_waiting_line_that_is_stopped_leaves_no_process(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    """The client sends SIGTERM to all descendants. A command that ignores it is killed, too."""
    command = (
        f"trap '' TERM; echo $$ >>{lines.pids};"
        f" (trap '' TERM; setsid sleep 300 & echo $! >>{lines.pids}; wait) &"
        " while :; do sleep 1; done"
    )
    with lines.start(command, wait=True, timeout=30) as line:
        eventually(lambda: lines.pids.exists() and len(lines.pids.read_text().split()) == 2)
        for pid in [line.pid, *descendants(line.pid)]:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
    eventually(lambda: not lines.running())
    eventually(lambda: not lines.running_jobs())
    assert lines.result(command) == {}


def test_stopped_line_that_does_not_wait_leaves_the_command_running(
    lines: Lines, eventually: Callable[[Callable[[], object]], None]
) -> None:
    with lines.start("sleep 0.3; echo done") as line:
        assert line.stdout
        line.stdout.read()
        line.terminate()
    eventually(lambda: lines.result("sleep 0.3; echo done"))


@pytest.mark.slow
def test_fifty_lines_run_one_command_at_a_time(
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
    eventually(lambda: lines.pids.exists() and lines.running_jobs() == 1)
    (lines.world.home / "stop").touch()
    eventually(lambda: lines.result(command))
    eventually(lambda: not lines.running_jobs())
    assert len(lines.pids.read_text().split()) == 1


def test_sessions_do_not_share_output(lines: Lines) -> None:
    assert text(lines.run("cat", wait=True, session="one")[0]) == ['{"session_id": "one"}']
    assert text(lines.run("cat", wait=True, session="two")[0]) == ['{"session_id": "two"}']
    assert text(lines.run("cat", session="one")[0]) == ['{"session_id": "one"}']


def test_line_chained_to_itself_starts_no_command(lines: Lines) -> None:
    lines.world.env[chain.MARK] = "1"
    assert lines.run("echo x", wait=True) == ([], "", False)


def test_payload_larger_than_a_pipe_is_not_sent(lines: Lines) -> None:
    assert lines.run("cat", wait=True, payload={"x": "y" * spawn.PIPE_BYTES}) == ([], "", False)


def test_result_is_readable_by_the_user_only(lines: Lines) -> None:
    lines.run("echo x", wait=True)
    directory = lines.world.cache / "looks"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    assert len(list(directory.iterdir())) == 2


def test_unsafe_directory_starts_no_command(lines: Lines) -> None:
    directory = lines.world.cache / "looks"
    directory.mkdir(parents=True, mode=0o700)
    directory.chmod(0o777)
    assert lines.run(f"touch {lines.world.home}/ran", wait=True) == ([], "", False)
    assert not (lines.world.home / "ran").exists()


@pytest.mark.parametrize(
    "settings", [{}, {"command": 5}, {"command": ""}, {"command": None, "wait": True}]
)
def test_missing_command_shows_nothing(settings: dict[str, Any]) -> None:
    assert Command("/python", {"HOME": "/nowhere"}, settings, SESSION).result(b"{}", 76, NOW) == (
        [],
        "",
        False,
    )


def test_last_output_is_shown_without_an_interpreter(lines: Lines) -> None:
    lines.run("echo x", wait=True)
    command = Command("", lines.world.env, {"command": "echo x", "wait": True}, SESSION)
    assert command.result(b"{}", 76, NOW) == ([[("", "x", "")]], "", False)


@pytest.mark.parametrize(
    ("given", "taken"), [(0, 0.1), (99, 30.0), ("x", 5.0), (True, 5.0), (2, 2.0)]
)
def test_time_limit_has_bounds(given: object, taken: float) -> None:
    assert Command("", {}, {"command": "x", "timeout": given}, SESSION).timeout_s == taken


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
def test_result_on_disk_is_validated(world: World, rows: object, shown: object) -> None:
    command = Command("", world.env, {"command": "x"}, SESSION)
    path = Path(jobs.result_file(world.env, "chain", command._key))
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(json.dumps({"rows": rows, "failed": "\x1b[31m"}))
    assert command.result(b"", 76, NOW) == (shown, "[31m", False)
