"""The decision of a refresh, on values: no clock, no disk, no network."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from usageline.config.loader import Alerts, Config
from usageline.core.vocabulary import ACCOUNTS_WAIT
from usageline.refresh import decide as decide_module
from usageline.refresh import rate_limit
from usageline.refresh.decide import decide, dress, unsettled, without_sign_in
from usageline.refresh.decision import Answered, Decision, State, StillFresh, Unanswered
from usageline.refresh.rate_limit import RateLimited
from usageline.sources.auth.claude_state import ClaudeState
from usageline.sources.auth.credentials import Credentials, Token
from usageline.sources.auth.sign_in import SignIn
from usageline.storage.account_state import AccountState, Cooldown
from usageline.usage import alerts, enrich, plausibility
from usageline.usage.model import Limit, Reading, SourceFailure
from usageline.usage.plausibility import Unconfirmed
from usageline.usage.whose import Held

if TYPE_CHECKING:
    from types import ModuleType

NOW = 1_795_464_000
FILE = "1-2-3"
CLIENT = ClaudeState({}, {})
CONFIG = Config()


def sign_in(
    token: str = "t",  # noqa: S107 - a made-up secret
    account: str = "a",
    *,
    expires_at: float = NOW + 9000,
) -> SignIn:
    """A subscription that is signed in."""
    credentials = Credentials(Token(token), expires_at=expires_at)
    return SignIn(account, "Max 5x", CLIENT, credentials)


def reading(percent: float | None = 37, *, at: int = NOW, resets_at: int = NOW + 7000) -> Reading:
    """A reading of a session."""
    return Reading((Limit("session", "Current session", percent, resets_at),), (), "oauth", at)


def remembered(**changes: Any) -> AccountState:
    """An account with a reading of the sign-in, 400 s old."""
    token = sign_in().token_fingerprint
    state = AccountState(reading(at=NOW - 400), NOW - 70, token, requested_at=NOW - 400)
    return replace(state, **changes)


def state(**changes: Any) -> State:
    """What an attempt knows, after a request."""
    account = remembered(requested_at=NOW, interrupted_requests=1)
    return replace(State(sign_in(), FILE, Held(), account, requested=True), **changes)


def after(outcome: Any, given: State | None = None, config: Config = CONFIG) -> Decision:
    """The decision, without jitter."""
    return decide(given or state(), outcome, config, now=NOW, jitter=0)


def failed(status: str = "offline", detail: str = "") -> Unanswered:
    """A failure under an unchanged sign-in."""
    return Unanswered(SourceFailure(status, detail), FILE)


def test_a_new_reading_is_published_remembered_and_appended() -> None:
    decision = after(Answered(reading(41), sign_in()))
    assert decision.snapshot is not None
    assert decision.snapshot.reading == decision.append
    assert (decision.snapshot.status, decision.snapshot.credentials) == ("ok", FILE)
    assert decision.snapshot.next_refresh_at == NOW + 301
    assert decision.account is not None
    assert decision.account.reading == decision.append
    assert decision.account.confirmed
    assert (decision.account.interrupted_requests, decision.account.cooldown) == (0, None)
    assert (decision.remember, decision.retry) == (True, False)


def test_a_reading_without_a_request_keeps_the_cooldown() -> None:
    cooldown = Cooldown("rate-limited", "", NOW + 900)
    given = state(account=remembered(cooldown=cooldown, interrupted_requests=2), requested=False)
    decision = after(Answered(reading(), sign_in()), given)
    assert decision.account is not None
    assert (decision.account.cooldown, decision.account.interrupted_requests) == (cooldown, 2)


@pytest.mark.parametrize("changed", [sign_in("u"), sign_in(account="b")], ids=["token", "account"])
def test_a_sign_in_that_changed_meanwhile_is_retried_and_its_reading_is_dropped(
    changed: SignIn,
) -> None:
    decision = after(Answered(reading(41), changed))
    assert decision.retry
    assert decision.account == replace(state().account, interrupted_requests=0)
    assert (decision.snapshot, decision.append, decision.notify) == (None, None, ())


def test_a_token_that_claude_code_renewed_when_it_was_asked_is_no_change() -> None:
    expired = state(sign_in=sign_in(expires_at=NOW - 1))
    by_client = replace(reading(), source="client")
    renewed = sign_in("u")
    assert not after(Answered(by_client, renewed), expired).retry
    assert after(Answered(reading(), renewed), expired).retry
    assert after(Answered(by_client, renewed)).retry


def test_a_sign_out_meanwhile_publishes_no_numbers() -> None:
    decision = after(Answered(reading(), SourceFailure("signed-out")))
    assert decision.snapshot is not None
    assert (decision.snapshot.status, decision.snapshot.account) == ("signed-out", None)
    assert decision.snapshot.reading is None
    assert decision.append is None


@pytest.mark.parametrize(
    ("status", "wait_s"), [("offline", 30), ("rate-limited", 300), ("unreadable", 300)]
)
def test_a_failure_keeps_the_last_numbers_and_sets_a_cooldown(status: str, wait_s: int) -> None:
    decision = after(failed(status, "why"))
    assert decision.snapshot is not None
    assert decision.snapshot.reading == remembered().reading
    assert (decision.snapshot.status, decision.snapshot.detail) == (status, "why")
    assert decision.snapshot.next_refresh_at == NOW + wait_s + 1
    assert decision.snapshot.until == (NOW + wait_s + 1 if status == "rate-limited" else None)
    assert decision.account is not None
    assert decision.account.cooldown is not None
    assert decision.account.cooldown.until == NOW + wait_s + 1
    assert decision.account.interrupted_requests == 0


def test_a_failure_under_a_sign_in_that_changed_is_retried() -> None:
    assert after(Unanswered(SourceFailure("expired"), "4-5-6")).retry
    assert not after(Unanswered(SourceFailure("expired"), "4-5-6"), state(requested=False)).retry


def test_a_failure_without_a_request_sets_no_cooldown_and_remembers_nothing() -> None:
    decision = after(failed("unreadable"), state(requested=False))
    assert (decision.account, decision.remember) == (state().account, False)


def test_another_tokens_numbers_are_not_shown_after_a_failure() -> None:
    decision = after(failed(), state(sign_in=sign_in("u")))
    assert decision.snapshot is not None
    assert decision.snapshot.reading is None
    confirmed = state(sign_in=sign_in("u"), account=remembered(confirmed=True))
    shown = after(failed(), confirmed).snapshot
    assert shown is not None
    assert shown.reading == remembered().reading


def test_an_older_reading_of_a_source_is_taken_if_it_is_newer_than_the_last() -> None:
    older = failed()
    older.failure.reading = reading(12, at=NOW - 200)
    decision = after(older, state(requested=False))
    assert decision.snapshot is not None
    assert decision.snapshot.reading is not None
    assert decision.snapshot.reading.observed_at == NOW - 200
    assert decision.remember
    older.failure.reading = reading(12, at=NOW - 500)
    assert not after(older, state(requested=False)).remember


def too_early(*, is_cooldown: bool, status: str = "rate-limited") -> Unanswered:
    """A refusal by the rate limit until 90 s from now."""
    return Unanswered(RateLimited(status, "", NOW + 90, is_cooldown=is_cooldown), FILE)


def test_a_request_that_is_too_early_publishes_the_numbers_of_this_sign_in() -> None:
    decision = after(too_early(is_cooldown=False), state(requested=False))
    assert decision.snapshot is not None
    assert (decision.snapshot.status, decision.snapshot.next_refresh_at) == ("ok", NOW + 90)


def test_a_request_that_is_too_early_publishes_nobodys_numbers_without_a_fingerprint() -> None:
    other = state(sign_in=sign_in("u"), requested=False)
    decision = after(too_early(is_cooldown=False), other)
    assert decision.snapshot is not None
    assert (decision.snapshot.credentials, decision.snapshot.reading) == ("", None)
    published = {"credentials": FILE, "account": "a"}
    assert after(too_early(is_cooldown=False), replace(other, previous=published)).snapshot is None


@pytest.mark.parametrize(("readings_since", "due_s"), [(0, 90), (NOW - 10, 15)])
def test_a_cooldown_of_another_token_is_named_and_tried_soon_while_unsettled(
    readings_since: float, due_s: int
) -> None:
    waiting = remembered(cooldown=Cooldown("rate-limited", "", NOW + 90, token="other"))
    given = state(account=waiting, requested=False, held=Held(0, readings_since))
    snapshot = after(too_early(is_cooldown=True), given).snapshot
    assert snapshot is not None
    assert (snapshot.detail, snapshot.next_refresh_at) == (ACCOUNTS_WAIT, NOW + due_s)
    assert snapshot.until == NOW + 90


def test_an_alert_is_sent_once_and_only_if_it_can_be_remembered() -> None:
    decision = after(Answered(reading(92), sign_in()))
    assert [alert.threshold for alert in decision.notify] == [90]
    assert decision.snapshot is not None
    assert decision.snapshot.alerts == decision.notify
    forgotten = decision.unremembered()
    assert forgotten.snapshot is not None
    assert (forgotten.notify, forgotten.snapshot.alerts) == ((), ())
    again = after(Answered(reading(93), sign_in()), state(account=decision.account))
    assert again.notify == ()
    assert again.snapshot is not None
    assert again.snapshot.alerts == decision.snapshot.alerts


def test_a_threshold_that_is_no_longer_configured_is_not_published() -> None:
    account = after(Answered(reading(92), sign_in())).account
    without = Config(alerts=Alerts(thresholds=()))
    decision = after(StillFresh(reading(92)), state(account=account), without)
    assert decision.snapshot is not None
    assert decision.snapshot.alerts == ()


def test_under_a_clock_that_is_days_off_nothing_is_appended_sent_or_pruned() -> None:
    wrong = replace(
        reading(92), clock_ahead_s=3 * 86400, limits=reading(92, resets_at=NOW + 10**6).limits
    )
    decision = after(Answered(wrong, sign_in()))
    assert (decision.append, decision.notify, decision.prune_sent) == (None, (), False)
    assert "clock" in decision.notes[0]
    assert after(Answered(reading(92), sign_in())).prune_sent


def test_an_implausible_percentage_is_unknown_until_a_second_reading_confirms_it() -> None:
    begun = NOW + 5 * 3600 - 30
    first = after(Answered(reading(98, resets_at=begun), sign_in()))
    assert first.account is not None
    assert first.account.unconfirmed == (Unconfirmed("session", "Current session", begun, NOW),)
    assert first.append is not None
    assert first.append.limits[0].percent is None
    second = reading(98, at=NOW + 130, resets_at=begun)
    confirmed = after(Answered(second, sign_in()), state(account=first.account))
    assert confirmed.append is not None
    assert confirmed.append.limits[0].percent == 98


def test_a_fresh_reading_is_published_until_it_expires() -> None:
    given = state(account=remembered(fresh_until=NOW + 50), requested=False)
    decision = after(StillFresh(reading(at=NOW - 250)), given)
    assert decision.snapshot is not None
    assert (decision.snapshot.status, decision.snapshot.next_refresh_at) == ("ok", NOW + 50)
    assert (decision.remember, decision.append) == (False, None)


def test_without_a_sign_in_there_is_a_reason_and_no_account() -> None:
    decision = without_sign_in(SourceFailure("no-plan", "API key"), FILE, CONFIG, NOW)
    assert decision.account is None
    assert decision.snapshot is not None
    assert (decision.snapshot.status, decision.snapshot.detail) == ("no-plan", "API key")
    assert decision.snapshot.next_refresh_at == NOW + 300


def test_a_sign_in_that_keeps_changing_is_due_again_at_once() -> None:
    snapshot = unsettled("old", NOW).snapshot
    assert snapshot is not None
    assert (snapshot.next_refresh_at, snapshot.reading, snapshot.account) == (NOW, None, None)


def test_the_snapshot_has_the_details_in_order_and_the_places_of_alerts() -> None:
    snapshot = after(failed("offline", "no route")).snapshot
    assert snapshot is not None
    config = Config(alerts=Alerts(line=False, session_start=True))
    dressed = dress(snapshot, CLIENT, Held(5, 6), config, ["config.toml:1: ttl"])
    assert dressed.detail == "no route; config.toml:1: ttl"
    assert dressed.alerts_in == {"session_start"}
    assert dressed.held == Held(5, 6)


@pytest.mark.parametrize("module", [decide_module, enrich, rate_limit, alerts, plausibility])
def test_the_rules_reach_no_clock_disk_network_or_random_numbers(module: ModuleType) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    names = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not names & {"os", "time", "random", "socket", "subprocess", "pathlib"}
    assert not [name for name in names if name.startswith("usageline.system")]


def test_alert_of_a_shared_reading_is_left_to_the_machine_that_asked() -> None:
    config = replace(CONFIG, alerts=Alerts(thresholds=(75,)))
    own = after(Answered(reading(80), sign_in()), config=config)
    shared = after(Answered(replace(reading(80), source="shared"), sign_in()), config=config)
    assert (len(own.notify), len(shared.notify)) == (1, 0)
    for decision in (own, shared):
        assert decision.snapshot is not None
        assert [alert.threshold for alert in decision.snapshot.alerts] == [75]


def test_plan_of_a_shared_reading_is_shown_without_a_sign_in() -> None:
    guest = replace(sign_in(), plan=None)
    shared = Answered(replace(reading(), source="shared", plan="Max 20x"), guest)
    decision = after(shared, replace(state(), sign_in=guest))
    assert decision.snapshot is not None
    assert decision.snapshot.plan == "Max 20x"
