"""The decision: what to publish for the account that is signed in, and whether the service has to be asked for it."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from usageline.config.sources import by_name, reads_token
from usageline.core import paths
from usageline.core.errors import StoreBroken
from usageline.core.freshness import file_stamp
from usageline.core.status_text import ACCOUNTS_WAIT
from usageline.refresh import rate_limit, schedule
from usageline.refresh.account_gate import AccountGate
from usageline.refresh.log_entry import Entry
from usageline.refresh.rate_limit import FORCED_GAP_S, RateLimited
from usageline.refresh.request_budget import RequestBudget
from usageline.sources import Context, fetch
from usageline.sources.auth import claude_state
from usageline.sources.auth import sign_in as sign_ins
from usageline.storage import history
from usageline.storage.snapshot import ALERT_PLACES, Snapshot
from usageline.system.api_address import api_address
from usageline.usage import clock, whose
from usageline.usage.alerts import crossed
from usageline.usage.forecast import with_forecast
from usageline.usage.model import SourceFailure
from usageline.usage.month import with_reset_date
from usageline.usage.plausibility import check, flag_decreases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config import Config
    from usageline.sources.auth.claude_state import ClaudeState
    from usageline.sources.auth.sign_in import SignIn
    from usageline.storage.account_state import Record
    from usageline.storage.accounts import Store
    from usageline.usage.alerts import Alert
    from usageline.usage.model import Reading

LOOKED_BACK_S = 35 * 86400
"""Five weeks of readings tell a forecast when the user works."""

TRIES = 2
"""Once more where somebody signed in, or the client renewed its token, while the first was under way."""

UNSETTLED_S = 60
"""The client writes the two files of a sign-in one after the other: for so long they may name different accounts."""


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
    declined_keys: tuple[str, ...] = ()
    new_alerts: tuple[Alert, ...] = ()
    clock_agrees: bool | None = None
    held: whose.Held = field(default_factory=whose.Held)
    clock_problem: str = ""

    def snapshot(self, notes: list[str]) -> Snapshot | None:
        """What to publish, or None where what is published cannot be bettered yet. `notes` are told to the user in its `detail`."""
        stamp = ""
        for _ in range(TRIES):
            # Taken before anything is read: a sign-in that comes later makes the snapshot old at once.
            stamp, self.held = self._stamp(), whose.Held()
            try:
                snapshot = self._once(stamp)
            except _SignInChanged:
                continue
            except SourceFailure as failure:  # nobody is signed in with a plan
                snapshot = _failed(failure, stamp, int(time.time() + self.config.ttl_s))
                self._note(claude_state.read(self.env))
            if snapshot is None:
                return None
            detail = "; ".join(
                part for part in (snapshot.detail, self.clock_problem, *notes) if part
            )
            places = frozenset(
                place for place in ALERT_PLACES if getattr(self.config.alerts, place)
            )
            told = self._alerts(snapshot)
            shown = replace(
                snapshot,
                detail=detail or None,
                appearance=self.appearance,
                alerts=told,
                alerts_in=places,
            )
            return replace(
                shown, palette=self.palette, declined_keys=self.declined_keys, held=self.held
            )
        # Nobody's numbers, under a stamp that is gone: the next line starts another refresh.
        now = int(time.time())
        return Snapshot(
            None,
            None,
            None,
            now,
            now,
            "offline",
            detail="the sign-in kept changing",
            credentials=stamp,
        )

    def _note(self, state: ClaudeState) -> None:
        """Keep what the line is to know of the client's state, whoever is signed in."""
        self.appearance, self.palette, self.declined_keys = (
            state.appearance,
            state.palette,
            state.declined_keys,
        )

    def _once(self, stamp: str) -> Snapshot | None:
        signed_in = self._sign_in()
        self._note(signed_in.state)
        if (
            self._stamp() != stamp
        ):  # what was just read is of a later sign-in than the stamp that it would be published under
            raise _SignInChanged
        self.held = self._held(signed_in, stamp)
        record = self.store.get(signed_in.account)
        if record.unfinished:
            self.entry.notes.append("an earlier refresh was cut off")
        fresh = (
            None
            if self.force
            else record.fresh(signed_in.token_fingerprint, time.time(), self.config.ttl_s)
        )
        if fresh is not None:
            self.entry.gave("store")
            self.clock_problem = clock.problem(fresh)
            return _good(signed_in, fresh, record.good_until, stamp)
        gate = AccountGate(
            self.env, signed_in.account, signed_in.token_fingerprint, api_address(self.env)[0]
        )
        asking = RequestBudget(
            self.store, self.config, signed_in, record, force=self.force, gate=gate
        )
        try:
            reading = self._walk(signed_in, asking)
        except SourceFailure as failure:
            snapshot = self._after_failure(failure, signed_in, asking, stamp)
            if (
                asking.asked and self._stamp() != stamp
            ):  # the client renewed the token that was just refused, or somebody signed in
                raise _SignInChanged from None
            return snapshot
        again = self._sign_in()
        same_token = again.token_fingerprint == signed_in.token_fingerprint
        if again.account != signed_in.account or not (
            same_token or self._renewed_by_asking(reading, signed_in)
        ):
            self._remember(signed_in, replace(asking.record, unfinished=0))
            asking.ended(replace(asking.record, unfinished=0))
            raise _SignInChanged
        return self._after_success(reading, again, asking, stamp)

    def _walk(self, signed_in: SignIn, asking: RequestBudget) -> Reading:
        """The first reading that a source gives. SourceFailure where none does: the first of a source that asks somebody."""
        now = time.time()
        context = Context(
            env=self.env,
            now=now,
            deadline=self.deadline,
            sign_in=signed_in,
            max_age_s=min(FORCED_GAP_S, self.config.ttl_s) if self.force else self.config.ttl_s,
            not_before=self.held.readings_since,
            permit=asking.permit,
            client=self.config.client,
        )
        failures: dict[str, SourceFailure] = {}
        for name in self.config.sources:
            try:
                reading = fetch(name, context)
            except SourceFailure as failure:  # noqa: PERF203 - three sources, not three million
                failures[name] = asking.last = failure
                self.entry.failed(name, failure)
            else:
                self.entry.gave(name)
                return reading
        sources = by_name()
        told = [
            failure for name, failure in failures.items() if not sources[name].quiet_when_stale
        ] or list(failures.values())
        first = told[0] if told else SourceFailure("unreadable", "no source is configured")
        first.reading = next((other.reading for other in failures.values() if other.reading), None)
        raise first

    def _after_success(
        self, reading: Reading, signed_in: SignIn, asking: RequestBudget, stamp: str
    ) -> Snapshot:
        token, before = signed_in.token_fingerprint, asking.record
        reading = clock.with_last_offset(reading, before.last_good(token))
        checked, doubts = check(
            with_reset_date(replace(reading, plan=signed_in.plan)),
            before.doubts,
            ttl_s=self.config.ttl_s,
        )
        checked = flag_decreases(checked, before.last_good(token))
        past = history.load(self.env, signed_in.account, time.time() - LOOKED_BACK_S)
        # The history keeps no forecasts, and one that was given is held to: the last reading brings its own.
        checked = with_forecast(checked, [*past, before.reading] if before.reading else past)
        due_at = schedule.next_refresh_at(
            checked,
            self.config,
            requested_at=before.requested_at,
            now=time.time(),
            jitter=random.random(),  # noqa: S311 - no secret
        )
        settings = self.config.alerts
        self.clock_agrees, self.clock_problem = clock.agrees(reading), clock.problem(reading)
        new_alerts: tuple[Alert, ...] = ()
        alerts = before.alerts
        if self.clock_agrees is not False:
            new_alerts, alerts = crossed(
                checked, settings.thresholds, settings.kinds, before.alerts, time.time()
            )
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
        asking.ended(record)
        if self.clock_problem:
            self.entry.notes.append(self.clock_problem)
        # Kept under a clock that is wrong by days, it would stand among the readings of another day.
        if self.clock_agrees is not False and not history.append(
            self.env, signed_in.account, checked
        ):
            self.entry.notes.append("the history could not be added to")
        return _good(signed_in, checked, due_at, stamp)

    def _after_failure(
        self, failure: SourceFailure, signed_in: SignIn, asking: RequestBudget, stamp: str
    ) -> Snapshot | None:
        now, token = time.time(), signed_in.token_fingerprint
        record = self._with_older(failure.reading, asking.record, signed_in)
        last_good = record.last_good(token)
        due_at, until = int(now + self.config.ttl_s), None
        if asking.asked:
            cooled = rate_limit.next_backoff(
                failure,
                record.cooldown,
                now=now,
                ttl_s=self.config.ttl_s,
                token=token,
                jitter=random.random(),  # noqa: S311 - no secret
            )
            self._remember(signed_in, replace(record, cooldown=cooled, unfinished=0))
            asking.ended(replace(record, cooldown=cooled, unfinished=0))
            due_at = until = cooled.until
        elif isinstance(failure, RateLimited):
            due_at = until = failure.until
            if not failure.known:
                return self._too_early(
                    failure, signed_in, last_good if record.token == token else None, stamp
                )
            if (
                failure.status == "rate-limited"
                and record.cooldown
                and record.cooldown.token not in {"", token}
            ):
                failure.detail = ACCOUNTS_WAIT
                if (
                    now - self.held.readings_since < UNSETTLED_S
                ):  # `.claude.json` may still name the account before
                    due_at = min(due_at, int(now + FORCED_GAP_S))
        snapshot = _failed(failure, stamp, due_at)
        until = until if failure.status == "rate-limited" else None
        return replace(
            snapshot, account=signed_in.account, plan=signed_in.plan, reading=last_good, until=until
        )

    def _with_older(self, older: Reading | None, record: Record, signed_in: SignIn) -> Record:
        """The record with a reading that is not new, but newer than its own; limits that it lacks keep their last number."""
        last_good = record.last_good(signed_in.token_fingerprint)
        if older is None or (last_good is not None and older.observed_at <= last_good.observed_at):
            return record
        checked, _ = check(
            with_reset_date(replace(older, plan=signed_in.plan)),
            record.doubts,
            ttl_s=self.config.ttl_s,
        )
        checked = flag_decreases(checked, last_good)
        names = {(limit.kind, limit.label) for limit in checked.limits}
        others = tuple(
            limit
            for limit in (last_good.limits if last_good else ())
            if (limit.kind, limit.label) not in names
        )
        reading = replace(checked, limits=(*checked.limits, *others))
        record = replace(
            record, reading=reading, token=signed_in.token_fingerprint, confirmed=False
        )
        self._remember(signed_in, record)
        return record

    def _too_early(
        self, blocked: RateLimited, signed_in: SignIn, own: Reading | None, stamp: str
    ) -> Snapshot | None:
        """Only too early for another request. With this sign-in's own numbers at hand they are shown; without them the line says `loading`."""
        if own is not None:
            return _good(signed_in, own, blocked.until, stamp)
        if self.previous and (self.previous.get("credentials"), self.previous.get("account")) == (
            stamp,
            signed_in.account,
        ):
            return None
        # No stamp: the line takes it for a sign-in that nobody has looked at yet, which it is.
        return replace(
            _failed(blocked, "", blocked.until), account=signed_in.account, plan=signed_in.plan
        )

    def _alerts(self, snapshot: Snapshot) -> tuple[Alert, ...]:
        """What of the account's alerts belongs beside the snapshot's numbers."""
        if snapshot.account is None or snapshot.reading is None:
            return ()
        known, thresholds = self.store.get(snapshot.account).alerts, self.config.alerts.thresholds
        live = [
            alert
            for alert in known
            if alert.resets_at is None
            or alert.resets_at > time.time()
            or alert.at > alert.resets_at
        ]
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
        return (
            reading.source == "client"
            and signed_in.credentials is not None
            and signed_in.credentials.expires_at <= time.time()
        )

    def _held(self, signed_in: SignIn, stamp: str) -> whose.Held:
        files = whose.Files(
            stamp,
            _changed_at(paths.claude_credentials(self.env)),
            _changed_at(paths.claude_state(self.env)),
        )
        return whose.held(self.previous, signed_in.account, files, time.time())

    def _sign_in(self) -> SignIn:
        return sign_ins.read(self.env, with_token=reads_token(self.config.sources))

    def _stamp(self) -> str:
        return str(file_stamp(paths.claude_credentials(self.env)))


def _changed_at(path: str) -> float | None:
    try:
        return os.stat(path).st_mtime
    except (OSError, ValueError):
        return None


class _SignInChanged(Exception):
    """Not an error: begin again."""


def _good(signed_in: SignIn, reading: Reading, due_at: int, stamp: str) -> Snapshot:
    return Snapshot(
        signed_in.account,
        signed_in.plan,
        reading,
        int(time.time()),
        due_at,
        "ok",
        credentials=stamp,
    )


def _failed(failure: SourceFailure, stamp: str, due_at: int) -> Snapshot:
    now = int(time.time())
    return Snapshot(
        None,
        None,
        None,
        now,
        max(due_at, now + 1),
        failure.status,
        detail=failure.detail or None,
        credentials=stamp,
    )
