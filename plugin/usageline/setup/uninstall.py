"""Uninstall: takes back what install did, and nothing else. Also where half of it is gone already."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.core.errors import SetupRefused
from usageline.setup import manifest, owned_files, plugin_pointer, settings_step
from usageline.setup.context import Outcome
from usageline.storage import refresh_log
from usageline.system import directories, flock
from usageline.system import files as files_

if TYPE_CHECKING:
    from usageline.setup.context import Job
    from usageline.setup.manifest import Record
    from usageline.setup.owned_files import Names

LOCK_WAIT_S = 60
REFRESH_WAIT_S = 12
"""A refresh ends within 10 s."""


def uninstall(job: Job) -> int:
    """Take everything back, or with `dry_run` say what would be taken. 0 fine, 1 where something is left to the user."""
    job.check()
    outcome = Outcome()
    with flock.held(job.data_dir, LOCK_WAIT_S) as free:
        if not free:
            raise SetupRefused("An install is running: wait for it and try again.")
        take_back(job, outcome)
    if os.path.exists(paths.config_file(job.env)):
        outcome.notes.append(f"Your {job.short(paths.config_file(job.env))} was left alone.")
    if not outcome.changes and not outcome.problems:
        job.say("Nothing of usageline is installed here.")
    else:
        job.say(
            "An uninstall would take this back:\n" if job.dry_run else "usageline is uninstalled:\n"
        )
    outcome.tell(job.say)
    if job.dry_run:
        job.say("\nNothing was changed.")
    return 1 if outcome.problems else 0


def take_back(job: Job, outcome: Outcome) -> None:
    """The steps. Settings come first, so that no new line or refresh starts; the record goes last, so that a killed run can be repeated."""
    old = manifest.load(job.env)
    if manifest.is_broken(job.env):
        outcome.notes.append(manifest.BROKEN)
    settings_step.unwire(job, old, outcome)
    _sweep(job, old)
    others = manifest.others(job.env)
    if others:
        outcome.notes.append("The program stays: another profile of Claude Code uses it.")
    else:
        _remove_program(job, old, outcome)
    with flock.held(paths.lock(job.env), REFRESH_WAIT_S):
        _remove_own(job, job.cache_dir, owned_files.CACHE, "cache", outcome)
        _remove_empty(job, job.cache_dir)
    if others and not job.dry_run:
        _bequeath(old, others)
        refresh_log.remove(job.env)
    if not others:
        _remove_own(job, job.state_dir, owned_files.STATE, "state", outcome)
    _remove_empty_directories(job, old)
    if not job.dry_run and os.path.isdir(job.state_dir):
        for path in (manifest.path(job.env), manifest.path(job.env) + ".broken"):
            if not directories.remove_if_empty(path) and not os.path.isdir(path):
                files_.remove_file(path)
        _remove_empty_directories(job, old)
    if not job.dry_run and not others:
        _name_left(job, outcome)


def _name_left(job: Job, outcome: Outcome) -> None:
    """Name the directories that hold what usageline did not make."""
    for directory in sorted({job.cache_dir, job.state_dir, job.data_dir}):
        with contextlib.suppress(OSError):
            if set(os.listdir(directory)) - {os.path.basename(paths.config_file(job.env))}:
                outcome.notes.append(
                    f"{job.short(directory)} was left: it holds files that usageline did not make."
                )


def _remove_program(job: Job, old: Record | None, outcome: Outcome) -> None:
    data_dir = (
        old.data_dir
        if old and os.path.basename(old.data_dir) == os.path.basename(job.data_dir)
        else job.data_dir
    )
    if (
        os.path.islink(job.command)
        and os.readlink(job.command) == data_dir + "/current/bin/usageline"
    ):
        if not job.dry_run:
            files_.remove_file(job.command)
        outcome.did("command", job.short(job.command))
    current = data_dir + "/current"
    if not job.dry_run and os.path.islink(current) and os.readlink(current).startswith("releases/"):
        files_.remove_file(current)
    if not job.dry_run:
        plugin_pointer.forget(job)
    releases = data_dir + "/releases"
    if os.path.isdir(releases) and not os.path.islink(releases):
        for name in () if job.dry_run else os.listdir(releases):
            if owned_files.RELEASE.fullmatch(name):
                directories.remove_tree(f"{releases}/{name}")
        if not job.dry_run:
            owned_files.remove(releases, owned_files.RELEASES)
        _remove_empty(job, releases)
        outcome.did("program", job.short(releases))


def _remove_own(job: Job, directory: str, names: Names, what: str, outcome: Outcome) -> None:
    """Remove what is ours by its name. The directory itself may be another one of ours, or hold what is the user's."""
    if (
        os.path.isdir(directory)
        and not os.path.islink(directory)
        and owned_files.holds_any(directory, names)
    ):
        if not job.dry_run:
            owned_files.remove(directory, names)
        outcome.did(what, job.short(directory))


def _remove_empty(job: Job, directory: str) -> None:
    if not job.dry_run and not os.path.islink(directory):
        directories.remove_if_empty(directory)


def _sweep(job: Job, old: Record | None) -> None:
    """Remove what a killed install, uninstall or change of the configuration left half written. A read-only directory has none of it."""
    written = (
        os.path.realpath(job.settings),
        *(old.backups if old else ()),
        os.path.realpath(paths.config_file(job.env)),
    )
    targets = (*written, manifest.path(job.env), job.data_dir + "/current", job.command)
    for path in () if job.dry_run else targets:
        if os.path.isdir(os.path.dirname(path)):
            with contextlib.suppress(OSError):
                files_.sweep(path)


def _bequeath(old: Record | None, others: list[str]) -> None:
    """Let another profile's record know which directories we made, so that its uninstall removes them."""
    heir = manifest.load_from(others[0])
    if old and heir:
        made = (*heir.made, *(path for path in old.made if path not in heir.made))
        manifest.save_to(others[0], replace(heir, made=made))


def _remove_empty_directories(job: Job, old: Record | None) -> None:
    ours = {job.data_dir, job.state_dir, os.path.dirname(job.cache_dir), job.config_dir}
    made = set(old.made) if old else set()
    # Deepest first; a directory that holds anything of the user's by now stays.
    for directory in () if job.dry_run else sorted(ours | made, reverse=True):
        directories.remove_if_empty(directory)
