"""Measure local usage by CPU time against `cat` and `import rich`: `tests/run usage-bench`.

It invents transcripts, or reads those of `--directory`, with an index of its own. Each round runs
every command once, one after another. A ratio is the median over the rounds of the command's CPU
time by that of its yardstick in the same round. `--ccusage COMMAND` adds that program, and
`--tokscale COMMAND` that one.
"""

from __future__ import annotations

import argparse
import json
import random
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.local.transcripts import line
from tests.world import World, build_release

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world import Release

CAT = "cat"
RICH = "import rich"
CCUSAGE, TOKSCALE = PEERS = ("ccusage", "tokscale")
SESSION_RESPONSES = 13
TEXT_BYTES = 9000
GROWTH = 5
"""Responses that a session gets before each live pass."""


@dataclass
class Contender:
    """A command with its yardstick, the ratios that it must not exceed, and what runs before it.

    `of_ccusage` is the largest part of that program's CPU time.
    """

    name: str
    command: list[str]
    yardstick: str = ""
    at_most: float | None = None
    before: Callable[[], object] = lambda: None
    of_ccusage: float | None = None


@dataclass
class Run:
    """What one run of a command took."""

    cpu_s: float
    memory_mb: int


def invent(directory: Path, megabytes: int) -> None:
    """Write transcripts of that size."""
    choose = random.Random(1)  # noqa: S311 - the same texts each time
    text = "".join(choose.choices("abcdefgh ij\n", k=TEXT_BYTES * 4))
    written = number = session = 0
    while True:
        folder = directory / "projects" / f"-home-dev-{session % 20}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{session:08d}-0000-4000-8000-000000000000.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for _ in range(SESSION_RESPONSES):
                number += 1
                file.writelines(map(_compact, turn(number, session, text)))
        written += path.stat().st_size
        session += 1
        if written >= megabytes << 20:
            return


def turn(number: int, session: int, text: str, name: int = 0) -> list[dict[str, Any]]:
    """Return the lines of a response as Claude Code writes them, and of a tool's result.

    The higher its number, the older it is. `name` is its id, if that is not its number.
    """
    start = number * 37 % TEXT_BYTES
    timestamp = time.strftime("%Y-%m-%dT%H:%M:%S.123Z", time.gmtime(time.time() - number * 20))
    common: dict[str, Any] = {"sessionId": f"{session:08d}", "cwd": f"/home/dev/{session % 20}"}
    lines = [
        line(name or number, output=output, stop=stop, timestamp=timestamp, **common)
        for output, stop in ((1, None), (2, None), (number % 4000, "tool_use"))
    ]
    for each in lines:
        each["message"]["content"] = [{"type": "text", "text": text[start : start + 1500]}]
    result = {"tool_use_id": "t", "type": "tool_result", "content": text[start:][:TEXT_BYTES]}
    message = {"role": "user", "content": [result]}
    user = {"parentUuid": None, "isSidechain": False, "type": "user", "message": message}
    return [*lines, {**user, "timestamp": timestamp, **common, "toolUseResult": result}]


def grow(path: Path) -> None:
    """Append a few responses of now to a transcript."""
    first = time.time_ns()
    with path.open("a", encoding="utf-8") as file:
        for number in range(GROWTH):
            rows = turn(number, 1, "x" * TEXT_BYTES, first + number)
            file.writelines(map(_compact, rows))


def _compact(record: dict[str, Any]) -> str:
    """Return a line as Claude Code writes it: without blanks between its parts."""
    return json.dumps(record, separators=(",", ":")) + "\n"


def measured(contender: Contender, env: dict[str, str]) -> Run:
    """Run a command. Its memory is that of the largest of its processes."""
    contender.before()
    # Not this process's own memory: a child starts with what its parent had.
    script = (
        "import os, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss >> 10)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, *contender.command],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    status, cpu_s, memory_mb = done.stdout.split()
    assert status == "0", contender.command
    return Run(float(cpu_s), int(memory_mb))


def contenders(
    world: World, release: Release, directory: Path, peers: dict[str, str], *, invented: bool
) -> list[Contender]:
    """Return what is measured, in the order of the table. Only what is `invented` may grow."""
    files = sorted(map(str, (directory / "projects").rglob("*.jsonl")))
    own = (path for path in files if "/subagents/" not in path)
    latest = max(own, key=lambda path: Path(path).stat().st_mtime)
    listed = world.root / "files"
    listed.write_text("\0".join(files))
    python = str(release.python)
    command = release.root / "plugin" / "usageline" / "cli" / "__main__.py"
    usage = [python, "-I", "-B", "-X", "utf8", str(command), "usage"]

    def forget() -> None:
        shutil.rmtree(world.paths.usage_dir, ignore_errors=True)

    rows = [
        Contender(CAT, ["xargs", "-0", "-a", str(listed), "cat"]),
        Contender(RICH, [python, "-c", "import rich"]),
        Contender("first build", [*usage, "--json"], CAT, 6, forget),
        Contender("usage --json, nothing new", [*usage, "--json"], RICH, 4, of_ccusage=1 / 10),
        Contender("usage, nothing new", usage, RICH, 4, of_ccusage=1 / 10),
    ]
    job = [python, "-I", "-B", "-X", "utf8", "-m", "usageline.jobs", "local"]
    live = [*job, latest]
    rows += [
        Contender("all sessions, nothing new", job, RICH, of_ccusage=1 / 40),
        Contender("live session, nothing new", live, RICH, of_ccusage=1 / 80),
    ]
    if invented:
        grows = partial(grow, Path(latest))
        rows += [
            Contender("all sessions, 5 new responses", job, RICH, before=grows),
            Contender("live session, 5 new responses", live, RICH, before=grows),
        ]
    rows += [
        Contender(name, shlex.split(command), CAT) for name, command in peers.items() if command
    ]
    return rows


def table(runs: dict[str, list[Run]], rows: list[Contender]) -> int:
    """Print the medians. Return 1 if a ratio is over its limit."""
    failed = 0
    has_ccusage = CCUSAGE in runs
    other = "/ ccusage" if has_ccusage else ""
    print(f"{'':34}{'CPU':>10}{'memory':>10}{'ratio':>8}{'at most':>9}  {'to':12}{other:>10}")
    for row in rows:
        own = runs[row.name]
        text = f"{row.name:34}{statistics.median(run.cpu_s for run in own) * 1000:8.0f}ms"
        text += f"{max(run.memory_mb for run in own):7d} MB"
        if row.yardstick:
            ratio = _ratio(own, runs[row.yardstick])
            is_over = row.at_most is not None and ratio > row.at_most
            failed |= is_over
            limit = f"{row.at_most or '':>9}"
            text += f"{ratio:8.2f}{limit}  {row.yardstick:12}" + (" OVER" if is_over else "")
        elif has_ccusage:
            text += " " * 31
        if has_ccusage:
            part = _ratio(own, runs[CCUSAGE])
            is_over = row.of_ccusage is not None and part > row.of_ccusage
            failed |= is_over
            text += f"     1/{1 / part:.0f}" + (" OVER" if is_over else "")
        print(text.rstrip())
    return failed


def _ratio(own: list[Run], other: list[Run]) -> float:
    return statistics.median(
        mine.cpu_s / theirs.cpu_s for mine, theirs in zip(own, other, strict=True)
    )


def main() -> int:
    """Return 1 if a ratio is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=1000, help="size of the invented transcripts")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--directory", type=Path, help="a configuration directory of Claude Code")
    for name, example in zip(PEERS, ("ccusage daily --offline", "tokscale graph"), strict=True):
        parser.add_argument(f"--{name}", default="", help=f"a command such as '{example}'")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world")
        release = build_release(Path(folder) / "release")
        directory = arguments.directory
        if directory is None:
            directory = Path(folder) / "claude"
            invent(directory, arguments.mb)
        env = {**world.env, "CLAUDE_CONFIG_DIR": str(directory)}
        peers = {name: getattr(arguments, name) for name in PEERS}
        rows = contenders(world, release, directory, peers, invented=arguments.directory is None)
        runs: dict[str, list[Run]] = {row.name: [] for row in rows}
        for _ in range(arguments.runs):
            for row in rows:
                runs[row.name].append(measured(row, env))
    return table(runs, rows)


if __name__ == "__main__":
    sys.exit(main())
