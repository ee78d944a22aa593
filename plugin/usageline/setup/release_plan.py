"""The program's two interpreters: one that the cold side's environment is built on, one that starts fastest for the line."""

from __future__ import annotations

import itertools
import os
import sys
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import interpreters, manifest
from usageline.setup import releases as release_
from usageline.setup.packages import EXTRAS, NoVenv, packages, pin_venv
from usageline.system import directories
from usageline.system.terminal import lines

if TYPE_CHECKING:
    from usageline.setup.context import Job, Outcome
    from usageline.setup.interpreters import Interpreter
    from usageline.setup.manifest import Record
    from usageline.setup.releases import Release

MAX_NAMED = 6
"""Of what is missing, in one sentence."""


def planned(job: Job, old: Record | None) -> tuple[Release, list[Interpreter]]:
    """The release to install, and the interpreters that can be its cold side, the best first: the recorded one, or else the one running this."""
    wanted = extras(job, old)
    kept = interpreters.probe(old.cold) if old and old.cold else None
    if kept and not interpreters.lacks(kept):
        release = release_.release_of(job.source, job.data_dir, kept, wanted)
        if release.is_complete():
            return release, [kept]
    own = getattr(sys, "_base_executable", "") or sys.executable
    refused: list[str] = []
    candidates = interpreters.find(job.env, [kept.path] if kept else [own], refused)
    found = list(itertools.dropwhile(interpreters.lacks, candidates))
    if not found:
        raise SetupRefused(_advice(candidates, refused))
    return release_.release_of(job.source, job.data_dir, found[0], wanted), found


def extras(job: Job, old: Record | None) -> tuple[str, ...]:
    """The extras to install: those asked for, now or before, for this profile or another one that uses the same program."""
    records = [old, *map(manifest.load_from, manifest.others(job.env))]
    named = {*job.extras, *(extra for one in records if one for extra in one.extras)}
    return tuple(sorted(named & set(EXTRAS)))  # a later version may know others


def build(job: Job, old: Record | None, outcome: Outcome) -> tuple[Release, Interpreter]:
    """The release, complete, and its cold interpreter. `PackagesFailed` where no interpreter could be given the packages."""
    release, candidates = planned(job, old)
    wanted = extras(job, old)
    tools = packages(f"{job.source}/plugin", wanted, job.env)
    last = NoVenv("no interpreter")
    for cold in candidates:
        release = release_.release_of(job.source, job.data_dir, cold, wanted)
        if interpreters.lacks(cold):
            continue
        if release.is_whole(job.source, tools.check):
            pin_venv(release.root + "/venv", cold.path)
            return release, cold
        if os.path.realpath(job.source) == os.path.realpath(release.root):
            raise SetupRefused("This installation is damaged: run install.sh from a clone.")
        job.say(lines(f"Building {job.short(release.root)} …"))
        try:
            tool = release_.build(release, job.source, cold, tools)
        except NoVenv as failure:
            last = failure
        else:
            outcome.did(
                "program",
                f"{job.short(release.root)} (Python {cold.version_text}, packages by {tool})",
            )
            return release, cold
        finally:
            if (
                not release.is_complete() and not release.is_current()
            ):  # what is in use may serve the line still
                directories.remove_tree(release.root)
    raise last


def _advice(candidates: list[Interpreter], refused: list[str]) -> str:
    """Return what to do if no Python will do."""
    lacking = [
        f"{one.path} lacks {', '.join(interpreters.lacks(one)[:MAX_NAMED])}" for one in candidates
    ]
    why = "; ".join([*lacking, *refused][:MAX_NAMED])
    return (
        f"No Python 3.10 or newer that is whole was found{': ' + why if why else ''}. Install one (macOS: brew install python;"
        " Debian, Ubuntu: sudo apt install python3 python3-venv; Fedora: sudo dnf install python3) and try again. Nothing was changed."
    )


def choose_hot(
    job: Job, old: Record | None, release: Release, cold: Interpreter, outcome: Outcome
) -> Interpreter:
    """The interpreter of the line: the recorded one while it works, or else the one that prints the line fastest."""
    chosen = interpreters.probe(old.interpreter) if old and old.interpreter else None
    if chosen is None:
        found = interpreters.find(job.env, [cold.path])
        for interpreter in found:
            # Without bytecode of its own each would be timed at compiling.
            if not release.is_compiled_for(interpreter):
                release_.compile_for(release, interpreter)
                directories.sync_tree(release.root + "/plugin")
                directories.sync_tree(release.root + "/hooks")
        ranking = interpreters.rank(found, release.script)
        chosen = interpreters.choose(ranking).interpreter
        outcome.did("line", f"{chosen.path}: {interpreters.explain(ranking)}")
    elif not release.is_compiled_for(chosen):
        release_.compile_for(release, chosen)
    return chosen
