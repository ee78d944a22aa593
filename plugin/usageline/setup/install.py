"""Install: program, settings, command, first refresh. Run again it changes nothing."""

from __future__ import annotations

import contextlib
import os
import sysconfig
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline import __version__
from usageline.core import paths
from usageline.core.errors import SetupRefused, UsagelineError
from usageline.setup import (
    first_run,
    interpreters,
    manifest,
    plugin_pointer,
    release_plan,
    settings_changes,
    settings_step,
    uninstall,
)
from usageline.setup import releases as release_
from usageline.setup.context import Outcome
from usageline.setup.packages import PackagesFailed, packages, unsupported
from usageline.system import directories, files, flock, origin, terminal_background
from usageline.system.disk import FULL

if TYPE_CHECKING:
    from usageline.setup.context import Job
    from usageline.setup.manifest import Record

LOCK_WAIT_S = 60


def install(job: Job) -> int:
    """Install, or with `dry_run` say what would be done. 0 fine, 1 where something is left to the user; `SetupRefused` before any change."""
    job.check()
    _check_places(job)
    _refuse_extras(job)
    old = manifest.load(job.env)
    settings_step.ask(job, old)
    if _is_noexec(job):
        command = job.short(job.command)
        job.say(
            f"Programs cannot be started in {job.short(os.path.dirname(job.command))} (mounted noexec): the line works, the command is `sh {command}`.\n"
        )
    if job.dry_run:
        return _describe(job, old)
    made = directories.missing_directories(_directories(job))
    try:
        return _alone(job, made)
    except OSError:
        _forget(job, made)
        raise


def _check_places(job: Job) -> None:
    for path in (job.data_dir, job.state_dir, os.path.dirname(job.cache_dir)):
        if os.path.lexists(path) and not os.path.isdir(path):
            raise SetupRefused(
                f"{job.short(path)} is not a directory: move it away and try again. Nothing was changed."
            )


def _alone(job: Job, made: list[str]) -> int:
    directories.make_directory(job.data_dir)
    with flock.held(job.data_dir, LOCK_WAIT_S) as free:
        if not free:
            raise SetupRefused("Another install is running: wait for it and try again.")
        old = manifest.load(job.env)
        try:
            return _install(job, old, _begin(job, old, made))
        except PackagesFailed as failure:
            if old is None:
                uninstall.take_back(job, Outcome())
            raise SetupRefused(_advice(failure)) from None


def _forget(job: Job, made: list[str]) -> None:
    """A disk that is full or read-only ended a first install: leave nothing of it there. A later one leaves the release before it in use."""
    with contextlib.suppress(OSError, UsagelineError):
        known = manifest.load(job.env)
        if known is None or not known.release:
            uninstall.take_back(job, Outcome())
            for directory in reversed(made):
                directories.remove_if_empty(directory)


def _install(job: Job, old: Record | None, new: Record) -> int:
    outcome = Outcome()
    before = os.path.realpath(job.data_dir + "/current")
    release, cold = release_plan.build(job, old, outcome)
    origin.remember(release.root, job.env, before, _other_profiles(job))
    outcome.notes += _network_notes(job)
    plugin_pointer.point(job)
    if not release.is_current():
        release_.switch_to(release)
        if not outcome.changes:
            outcome.did("program", job.short(release.root))
    hot = release_plan.choose_hot(job, old, release, cold, outcome)
    ours = settings_changes.wiring(hot.path, job.data_dir, frozenset(new.commands))
    commands = (
        *(command for command in new.commands if command not in (ours.line, ours.hook)),
        ours.line,
        ours.hook,
    )
    link = _link(job, new, outcome)
    installed = replace(
        new,
        release=release.id,
        interpreter=hot.path,
        cold=cold.path,
        commands=commands[-manifest.REMEMBERED :],
        command=link,
        extras=release_plan.extras(job, old),
    )
    if installed != new:
        manifest.save(job.env, installed)
    settings_step.wire(job, ours, installed, outcome)
    if job.can_ask:
        terminal_background.learn(job.env)
    if outcome.changes:
        outcome.did("refresh", first_run.refresh(release.python, job.env))
    with flock.held(paths.lock(job.env), uninstall.REFRESH_WAIT_S):
        # Under the lock no refresh of this profile runs from what is removed here.
        for name in release_.remove_others(release):
            outcome.did("removed", f"release {name}")
    _report(job, outcome)
    job.say(first_run.line(ours.line, job.env))
    return 1 if outcome.problems else 0


def _begin(job: Job, old: Record | None, made: list[str]) -> Record:
    """The record as it must be on disk before anything else is done."""
    if old:
        new = replace(old, made=(*old.made, *(path for path in made if path not in old.made)))
    else:
        if manifest.is_broken(job.env):
            job.say(manifest.BROKEN + "\n")
            directories.set_aside(manifest.path(job.env))
        before = settings_step.without_us(job)
        new = manifest.Record(
            "", job.data_dir, "", "", before=manifest.encode(before), made=tuple(made)
        )
    if new != old:
        manifest.save(job.env, new)
    return new


def _other_profiles(job: Job) -> list[dict[str, str]]:
    """Return the environments of profiles that 0.1.0 installed, as far as their records tell where Claude Code's directory is."""
    found = []
    for path in manifest.others(job.env):
        other = manifest.load_from(path)
        name = os.path.basename(path).removeprefix("install-").removesuffix(".json")
        folders = {os.path.dirname(backup) for backup in other.backups} if other else set()
        found += [
            {**job.env, "CLAUDE_CONFIG_DIR": folder}
            for folder in folders
            if paths.profile({"CLAUDE_CONFIG_DIR": folder}) == name
        ]
    return found


def _network_notes(job: Job) -> list[str]:
    """Say which proxy and certificates of this shell requests will use."""
    used = [name for name in origin.NETWORK if job.env.get(name, "").strip()]
    if not used:
        return []
    return [
        f"Requests use {', '.join(used)} of this shell from now on, and no session's own: install again when they change."
    ]


def _refuse_extras(job: Job) -> None:
    """Raise `SetupRefused` if an extra was asked for that this system cannot have; what was installed before stays as it is."""
    abi = " ".join(str(sysconfig.get_config_var(name)) for name in ("SOABI", "HOST_GNU_TYPE"))
    for extra in job.extras:
        system = unsupported(extra, os.uname().machine, abi)
        if system:
            raise SetupRefused(
                f"The extra {extra} has no package for {system}: install without --with {extra}; all else works. Nothing was changed."
            )
        if _is_noexec(job, job.data_dir):
            raise SetupRefused(
                f"The extra {extra} cannot be loaded from a directory that is mounted noexec: install without --with {extra}. Nothing was changed."
            )


def _is_noexec(job: Job, path: str = "") -> bool:
    """Return whether programs cannot be started in the directory `path`, by default that of the command; False if the system does not tell."""
    path = path or os.path.dirname(job.command)
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    try:
        return bool(os.statvfs(path).f_flag & getattr(os, "ST_NOEXEC", 0))
    except OSError:
        return False


def _directories(job: Job) -> list[str]:
    """Every directory that has to be there."""
    real = os.path.dirname(os.path.realpath(job.settings))
    return [
        job.data_dir,
        job.state_dir,
        job.cache_dir,
        real,
        os.path.dirname(job.settings),
        os.path.dirname(job.command),
    ]


def _link(job: Job, new: Record, outcome: Outcome) -> str | None:
    """Make `~/.local/bin/usageline`; gives its path, or None where something of the user's has that name."""
    path, target = job.command, job.data_dir + "/current/bin/usageline"
    there = os.readlink(path) if os.path.islink(path) else ""
    if there != target:
        if os.path.lexists(path) and (path != new.command or not there):
            outcome.notes.append(
                f"{job.short(path)} is not ours and was left alone; the command is {job.short(target)}."
            )
            return None
        directories.make_directory(os.path.dirname(path))
        files.replace_link(path, target)
        outcome.did("command", job.short(path))
    if os.path.dirname(path) not in job.env.get("PATH", "").split(os.pathsep):
        outcome.notes.append(
            f"{job.short(os.path.dirname(path))} is not on your PATH: add it to use the command `usageline`."
        )
    return path


def _describe(job: Job, old: Record | None) -> int:
    release, candidates = release_plan.planned(job, old)
    hot = interpreters.probe(old.interpreter) if old and old.interpreter else None
    outcome = Outcome()
    if not release.is_whole(
        job.source, packages(f"{job.source}/plugin", release_plan.extras(job, old), job.env).check
    ):
        outcome.did("program", f"{job.short(release.root)} (Python {candidates[0].version_text})")
    if not hot:
        ranking = interpreters.rank(
            interpreters.find(job.env, [candidates[0].path]), release.script
        )
        hot = interpreters.choose(ranking).interpreter
        outcome.did(
            "line", f"{hot.path}: {interpreters.explain(ranking)}; timed again once it is installed"
        )
    if not os.path.lexists(job.command):
        outcome.did("command", job.short(job.command))
    ours = settings_changes.wiring(hot.path, job.data_dir, frozenset(old.commands if old else ()))
    difference = settings_step.preview(job, ours)
    if difference:
        outcome.did("settings", job.short(job.settings))
        outcome.notes.append(difference)
    job.say(
        f"usageline {__version__}: an install would do this:"
        if outcome.changes
        else f"usageline {__version__} is installed: nothing to change."
    )
    outcome.tell(job.say)
    job.say("\nNothing was changed.")
    return 0


def _report(job: Job, outcome: Outcome) -> None:
    if outcome.changes:
        job.say(f"usageline {__version__} is installed:\n")
    else:
        job.say(f"usageline {__version__} is installed: nothing to change.")
    outcome.tell(job.say)
    if outcome.changes:
        job.say(
            "\nClaude Code shows the line from its next start. `install.sh --uninstall` or `usageline uninstall` takes all of this back."
        )
    job.say("")


def _advice(failure: PackagesFailed) -> str:
    said = f"The packages could not be installed:\n\n{failure}\n\nNothing else was changed. "
    if any(os.strerror(number) in str(failure) for number in FULL):
        return (
            said
            + "Free some space where it is said to be missing (about 60 MiB in all) and try again."
        )
    if "resvg" in str(failure) and "hash" not in str(failure).lower():
        return (
            said
            + "The extra png may have no package for this system: install without --with png; all else works."
        )
    return said + (
        "Behind a proxy or a mirror set what pip or uv reads (HTTPS_PROXY, PIP_INDEX_URL, UV_DEFAULT_INDEX);\n"
        "on Debian and Ubuntu install python3-venv; or install uv. Then try again."
    )
