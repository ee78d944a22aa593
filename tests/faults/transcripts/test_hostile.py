"""Put anything into a transcript: the other lines count, and nothing reaches the terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.needs import needs
from tests.faults.promises import promise
from tests.local.transcripts import MAIN, encoded, line
from tests.world import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.world import World

COMMAND = REPOSITORY / "plugin" / "usageline" / "cli" / "__main__.py"
ESCAPES = "\x1b]0;title\x07\x1b[2J\x9b31m\x08\r\n\u202e\u2066\x00name"
HUGE = 10**30
MAX_MEMORY_MB = 64
"""Of the whole process. The interpreter and the packages take half of it."""

LINES = {
    "escapes in the model": encoded(line(1, model=f"claude-{ESCAPES}")),
    "escapes in the project": encoded(line(2, cwd=f"/tmp/{ESCAPES}")),
    "escapes in the session": encoded(line(3, sessionId=ESCAPES)),
    "deep": b'{"a":' * 90_000 + b'"usage"' + b"}" * 90_000 + b"\n",
    "deep in the message": encoded(line(4)).replace(b'"words', b"[" * 50_000 + b'"'),
    "huge numbers": encoded(line(5, usage={"output_tokens": HUGE, "input_tokens": HUGE})),
    "the largest counts": encoded(
        *(line(100 + number, output=10**9, model="claude-opus-4-6") for number in range(400))
    ),
    "a number with many digits": encoded(line(6)).replace(b":400,", b":" + b"9" * 9000 + b","),
    "floats": encoded(line(7)).replace(b":400,", b":4e300,"),
    "negative": encoded(line(8, usage={"output_tokens": -(2**63)})),
    "wrong kinds": encoded(line(9, usage={"cache_creation": [], "iterations": {}, "speed": 1})),
    "a list of kinds": encoded(line(10, usage={"iterations": [None, 1, [], {"type": []}] * 99})),
    "another calendar": encoded(line(11, timestamp="9999-12-31T23:59:59.999Z")),
    "the year 1": encoded(line(12, timestamp="0001-01-01T00:00:00.000Z")),
    "seconds of leap": encoded(line(13, timestamp="2016-12-31T23:59:60.000Z")),
    "NULs": bytes(1 << 20) + b"\n" + b"\0" * 7 + encoded(line(14)),
    "NULs in texts": encoded(line(15, cwd="/a\0b", model="claude\0x")),
    "lone surrogates": encoded(line(16, cwd="/\ud800", sessionId="\udfff", model="m\ud800")),
    "long names": encoded(line(17, cwd="/" + "n" * 9_000_000, model="m" * 100_000)),
    "no newlines": b'"usage"' * 700_000,
    "many quotes": b'{"usage":["' + b'","' * 3_000_000 + b'"]}\n',
    "other JSON": b'[]\n1\n"usage"\nnull\n{"usage":1}\n{"message":{"usage":[]}}\n',
}


def usage(world: World, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-B", str(COMMAND), "usage", *words],
        env={**world.env, "FORCE_COLOR": "1", "COLUMNS": "160"},
        capture_output=True,
        check=False,
    )


def write(world: World, name: str, content: bytes) -> Path:
    path = world.home / ".claude" / "projects" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@promise(
    "Whatever stands in a transcript, the other lines count. No control sequence of a model, "
    "project or session reaches the terminal. Tried: escapes, deep nesting, huge numbers, NULs, "
    "lone surrogates, times of other centuries, long names.",
    sees="The names, without their control sequences.",
    topic="transcripts",
)
def test_hostile_lines_cost_no_other_line(world: World, figure: Callable[[str], None]) -> None:
    for number, content in enumerate(LINES.values()):
        write(world, f"p/{number}.jsonl", content)
    good = line(999, model="claude-haiku-4-5", sessionId="good", cwd="/home/dev/good", output=77)
    write(world, MAIN, encoded(good))
    for kind in ("day", "model", "project", "session", "hour", "block"):
        done = usage(world, kind, "--tz", "Pacific/Kiritimati")
        assert (done.returncode, done.stderr) == (0, b""), kind
        text = done.stdout.decode()
        printed = text.replace("\x1b[0m", "").replace("\x1b[2m", "").replace("\x1b[36m", "")
        strange = {char for char in printed if not (char.isprintable() or char == "\n")}
        assert strange <= {"\x1b"}, kind
        assert "title\x07" not in text
        assert "\x1b]" not in text
    models = {row["key"]: row for row in json.loads(usage(world, "model", "--json").stdout)["rows"]}
    assert models["claude-haiku-4-5"]["output"] == 77
    figure(f"{len(LINES)} hostile transcripts, 6 tables: 0 control sequences, 0 tracebacks")


@promise(
    "A long line takes no more memory than many short ones. A response of up to 256 MiB counts. A "
    "longer line is skipped, and the table says so.",
    sees="`lines were too long to read`",
    topic="transcripts",
)
@pytest.mark.parametrize(
    ("megabytes", "responses"),
    [
        (24, 2),
        pytest.param(250, 2, marks=pytest.mark.full),
        pytest.param(1024, 1, marks=pytest.mark.full),
    ],
)
def test_a_long_line_takes_little_memory(
    world: World, megabytes: int, responses: int, figure: Callable[[str], None]
) -> None:
    needs()
    head, tail = encoded(line(1)).split(b"words")
    path = write(world, MAIN, b"")
    quarter = b"w\\u00e9 \\\\" * (1 << 14) + b"x" * (96 << 10)
    with path.open("wb") as file:
        file.write(head)
        for _ in range(megabytes * 4):
            file.write(quarter)
        file.write(tail + encoded(line(2)))
    script = (
        "import resource, subprocess, sys\n"
        "status = subprocess.run(sys.argv[1:]).returncode\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, sys.executable, "-B", str(COMMAND), "usage"],
        env=world.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert ("lines were too long to read" in done.stdout) == (responses == 1)
    assert json.loads(usage(world, "--json").stdout)["total"]["responses"] == responses
    # A child starts with the memory of its parent, so that the test cannot be that parent.
    memory_mb = int(done.stderr) >> 10
    assert memory_mb < MAX_MEMORY_MB
    figure(f"a line of {path.stat().st_size >> 20:,} MB: {memory_mb} MB of memory")
