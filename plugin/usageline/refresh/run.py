"""Run one refresh: take the lock, read what is published, ask if it is due, and publish."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from usageline.config import loader
from usageline.config.compile import compile_config
from usageline.core import throttle
from usageline.core.errors import CacheUnsafe, CacheUnwritable, LockUnsupported, UsagelineError
from usageline.core.freshness import file_fingerprint, is_stale
from usageline.core.jobs import LOCAL, LOCAL_KEY
from usageline.core.json_file import json_file
from usageline.core.windows import moment
from usageline.refresh import lock_owner, notify
from usageline.refresh.log_entry import Outcome, RunLog, why_due
from usageline.storage import job_results, refresh_log, textfiles
from usageline.storage.snapshot import write
from usageline.system import bundle, directories, files
from usageline.system.api_address import api_address
from usageline.system.paths import Paths
from usageline.system.this_process import SYSTEM_CLOCK
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from usageline.refresh.decision import Inputs
    from usageline.sources.status_page import Incident
    from usageline.system.this_process import Clock
    from usageline.usage.alerts import Alert

PLUGIN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

TIMEOUT_S = 8.5
"""For everything that waits.

The process ends itself 1.5 s later in any case; by then the result is published.
"""

MIN_LOCAL_INTERVAL_S = 60
"""After a start of the job that reads transcripts, no settings are read to see if one is due."""


@dataclass(frozen=True, slots=True)
class Run:
    """One refresh: its environment, clock, random numbers (0 to 1) and log."""

    env: Mapping[str, str]
    force: bool
    log: RunLog
    clock: Clock
    jitter: Callable[[], float] | None

    @property
    def paths(self) -> Paths:
        """Return the paths of its environment."""
        return Paths(self.env)

    def published(self) -> dict[str, Any] | None:
        """Return the published snapshot, or None."""
        return json_file(self.paths.snapshot)

    def why_due(self, published: dict[str, Any] | None) -> str:
        """Return why a refresh is due, or ""."""
        fingerprint = file_fingerprint(self.paths.claude_credentials)
        return why_due(published, fingerprint, self.clock.now(), force=self.force)


def refresh(
    env: Mapping[str, str],
    *,
    force: bool = False,
    log: RunLog | None = None,
    clock: Clock = SYSTEM_CLOCK,
    jitter: Callable[[], float] | None = None,
) -> Outcome:
    """Get a new reading and publish it, unless none is due or another refresh runs.

    Take TIMEOUT_S at most, counted from the beginning of `log`: on a loaded machine the imports
    before this call take time, too. Raise nothing. `force` asks before it is due, but keeps a
    cooldown after 429 and `rate_limit.MIN_FORCED_INTERVAL_S` between two requests.
    """
    paths = Paths(env)
    log = log or RunLog(clock=clock)
    try:
        outcome = _bounded(Run(env, force, log, clock, jitter))
    except Exception as error:
        reason = (
            f"{error}; install it again"
            if isinstance(error, ImportError)
            else f"{type(error).__name__}; please report it"
        )
        refresh_log.append(paths, log.aborted(reason))
        raise
    refresh_log.append(paths, log.finished(outcome))
    return outcome


def _bounded(run: Run) -> Outcome:
    deadline = run.log.began + TIMEOUT_S
    try:
        directories.prepare(run.paths)
    except (CacheUnsafe, LookupError) as error:  # LookupError: the environment names no home
        return Outcome("failed", None, str(error))
    try:
        outcome, follow_up = _locked(run, deadline)
    except (LockUnsupported, CacheUnwritable, OSError) as error:
        run.log.why = run.log.why or run.why_due(run.published())
        return _unpublishable(run, error)
    # After the lock is released: a slow notifier or collector delays no other refresh.
    alerts = follow_up.alerts
    if alerts:
        settings = follow_up.config.alerts
        run.log.notified(alerts, notify.send(alerts, settings, run.env, deadline))
    if follow_up.has_published:
        _export(run, follow_up.config.metrics)
    _read_transcripts(run, follow_up.config)
    return outcome


def _export(run: Run, settings: loader.Metrics) -> None:
    """Export metrics if that is configured, or remove what an earlier configuration left."""
    if settings.is_configured or textfiles.written(run.paths):
        from usageline.refresh.metrics.publish import publish  # noqa: PLC0415 - seldom configured

        run.log.not_exported(publish(settings, run.env, run.clock.now()))


def _read_transcripts(run: Run, config: loader.Config) -> None:
    """Let a background job read what is new in the transcripts, on its own time."""
    started_at = throttle.acquired_at(run.paths.job_stamp(LOCAL, LOCAL_KEY))
    if started_at is not None and 0 <= run.clock.now() - started_at < MIN_LOCAL_INTERVAL_S:
        return
    from usageline.sources.transcripts import roots  # noqa: PLC0415 - not for each refresh

    now, is_shown = run.clock.now(), config.shows_cost
    roots.start_if_due(sys.executable, run.env, now, is_shown=is_shown)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What remains to be done without the lock: alerts to send, and an export of metrics."""

    config: loader.Config = field(default_factory=loader.Config)
    alerts: tuple[Alert, ...] = ()
    has_published: bool = False


def _locked(run: Run, deadline: float) -> tuple[Outcome, FollowUp]:
    with lock_owner.acquire(run.paths) as lock:
        problem = None
        if lock.killed is not None:
            ending = ", which was ended" if lock.is_acquired else ""
            run.log.notes.append(f"another refresh hung: process {lock.killed.pid}{ending}")
            problem = f"another refresh hangs, and cannot be ended: process {lock.killed.pid}"
        if not lock.is_acquired:
            published = run.published()
            run.log.why = run.why_due(published)
            return Outcome("busy", published, problem), FollowUp()
        refresh_log.rotate(run.paths)
        outcome, follow_up = _refresh(run, deadline)
        _release_claim(run, outcome.snapshot)
        return replace(outcome, took_over=lock.killed is not None), follow_up


def _refresh(run: Run, deadline: float) -> tuple[Outcome, FollowUp]:
    """Return the outcome, and what follows from it."""
    published = run.published()
    # Checked again under the lock: the process that held it may have refreshed.
    run.log.why = run.why_due(published)
    if not run.log.why:
        return Outcome("not-due", published), FollowUp()

    # Imported late: a refresh that is not due needs no database.
    from usageline.refresh.attempt import attempt  # noqa: PLC0415
    from usageline.refresh.decision import Inputs  # noqa: PLC0415
    from usageline.storage.accounts import open_store  # noqa: PLC0415

    settings, invalid = loader.load_lenient(run.env)
    notes = tuple(filter(None, (str(invalid or ""), api_address(run.env)[1])))
    with open_store(run.paths.store_dir) as store:
        inputs = Inputs(
            run.env,
            store,
            settings,
            run.clock,
            run.jitter or _random,
            deadline,
            run.log,
            force=run.force,
            previous=published,
            notes=notes,
        )
        status_page = _status_page(inputs)
        decision = attempt(inputs)
        if store.set_aside:
            run.log.notes.append("what was remembered could not be read and was set aside")
    snapshot = decision.snapshot
    if snapshot is None:
        return Outcome("not-due", published), FollowUp()
    if status_page is not None:
        snapshot = replace(snapshot, incident=_incident(status_page, published, run.clock.now()))
    try:
        write(run.paths, snapshot)
    except OSError as error:
        return _unpublishable(run, error), FollowUp(settings, decision.notify)
    if decision.prune_sent:
        notify.prune_sent(run.paths, snapshot.alerts, run.clock.now())
    job_results.prune(run.paths, run.clock.now())
    bundle.sweep(PLUGIN)
    # An error here is reported in the snapshot's detail, by the status line and by doctor.
    with contextlib.suppress(UsagelineError, OSError):
        compile_config(run.env)
    outcome = Outcome("refreshed" if snapshot.status == "ok" else "failed", snapshot.as_json())
    return outcome, FollowUp(settings, decision.notify, has_published=True)


def _status_page(inputs: Inputs) -> Callable[[], tuple[bool, Incident | None]] | None:
    """Request the status page beside the sources, if the line shows it."""
    if "service" not in inputs.config.segments:
        return None
    from usageline.sources import status_page  # noqa: PLC0415 - only if it is configured

    return status_page.start(inputs.env, inputs.deadline)


def _incident(
    wait: Callable[[], tuple[bool, Incident | None]], published: dict[str, Any] | None, now: float
) -> dict[str, Any] | None:
    """Return the incident to publish: the last one for a while if the page cannot be read."""
    from usageline.sources.status_page import KEEP_S  # noqa: PLC0415 - as above

    is_read, incident = wait()
    if is_read:
        return asdict(incident) if incident else None
    last = mapping((published or {}).get("incident"))
    checked_at = moment(last.get("checked_at"))
    return last if checked_at is not None and 0 <= now - checked_at < KEEP_S else None


def _random() -> float:
    import random  # noqa: PLC0415 - a refresh that is not due needs none

    return random.random()  # noqa: S311 - no secret


def _release_claim(run: Run, published: dict[str, Any] | None) -> None:
    """Let the next line start another refresh at once when one becomes due: after a new sign-in.

    While one is still due, keep the claim: else every session would start a process that may not
    ask yet.
    """
    fingerprint = file_fingerprint(run.paths.claude_credentials)
    if not is_stale(published, fingerprint, run.clock.now()):
        with contextlib.suppress(OSError, NotImplementedError):
            throttle.release(run.paths.stamp)


def _unpublishable(run: Run, error: UsagelineError | OSError) -> Outcome:
    """Record why nothing could be published, for the line. The published snapshot stays."""
    word = files.failure_of(error)
    throttle.record_failure(run.paths.stamp, word)
    text = str(error) if isinstance(error, UsagelineError) else error.strerror
    problem = f"{files.FAILURE_TEXTS[word]}: {text or type(error).__name__}"
    return Outcome("failed", run.published(), problem)
