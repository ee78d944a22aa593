"""Uninstall: takes back what install did, and nothing else. Also where half of it is gone already."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline import atomic, flock, paths
from usageline.errors import SetupRefused
from usageline.refresh import log
from usageline.setup import files, record, wire_settings
from usageline.setup.job import Outcome

if TYPE_CHECKING:
    from usageline.setup.job import Job
    from usageline.setup.record import Record

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
        job.say("An uninstall would take this back:\n" if job.dry_run else "usageline is uninstalled:\n")
    outcome.tell(job.say)
    if job.dry_run:
        job.say("\nNothing was changed.")
    return 1 if outcome.problems else 0


def take_back(job: Job, outcome: Outcome) -> None:
    """The steps. Settings come first, so that no new line or refresh starts; the record goes last, so that a killed run can be repeated."""
    old = record.load(job.env)
    if record.is_broken(job.env):
        outcome.notes.append(record.BROKEN)
    wire_settings.unwire(job, old, outcome)
    _sweep(job, old)
    others = record.others(job.env)
    if others:
        outcome.notes.append("The program stays: another profile of Claude Code uses it.")
    else:
        _remove_program(job, old, outcome)
    with flock.held(paths.lock(job.env), REFRESH_WAIT_S):
        _remove(job, job.cache_dir, "cache", outcome)
    if others and not job.dry_run:
        _bequeath(old, others)
        log.remove(job.env)
    if not others and os.path.isdir(job.state_dir) and not os.path.islink(job.state_dir):
        _remove_state(job, outcome)
    _remove_empty_directories(job, old)
    if not job.dry_run and os.path.isdir(job.state_dir):
        if not files.remove_tree(record.path(job.env)):
            atomic.remove_file(record.path(job.env))
        _remove_empty_directories(job, old)


def _remove_program(job: Job, old: Record | None, outcome: Outcome) -> None:
    data_dir = old.data_dir if old and os.path.basename(old.data_dir) == os.path.basename(job.data_dir) else job.data_dir
    if os.path.islink(job.command) and os.readlink(job.command) == data_dir + "/current/bin/usageline":
        if not job.dry_run:
            atomic.remove_file(job.command)
        outcome.did("command", job.short(job.command))
    if not job.dry_run and os.path.islink(data_dir + "/current"):
        atomic.remove_file(data_dir + "/current")
    _remove(job, data_dir + "/releases", "program", outcome)


def _remove(job: Job, directory: str, what: str, outcome: Outcome) -> None:
    if os.path.isdir(directory) and not os.path.islink(directory):
        if not job.dry_run:
            files.remove_tree(directory)
        outcome.did(what, job.short(directory))


def _remove_state(job: Job, outcome: Outcome) -> None:
    """History, and whatever else there is but the record."""
    for entry in () if job.dry_run else list(os.scandir(job.state_dir)):
        # A copy of settings.json is here only if it could not be put beside it, and by now only if it is to be kept.
        if entry.path != record.path(job.env) and wire_settings.BACKUP not in entry.name and not files.remove_tree(entry.path):
            atomic.remove_file(entry.path)
    outcome.did("state", job.short(job.state_dir))


def _sweep(job: Job, old: Record | None) -> None:
    """Remove what a killed install, uninstall or change of the configuration left half written. A read-only directory has none of it."""
    written = (os.path.realpath(job.settings), *(old.backups if old else ()), os.path.realpath(paths.config_file(job.env)))
    targets = (*written, record.path(job.env), job.data_dir + "/current", job.command)
    for path in () if job.dry_run else targets:
        if os.path.isdir(os.path.dirname(path)):
            with contextlib.suppress(OSError):
                atomic.remove_file(atomic.temporary_name(path))


def _bequeath(old: Record | None, others: list[str]) -> None:
    """Let another profile's record know which directories we made, so that its uninstall removes them."""
    heir = record.load_from(others[0])
    if old and heir:
        made = (*heir.made, *(path for path in old.made if path not in heir.made))
        record.save_to(others[0], replace(heir, made=made))


def _remove_empty_directories(job: Job, old: Record | None) -> None:
    ours = {job.data_dir, job.state_dir, os.path.dirname(job.cache_dir), job.config_dir}
    made = set(old.made) if old else set()
    # Deepest first; a directory that holds anything of the user's by now stays.
    for directory in () if job.dry_run else sorted(ours | made, reverse=True):
        files.remove_if_empty(directory)
