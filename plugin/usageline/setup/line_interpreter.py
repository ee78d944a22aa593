"""Choose the interpreter that prints the status line fastest, by timing each of them."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.setup import interpreters, releases
from usageline.setup.interpreters import PROBE_TIMEOUT_S, Interpreter
from usageline.system import directories

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from usageline.setup.context import SetupContext
    from usageline.setup.manifest import Manifest
    from usageline.setup.outcome import Outcome
    from usageline.setup.releases import Release

ROUNDS = 15
"""Timings of each interpreter. The minimum counts: other work only adds to a time."""

MAX_TIE_RATIO = 1.05
"""Two runs of the same interpreter differ by up to this ratio."""

DAMAGED_MARK = b"this installation is damaged"
"""The line prints this if an interpreter cannot run it."""

_SYSTEM_PREFIXES = ("/usr/", "/opt/homebrew/", "/home/linuxbrew/", "/Library/Frameworks/")


@dataclass(frozen=True, slots=True)
class Timing:
    """The minimum wall time of one run, in seconds."""

    interpreter: Interpreter
    seconds: float


def choose_interpreter(
    ctx: SetupContext,
    previous: Manifest | None,
    release: Release,
    cold: Interpreter,
    outcome: Outcome,
) -> Interpreter:
    """Return the recorded interpreter if it works, else the one that prints the line fastest."""
    chosen = interpreters.probe(previous.interpreter) if previous and previous.interpreter else None
    if chosen is None:
        candidates = interpreters.find(ctx.env, [cold.path])
        for interpreter in candidates:
            # Without its own bytecode the time to compile would be measured.
            if not release.is_compiled_for(interpreter):
                releases.compile_bytecode(release, interpreter)
                directories.sync_tree(release.root + "/plugin")
                directories.sync_tree(release.root + "/hooks")
        ranking = rank(candidates, release.script)
        chosen = select(ranking).interpreter
        outcome.add_change("line", f"{chosen.path}: {explain(ranking)}")
    elif not release.is_compiled_for(chosen):
        releases.compile_bytecode(release, chosen)
    return chosen


def rank(interpreters: Iterable[Interpreter], script: str) -> list[Timing]:
    """Return the timings of the interpreters that print the line, fastest first.

    If the line fails in all of them, an empty program is timed.
    """
    candidates = list(interpreters)
    program = [script]
    working = [candidate for candidate in candidates if _prints_line(candidate, program)]
    if not working:
        program = ["-c", "pass"]
        working = [candidate for candidate in candidates if _prints_line(candidate, program)]
    minimum = dict.fromkeys(working, float("inf"))
    for turn in range(ROUNDS if working else 0):
        # Interleave the runs and rotate the order, so that other work delays all of them alike.
        first = turn % len(working)
        for candidate in working[first:] + working[:first]:
            minimum[candidate] = min(minimum[candidate], _measure(candidate, program))
    return sorted((Timing(*pair) for pair in minimum.items()), key=lambda timing: timing.seconds)


def select(ranking: Sequence[Timing]) -> Timing:
    """Return the fastest; among equals prefer one that the system's package manager maintains."""
    limit_s = ranking[0].seconds * MAX_TIE_RATIO
    equals = [timing for timing in ranking if timing.seconds <= limit_s]
    return next(
        (timing for timing in equals if timing.interpreter.path.startswith(_SYSTEM_PREFIXES)),
        ranking[0],
    )


def explain(ranking: Sequence[Timing]) -> str:
    """Return in a few words why `select` chose its interpreter."""
    fastest, best = ranking[0], select(ranking)
    if len(ranking) == 1:
        return f"Python {best.interpreter.version_text}, the only one found"
    text = f"Python {best.interpreter.version_text}, {best.seconds * 1000:.1f} ms a line"
    if best is not fastest:
        return (
            f"{text}; the system's own, as fast as the fastest of {len(ranking)}"
            f" ({fastest.interpreter.path}, {best.seconds / fastest.seconds:.2f}×)"
        )
    second, last = (f"{ranking[at].seconds / best.seconds:.2f}×" for at in (1, -1))
    others = f"the next takes {second}, the last {last}"
    if len(ranking) == 2:
        others = f"the other takes {second}"
    return f"{text}, the fastest of {len(ranking)}; {others}"


def _prints_line(interpreter: Interpreter, program: list[str]) -> bool:
    try:
        arguments = {**_run_arguments(interpreter, program), "stdout": subprocess.PIPE}
        result = subprocess.run(**arguments, input=b"{}", timeout=PROBE_TIMEOUT_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return result.returncode == 0 and DAMAGED_MARK not in result.stdout


def _measure(interpreter: Interpreter, program: list[str]) -> float:
    """Return the wall time of one run, in seconds."""
    started = time.perf_counter()
    # No timeout: with one, subprocess polls in steps of up to 50 ms. `_prints_line` had a timeout.
    subprocess.run(**_run_arguments(interpreter, program), input=b"{}", check=False)
    return time.perf_counter() - started


def _run_arguments(interpreter: Interpreter, program: list[str]) -> dict[str, Any]:
    # Without a home directory the line cannot start a refresh, so only the line is timed.
    env = {"HOME": "/dev/null", "LANG": "C.UTF-8"}
    return {
        "args": [interpreter.path, "-I", "-S", "-B", *program],
        "env": env,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
