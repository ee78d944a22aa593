from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from usageline.system.process_tree import descendants

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hot import Hot
    from tests.server import Api
    from tests.world import World

BAD_INPUT = {
    "nothing": b"",
    "garbage": b"\x00\xff{{{",
    "an array": b"[1, 2]",
    "a flood": b'{"a": "' + b"x" * 10_000_000 + b'"}',
    "depth": b"[" * 500_000,
    "nulls": json.dumps(dict.fromkeys(["model", "context_window", "rate_limits", "cwd"])).encode(),
    "wrong types": json.dumps(
        {
            "model": 5,
            "context_window": [],
            "rate_limits": {"five_hour": "x", "seven_day": {"used_percentage": "a"}},
        }
    ).encode(),
    "huge numbers": b'{"rate_limits": {"five_hour": {"used_percentage": 1e999, "resets_at": '
    + b"9" * 5000
    + b"}}}",
    "escapes": json.dumps(
        {"model": {"display_name": "\x1b]0;x\x07\x1b[2J\u202eevil\n\r"}}
    ).encode(),
    "lone surrogates": b'{"model": {"display_name": "\\ud800"}}',
}

WARM_MODULES = {
    *(
        "usageline",
        "usageline.core",
        "usageline.core.vocabulary",
        "usageline.core.paths",
        "usageline.core.text",
        "usageline.core.windows",
        "usageline.line",
        "usageline.core.formatting",
        "usageline.line.layout",
        "usageline.core.json_file",
    ),
    *(
        "usageline.line.render",
        "usageline.line.main",
        "usageline.line._catalog",
        "usageline.line.segments",
        "usageline.line.segments.credits",
        "usageline.line.segments.limits",
        "usageline.line.segments.workspace",
        "usageline.core.git_repo",
    ),
    *(
        "usageline.line.segments.model",
        "usageline.core.freshness",
        "usageline.line._defaults",
        "usageline.line.theme",
        "usageline.line.context",
        "usageline.line.view",
        "usageline.line.whose",
    ),
    *("_json", "_signal", "gc", "posix", "time"),
}
"""All that a run imports beyond what the bare interpreter has."""


def payload() -> dict[str, Any]:
    """Return a payload with newer numbers than `Hot.publish` has, in the same windows."""
    now = int(time.time())
    windows = {
        "five_hour": {"used_percentage": 41, "resets_at": now + 7230},
        "seven_day": {"used_percentage": 27, "resets_at": now + 50 * 3600},
    }
    return {
        "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
        "context_window": {"used_percentage": 1},
        "rate_limits": windows,
    }


def test_the_snapshot_gives_the_limits_before_the_first_message(hot: Hot) -> None:
    hot.publish()
    line = hot.line()
    assert line.startswith("5h ███▋░╎░░░░ 37% ↻ 2h00m │ 7d ██▌░░░░╎░░ 26% ↻ ")
    assert line.endswith(" │ 7d Fable 55% │ credits $12.34/$50")


def test_the_payload_adds_the_sessions_own_newer_numbers(hot: Hot) -> None:
    hot.publish()
    line = hot.line(payload())
    assert line.startswith("Opus 5.5 │ ctx 1% │ 5h ████░╎░░░░ 41% ↻ ")
    assert " 27% ↻ " in line
    assert line.endswith(" │ 7d Fable 55% │ credits $12.34/$50")


def test_the_payload_alone_is_enough_for_its_two_windows(hot: Hot) -> None:
    assert hot.line(payload()).startswith("Opus 5.5 │ ctx 1% │ 5h ████░╎░░░░ 41% ↻ ")


@pytest.mark.parametrize("data", BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_gives_a_line_all_the_same(hot: Hot, data: bytes) -> None:
    hot.publish()
    done = hot.run(data)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "5h ███▋░╎░░░░ 37%" in done.stdout.decode()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", done.stdout)


@pytest.mark.serial
def test_stdin_that_never_closes_holds_the_line_up_for_less_than_a_second(hot: Hot) -> None:
    hot.publish()
    read, write = os.pipe()
    try:
        began = time.monotonic()
        done = subprocess.run(
            hot.command, stdin=read, env=hot.world.env, capture_output=True, timeout=20, check=False
        )
        took = time.monotonic() - began
    finally:
        os.close(read)
        os.close(write)
    assert done.returncode == 0
    assert b"37%" in done.stdout
    assert took < 1


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_closed_stream_is_survived(hot: Hot, name: str) -> None:
    number = ["stdin", "stdout", "stderr"].index(name)
    done = hot.run(
        command=[
            "sh",
            "-c",
            f'exec "$@" {number}>&-' if number else 'exec "$@" <&-',
            "sh",
            *hot.command,
        ]
    )
    assert done.returncode == 0


@pytest.mark.parametrize("columns", ["0", "-5", "x", "", "99999999999", "1", "٣"])
def test_an_odd_width_gives_a_line(hot: Hot, columns: str) -> None:
    hot.publish()
    done = hot.run(json.dumps(payload()), env={"COLUMNS": columns})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.strip()


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 120, 200])
def test_the_line_leaves_the_client_its_margin(hot: Hot, columns: int) -> None:
    hot.publish()
    rows = hot.run(json.dumps(payload()), env={"COLUMNS": str(columns)}).stdout.decode()
    assert max(map(len, rows.splitlines())) <= columns - 4


@pytest.mark.parametrize(
    ("size", "rows"),
    [
        ({"COLUMNS": "80", "LINES": "24"}, 2),
        ({"COLUMNS": "80"}, 2),
        ({"COLUMNS": "109", "LINES": "0"}, 2),
        ({"COLUMNS": "80", "LINES": "12"}, 1),
        ({"COLUMNS": "110", "LINES": "50"}, 1),
    ],
)
def test_the_default_has_two_rows_when_the_terminal_is_narrow_and_high(
    hot: Hot, size: dict[str, str | None], rows: int
) -> None:
    hot.publish()
    assert hot.run(json.dumps(payload()), env=size).stdout.count(b"\n") == rows


def test_without_home_the_line_goes_on_by_the_user_database(hot: Hot, world: World) -> None:
    """What it writes lies elsewhere here."""
    own = {
        f"XDG_{name}_HOME": str(world.home / name.lower())
        for name in ("CACHE", "CONFIG", "DATA", "STATE")
    }
    assert "HOME is not set" not in hot.line(
        HOME=None, CLAUDE_CONFIG_DIR=str(world.home / ".claude"), **own
    )


def test_the_line_reports_a_read_only_cache_and_starts_nothing(hot: Hot, world: World) -> None:
    (world.home / ".cache").write_text("a file where the directory should be")
    assert hot.line() == "no refresh: the cache cannot be written"


def test_an_environment_that_is_no_text_is_survived(hot: Hot) -> None:
    hot.publish()
    done = hot.run(command=["sh", "-c", "X=$(printf '\\377') exec \"$@\"", "sh", *hot.command])
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_missing_part_of_the_installation_is_named(hot: Hot, world: World) -> None:
    script = world.root / "usageline" / "statusline.py"
    script.parent.mkdir()
    shutil.copy(hot.command[-1], script)
    done = hot.run(command=[*hot.command[:-1], str(script)])
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"install it again" in done.stdout


def test_a_warm_run_imports_exactly_what_it_must(hot: Hot) -> None:
    hot.publish()
    report = (
        "import posix, sys; "
        "posix._exit = lambda code: posix.write(2, ' '.join(sorted(sys.modules)).encode()); "
        "sys.argv = [%r]; __file__ = %r; %s"
    )
    script = hot.command[-1]
    with open(script) as file:
        program = f"exec(compile({file.read()!r}, {script!r}, 'exec'))"
    bare = hot.run(
        command=[
            *hot.command[:-1],
            "-c",
            "import sys; sys.stderr.write(' '.join(sorted(sys.modules)))",
        ]
    )
    warm = hot.run(
        json.dumps(payload()), command=[*hot.command[:-1], "-c", report % (script, script, program)]
    )
    added = set(warm.stderr.decode().split()) - set(bare.stderr.decode().split())
    assert added | {"posix", "time", "_signal", "gc"} == WARM_MODULES
    assert b"41%" in warm.stdout


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_a_warm_run_opens_no_socket_takes_no_lock_starts_nothing_and_writes_to_stdout_alone(
    hot: Hot, world: World
) -> None:
    hot.publish()
    log = world.root / "strace"
    done = hot.run(json.dumps(payload()), command=["strace", "-f", "-o", str(log), *hot.command])
    assert b"41%" in done.stdout
    calls = [line.split(maxsplit=1)[1] for line in log.read_text().splitlines() if "(" in line]
    names = {call.partition("(")[0] for call in calls}
    assert not names & {
        "socket",
        "connect",
        "flock",
        "clone",
        "clone3",
        "fork",
        "vfork",
        "unlink",
        "rename",
        "mkdir",
        "utimensat",
    }
    assert [
        call for call in calls if call.startswith("write(") and not call.startswith("write(1,")
    ] == []
    assert [
        call for call in calls if "O_WRONLY" in call or "O_RDWR" in call or "O_CREAT" in call
    ] == []
    assert [call for call in calls if "F_SETLK" in call or "F_OFD" in call] == []
    assert sum(call.startswith("execve(") for call in calls) == 1


def test_a_run_on_an_empty_cache_starts_the_refresh_that_a_later_line_shows(
    hot: Hot, api: Api, eventually: Callable[..., None]
) -> None:
    assert hot.line() == "usage: loading…"
    eventually(lambda: os.path.exists(hot.world.paths.snapshot))
    assert " 37% ↻ " in hot.line()
    assert len(api.requests) == 1


def test_fifty_lines_at_once_on_an_empty_cache_make_one_request(
    hot: Hot, api: Api, eventually: Callable[..., None]
) -> None:
    runs = [
        subprocess.Popen(
            hot.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=hot.world.env
        )
        for _ in range(50)
    ]
    results = [(run.communicate(b"{}", timeout=30)[0], run.returncode) for run in runs]
    assert all(code == 0 and line.strip() for line, code in results)
    eventually(lambda: os.path.exists(hot.world.paths.snapshot))
    assert len(api.requests) == 1


def test_a_sign_in_right_after_a_refresh_is_seen_at_the_next_line(
    hot: Hot, api: Api, world: World, eventually: Callable[..., None]
) -> None:
    world.sign_in(expires_at=time.time() - 60)
    hot.line()
    eventually(
        lambda: os.path.exists(world.paths.snapshot) and os.stat(world.paths.stamp).st_mtime == 0
    )
    assert hot.line() == "sign-in expired: any message renews it"
    assert api.requests == []
    world.sign_in()
    assert hot.line() == "usage: loading…"
    eventually(lambda: world.snapshot()["status"] == "ok")
    assert " 37% ↻ " in hot.line()


def test_while_a_refresh_is_under_way_no_line_starts_another(
    hot: Hot, api: Api, eventually: Callable[..., None]
) -> None:
    api.fault = "hang"
    hot.line()
    claimed_at = os.stat(hot.world.paths.stamp).st_mtime
    eventually(lambda: api.requests)
    hot.line()
    assert os.stat(hot.world.paths.stamp).st_mtime == claimed_at


def test_the_refresh_outlives_a_client_that_ends_the_run_and_all_its_descendants(
    hot: Hot, api: Api, eventually: Callable[..., None]
) -> None:
    """Claude Code sends SIGTERM to all descendants, also to those in another session."""
    api.fault = "slow:1"
    shell = subprocess.Popen(
        ["sh", "-c", '"$@" <&0; sleep 30', "sh", *hot.command],
        stdin=subprocess.PIPE,
        env=hot.world.env,
    )
    assert shell.stdin
    shell.stdin.write(b"{}")
    shell.stdin.close()
    eventually(lambda: api.requests)
    for pid in [*descendants(shell.pid), shell.pid]:
        os.kill(pid, signal.SIGTERM)
    shell.wait()
    eventually(lambda: os.path.exists(hot.world.paths.snapshot))


def test_a_run_killed_at_any_moment_leaves_only_the_stamp(hot: Hot, world: World) -> None:
    hot.publish(next_refresh_at=0)
    before = set(world.files())
    for step in range(40):
        run = subprocess.Popen(
            hot.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**world.env, "USAGELINE_API_URL": "http://127.0.0.1:9"},
        )
        time.sleep(step / 4000)
        run.kill()
        run.communicate()
    left = {path.name for path in set(world.files()) - before}
    assert left <= {
        "refresh.stamp",
        "refresh.lock",
        *(name for name in left if name.startswith("cache.db")),
    }


def test_an_api_key_session_shows_no_plan_limits_and_asks_for_none(hot: Hot, api: Api) -> None:
    hot.publish(next_refresh_at=0)
    assert (
        hot.line({"model": {"display_name": "Opus 5.5"}}, ANTHROPIC_API_KEY="k")
        == "Opus 5.5 │ API key: no plan limits"
    )
    assert not os.path.exists(hot.world.paths.stamp)
    assert api.requests == []
