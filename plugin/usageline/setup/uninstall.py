"""Uninstall: undo exactly what install did, even if parts of it are already gone."""

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
from usageline.system import directories, files, flock

if TYPE_CHECKING:
    from usageline.setup.context import SetupContext
    from usageline.setup.manifest import Manifest
    from usageline.setup.owned_files import Names

LOCK_TIMEOUT_S = 60
REFRESH_TIMEOUT_S = 12
"""A refresh aborts itself after 10 s."""


def uninstall(ctx: SetupContext) -> int:
    """Uninstall, or print what would be removed if `ctx.dry_run`.

    Returns 0 on success, 1 if something is left to the user.
    """
    ctx.validate()
    outcome = Outcome()
    with flock.hold(ctx.data_dir, LOCK_TIMEOUT_S) as is_free:
        if not is_free:
            raise SetupRefused("An install is running: wait for it and try again.")
        uninstall_all(ctx, outcome)
    config = paths.config_file(ctx.env)
    if os.path.exists(config):
        outcome.notes.append(f"Your {ctx.display_path(config)} was left alone.")
    if not outcome.changes and not outcome.problems:
        ctx.show("Nothing of usageline is installed here.")
    else:
        ctx.show(
            "An uninstall would remove this:\n" if ctx.dry_run else "usageline is uninstalled:\n"
        )
    outcome.show(ctx.show)
    if ctx.dry_run:
        ctx.show("\nNothing was changed.")
    return 1 if outcome.problems else 0


def uninstall_all(ctx: SetupContext, outcome: Outcome) -> None:
    """Undo every step of the install.

    The settings come first, so that no new line or refresh starts. The manifest is removed last,
    so that a killed run can be repeated.
    """
    previous = manifest.load(ctx.env)
    if manifest.is_unreadable(ctx.env):
        outcome.notes.append(manifest.UNREADABLE)
    settings_step.remove(ctx, previous, outcome)
    _remove_leftovers(ctx, previous)
    others = manifest.other_paths(ctx.env)
    if others:
        outcome.notes.append("The program stays: another profile of Claude Code uses it.")
    else:
        _remove_program(ctx, previous, outcome)
    with flock.hold(paths.lock(ctx.env), REFRESH_TIMEOUT_S):
        _remove_owned(ctx, ctx.cache_dir, owned_files.CACHE_FILES, "cache", outcome)
        _remove_empty(ctx, ctx.cache_dir)
    if others and not ctx.dry_run:
        _transfer_created_dirs(previous, others)
        refresh_log.remove(ctx.env)
    if not others:
        _remove_owned(ctx, ctx.state_dir, owned_files.STATE_FILES, "state", outcome)
    _remove_empty_directories(ctx, previous)
    if not ctx.dry_run and os.path.isdir(ctx.state_dir):
        for path in (manifest.path(ctx.env), manifest.path(ctx.env) + ".broken"):
            if not directories.remove_if_empty(path) and not os.path.isdir(path):
                files.remove_file(path)
        _remove_empty_directories(ctx, previous)
    if not ctx.dry_run and not others:
        _report_remaining(ctx, outcome)


def _report_remaining(ctx: SetupContext, outcome: Outcome) -> None:
    """Report the directories that still hold files of the user's."""
    config = os.path.basename(paths.config_file(ctx.env))
    for directory in sorted({ctx.cache_dir, ctx.state_dir, ctx.data_dir}):
        with contextlib.suppress(OSError):
            if set(os.listdir(directory)) - {config}:
                outcome.notes.append(
                    f"{ctx.display_path(directory)} was left:"
                    " it holds files that usageline did not create."
                )


def _remove_program(ctx: SetupContext, previous: Manifest | None, outcome: Outcome) -> None:
    data_dir = (
        previous.data_dir
        if previous and os.path.basename(previous.data_dir) == os.path.basename(ctx.data_dir)
        else ctx.data_dir
    )
    if (
        os.path.islink(ctx.command)
        and os.readlink(ctx.command) == data_dir + "/current/bin/usageline"
    ):
        if not ctx.dry_run:
            files.remove_file(ctx.command)
        outcome.add_change("command", ctx.display_path(ctx.command))
    current = data_dir + "/current"
    if not ctx.dry_run and os.path.islink(current) and os.readlink(current).startswith("releases/"):
        files.remove_file(current)
    if not ctx.dry_run:
        plugin_pointer.remove(ctx)
    releases = data_dir + "/releases"
    if os.path.isdir(releases) and not os.path.islink(releases):
        for name in () if ctx.dry_run else os.listdir(releases):
            if owned_files.RELEASE_NAME.fullmatch(name):
                directories.remove_tree(f"{releases}/{name}")
        if not ctx.dry_run:
            owned_files.remove(releases, owned_files.RELEASES_FILES)
        _remove_empty(ctx, releases)
        outcome.add_change("program", ctx.display_path(releases))


def _remove_owned(
    ctx: SetupContext, directory: str, names: Names, what: str, outcome: Outcome
) -> None:
    """Remove usageline's files by their names; the directory may hold other files as well."""
    if (
        os.path.isdir(directory)
        and not os.path.islink(directory)
        and owned_files.holds_any(directory, names)
    ):
        if not ctx.dry_run:
            owned_files.remove(directory, names)
        outcome.add_change(what, ctx.display_path(directory))


def _remove_empty(ctx: SetupContext, directory: str) -> None:
    if not ctx.dry_run and not os.path.islink(directory):
        directories.remove_if_empty(directory)


def _remove_leftovers(ctx: SetupContext, previous: Manifest | None) -> None:
    """Remove the temporary files of killed runs. A read-only directory has none."""
    written = (
        os.path.realpath(ctx.settings),
        *(previous.backups if previous else ()),
        os.path.realpath(paths.config_file(ctx.env)),
    )
    targets = (*written, manifest.path(ctx.env), ctx.data_dir + "/current", ctx.command)
    for path in () if ctx.dry_run else targets:
        if os.path.isdir(os.path.dirname(path)):
            with contextlib.suppress(OSError):
                files.remove_leftovers(path)


def _transfer_created_dirs(previous: Manifest | None, others: list[str]) -> None:
    """Add this profile's created directories to another manifest, whose uninstall removes them."""
    other = manifest.load_from(others[0])
    if previous and other:
        made = (*other.made, *(path for path in previous.made if path not in other.made))
        manifest.save_to(others[0], replace(other, made=made))


def _remove_empty_directories(ctx: SetupContext, previous: Manifest | None) -> None:
    used = {ctx.data_dir, ctx.state_dir, os.path.dirname(ctx.cache_dir), ctx.config_dir}
    created = set(previous.made) if previous else set()
    # Deepest first. A directory with files of the user's is not empty and stays.
    for directory in () if ctx.dry_run else sorted(used | created, reverse=True):
        directories.remove_if_empty(directory)
