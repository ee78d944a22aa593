"""The decision: what to publish for the account that is signed in, and whether the service has to be asked for it."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from usageline import history, paths
from usageline.errors import SourceFailure, StoreBroken
from usageline.line.due import file_stamp
from usageline.refresh import cooldown, schedule
from usageline.refresh.asking import Asking
from usageline.refresh.check import check
from usageline.refresh.entry import Entry
from usageline.refresh.gate import FORCED_GAP_S, Blocked
from usageline.refresh.lowered import mark_lowered
from usageline.sources import READS_THE_TOKEN, SOURCES, Context, claude_state
from usageline.sources import sign_in as sign_ins
from usageline.usage import clock
from usageline.usage.alerts import crossed
from usageline.usage.forecast import with_forecast
from usageline.usage.month import with_month_end
from usageline.usage.snapshot import ALERT_PLACES, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config import Config
    from usageline.refresh.record import Record
    from usageline.refresh.store import Store
    from usageline.sources.sign_in import SignIn
    from usageline.usage.alerts import Alert
    from usageline.usage.model import Reading

LOOKED_BACK_S = 35 * 86400
"""Five weeks of readings tell a forecast when the user works."""

TRIES = 2
"""Once more where somebody signed in, or the client renewed its token, while the first was under way."""


@dataclass(slots=True)
class Attempt:
    """One run's decision. `previous` is the snapshot before it, `deadline` a value of `time.monotonic()`, `entry` its line in the log.

    `new_alerts` are those that this run noticed and that are in the store: what is told of once must be remembered before.
    `clock_agrees`: see `usage/clock.py`; None where there is no new reading.
    """

    env: Mapping[str, str]
    store: Store
    config: Config
    deadline: float
    force: bool
    previous: dict[str, Any] | None
    entry: Entry = field(default_factory=Entry)
    appearance: str | None = None
    palette: str | None = None
    new_alerts: tuple[Alert, ...] = ()
    clock_agrees: bool | None = None

    def snapshot(self, notes: list[str]) -> Snapshot | None:
        """What to publish, or None where what is published cannot be bettered yet. `notes` are told to the user in its `detail`."""
        stamp = ""
        for _ in range(TRIES):
            # Taken before anything is read: a sign-in that comes later makes the snapshot old at once.
            stamp = self._stamp()
            try:
                snapshot = self._once(stamp)
            except _SignInChanged:
                continue
            except SourceFailure as failure:  # nobody is signed in with a plan
                snapshot = _failed(failure, stamp, int(time.time() + self.config.ttl_s))
                state = claude_state.read(self.env)
                self.appearance, self.palette = state.appearance, state.palette
            if snapshot is None:
                return None
            wrong = clock.WRONG if self.clock_agrees is False else None
            detail = "; ".join(part for part in (snapshot.detail, wrong, *notes) if part)
            places = frozenset(place for place in ALERT_PLACES if getattr(self.config.alerts, place))
            told = self._alerts(snapshot)
            return replace(
                snapshot,
                detail=detail or None,
                appearance=self.appearance,
                palette=self.palette,
                alerts=told,
                alerts_in=places,
            )
        # Nobody's numbers, under a stamp that is gone: the next line starts another refresh.
        now = int(time.time())
        return Snapshot(None, None, None, now, now, "offline", detail="the sign-in kept changing", credentials=stamp)

    def _once(self, stamp: str) -> Snapshot | None:
        signed_in = self._sign_in()
        self.appearance, self.palette = signed_in.state.appearance, signed_in.state.palette
        if self._stamp() != stamp:  # what was just read is of a later sign-in than the stamp that it would be published under
            raise _SignInChanged
        record = self.store.get(signed_in.account)
        if record.unfinished:
            self.entry.notes.append("an earlier refresh was cut off")
        fresh = None if self.force else record.fresh(signed_in.token_fingerprint, time.time(), self.config.ttl_s)
        if fresh is not None:
            self.entry.gave("store")
            return _good(signed_in, fresh, record.good_until, stamp)
        asking = Asking(self.store, self.config, signed_in, record, force=self.force)
        try:
            reading = self._walk(signed_in, asking, stamp)
        except SourceFailure as failure:
            snapshot = self._after_failure(failure, signed_in, asking, stamp)
            if asking.asked and self._stamp() != stamp:  # the client renewed the token that was just refused, or somebody signed in
                raise _SignInChanged from None
            return snapshot
        again = self._sign_in()
        same_token = again.token_fingerprint == signed_in.token_fingerprint
        if again.account != signed_in.account or not (same_token or self._renewed_by_asking(reading, signed_in)):
            self._remember(signed_in, replace(asking.record, unfinished=0))
            raise _SignInChanged
        return self._after_success(reading, again, asking, stamp)

    def _walk(self, signed_in: SignIn, asking: Asking, stamp: str) -> Reading:
        """The first reading that a source gives. SourceFailure where none does: the first of a source that asks somebody."""
        now = time.time()
        context = Context(
            env=self.env,
            now=now,
            deadline=self.deadline,
            sign_in=signed_in,
            max_age_s=min(FORCED_GAP_S, self.config.ttl_s) if self.force else self.config.ttl_s,
            not_before=self._signed_in_since(asking.record, signed_in, stamp),
            permit=asking.permit,
            client=self.config.client,
        )
        failures: dict[str, SourceFailure] = {}
        for name in self.config.sources:
            try:
                reading = SOURCES[name](context)
            except SourceFailure as failure:  # noqa: PERF203 - three sources, not three million
                failures[name] = asking.last = failure
                self.entry.failed(name, failure)
            else:
                self.entry.gave(name)
                return reading
        # That the client's own cache is old is the usual case and tells the user nothing.
        told = [failure for name, failure in failures.items() if name != "claude-cache"] or list(failures.values())
        raise told[0] if told else SourceFailure("unreadable", "no source is configured")

    def _after_success(self, reading: Reading, signed_in: SignIn, asking: Asking, stamp: str) -> Snapshot:
        token, before = signed_in.token_fingerprint, asking.record
        checked, doubts = check(with_month_end(replace(reading, plan=signed_in.plan)), before.doubts, ttl_s=self.config.ttl_s)
        checked = mark_lowered(checked, before.last_good(token))
        past = history.load(self.env, signed_in.account, time.time() - LOOKED_BACK_S)
        # The history keeps no forecasts, and one that was given is held to: the last reading brings its own.
        checked = with_forecast(checked, [*past, before.reading] if before.reading else past)
        due_at = schedule.next_refresh_at(checked, self.config, requested_at=before.requested_at, now=time.time(), jitter=random.random())  # noqa: S311 - no secret
        settings, self.clock_agrees = self.config.alerts, clock.agrees(reading)
        new_alerts: tuple[Alert, ...] = ()
        alerts = before.alerts
        if self.clock_agrees is not False:
            new_alerts, alerts = crossed(checked, settings.thresholds, settings.kinds, before.alerts, time.time())
        record = replace(
            before,
            reading=checked,
            good_until=due_at,
            token=token,
            confirmed=before.reading is not None and before.token == token,
            doubts=doubts,
            alerts=alerts,
            unfinished=0 if asking.asked else before.unfinished,
            cooldown=None if asking.asked else before.cooldown,
        )
        if self._remember(signed_in, record):
            self.new_alerts = new_alerts
        if self.clock_agrees is False:
            self.entry.notes.append(clock.WRONG)  # kept, it would stand among the readings of another day
        elif not history.append(self.env, signed_in.account, checked):
            self.entry.notes.append("the history could not be added to")
        return _good(signed_in, checked, due_at, stamp)

    def _after_failure(self, failure: SourceFailure, signed_in: SignIn, asking: Asking, stamp: str) -> Snapshot | None:
        record, now, token = asking.record, time.time(), signed_in.token_fingerprint
        last_good = record.last_good(token)
        due_at, until = int(now + self.config.ttl_s), None
        if asking.asked:
            cooled = cooldown.after(failure, record.cooldown, now=now, ttl_s=self.config.ttl_s, token=token, jitter=random.random())  # noqa: S311 - no secret
            self._remember(signed_in, replace(record, cooldown=cooled, unfinished=0))
            due_at = until = cooled.until
        elif isinstance(failure, Blocked):
            due_at = until = failure.until
            if not failure.known:
                return self._too_early(failure, signed_in, last_good if record.token == token else None, stamp)
        snapshot = _failed(failure, stamp, due_at)
        until = until if failure.status == "rate-limited" else None
        return replace(snapshot, account=signed_in.account, plan=signed_in.plan, reading=last_good, until=until)

    def _too_early(self, blocked: Blocked, signed_in: SignIn, own: Reading | None, stamp: str) -> Snapshot | None:
        """Only too early for another request. With this sign-in's own numbers at hand they are shown; without them the line says `loading`."""
        if own is not None:
            return _good(signed_in, own, blocked.until, stamp)
        if self.previous and (self.previous.get("credentials"), self.previous.get("account")) == (stamp, signed_in.account):
            return None
        # No stamp: the line takes it for a sign-in that nobody has looked at yet, which it is.
        return replace(_failed(blocked, "", blocked.until), account=signed_in.account, plan=signed_in.plan)

    def _alerts(self, snapshot: Snapshot) -> tuple[Alert, ...]:
        """What of the account's alerts belongs beside the snapshot's numbers."""
        if snapshot.account is None or snapshot.reading is None:
            return ()
        known, thresholds = self.store.get(snapshot.account).alerts, self.config.alerts.thresholds
        live = [alert for alert in known if alert.resets_at is None or alert.resets_at > time.time()]
        return tuple(alert for alert in live if alert.at and alert.threshold in thresholds)

    def _remember(self, signed_in: SignIn, record: Record) -> bool:
        try:
            self.store.put(signed_in.account, record)
        except StoreBroken as fault:
            self.entry.notes.append(str(fault))
            return False  # the request was noted before it was made, or there was none: what is lost is repeated, not multiplied
        return True

    def _renewed_by_asking(self, reading: Reading, signed_in: SignIn) -> bool:
        """Whether Claude Code, when it was asked, may have renewed this sign-in, which had expired."""
        return reading.source == "client" and signed_in.credentials is not None and signed_in.credentials.expires_at <= time.time()

    def _signed_in_since(self, record: Record, signed_in: SignIn, stamp: str) -> float:
        """From when on the client's own readings are of this sign-in: 0, or where the sign-in changed since the last run, that moment."""
        known = self.previous is None or self.previous.get("credentials") == stamp
        if known or record.token == signed_in.token_fingerprint:
            return 0
        try:
            return os.stat(paths.claude_credentials(self.env)).st_mtime
        except OSError:
            return 0

    def _sign_in(self) -> SignIn:
        return sign_ins.read(self.env, with_token=not READS_THE_TOKEN.isdisjoint(self.config.sources))

    def _stamp(self) -> str:
        return str(file_stamp(paths.claude_credentials(self.env)))


class _SignInChanged(Exception):
    """Not an error: begin again."""


def _good(signed_in: SignIn, reading: Reading, due_at: int, stamp: str) -> Snapshot:
    return Snapshot(signed_in.account, signed_in.plan, reading, int(time.time()), due_at, "ok", credentials=stamp)


def _failed(failure: SourceFailure, stamp: str, due_at: int) -> Snapshot:
    now = int(time.time())
    return Snapshot(None, None, None, now, max(due_at, now + 1), failure.status, detail=failure.detail or None, credentials=stamp)
