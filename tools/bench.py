"""Compare the status line and the hook with the bare interpreter: `tests/run bench`.

Each round runs every command once, one after another, so that a change of the machine's speed hits
all alike. A ratio is the median over the rounds of the command's time by the interpreter's time in
the same round. The exit status is 1 if a ratio is over its budget.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.server import Api
from tests.world import World, build_release
from usageline.cli.config import sample
from usageline.config.compile import compile_config
from usageline.config.segments import SEGMENTS
from usageline.core import paths
from usageline.setup.releases import COMPILE_SCRIPT

if TYPE_CHECKING:
    from collections.abc import Callable

WARM_UP = 3


@dataclass
class Contender:
    """A command with its budget, its own variables, and what runs before and after it."""

    name: str
    command: list[str]
    at_most: float
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None
    extra: dict[str, str] = field(default_factory=dict)


def payload(directory: Path) -> bytes:
    """Return a payload with every field that a segment reads."""
    place = {"current_dir": str(directory), "git_worktree": "side"}
    return json.dumps({**sample.payload(time.time()), "workspace": place}).encode()


def every_segment(world: World) -> dict[str, str]:
    """Compile a configuration with every segment, and return the variables that choose it.

    Its cache is never emptied, so that git status is up to date, as in nine of ten seconds.
    """
    kinds = [*SEGMENTS]
    rows = [kinds[at : at + 8] for at in range(0, len(kinds), 8)]
    folder = world.root / "config"
    (folder / "usageline").mkdir(parents=True)
    (folder / "usageline" / "config.toml").write_text(
        f"rows = {json.dumps(rows)}\n[segments.git]\nshow = ['branch', 'dirty', 'ahead']\n"
        "[segments.text]\ntext = 'note'\n[segments.account]\ntext = 'work'\n"
    )
    chosen = {"XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(world.root / "cache")}
    compile_config({**world.env, **chosen})
    return chosen


def run_timed(command: list[str], env: dict[str, str], data: bytes) -> float:
    """Return the seconds from the start of a command to its end, with its output read."""
    began = time.perf_counter()
    result = subprocess.run(
        command, input=data, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    spent = time.perf_counter() - began
    assert result.stdout.strip() or "statusline.py" not in command[-1]
    return spent


def measure(
    contenders: list[Contender], env: dict[str, str], data: bytes, runs: int
) -> dict[str, list[float]]:
    """Return the seconds of each run of each contender."""
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for turn in range(runs + WARM_UP):
        for contender in contenders:
            contender.before()
            spent = run_timed(contender.command, {**env, **contender.extra}, data)
            contender.after()
            if turn >= WARM_UP:
                times[contender.name].append(spent)
    return times


def main() -> int:
    """Return 1 if a ratio is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument(
        "--python", default=os.path.realpath(sys.executable), help="the interpreter of the hot side"
    )
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        release = build_release(Path(folder) / "release")
        compiled = [release.root / name for name in ("plugin", "hooks")]
        subprocess.run([arguments.python, "-I", "-B", "-c", COMPILE_SCRIPT, *compiled], check=True)
        world = World(Path(folder) / "world")
        env = {**world.env, "COLUMNS": "160"}
        api = Api()
        env["USAGELINE_API_URL"] = api.url
        subprocess.run(release.refresh_command, env=env, check=True)
        every = every_segment(world)
        subprocess.run(release.refresh_command, env={**env, **every}, check=True)
        api.fault = "hang"
        repository = world.root / "repository"
        subprocess.run(["git", "init", "-q", str(repository)], env=env, check=True)
        cache = paths.cache_dir(env)
        warm = {path: Path(path).read_bytes() for path in (paths.snapshot(env),)}

        def empty() -> None:
            shutil.rmtree(cache, ignore_errors=True)

        def filled() -> None:
            Path(cache).mkdir(parents=True, mode=0o700, exist_ok=True)
            for path, content in warm.items():
                Path(path).write_bytes(content)
                Path(path).chmod(0o600)

        def stop_refresh() -> None:
            # What the run started must not compete with the next contender for the processor.
            subprocess.run(["pkill", "-KILL", "-f", str(release.python)], check=False)

        run = [arguments.python, "-I", "-S", "-B", "-X", "utf8"]  # as the installer wires it
        line, hook = str(release.statusline), str(release.hook)
        contenders = [
            Contender("bare interpreter", [arguments.python, "-I", "-S", "-c", "pass"], 1.0),
            Contender("status line, warm", [*run, line], 1.2, filled),
            Contender("status line, warm, every segment", [*run, line], 1.3, extra=every),
            Contender("status line, cold cache, API hangs", [*run, line], 1.4, empty, stop_refresh),
            Contender("hook, warm", [*run, hook], 1.5, filled),
            Contender("hook, cold cache, API hangs", [*run, hook], 1.5, empty, stop_refresh),
        ]
        times = measure(contenders, env, payload(repository), arguments.runs)
        api.close()

    bare = times["bare interpreter"]
    failed = False
    print(f"{arguments.python}, {arguments.runs} rounds")
    print(f"{'':36}{'median':>10}{'ratio':>8}{'at most':>9}")
    for contender in contenders:
        ratio = statistics.median(
            spent / floor for spent, floor in zip(times[contender.name], bare, strict=True)
        )
        over = ratio > contender.at_most
        failed |= over
        median_ms = statistics.median(times[contender.name]) * 1000
        mark = "  OVER" if over else ""
        print(f"{contender.name:36}{median_ms:8.2f}ms{ratio:8.3f}{contender.at_most:9.1f}{mark}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
