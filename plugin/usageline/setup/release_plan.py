"""Decide which release to install, and with which interpreter for the background work; build it."""

from __future__ import annotations

import itertools
import os
import sys
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import interpreters, manifest, releases
from usageline.setup.outcome import waiting
from usageline.setup.packages import EXTRAS, VenvFailed, make_installer, pin_interpreter
from usageline.setup.program_files import locks
from usageline.system import directories
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from usageline.setup.context import SetupContext
    from usageline.setup.interpreters import Interpreter
    from usageline.setup.manifest import Manifest
    from usageline.setup.outcome import Outcome
    from usageline.setup.releases import Release

MAX_NAMED = 6
"""So many missing modules, and so many reasons, are listed in one sentence."""


def plan(ctx: SetupContext, previous: Manifest | None) -> tuple[Release, list[Interpreter]]:
    """Return the release to install, and the candidates for its cold interpreter, best first.

    The recorded interpreter is the best one, else the interpreter that runs this.
    """
    extras = wanted_extras(ctx, previous)
    recorded = interpreters.probe(previous.cold) if previous and previous.cold else None
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
