"""Read the sign-in, ask the sources, and apply the decision: the I/O around `decide`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.config.sources import SHARED, is_quiet, reads_token, sends_no_request
from usageline.core.errors import StoreBroken
from usageline.core.freshness import file_fingerprint
from usageline.core.vocabulary import OWN_SIGN_IN
from usageline.refresh import decide
from usageline.refresh.decision import Answered, Decision, Inputs, State, StillFresh, Unanswered
from usageline.refresh.rate_limit import MIN_FORCED_INTERVAL_S, UNTIL_SIGN_IN_CHANGES, RateLimited
from usageline.refresh.request_budget import RequestBudget
from usageline.sources.auth import claude_state
from usageline.sources.auth import sign_in as sign_ins
from usageline.sources.claude_files import modified_at
from usageline.sources.context import Context, can_request, fetch
from usageline.storage import history
from usageline.usage import whose
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from usageline.refresh.sharing import Sharing
    from usageline.sources.auth.sign_in import SignIn
    from usageline.system.paths import Paths
    from usageline.usage.model import Reading

HISTORY_S = 35 * 86400
"""Five weeks of readings show the forecast when the user works."""

MAX_ATTEMPTS = 2
"""Attempt once more if another account signed in, or Claude Code renewed its token, meanwhile."""


def attempt(inputs: Inputs) -> Decision:
    """Return the decision, applied except for what the caller handles: its snapshot and alerts."""
    fingerprint = ""
    for _ in range(MAX_ATTEMPTS):
        # Taken before anything is read: a later sign-in makes the snapshot stale at once.
        fingerprint = _fingerprint(inputs.paths)
        decision = _attempt(inputs, fingerprint)
        if not decision.retry:
            return decision
    return decide.unsettled(fingerprint, inputs.clock.now())


def _attempt(inputs: Inputs, fingerprint: str) -> Decision:
    sign_in, now = _sign_in(inputs), inputs.clock.now()
    if isinstance(sign_in, SourceFailure):
        client = claude_state.read(inputs.env)
        decision = decide.without_sign_in(sign_in, fingerprint, inputs.config, now)
        return _dressed(decision, client, whose.Held(), inputs)
    if _fingerprint(inputs.paths) != fingerprint:
        return Decision(retry=True)  # what was read is newer than the fingerprint
    state = State(
        sign_in,
        fingerprint,
        _held(inputs, sign_in.account, fingerprint, now),
        inputs.store.get(sign_in.account),
        previous=inputs.previous,
    )
    if state.account.interrupted_requests:
        inputs.log.notes.append("an earlier refresh was cut off")
    budget = RequestBudget(inputs, sign_in, state.account)
    context = _context(inputs, state, budget, now)
    fresh = _fresh(inputs, state, now)
    sharing = None if fresh else _sharing(inputs, state, budget, context)
    if not (fresh or sharing or inputs.config.sources):
        decision = decide.without_sources(state, inputs.config, now)
        return _dressed(decision, sign_in.state, state.held, inputs)
    outcome = StillFresh(fresh) if fresh else _outcome(inputs, state, budget, context, sharing)
    state = replace(state, account=budget.account, requested=budget.requested)
    decision = decide.decide(
        state, outcome, inputs.config, now=inputs.clock.now(), jitter=inputs.jitter()
    )
    decision = _apply(inputs, sign_in, budget, decision)
    if sharing is not None:
        sharing.report(state, outcome, decision)
    return _dressed(decision, sign_in.state, state.held, inputs)


def _fresh(inputs: Inputs, state: State, now: float) -> Reading | None:
    """Return the remembered reading if it is fresh, so that no source is asked."""
    if inputs.force:
        return None
    fresh = state.account.fresh(state.sign_in.token_fingerprint, now, inputs.config.ttl_s)
    if fresh is not None:
        inputs.log.source_ok("store")
    return fresh


def _outcome(
    inputs: Inputs,
    state: State,
    budget: RequestBudget,
    context: Context,
    sharing: Sharing | None,
) -> Answered | Unanswered:
    """Ask the sources."""
    reading = _ask(inputs, budget, context, sharing)
    if isinstance(reading, SourceFailure):
        return Unanswered(reading, _fingerprint(inputs.paths))
    now = inputs.clock.now()
    past = history.load(inputs.paths, state.sign_in.account, now - HISTORY_S, now=now)
    return Answered(reading, _sign_in(inputs), past)


def _context(inputs: Inputs, state: State, budget: RequestBudget, now: float) -> Context:
    ttl_s = inputs.config.ttl_s
    return Context(
        env=inputs.env,
        now=now,
        deadline=inputs.deadline,
        sign_in=state.sign_in,
        max_age_s=min(MIN_FORCED_INTERVAL_S, ttl_s) if inputs.force else ttl_s,
        not_before=state.held.readings_since,
        permit=budget.acquire,
        client=inputs.config.client,
        clock=inputs.clock,
    )


def _sharing(
    inputs: Inputs, state: State, budget: RequestBudget, context: Context
) -> Sharing | None:
    """Return the shared server, None if config.toml names none."""
    shared = inputs.config.shared
    if not shared.url:
        return None
    from usageline.refresh.sharing import Sharing  # noqa: PLC0415 - only if it is configured
    from usageline.sources.shared.server import account_of  # noqa: PLC0415 - as above

    account = account_of(state.sign_in, shared.account)
    return Sharing(inputs, context, state, account, can_ask=_can_ask(inputs, context, budget))


def _can_ask(inputs: Inputs, context: Context, budget: RequestBudget) -> bool:
    """Return whether a configured source could send a request now."""
    return not context.sign_in.is_guest and any(
        can_request(name, context) and budget.allows(own_sign_in=not reads_token((name,)))
        for name in inputs.config.sources
        if not sends_no_request(name)
    )


def _ask(
    inputs: Inputs, budget: RequestBudget, context: Context, sharing: Sharing | None
) -> Reading | SourceFailure:
    """Return the first reading that a source has, else the failure to show."""
    failures: dict[str, SourceFailure] = {}
    for name in sharing.sources() if sharing else inputs.config.sources:
        try:
            is_shared = sharing is not None and name == SHARED
            reading = sharing.fetch() if sharing and is_shared else fetch(name, context)
        except SourceFailure as failure:  # noqa: PERF203 - three sources, not three million
            failures[name] = budget.last_failure = failure
            budget.count(failure.status)
            inputs.log.source_failed(name, failure)
            if is_shared and isinstance(failure, RateLimited):
                return failure  # it is another machine's turn
        else:
            budget.count("ok")
            inputs.log.source_ok(name)
            return reading
    first = _to_show(failures)
    if context.sign_in.own_token and first.status in UNTIL_SIGN_IN_CHANGES:
        first.detail = OWN_SIGN_IN
    return first


def _to_show(failures: dict[str, SourceFailure]) -> SourceFailure:
    """Return the first failure, with an older reading if a source had one.

    The failure of a source that is usually stale goes last.
    """
    others = [failure for name, failure in failures.items() if not is_quiet(name)]
    first = (others or list(failures.values()))[0]
    first.reading = next((other.reading for other in failures.values() if other.reading), None)
    return first


def _apply(inputs: Inputs, sign_in: SignIn, budget: RequestBudget, decision: Decision) -> Decision:
    account = decision.account
    if account is not None:
        try:
            if decision.remember:
                inputs.store.put(sign_in.account, account)
        except StoreBroken as error:
            # The request was noted before it was made: what is lost is repeated, not multiplied.
            inputs.log.notes.append(str(error))
            decision = decision.unremembered()
        budget.release(account)
    inputs.log.notes += decision.notes
    reading = decision.append
    if reading is not None and not history.append(inputs.paths, sign_in.account, reading):
        inputs.log.notes.append("the reading could not be added to the history")
    return decision


def _dressed(
    decision: Decision, client: claude_state.ClaudeState, held: whose.Held, inputs: Inputs
) -> Decision:
    if decision.snapshot is None:
        return decision
    snapshot = decide.dress(decision.snapshot, client, held, inputs.config, inputs.notes)
    requests = decision.account.requests if decision.account else {}
    return replace(decision, snapshot=replace(snapshot, requests=requests))


def _held(inputs: Inputs, account: str, fingerprint: str, now: float) -> whose.Held:
    files = whose.Files(
        fingerprint,
        modified_at(inputs.paths.claude_credentials),
        modified_at(inputs.paths.claude_state),
    )
    return whose.held(inputs.previous, account, files, now)


def _sign_in(inputs: Inputs) -> SignIn | SourceFailure:
    with_token = reads_token(inputs.config.sources)
    try:
        return sign_ins.read(inputs.env, with_token=with_token)
    except SourceFailure as failure:
        shared = inputs.config.shared
        if shared.url and shared.account and failure.status == "signed-out":
            return sign_ins.guest(inputs.env, shared.account)
        return failure


def _fingerprint(paths: Paths) -> str:
    return file_fingerprint(paths.claude_credentials)
