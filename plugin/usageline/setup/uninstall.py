"""Uninstall: undo exactly what install did, even if parts of it are already gone."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import (
    manifest,
    owned_files,
    settings_file,
    settings_step,
    shell_files,
)
from usageline.setup.outcome import Outcome, remove_command
from usageline.setup.program_files import remove_pointers
from usageline.storage import refresh_log, textfiles
from usageline.system import directories, files, lock

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
    ctx = replace(ctx, purge=_choose_history(ctx))
    outcome = Outcome(None if ctx.dry_run else ctx.show, "Uninstalling usageline:")
    with lock.hold_existing(ctx.paths.data_dir, LOCK_TIMEOUT_S) as is_free:
        if not is_free:
            raise SetupRefused("An install is running: wait for it and try again.")
        uninstall_all(ctx, outcome)
    _add_notes(ctx, outcome)
    if not outcome.changes and not outcome.problems:
        ctx.show("Nothing of usageline is installed here.")
    elif ctx.dry_run:
        ctx.show("An uninstall would remove this:\n")
    outcome.show(ctx.show)
    if ctx.dry_run:
        ctx.show("\nNothing was changed.")
    elif outcome.changes and not outcome.problems:
        ctx.show("\nusageline is uninstalled.")
    return 1 if outcome.problems else 0


def _choose_history(ctx: SetupContext) -> bool:
    """Return whether to remove the history; ask if the user has not decided. The default keeps it.

    It cannot be made again. Another profile that shares the program keeps its history.
    """
    if ctx.purge is not None or not _has_history(ctx):
        return ctx.purge is not False
    if not ctx.is_interactive or ctx.yes or ctx.dry_run:
        return False
    name = " ".join(_histories(ctx))
    question = f"Remove the history of your usage as well ({name})? [y/N] "
    return ctx.ask(question) in ("y", "yes")


def _has_history(ctx: SetupContext) -> bool:
    """Return whether an uninstall has to decide on a history."""
    return not manifest.other_paths(ctx.paths) and bool(_histories(ctx))


def _histories(ctx: SetupContext) -> list[str]:
    """Return the directories, for display, of the limits and of the transcripts' sums."""
    return [
        ctx.display_path(directory)
        for name, names in owned_files.HISTORY.items()
        if owned_files.holds_any(directory := f"{ctx.paths.state_dir}/{name}", names or {})
    ]


def _add_notes(ctx: SetupContext, outcome: Outcome) -> None:
    """Print what stays, and how to remove it."""
    if _has_history(ctx) and not ctx.purge:
        name = " ".join(_histories(ctx))
        way = "Add --purge to remove it." if ctx.dry_run else f"To remove it:\n\n  rm -r {name}"
        outcome.notes.append(f"The history of your usage stays in {name}. {way}")
    config = ctx.paths.config_file
    if os.path.exists(config):
        outcome.notes.append(f"Your {ctx.display_path(config)} was left alone.")
    if remove := remove_command(ctx):
        outcome.notes.append(f"The package itself stays. To remove it:\n\n  {remove}")


def uninstall_all(ctx: SetupContext, outcome: Outcome) -> None:
    """Undo every step of the install.

    The settings come first, so that no new line or refresh starts. The manifest is removed last,
    so that a killed run can be repeated.
    """
    previous = manifest.load(ctx.paths)
    if manifest.is_unreadable(ctx.paths):
        outcome.notes.append(manifest.UNREADABLE)
    settings_step.remove(ctx, previous, outcome)
    _remove_leftovers(ctx, previous)
    others = manifest.other_paths(ctx.paths)
    if others:
        outcome.notes.append("The program stays: another profile of Claude Code uses it.")
    else:
        _remove_config(ctx, previous, outcome)
        _remove_key(ctx, outcome)
        shell_files.remove(ctx, previous, outcome)
        _remove_program(ctx, previous, outcome)
    _remove_cache(ctx, ctx.paths.cache_dir, outcome)
    if not others:
        _remove_other_caches(ctx, outcome)
        _remove_textfiles(ctx, outcome)
        state = owned_files.STATE_FILES if ctx.purge else owned_files.STATE_WITHOUT_HISTORY
        _remove_owned(ctx, ctx.paths.state_dir, state, "state", outcome)
    elif not ctx.dry_run:
        _transfer_shared(previous, others)
        refresh_log.remove(ctx.paths)
    _remove_empty_directories(ctx, previous)
    if not ctx.dry_run and os.path.isdir(ctx.paths.state_dir):
        for path in (ctx.paths.install_manifest, ctx.paths.install_manifest + ".broken"):
            if not directories.remove_if_empty(path) and not os.path.isdir(path):
                files.remove_file(path)
        _remove_empty_directories(ctx, previous)
    if not ctx.dry_run and not others:
        _report_remaining(ctx, outcome)


def _report_remaining(ctx: SetupContext, outcome: Outcome) -> None:
    """Report the directories that still hold files of the user's."""
    expected = {os.path.basename(ctx.paths.config_file)}
    if not ctx.purge:
        expected |= {*owned_files.HISTORY}
    for directory in sorted({ctx.paths.cache_dir, ctx.paths.state_dir, ctx.paths.data_dir}):
        with contextlib.suppress(OSError):
            if set(os.listdir(directory)) - expected:
                outcome.notes.append(
                    f"{ctx.display_path(directory)} was left:"
                    " it holds files that usageline did not create."
                )


def _remove_program(ctx: SetupContext, previous: Manifest | None, outcome: Outcome) -> None:
    data_dir = ctx.paths.data_dir
    if previous and os.path.basename(previous.data_dir) == os.path.basename(data_dir):
        data_dir = previous.data_dir
    current, releases = data_dir + "/current", data_dir + "/releases"
    if _target(ctx.paths.command) == current + "/bin/usageline":
        _remove_file(ctx, "command", ctx.paths.command, outcome)
    if not ctx.dry_run:
        if _target(current).startswith("releases/"):
            files.remove_file(current)
        remove_pointers(ctx)
    if os.path.isdir(releases) and not os.path.islink(releases):
        if not ctx.dry_run:
            for name in filter(owned_files.RELEASE_NAME.fullmatch, os.listdir(releases)):
                directories.remove_tree(f"{releases}/{name}")
            owned_files.remove(releases, owned_files.RELEASES_FILES)
            directories.remove_if_empty(releases)
        outcome.add_change("program", ctx.display_path(releases))


def _target(path: str) -> str:
    """Return the target of a link, "" if `path` is none."""
    return os.readlink(path) if os.path.islink(path) else ""


def _remove_config(ctx: SetupContext, previous: Manifest | None, outcome: Outcome) -> None:
    """Remove the config.toml that an install created, unless it has changed since."""
    path = ctx.paths.config_file
    with contextlib.suppress(OSError):
        if previous and previous.config == manifest.digest(settings_file.content(path) or b""):
            _remove_file(ctx, "config", path, outcome)


def _remove_key(ctx: SetupContext, outcome: Outcome) -> None:
    """Remove the secret that signs shared readings."""
    path = ctx.paths.shared_key
    if os.path.isfile(path) and not os.path.islink(path):
        with contextlib.suppress(OSError):
            _remove_file(ctx, "key", path, outcome)


def _remove_file(ctx: SetupContext, what: str, path: str, outcome: Outcome) -> None:
    if not ctx.dry_run:
        files.remove_file(path)
    outcome.add_change(what, ctx.display_path(path))


def _remove_textfiles(ctx: SetupContext, outcome: Outcome) -> None:
    """Remove the text files of metrics. A collector would report their numbers for ever.

    The program is gone by now, so that a refresh that still runs writes none.
    """
    before = textfiles.written(ctx.paths)
    removed = before if ctx.dry_run else textfiles.remove_all(ctx.paths)
    for path in removed:
        outcome.add_change("metrics", ctx.display_path(path))
    outcome.problems += [
        f"{path} cannot be removed: remove it, or its numbers are reported for ever."
        for path in before
        if path not in removed
    ]


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


def _remove_cache(ctx: SetupContext, directory: str, outcome: Outcome) -> None:
    with lock.hold_existing(f"{directory}/refresh.lock", REFRESH_TIMEOUT_S):
        _remove_owned(ctx, directory, owned_files.CACHE_FILES, "cache", outcome)
        if not ctx.dry_run and not os.path.islink(directory):
            directories.remove_if_empty(directory)


# tried by: tests/setup
def _remove_other_caches(ctx: SetupContext, outcome: Outcome) -> None:
    """Remove what sessions with another CLAUDE_CONFIG_DIR left, which no install has recorded."""
    base, own = os.path.split(ctx.paths.cache_dir)
    try:
        names = sorted(filter(owned_files.PROFILE_NAME.fullmatch, os.listdir(base)))
    except OSError:
        return
    removed = Outcome()
    for name in names:
        if name != own:
            _remove_cache(ctx, f"{base}/{name}", removed)
    if removed.changes:
        count = len(removed.changes)
        outcome.add_change("caches", f"{ctx.display_path(base)}: {count} of other profiles")


def _remove_leftovers(ctx: SetupContext, previous: Manifest | None) -> None:
    """Remove the temporary files of killed runs. A read-only directory has none."""
    written = (
        os.path.realpath(ctx.paths.claude_settings),
        *(previous.backups if previous else ()),
        os.path.realpath(ctx.paths.config_file),
        *(previous.shell_files if previous else ()),
    )
    targets = (
        *written,
        ctx.paths.install_manifest,
        ctx.paths.data_dir + "/current",
        ctx.paths.command,
    )
    for path in () if ctx.dry_run else targets:
        if os.path.isdir(os.path.dirname(path)):
            with contextlib.suppress(OSError):
                files.remove_leftovers(path)


def _transfer_shared(previous: Manifest | None, others: list[str]) -> None:
    """Add what profiles share to another manifest, whose uninstall removes it."""
    other = manifest.load_from(others[0])
    if previous and other:
        made = (*other.made, *(path for path in previous.made if path not in other.made))
        shared = {**previous.shell_files, **other.shell_files}
        manifest.save_to(others[0], replace(other, made=made, shell_files=shared))


def _remove_empty_directories(ctx: SetupContext, previous: Manifest | None) -> None:
    used = {
        ctx.paths.data_dir,
        ctx.paths.state_dir,
        os.path.dirname(ctx.paths.cache_dir),
        ctx.config_dir,
    }
    created = set(previous.made) if previous else set()
    # Deepest first. A directory with files of the user's is not empty and stays.
    for directory in () if ctx.dry_run else sorted(used | created, reverse=True):
        directories.remove_if_empty(directory)
