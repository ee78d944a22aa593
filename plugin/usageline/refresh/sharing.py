"""Read the shared server before a request, and report the request's outcome to it.

Trouble with the server costs at most `connection.BUDGET_S` and is no failure of the refresh: the
machine then goes on alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from usageline.config.sources import SHARED, sends_no_request
from usageline.core.errors import UsagelineError
from usageline.refresh import shared_rules
from usageline.refresh.decide import UNSETTLED_S
from usageline.refresh.decision import Answered, Unanswered
from usageline.refresh.rate_limit import MIN_FORCED_INTERVAL_S, RateLimited
from usageline.refresh.shared_rules import Look, Mine
from usageline.sources.shared import script
from usageline.sources.shared.message import Message, MessageRefused
from usageline.sources.shared.server import Answer, Post, Query, Server, connect
from usageline.storage import shared_record
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from usageline.refresh.decision import Decision, Inputs, State, StillFresh
    from usageline.sources.context import Context
    from usageline.storage.shared_record import SharedRecord
    from usageline.usage.model import Reading

FIRST_WAIT_S = 2.5
POLL_INTERVAL_S = 0.25
"""A machine without numbers waits so long for the reading of the one that asks."""

VIEWER_RETRY_S = 30
"""Until a machine that cannot ask looks for the reading that another one is about to take."""

OVERDUE_FACTOR = 2
"""A reading older than so many TTLs is overdue: no machine asks any more."""

GUEST_RETRY_S = 120
"""Until a machine without a sign-in looks for a reading that is overdue."""


@dataclass(slots=True)
class Sharing:
    """The shared server in one attempt of a refresh.

    account  the key of the account there
    can_ask  whether this machine could send a request now
    """

    inputs: Inputs
    context: Context
    state: State
    account: str
    can_ask: bool
    _record: SharedRecord = field(init=False)
    _server: Server | None = None
    _answer: Answer | None = None
    _looked_at: float = 0
    _message_at_ms: int = 0

    def __post_init__(self) -> None:
        self._record = shared_record.load(self.context.paths, self.account)

    def sources(self) -> tuple[str, ...]:
        """Return the sources in their order, the server before the first that sends requests."""
        if self.context.sign_in.is_guest:
            return (SHARED,)
        names = self.inputs.config.sources
        free = [*takewhile(sends_no_request, names)]
        return (*free, SHARED, *names[len(free) :])

    def fetch(self) -> Reading:
        """Return a reading of another machine, if it is fresh and newer than this machine's.

        Raise RateLimited if it is not this machine's turn to ask. Raise SourceFailure if it is, or
        if the machine cannot ask.
        """
        now = self.context.clock.now()
        if not self.inputs.force and shared_rules.is_paused(self._record, now):
            raise self._without_server()
        try:
            look = self._look()
        except UsagelineError as error:
            self._lost(error)
            raise self._without_server() from None
        if look.refused:
            self.inputs.log.notes.append(f"the shared reading was ignored: {look.refused}")
        if look.reading is not None:
            return look.reading
        raise self._failure(look)

    def report(
        self, state: State, outcome: StillFresh | Answered | Unanswered, decision: Decision
    ) -> None:
        """Give the other machines a reading of this one's own, and return the lease.

        `state` is that after the request, if there was one.
        """
        self.state = state
        reading = outcome.reading if isinstance(outcome, Answered) else None
        is_own = reading is not None and reading.source != SHARED and not decision.retry
        try:
            now = self.context.clock.now()
            if is_own and self._server is None and not shared_rules.is_paused(self._record, now):
                self._remember(self._ask(0, can_ask=False))
            if self._server is not None and self._answer is not None:
                self._post(self._answer, outcome, reading if is_own else None, decision)
        except UsagelineError as error:
            self._lost(error)
        if self._server is not None:
            self._server.close()
        self._save()

    def _look(self) -> Look:
        max_age_s = self.inputs.config.ttl_s
        if self.inputs.force:
            max_age_s = min(max_age_s, MIN_FORCED_INTERVAL_S)
        look = self._ask(max_age_s, can_ask=self.can_ask)
        if look.refused and self.can_ask and not self._has_lease:
            # The reading there is worth nothing, so it must not keep this machine from asking.
            look = self._ask(0, can_ask=True)._replace(refused=look.refused)
        deadline = min(self.context.deadline, self.context.clock.monotonic() + FIRST_WAIT_S)
        while self._is_first_soon(look) and self.context.clock.monotonic() < deadline:
            self.context.clock.sleep(POLL_INTERVAL_S)
            look = self._ask(max_age_s, can_ask=self.can_ask)
        self._remember(look)
        return look

    def _remember(self, look: Look) -> None:
        assert self._answer is not None  # noqa: S101 - the server answered
        now = self.context.clock.now()
        self._record = shared_rules.answered(self._record, self._answer, look, now)
        if look.reading is not None:
            self._record = replace(self._record, at_ms=self._message_at_ms)

    def _ask(self, max_age_s: float, *, can_ask: bool) -> Look:
        if self._server is None:
            connection, key = connect(
                self.inputs.config.shared, self.context.env, self.context.paths
            )
            self._server = Server(connection, key, self.account, self._record.machine)
        self._looked_at = self.context.clock.now()
        is_settled = self._is_settled(self._looked_at)
        query = Query(
            can_ask,
            max_age_s if is_settled else 0,
            shared_rules.LEASE_S,
            shared_rules.MAX_WAIT_S,
            shared_rules.MAX_REQUESTS_PER_HOUR,
        )
        self._answer = self._server.look(query)
        message, refused = None, ""
        if is_settled and self._answer.sealed:
            try:
                message = self._server.unseal(self._answer.sealed, self._answer.now_ms)
            except MessageRefused as error:
                refused = str(error)
        self._message_at_ms = message.at_ms if message else 0
        look = shared_rules.judge(self._answer, message, self._mine, max_age_s, self._looked_at)
        return look._replace(refused=refused or look.refused)

    def _post(
        self,
        answer: Answer,
        outcome: StillFresh | Answered | Unanswered,
        reading: Reading | None,
        decision: Decision,
    ) -> None:
        assert self._server is not None  # noqa: S101 - the caller has checked it
        now = self.context.clock.now()
        message = self._message(answer, reading, now) if reading is not None else None
        if message is None and not answer.fence:
            return
        wait_s, why = 0.0, script.UNUSED
        if self.state.requested:
            failure = outcome.failure if isinstance(outcome, Unanswered) else None
            cooldown = decision.account.cooldown if decision.account else None
            wait_s, why = shared_rules.gate(failure, cooldown, now)
        good_s = shared_rules.good_s(message.reading, message.at_ms) if message else 0
        self._server.post(Post(answer.fence, wait_s, why, good_s, message))
        if message is not None:
            self._record = replace(self._record, at_ms=message.at_ms)

    def _message(self, answer: Answer, reading: Reading, now: float) -> Message | None:
        """Return the reading with the server's time at which it was observed, None for an old one.

        None also if it may be of another sign-in.
        """
        if not self._is_settled(now):
            return None
        passed_s = min(reading.observed_at - self._looked_at, now - self._looked_at)
        at_ms = answer.now_ms + round(passed_s * 1000)
        # After a request of its own the server's clock may have been set back.
        if at_ms <= 0 or (not answer.fence and at_ms <= self._record.at_ms):
            return None
        return Message(replace(reading, plan=self.state.sign_in.plan), at_ms)

    def _failure(self, look: Look) -> SourceFailure:
        now = self.context.clock.now()
        if not self.can_ask:
            return self._cannot_ask("no machine has shared a fresh reading", now, look.older)
        if look.refusal is None:
            failure = SourceFailure("unreadable", "this machine asks for all")
        elif shared_rules.is_blocked_for_good(self._record, now):
            self.inputs.log.notes.append("the shared server refuses for too long, and is ignored")
            self._record = replace(self._record, wait_until=0)
            failure = self._alone(now) or SourceFailure("unreadable", "it refuses for too long")
        else:
            failure = look.refusal
        failure.reading = look.older
        return failure

    def _without_server(self) -> SourceFailure:
        now = self.context.clock.now()
        reason = f"shared server: {self._record.problem}"
        if not self.can_ask:
            return self._cannot_ask(reason, now)
        return self._alone(now) or SourceFailure("unreadable", reason)

    def _cannot_ask(self, detail: str, now: float, older: Reading | None = None) -> SourceFailure:
        """Return why a machine that cannot ask has no new reading.

        Until the next reading is overdue, another machine is about to take it.
        """
        observed_at = max(self._mine.observed_at, older.observed_at if older else 0)
        failure: SourceFailure
        if now < observed_at + OVERDUE_FACTOR * self.inputs.config.ttl_s:
            failure = shared_rules.too_early(detail, now + VIEWER_RETRY_S)
        elif self.state.sign_in.is_guest:
            at = int(now + min(GUEST_RETRY_S, self.inputs.config.ttl_s)) + 1
            failure = RateLimited("offline", detail, at, is_cooldown=True)
        else:
            failure = SourceFailure("unreadable", detail)
        failure.reading = older
        return failure

    def _alone(self, now: float) -> RateLimited | None:
        return shared_rules.alone(
            self._record, self._mine, self.inputs.config, now, force=self.inputs.force
        )

    def _lost(self, error: UsagelineError) -> None:
        """Remember that the server did not answer, and go on without it."""
        now, self._answer = self.context.clock.now(), None
        self._record = shared_rules.unanswered(self._record, self._mine, str(error), now)
        self.inputs.log.notes.append(f"shared server: {error}")

    def _save(self) -> None:
        if self._server is not None:
            took_ms = round(self._server.connection.spent_s * 1000)
            self._record = replace(self._record, took_ms=took_ms)
        shared_record.save(self.context.paths, self._record)

    def _is_settled(self, now: float) -> bool:
        """Return whether the sign-in's files have been unchanged for a while.

        Before that the token may be another account's. Then this machine only takes its turn: it
        neither takes nor gives a reading.
        """
        return now - self.state.held.readings_since >= UNSETTLED_S

    def _is_first_soon(self, look: Look) -> bool:
        """Return whether another machine is asking and this one has nothing to show."""
        return (
            look.reading is None
            and self._answer is not None
            and self._answer.why == script.ASKING
            and not self._has_lease
            and not self._mine.observed_at
        )

    @property
    def _has_lease(self) -> bool:
        return self._answer is not None and bool(self._answer.fence)

    @property
    def _mine(self) -> Mine:
        reading = self.state.account.last_good(self.state.sign_in.token_fingerprint)
        return Mine(reading.observed_at if reading else 0, self._record.at_ms if reading else 0)
