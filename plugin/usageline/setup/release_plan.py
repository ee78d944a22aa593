"""Decide which release to install, and with which interpreters; build it.

The background work has the interpreter of the release's environment. The status line has the one
that prints it fastest.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.core.errors import SetupRefused
from usageline.setup import interpreters, manifest, releases
from usageline.setup.interpreters import PROBE_TIMEOUT_S, Interpreter
from usageline.setup.outcome import waiting
from usageline.setup.packages import EXTRAS, VenvFailed, make_installer, pin_interpreter
from usageline.setup.program_files import locks
from usageline.system import directories
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.setup.context import SetupContext
    from usageline.setup.manifest import Manifest
    from usageline.setup.outcome import Outcome
    from usageline.setup.releases import Release

MAX_NAMED = 6
"""So many missing modules, and so many reasons, are listed in one sentence."""

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


def plan(ctx: SetupContext, previous: Manifest | None) -> tuple[Release, list[Interpreter]]:
    """Return the release to install, and the candidates for its cold interpreter, best first.

    The recorded interpreter is the best one, else the interpreter that runs this.
    """
    extras = wanted_extras(ctx, previous)
    recorded = interpreters.probe(previous.cold) if previous else None
    if recorded and not interpreters.missing_modules(recorded):
        release = releases.for_source(ctx.source, ctx.paths.data_dir, recorded, extras)
        if release.is_complete():
            return release, [recorded]
    own = getattr(sys, "_base_executable", "") or sys.executable
    refusals: list[str] = []
    candidates = interpreters.find(ctx.env, [recorded.path] if recorded else [own], refusals)
    usable = list(itertools.dropwhile(interpreters.missing_modules, candidates))
    if not usable:
        raise SetupRefused(_no_python_advice(candidates, refusals))
    return releases.for_source(ctx.source, ctx.paths.data_dir, usable[0], extras), usable


def wanted_extras(ctx: SetupContext, previous: Manifest | None) -> tuple[str, ...]:
    """Return the extras requested now, earlier, or by another profile that shares the program."""
    manifests = [previous, *map(manifest.load_from, manifest.other_paths(ctx.paths))]
    requested = {*ctx.extras, *(extra for one in manifests if one for extra in one.extras)}
    return tuple(sorted(requested & set(EXTRAS)))  # a later version may know others


def build(
    ctx: SetupContext, previous: Manifest | None, outcome: Outcome
) -> tuple[Release, Interpreter]:
    """Return the complete release and its cold interpreter; build the release if necessary.

    Raises `PackagesFailed` if the packages can be installed for none of the interpreters.
    """
    release, candidates = plan(ctx, previous)
    extras = wanted_extras(ctx, previous)
    installer = make_installer(locks(ctx.source), extras, ctx.env)
    last = VenvFailed("no interpreter")
    for cold in candidates:
        release = releases.for_source(ctx.source, ctx.paths.data_dir, cold, extras)
        if interpreters.missing_modules(cold):
            continue
        if release.is_intact(ctx.source, installer.check):
            pin_interpreter(release.root + "/venv", cold.path)
            return release, cold
        if os.path.realpath(ctx.source) == os.path.realpath(release.root):
            raise SetupRefused(
                "This installation is damaged: install it again as you did the first time"
                " (./install.sh, or usageline install of the package)."
            )
        root = ctx.display_path(release.root)
        outcome.begin()
        building = sanitize_lines(waiting("program", f"building {root}, about 20 s"))
        (ctx.wait if ctx.is_interactive else ctx.show)(building)
        try:
            tool = releases.build(release, ctx.source, cold, installer)
        except VenvFailed as failure:
            last = failure
        else:
            version = cold.version_text
            outcome.add_change("program", f"{root} (Python {version}, packages by {tool})")
            return release, cold
        finally:
            # A damaged release that is in use may still print the line.
            if not release.is_complete() and not release.is_current():
                directories.remove_tree(release.root)
    raise last


def _no_python_advice(candidates: list[Interpreter], refusals: list[str]) -> str:
    """Return the message for a system without a usable Python."""
    missing = [
        f"{one.path} lacks {', '.join(interpreters.missing_modules(one)[:MAX_NAMED])}"
        for one in candidates
    ]
    reasons = "; ".join([*missing, *refusals][:MAX_NAMED])
    return (
        f"No complete Python 3.10 or newer was found{': ' + reasons if reasons else ''}."
        " Install one (macOS: brew install python;"
        " Debian, Ubuntu: sudo apt install python3 python3-venv;"
        " Fedora: sudo dnf install python3) and try again. Nothing was changed."
    )


def choose_interpreter(
    ctx: SetupContext,
    previous: Manifest | None,
    release: Release,
    cold: Interpreter,
    outcome: Outcome,
) -> Interpreter:
    """Return the recorded interpreter if it works, else the one that prints the line fastest.

    Write its bytecode, but not in a dry run, whose release may not exist.
    """
    chosen = interpreters.probe(previous.interpreter) if previous else None
    if chosen:
        if not (ctx.dry_run or release.is_compiled_for(chosen)):
            releases.compile_bytecode(release, chosen)
        return chosen
    candidates = interpreters.find(ctx.env, [cold.path])
    for interpreter in () if ctx.dry_run else candidates:
        # Without its own bytecode the time to compile would be measured.
        if not release.is_compiled_for(interpreter):
            releases.compile_bytecode(release, interpreter)
            directories.sync_tree(release.root + "/plugin")
            directories.sync_tree(release.root + "/hooks")
    ranking = rank(candidates, release.script)
    chosen = select(ranking).interpreter
    later = "; timed again once it is installed" if ctx.dry_run else ""
    outcome.add_change("line", f"{chosen.path}: {explain(ranking)}{later}")
    return chosen


def rank(candidates: Sequence[Interpreter], script: str) -> list[Timing]:
    """Return the timings of the interpreters that print the line, fastest first.

    If the line fails in all of them, an empty program is timed.
    """
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
