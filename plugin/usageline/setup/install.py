"""Install: build the release, change settings.json, link the command and run one refresh.

A second run changes nothing that is up to date.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline import __version__
from usageline.core.errors import SetupRefused, UsagelineError
from usageline.setup import (
    first_run,
    manifest,
    release_plan,
    releases,
    settings_entries,
    settings_file,
    settings_step,
    shell_files,
    uninstall,
)
from usageline.setup.context import check_directories, check_extras, choose_line, is_noexec
from usageline.setup.manifest import Manifest
from usageline.setup.outcome import Outcome, next_steps, path_advice, upgrade_hint, waiting
from usageline.setup.packages import (
    PackagesFailed,
    failure_advice,
    make_installer,
)
from usageline.setup.program_files import locks, package_of, write_pointers
from usageline.system import directories, files, lock, origin_record, terminal
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from usageline.setup.context import SetupContext
    from usageline.setup.releases import Release

LOCK_TIMEOUT_S = 60


def install(ctx: SetupContext) -> int:
    """Install, or print what would be done if `ctx.dry_run`.

    Returns 0 on success, 1 if something is left to the user. Raises `SetupRefused` before any
    change.
    """
    ctx.validate()
    check_directories(ctx)
    check_extras(ctx)
    previous = manifest.load(ctx.paths)
    ctx = choose_line(ctx, previous)
    programs = os.path.dirname(ctx.paths.command)
    if is_noexec(programs):
        ctx.show(
            f"Programs cannot be started in {ctx.display_path(programs)}"
            " (mounted noexec): the status line works, the command is"
            f" `sh {ctx.display_path(ctx.paths.command)}`.\n"
        )
    if ctx.dry_run:
        return _dry_run(ctx, previous)
    created = directories.missing_directories(_required_directories(ctx))
    try:
        return _install_locked(ctx, created)
    except OSError:
        _roll_back(ctx, created)
        raise


def _required_directories(ctx: SetupContext) -> list[str]:
    """Return the directories that an install writes to."""
    paths = ctx.paths
    files_ = (os.path.realpath(paths.claude_settings), paths.claude_settings, paths.command)
    return [
        *(paths.data_dir, paths.state_dir, paths.cache_dir),
        *map(os.path.dirname, (*files_, *(file.path for file in shell_files.planned_files(ctx)))),
    ]


def _install_locked(ctx: SetupContext, created: list[str]) -> int:
    directories.make_directory(ctx.paths.data_dir)
    with lock.hold_existing(ctx.paths.data_dir, LOCK_TIMEOUT_S) as is_free:
        if not is_free:
            raise SetupRefused("Another install is running: wait for it and try again.")
        previous = manifest.load(ctx.paths)
        try:
            return _install(ctx, previous, _prepare_manifest(ctx, previous, created))
        except PackagesFailed as failure:
            if previous is None:
                uninstall.uninstall_all(ctx, Outcome())
            raise SetupRefused(failure_advice(failure)) from None


def _roll_back(ctx: SetupContext, created: list[str]) -> None:
    """Undo a first install that failed because the disk is full or read-only.

    A later install leaves the previous release in use.
    """
    with contextlib.suppress(OSError, UsagelineError):
        current = manifest.load(ctx.paths)
        if current is None or not current.release:
            uninstall.uninstall_all(ctx, Outcome())
            for directory in reversed(created):
                directories.remove_if_empty(directory)


def _install(ctx: SetupContext, previous: Manifest | None, prepared: Manifest) -> int:
    outcome = Outcome(ctx.show, f"Installing usageline {__version__}:")
    root_before = os.path.realpath(ctx.paths.data_dir + "/current")
    release, cold = release_plan.build(ctx, previous, outcome)
    origin_record.write_record(release.root, ctx.env, root_before, _other_profiles(ctx))
    outcome.notes += _network_notes(ctx)
    write_pointers(ctx)
    if not release.is_current():
        releases.activate(release)
        if not outcome.changes:
            outcome.add_change("program", ctx.display_path(release.root))
    ctx.wait(waiting("line", "timing it"))
    hot = release_plan.choose_interpreter(ctx, previous, release, cold, outcome)
    entries = settings_entries.make_entries(hot.path, ctx.paths.data_dir, prepared.commands)
    new_commands = (entries.line, entries.hook)
    earlier = (command for command in prepared.commands if command not in new_commands)
    commands = (*earlier, *new_commands)
    installed = replace(
        prepared,
        interpreter=hot.path,
        cold=cold.path,
        commands=commands[-manifest.MAX_REMEMBERED :],
        command=_link_command(ctx, prepared, outcome),
        extras=release_plan.wanted_extras(ctx, previous),
    )
    if installed != prepared:
        manifest.save(ctx.paths, installed)
    installed = settings_step.add(ctx, entries, installed, outcome)
    installed = shell_files.add(ctx, release, previous, installed, outcome)
    if installed.release != release.id:
        # Last: after a killed run the next one writes the files of this release.
        installed = replace(installed, release=release.id)
        manifest.save(ctx.paths, installed)
    if ctx.keep_both:
        _chain_previous(ctx, release, installed, outcome)
    if ctx.is_interactive:
        terminal.detect_background(ctx.env)
    if outcome.changes:
        ctx.wait(waiting("refresh", "getting the numbers"))
        outcome.add_change("refresh", first_run.run_refresh(release.python, ctx.env))
        if first_run.reads_transcripts(ctx.env):
            outcome.add_change("usage", "reading Claude Code's transcripts in the background")
    # The refresh lock: no refresh of this profile runs from a release while it is removed.
    with lock.hold_existing(ctx.paths.lock, uninstall.REFRESH_TIMEOUT_S):
        for name in releases.remove_others(release):
            outcome.add_change("removed", f"release {name}")
    _report(ctx, outcome)
    ctx.show(first_run.run_line(entries.line, ctx.env))
    return 1 if outcome.problems else 0


def _chain_previous(
    ctx: SetupContext, release: Release, current: Manifest, outcome: Outcome
) -> None:
    """Show the previous status line beside usageline's, by a key of config.toml."""
    config = ctx.paths.config_file
    is_new = not os.path.lexists(config)
    failure = first_run.chain_previous(release.root + "/bin/usageline", ctx.env)
    if failure:
        outcome.problems.append(
            f"The previous status line is not shown beside this one: {failure}."
            " Try:\n\n  usageline config set chain.command --previous"
        )
        return
    if is_new:  # an uninstall removes it, unless the user has changed it
        digest = manifest.digest(settings_file.content(config) or b"")
        manifest.save(ctx.paths, replace(current, config=digest))
    outcome.add_change("chain", f"{ctx.display_path(config)}: both lines")


def _prepare_manifest(ctx: SetupContext, previous: Manifest | None, created: list[str]) -> Manifest:
    """Write the manifest that must be on disk before any other change, and return it."""
    if previous:
        more = (path for path in created if path not in previous.made)
        prepared = replace(previous, made=(*previous.made, *more))
    else:
        if manifest.is_unreadable(ctx.paths):
            ctx.show(manifest.UNREADABLE + "\n")
            directories.set_aside(ctx.paths.install_manifest)
        before = manifest.encode_settings(settings_step.original_settings(ctx))
        prepared = Manifest("", ctx.paths.data_dir, "", "", before=before, made=tuple(created))
    if prepared != previous:
        manifest.save(ctx.paths, prepared)
    return prepared


def _other_profiles(ctx: SetupContext) -> list[dict[str, str]]:
    """Return the environments of the other profiles that 0.1.0 installed.

    A profile is skipped if its manifest does not name Claude Code's directory.
    """
    environments = []
    for path in manifest.other_paths(ctx.paths):
        other = manifest.load_from(path)
        profile = os.path.basename(path).removeprefix("install-").removesuffix(".json")
        folders = {os.path.dirname(backup) for backup in other.backups} if other else set()
        environments += [
            {**ctx.env, "CLAUDE_CONFIG_DIR": folder}
            for folder in folders
            if Paths({"CLAUDE_CONFIG_DIR": folder}).profile == profile
        ]
    return environments


def _network_notes(ctx: SetupContext) -> list[str]:
    """Return a note that lists the proxy and certificate variables that requests will use."""
    used = [name for name in origin_record.NETWORK if ctx.env.get(name, "").strip()]
    if not used:
        return []
    own = f"From now on, requests use this shell's {', '.join(used)}, and no session's."
    return [f"{own} If that changes, install again."]


def _link_command(ctx: SetupContext, prepared: Manifest, outcome: Outcome) -> str | None:
    """Create `~/.local/bin/usageline`. Returns its path, or None if the user has such a file."""
    path, target = ctx.paths.command, ctx.paths.data_dir + "/current/bin/usageline"
    existing = os.readlink(path) if os.path.islink(path) else ""
    if package_of(path):  # uv, pipx or pip put it there, and removes it
        outcome.notes += filter(None, [path_advice(ctx)])
        return None
    if existing != target:
        if os.path.lexists(path) and (path != prepared.command or not existing):
            outcome.notes.append(
                f"{ctx.display_path(path)} is another program and was left alone:"
                f" the command is {ctx.display_path(target)}."
            )
            return None
        directories.make_directory(os.path.dirname(path))
        files.replace_link(path, target)
        outcome.add_change("command", ctx.display_path(path))
    outcome.notes += filter(None, [path_advice(ctx)])
    return path


def _dry_run(ctx: SetupContext, previous: Manifest | None) -> int:
    """Print what an install would do."""
    outcome = Outcome()
    if ctx.keep_both:
        config = ctx.display_path(ctx.paths.config_file)
        outcome.add_change("chain", f"{config}: the previous line beside usageline's")
    release, candidates = release_plan.plan(ctx, previous)
    extras = release_plan.wanted_extras(ctx, previous)
    installer = make_installer(locks(ctx.source), extras, ctx.env)
    if not release.is_intact(ctx.source, installer.check):
        version = candidates[0].version_text
        outcome.add_change("program", f"{ctx.display_path(release.root)} (Python {version})")
    hot = release_plan.choose_interpreter(ctx, previous, release, candidates[0], outcome)
    if not os.path.lexists(ctx.paths.command):
        outcome.add_change("command", ctx.display_path(ctx.paths.command))
    for file in shell_files.planned_files(ctx):
        if not os.path.lexists(file.path):
            outcome.add_change(file.name, ctx.display_path(file.path))
    earlier = previous.commands if previous else ()
    entries = settings_entries.make_entries(hot.path, ctx.paths.data_dir, earlier)
    difference = settings_step.preview(ctx, entries)
    if difference:
        outcome.add_change("settings", ctx.display_path(ctx.paths.claude_settings))
        outcome.notes.append(difference.rstrip())
    ctx.show(
        f"usageline {__version__}: an install would do this:"
        if outcome.changes
        else f"usageline {__version__} is installed: nothing to change."
    )
    outcome.show(ctx.show)
    ctx.show("\nNothing was changed.")
    return 0


def _report(ctx: SetupContext, outcome: Outcome) -> None:
    if not outcome.changes:
        ctx.show(f"usageline {__version__} is installed: nothing to change.")
        if os.path.basename(os.path.dirname(ctx.source)) == "releases":
            ctx.show(upgrade_hint(ctx))
    outcome.show(ctx.show)
    if outcome.changes and not outcome.problems:
        ctx.show("\n" + next_steps(ctx))
    ctx.show("")
