"""One refresh: under the lock, if it is due, from the sources in order, to the snapshot."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from usageline import config
from usageline.config.compile import compile_config
from usageline.core import paths
from usageline.core.errors import CacheUnsafe, CacheUnwritable, LockUnsupported, UsagelineError
from usageline.core.freshness import file_stamp, is_due
from usageline.core.json_file import json_file
from usageline.refresh import lock_owner, notify
from usageline.refresh.log_entry import Entry, why_due
from usageline.refresh.outcome import Outcome
from usageline.storage import job_results as looks
from usageline.storage import refresh_log
from usageline.storage.snapshot import write
from usageline.system import bundle, directories, disk
from usageline.system.api_address import api_address
from usageline.system.files import set_times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.alerts import Alert

PLUGIN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

LONGEST_S = 8.5
"""For all that waits for somebody. The process ends itself a second and a half later, wherever it is; by then what came of it is published."""


def refresh(env: Mapping[str, str], *, force: bool = False, entry: Entry | None = None) -> Outcome:
    """Get a new reading and publish it, unless that is not due or somebody else is at it. Takes LONGEST_S at most and raises nothing.

    `force` asks the service before it is due; it keeps a cooldown after 429 and `gate.FORCED_GAP_S` between two requests. `entry` is what the log
    is told of it; the time counts from its beginning: on a machine under load the imports before this take theirs.
    """
    entry = entry or Entry()
    try:
        outcome = _bounded(env, entry, force=force)
    except Exception as error:
        refresh_log.add(env, entry.cut_off(f"{type(error).__name__}; please report it"))
        raise
    refresh_log.add(env, entry.ended(outcome))
    return outcome


def _bounded(env: Mapping[str, str], entry: Entry, *, force: bool) -> Outcome:
    deadline = entry.began + LONGEST_S
    try:
        directories.prepare(env)
    except (CacheUnsafe, LookupError) as problem:  # LookupError: the environment names no home
        return Outcome("failed", None, str(problem))
    try:
        with lock_owner.held(env) as hold:
            if hold.ended is not None:
                entry.notes.append(
                    f"another refresh hung: process {hold.ended.pid}"
                    + (", which was ended" if hold.ours else "")
                )
            if not hold.ours:
                published = _published(env)
                entry.why = _why_due(env, published, force=force)
                return Outcome("busy", published, _unending(hold))
            refresh_log.rotate(env)
            outcome, alerts = _refresh(env, deadline, entry, force=force)
            outcome = replace(outcome, took_over=hold.ended is not None)
            _give_back_claim(env, outcome.snapshot)
    except (LockUnsupported, CacheUnwritable, OSError) as fault:
        entry.why = entry.why or _why_due(env, _published(env), force=force)
        return _hindered(env, fault)
    if alerts:
        # Without the lock: a notifier that is slow holds no other refresh up.
        from usageline.refresh.notify import tell  # noqa: PLC0415 - hardly ever

        entry.told(alerts, tell(alerts, config.load_lenient(env)[0].alerts, env, deadline))
    return outcome


def _refresh(
    env: Mapping[str, str], deadline: float, entry: Entry, *, force: bool
) -> tuple[Outcome, tuple[Alert, ...]]:
    """How it ended, and the alerts to tell of now."""
    published = _published(env)
    # Looked at again: whoever had the lock until now may have done it.
    entry.why = _why_due(env, published, force=force)
    if not entry.why:
        return Outcome("not-due", published), ()
    settings, invalid = config.load_lenient(env)
    notes = [note for note in (str(invalid) if invalid else None, api_address(env)[1]) if note]

    # Not before here: a run that is not due needs no database.
    from usageline.refresh.decide import Attempt  # noqa: PLC0415
    from usageline.storage.accounts import opened  # noqa: PLC0415

    with opened(paths.store_dir(env)) as store:
        attempt = Attempt(
            env, store, settings, deadline, force=force, previous=published, entry=entry
        )
        snapshot = attempt.snapshot(notes)
        if store.set_aside:
            entry.notes.append("what was remembered could not be read and was set aside")
    if snapshot is None:
        return Outcome("not-due", published), ()
    try:
        write(env, snapshot)
    except OSError as fault:
        return _hindered(env, fault), attempt.new_alerts
    if attempt.clock_agrees:
        notify.prune_sent(env, snapshot.alerts, time.time())
    looks.sweep(env)
    bundle.sweep(PLUGIN)
    with contextlib.suppress(
        UsagelineError, OSError
    ):  # said where it is of use: in the snapshot's detail, by the line, by doctor
        compile_config(env)
    return Outcome(
        "refreshed" if snapshot.status == "ok" else "failed", snapshot.as_json()
    ), attempt.new_alerts


def _give_back_claim(env: Mapping[str, str], published: dict[str, Any] | None) -> None:
    """Let the next line start another refresh at once where one becomes due: somebody signs in anew.

    While one is due still, the claim stays: else every line of every session would start a process that may not ask yet.
    """
    if not is_due(published, file_stamp(paths.claude_credentials(env)), time.time()):
        with contextlib.suppress(OSError, NotImplementedError):
            set_times(paths.stamp(env), lambda _: (0, 0))


def _why_due(env: Mapping[str, str], published: dict[str, Any] | None, *, force: bool) -> str:
    return why_due(published, file_stamp(paths.claude_credentials(env)), time.time(), force=force)


def _published(env: Mapping[str, str]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json_file(paths.snapshot(env))
    return found


def _unending(hold: lock_owner.Hold) -> str | None:
    return (
        f"another refresh hangs, and cannot be ended: process {hold.ended.pid}"
        if hold.ended
        else None
    )


def _hindered(env: Mapping[str, str], fault: Exception) -> Outcome:
    """What was published stays, and grows old; the line says why. Without a lock there is no refresh, for every session would ask."""
    word = disk.word_for(fault)
    disk.note(paths.stamp(env), word)
    said = (
        str(fault)
        if isinstance(fault, UsagelineError)
        else fault.strerror
        if isinstance(fault, OSError)
        else ""
    )
    return Outcome("failed", _published(env), f"{disk.WORDS[word]}: {said or type(fault).__name__}")
