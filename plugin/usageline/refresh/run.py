"""One refresh: under the lock, if it is due, from the sources in order, to the snapshot."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline import config, paths
from usageline.config.compile import compile_config
from usageline.errors import CacheUnsafe, LockUnsupported, UsagelineError
from usageline.line.due import file_stamp, is_due
from usageline.line.read import json_file
from usageline.looks import files as looks
from usageline.refresh import cache, lock, publish, told
from usageline.setup import bundle
from usageline.sources.address import api_address
from usageline.usage.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.alerts import Alert

PLUGIN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

LONGEST_S = 9.0
"""For all of it. The process ends itself a second later."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a refresh ended.

    `state` is `refreshed` (the snapshot says `ok`), `not-due`, `busy` (another process is at it) or `failed`.
    `snapshot` is the object that is published now, or None where there is none. `problem` says why nothing could be published.
    """

    state: str
    snapshot: dict[str, Any] | None
    problem: str | None = None


def refresh(env: Mapping[str, str], *, force: bool = False) -> Outcome:
    """Get a new reading and publish it, unless that is not due or somebody else is at it. Takes LONGEST_S at most and raises nothing.

    `force` asks the service before it is due; it keeps a cooldown after 429 and `gate.FORCED_GAP_S` between two requests.
    """
    deadline = time.monotonic() + LONGEST_S
    try:
        cache.prepare(env)
    except (CacheUnsafe, LookupError) as problem:  # LookupError: the environment names no home
        return Outcome("failed", None, str(problem))
    try:
        with lock.held(paths.lock(env)) as ours:
            if not ours:
                return Outcome("busy", _published(env))
            outcome, alerts = _refresh(env, deadline, force=force)
            _give_back_claim(env, outcome.snapshot)
    except LockUnsupported as problem:
        return _unlocked(env, str(problem))
    except OSError as error:
        return Outcome("failed", None, f"the cache cannot be written: {error.strerror or type(error).__name__}")
    if alerts:
        # Without the lock: a notifier that is slow holds no other refresh up.
        from usageline.refresh.tell import tell  # noqa: PLC0415 - hardly ever

        tell(alerts, config.tolerant(env)[0].alerts, env, deadline)
    return outcome


def _refresh(env: Mapping[str, str], deadline: float, *, force: bool) -> tuple[Outcome, tuple[Alert, ...]]:
    """How it ended, and the alerts to tell of now."""
    published = _published(env)
    # Looked at again: whoever had the lock until now may have done it.
    if not force and not is_due(published, file_stamp(paths.claude_credentials(env)), time.time()):
        return Outcome("not-due", published), ()
    settings, invalid = config.tolerant(env)
    notes = [note for note in (str(invalid) if invalid else None, api_address(env)[1]) if note]

    # Not before here: a run that is not due needs no database.
    from usageline.refresh.attempt import Attempt  # noqa: PLC0415
    from usageline.refresh.store import opened  # noqa: PLC0415

    with opened(paths.store_dir(env)) as store:
        attempt = Attempt(env, store, settings, deadline, force=force, previous=published)
        snapshot = attempt.snapshot(notes)
    if snapshot is None:
        return Outcome("not-due", published), ()
    publish.publish(env, snapshot)
    told.sweep(env, snapshot.alerts, time.time())
    looks.sweep(env)
    bundle.sweep(PLUGIN)
    with contextlib.suppress(UsagelineError, OSError):  # said where it is of use: in the snapshot's detail, by the line, by doctor
        compile_config(env)
    return Outcome("refreshed" if snapshot.status == "ok" else "failed", snapshot.as_json()), attempt.new_alerts


def _give_back_claim(env: Mapping[str, str], published: dict[str, Any] | None) -> None:
    """Let the next line start another refresh at once where one becomes due: somebody signs in anew.

    While one is due still, the claim stays: else every line of every session would start a process that may not ask yet.
    """
    if not is_due(published, file_stamp(paths.claude_credentials(env)), time.time()):
        with contextlib.suppress(OSError, NotImplementedError):
            os.utime(paths.stamp(env), (0, 0), follow_symlinks=False)


def _published(env: Mapping[str, str]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json_file(paths.snapshot(env))
    return found


def _unlocked(env: Mapping[str, str], problem: str) -> Outcome:
    """Without a lock there is no refresh, for every session would ask. The line says so; writing that many times over does no harm."""
    now = int(time.time())
    stamp = file_stamp(paths.claude_credentials(env))
    snapshot = Snapshot(None, None, None, now, now + int(config.Config().ttl_s), "unreadable", detail=problem, credentials=stamp)
    try:
        publish.publish(env, snapshot)
    except OSError:
        return Outcome("failed", None, problem)
    return Outcome("failed", snapshot.as_json(), problem)
