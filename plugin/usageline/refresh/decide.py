"""Decide what follows from what the sources returned. Pure: no clock, no disk, no network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.config.sources import SHARED
from usageline.core.vocabulary import ACCOUNTS_WAIT
from usageline.refresh import rate_limit
from usageline.refresh.decision import Answered, Decision, State, StillFresh, Unanswered
from usageline.refresh.rate_limit import MIN_FORCED_INTERVAL_S, RateLimited
from usageline.storage.snapshot import ALERT_PLACES, Snapshot
from usageline.usage import enrich, plausibility
from usageline.usage.alerts import FREE
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usageline.config.loader import Config
    from usageline.sources.auth.claude_state import ClaudeState
    from usageline.sources.auth.sign_in import SignIn
    from usageline.storage.account_state import AccountState
    from usageline.usage.alerts import Alert
    from usageline.usage.model import Reading
    from usageline.usage.whose import Held

UNSETTLED_S = 60
"""Claude Code writes the two files of a sign-in one after the other.

For this long they may name different accounts.
"""


def decide(
    state: State,
    outcome: StillFresh | Answered | Unanswered,
    config: Config,
    *,
    now: float,
    jitter: float,
) -> Decision:
    """Return what to remember, publish, append and send after `outcome`.

    `now` is epoch seconds; `jitter`, from 0 to 1, spreads refreshes and backoffs.
    """
    decision = _decision(state, outcome, config, now, jitter)
    snapshot = decision.snapshot
    if snapshot is None or snapshot.reading is None or decision.account is None:
        return decision
    alerts = _current_alerts(decision.account, config, now)
    return replace(decision, snapshot=replace(snapshot, alerts=alerts))


def _decision(
    state: State,
    outcome: StillFresh | Answered | Unanswered,
    config: Config,
    now: float,
    jitter: float,
) -> Decision:
    if isinstance(outcome, StillFresh):
        snapshot = _good(state, outcome.reading, state.account.fresh_until, now)
        problem = plausibility.clock_problem(outcome.reading)
        return Decision(state.account, replace(snapshot, detail=problem or None))
    if isinstance(outcome, Unanswered):
        return _after_failure(state, outcome, config, now, jitter)
    if isinstance(outcome.sign_in, SourceFailure):
        snapshot = _failed(outcome.sign_in, state.fingerprint, now, now + config.ttl_s)
        return Decision(_released(state), snapshot, remember=True)
    if _is_other_sign_in(state.sign_in, outcome.sign_in, outcome.reading, now):
        return Decision(_released(state), retry=True, remember=True)
    return _after_success(replace(state, sign_in=outcome.sign_in), outcome, config, now, jitter)


def without_sign_in(
    failure: SourceFailure, fingerprint: str, config: Config, now: float
) -> Decision:
    """Return the decision if no account with a plan is signed in."""
    return Decision(snapshot=_failed(failure, fingerprint, now, now + config.ttl_s))


def without_sources(state: State, config: Config, now: float) -> Decision:
    """Return the decision if a refresh has no source: the payload has all the new numbers."""
    last_good = state.account.last_good(state.sign_in.token_fingerprint)
    snapshot = _good(state, last_good, int(now + config.ttl_s), now)
    return Decision(state.account, snapshot)


def unsettled(fingerprint: str, now: float) -> Decision:
    """Return the decision if the sign-in changed during every attempt.

    The snapshot has no numbers, under an old fingerprint, so it is due again at once.
    """
    failure = SourceFailure("offline", "the sign-in kept changing")
    return Decision(
        snapshot=replace(_failed(failure, fingerprint, now, now), next_refresh_at=int(now))
    )


def dress(
    snapshot: Snapshot, client: ClaudeState, held: Held, config: Config, notes: Sequence[str]
) -> Snapshot:
    """Return the snapshot with what does not depend on the account, and `notes`."""
    return replace(
        snapshot,
        detail="; ".join(part for part in (snapshot.detail, *notes) if part) or None,
        appearance=client.appearance,
        palette=client.palette,
        settings=client.settings,
        default_theme=client.default_theme,
        declined_keys=client.declined_keys,
        cost_alerts=config.alerts.session_start and config.alerts.watches_cost,
        unused_reset=client.holds_unused_reset(snapshot.published_at),
        alerts_in=frozenset(place for place in ALERT_PLACES if getattr(config.alerts, place)),
        held=held,
    )


def _after_success(
    state: State, outcome: Answered, config: Config, now: float, jitter: float
) -> Decision:
    before, token = state.account, state.sign_in.token_fingerprint
    enriched = enrich.enrich(
        replace(outcome.reading, plan=state.sign_in.plan or outcome.reading.plan),
        _previous(state),
        outcome.history,
        now,
        _rules(config),
    )
    due_at = rate_limit.next_refresh_at(
        enriched.reading, config, requested_at=before.requested_at, now=now, jitter=jitter
    )
    account = replace(
        before,
        reading=enriched.reading,
        fresh_until=due_at,
        token=token,
        confirmed=before.reading is not None and before.token == token,
        unconfirmed=enriched.unconfirmed,
        alerts=enriched.alerts,
    )
    if state.requested:
        account = replace(account, interrupted_requests=0, cooldown=None)
    problem = enriched.clock_problem
    return Decision(
        account,
        replace(_good(state, enriched.reading, due_at, now), detail=problem or None),
        remember=True,
        # Under a clock that is wrong by days it would stand among the readings of another day.
        append=enriched.reading if enriched.clock_agrees is not False else None,
        # The machine that asked sends them; the line of each machine shows them.
        notify=() if enriched.reading.source == SHARED else enriched.new_alerts,
        prune_sent=enriched.clock_agrees is True,
        notes=(problem,) if problem else (),
    )


def _after_failure(
    state: State, outcome: Unanswered, config: Config, now: float, jitter: float
) -> Decision:
    failure, token = outcome.failure, state.sign_in.token_fingerprint
    account = _with_older(state, failure.reading, config)
    last_good = account.last_good(token)
    due_at, until, detail = int(now + config.ttl_s), None, failure.detail
    if state.requested:
        cooldown = rate_limit.next_backoff(
            failure, account.cooldown, now=now, ttl_s=config.ttl_s, token=token, jitter=jitter
        )
        account = replace(account, cooldown=cooldown, interrupted_requests=0)
        due_at = until = cooldown.until
    elif isinstance(failure, RateLimited):
        due_at = until = failure.until
        if not failure.is_cooldown:
            return _too_early(state, account, failure, now)
        if _is_other_tokens(account, failure, token):
            detail = ACCOUNTS_WAIT
            if now - state.held.readings_since < UNSETTLED_S:
                # `.claude.json` may still name the account before.
                due_at = min(due_at, int(now + MIN_FORCED_INTERVAL_S))
    snapshot = replace(
        _failed(failure, state.fingerprint, now, due_at),
        account=state.sign_in.account,
        plan=state.sign_in.plan or (last_good.plan if last_good else None),
        reading=last_good,
        until=until if failure.status == "rate-limited" else None,
        detail=detail or None,
    )
    # Claude Code renewed the token that was refused, or another account signed in.
    retry = state.requested and outcome.fingerprint != state.fingerprint
    return Decision(account, snapshot, retry=retry, remember=account != state.account)


def _with_older(state: State, older: Reading | None, config: Config) -> AccountState:
    """Return the account with a reading that is not new, if it is newer than the last good one."""
    last_good = state.account.last_good(state.sign_in.token_fingerprint)
    if older is None or (last_good is not None and older.observed_at <= last_good.observed_at):
        return state.account
    older = replace(older, plan=state.sign_in.plan or older.plan)
    return replace(
        state.account,
        reading=enrich.complete(older, _previous(state), _rules(config)),
        token=state.sign_in.token_fingerprint,
        confirmed=False,
    )


def _too_early(state: State, account: AccountState, failure: RateLimited, now: float) -> Decision:
    """Decide after a refusal that has no failure behind it: it is too early for another request.

    Publish this sign-in's own numbers; without them the status line shows `loading`.
    """
    remember, sign_in = account != state.account, state.sign_in
    last_good = account.last_good(sign_in.token_fingerprint)
    if last_good is not None and account.token == sign_in.token_fingerprint:
        snapshot = _good(state, last_good, failure.until, now)
        return Decision(account, snapshot, remember=remember)
    previous = state.previous or {}
    published = (previous.get("credentials"), previous.get("account"))
    if published == (state.fingerprint, sign_in.account):
        return Decision(account, remember=remember)
    # Without a fingerprint the line takes it for a sign-in that no refresh has read yet.
    snapshot = _failed(failure, "", now, failure.until)
    snapshot = replace(snapshot, account=sign_in.account, plan=sign_in.plan)
    return Decision(account, snapshot, remember=remember)


def _is_other_sign_in(before: SignIn, after: SignIn, reading: Reading, now: float) -> bool:
    """Whether the reading may be of another account or token than the one that is signed in now."""
    if after.account != before.account:
        return True
    if after.token_fingerprint == before.token_fingerprint:
        return False
    # Claude Code itself renews an expired token when it is asked.
    is_renewal = (
        reading.source == "client"
        and before.credentials is not None
        and before.credentials.expires_at <= now
    )
    return not is_renewal


def _is_other_tokens(account: AccountState, failure: SourceFailure, token: str) -> bool:
    return (
        failure.status == "rate-limited"
        and account.cooldown is not None
        and account.cooldown.token not in {"", token}
    )


def _released(state: State) -> AccountState:
    return replace(state.account, interrupted_requests=0)


def _previous(state: State) -> enrich.Previous:
    account = state.account
    last_good = account.last_good(state.sign_in.token_fingerprint)
    return enrich.Previous(account.reading, last_good, account.unconfirmed, account.alerts)


def _rules(config: Config) -> enrich.Rules:
    return enrich.Rules(config.ttl_s, config.alerts.thresholds, config.alerts.kinds)


def _current_alerts(account: AccountState, config: Config, now: float) -> tuple[Alert, ...]:
    """Return the alerts to publish: those sent, in windows that have not ended."""
    return tuple(
        alert
        for alert in account.alerts
        if alert.at
        and alert.threshold in {FREE, *config.alerts.thresholds}
        and (alert.resets_at is None or alert.resets_at > now or alert.at > alert.resets_at)
    )


def _good(state: State, reading: Reading | None, due_at: int, now: float) -> Snapshot:
    return Snapshot(
        state.sign_in.account,
        state.sign_in.plan or (reading.plan if reading else None),
        reading,
        int(now),
        due_at,
        "ok",
        credentials=state.fingerprint,
    )


def _failed(failure: SourceFailure, fingerprint: str, now: float, due_at: float) -> Snapshot:
    return Snapshot(
        None,
        None,
        None,
        int(now),
        max(int(due_at), int(now) + 1),
        failure.status,
        detail=failure.detail or None,
        credentials=fingerprint,
    )
