"""What an answer of the shared server means for a machine: on values, without a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from usageline.config.loader import Config
from usageline.refresh import shared_rules
from usageline.refresh.rate_limit import MAX_BACKOFF_S, RateLimited
from usageline.refresh.shared_rules import Look, Mine, judge
from usageline.sources.shared.message import Message
from usageline.sources.shared.server import Answer
from usageline.storage.account_state import Cooldown
from usageline.storage.shared_record import SharedRecord
from usageline.usage.model import Limit, Reading, SourceFailure

NOW = 1_795_464_000
SERVER_NOW_MS = 1_700_000_000_000
"""The server's clock is three years behind, which must not matter."""

RECORD = SharedRecord("80000000", "0123456789abcdef")
NOTHING = Mine(0, 0)
CONFIG = Config()


def answer(**changes: Any) -> Answer:
    return Answer(SERVER_NOW_MS, 0, 0, "ok", 8, 1, b"")._replace(**changes)


def message(age_s: float = 10, resets_at: int = NOW + 7000) -> Message:
    at_ms = SERVER_NOW_MS - round(age_s * 1000)
    limit = Limit("session", "Current session", 37, resets_at)
    return Message(Reading((limit,), (), "shared", at_ms // 1000), at_ms)


def test_reading_is_used_and_dated_by_its_age() -> None:
    look = judge(answer(), message(10), NOTHING, 300, NOW)
    assert look.reading is not None
    assert (look.reading.observed_at, look.refusal) == (NOW - 10, None)


@pytest.mark.parametrize(
    ("given", "mine"),
    [
        (message(301), NOTHING),
        (message(100, resets_at=NOW - 6), NOTHING),
        (message(10), Mine(NOW - 5, 0)),
        (message(10), Mine(NOW - 10, SERVER_NOW_MS - 10_000)),
        (None, NOTHING),
    ],
    ids=["too old", "of an ended window", "older than the own one", "the own one", "absent"],
)
def test_reading_is_not_used(given: Message | None, mine: Mine) -> None:
    look = judge(answer(wait_s=4), given, mine, 300, NOW)
    assert look.reading is None
    assert look.refusal is not None


def test_stale_reading_is_offered_if_it_is_newer() -> None:
    older = judge(answer(), message(400), Mine(NOW - 900, 0), 300, NOW).older
    assert older is not None
    assert older.observed_at == NOW - 400


def test_replayed_reading_is_refused() -> None:
    look = judge(answer(), message(100), Mine(NOW - 5000, SERVER_NOW_MS - 50_000), 300, NOW)
    assert (look.reading, look.older) == (None, None)
    assert "older" in look.refused


def test_lease_is_no_refusal() -> None:
    assert judge(answer(fence=7), None, NOTHING, 300, NOW) == Look()


@pytest.mark.parametrize(
    ("changes", "status", "wait_s", "is_cooldown"),
    [
        ({"why": "rate-limited", "wait_s": 900}, "rate-limited", 900, True),
        ({"why": "offline", "wait_s": 60}, "offline", 60, True),
        ({"why": "rate-limited", "wait_s": 10**9}, "rate-limited", MAX_BACKOFF_S, True),
        ({"why": "asking", "wait_s": 14}, "offline", shared_rules.LOOK_AGAIN_S, False),
        ({"why": "asking", "wait_s": 1}, "offline", 1, False),
        ({"why": "budget", "wait_s": 700}, "offline", 700, False),
    ],
)
def test_wait_of_the_server_is_a_refusal(
    changes: dict[str, Any], status: str, wait_s: float, is_cooldown: bool
) -> None:
    refusal = judge(answer(**changes), None, NOTHING, 300, NOW).refusal
    assert refusal is not None
    assert (refusal.status, refusal.is_cooldown) == (status, is_cooldown)
    assert NOW + wait_s <= refusal.until <= NOW + wait_s + 2


def test_gate_without_a_reading_is_looked_at_again_when_it_opens() -> None:
    refusal = judge(answer(wait_s=12), None, NOTHING, 300, NOW).refusal
    assert refusal is not None
    assert NOW + 12 <= refusal.until <= NOW + 14
    known = judge(answer(wait_s=12), message(100), Mine(NOW - 50, 0), 300, NOW).refusal
    assert known is not None
    assert known.until >= NOW + 200


def test_reading_is_good_until_the_first_reset_by_the_servers_clock() -> None:
    at = SERVER_NOW_MS // 1000
    limits = tuple(
        Limit("session", "", 1, resets_at) for resets_at in (at - 99, at + 100, at + 500, None)
    )
    assert shared_rules.good_s(Reading(limits, (), "oauth", NOW), SERVER_NOW_MS) == 105
    no_resets = shared_rules.good_s(Reading((), (), "oauth", NOW), SERVER_NOW_MS)
    assert no_resets == shared_rules.DAY_S


def failed(status: str, http_status: int | None = None) -> SourceFailure:
    failure = SourceFailure(status)
    failure.http_status = http_status
    return failure


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (None, (15, "ok")),
        (failed("rate-limited", 429), (900, "rate-limited")),
        (failed("offline", 503), (900, "offline")),
        (failed("offline"), (0, "failed")),
        (failed("expired", 401), (0, "failed")),
        (failed("no-scope", 403), (0, "failed")),
    ],
)
def test_other_machines_wait_only_for_the_service(
    failure: SourceFailure | None, expected: tuple[float, str]
) -> None:
    assert shared_rules.gate(failure, Cooldown("", "", NOW + 900), NOW) == expected


def test_gate_is_bounded() -> None:
    cooldown = Cooldown("rate-limited", "", NOW + 10**6)
    wait_s, _ = shared_rules.gate(failed("rate-limited", 429), cooldown, NOW)
    assert wait_s == MAX_BACKOFF_S


def test_server_is_called_ever_less_often_while_it_is_away() -> None:
    record, waits = RECORD, []
    for _ in range(6):
        record = shared_rules.unanswered(record, Mine(NOW - 9, 0), "no connection", NOW)
        waits.append(record.retry_at - NOW)
        assert shared_rules.is_paused(record, NOW)
        assert not shared_rules.is_paused(record, record.retry_at)
    assert waits == [61, 121, 241, 481, 601, 601]
    assert not shared_rules.is_paused(record, NOW - 10**6), "the clock was set back"
    again = shared_rules.answered(record, answer(), Look(), NOW)
    assert (again.failures, again.problem, again.machines) == (0, "", 8)


def alone(record: SharedRecord, age_s: float, *, force: bool = False) -> RateLimited | None:
    return shared_rules.alone(record, Mine(NOW - age_s, 0), CONFIG, NOW, force=force)


def test_machines_without_the_server_stay_below_the_budget() -> None:
    """However many there are, and however their names are distributed."""
    for machines in (2, 4, 8, 12, 60, 300):
        records = [
            replace(RECORD, machine=f"{index * 0xFFFFFFFF // machines:08x}", machines=machines)
            for index in range(machines)
        ]
        an_hour = sum(3600 / shared_rules.alone_interval_s(one, CONFIG.ttl_s) for one in records)
        assert an_hour <= 28, machines


def test_single_machine_without_the_server_keeps_its_ttl() -> None:
    assert alone(RECORD, 301) is None
    assert alone(RECORD, 299) is not None


def test_machine_without_the_server_waits_longer_the_more_there_are() -> None:
    record = replace(RECORD, machines=8, retry_at=NOW + 60)
    refusal = alone(record, 1000)
    assert refusal is not None
    assert not refusal.is_cooldown
    assert refusal.until <= NOW + 61, "it looks for the server again much earlier"
    assert alone(record, 2400) is None
    assert alone(record, 1000, force=True) is None


def test_new_machine_tries_the_server_twice_before_it_asks() -> None:
    """Sixty containers that start while the server is slow would send sixty requests."""
    once = shared_rules.unanswered(RECORD, NOTHING, "no answer in time", NOW)
    first = shared_rules.alone(once, NOTHING, CONFIG, NOW, force=False)
    assert first is not None
    assert first.until - NOW <= 1.5 * shared_rules.NEW_RETRY_S + 2
    later = first.until
    twice = shared_rules.unanswered(once, NOTHING, "no answer in time", later)
    assert shared_rules.alone(twice, NOTHING, CONFIG, later, force=False) is None
    assert shared_rules.alone(once, NOTHING, CONFIG, NOW, force=True) is None


def test_wait_of_the_service_outlives_the_server() -> None:
    told = judge(answer(why="rate-limited", wait_s=900), None, NOTHING, 300, NOW)
    record = shared_rules.answered(RECORD, answer(), told, NOW)
    for force in (False, True):
        refusal = alone(record, 9999, force=force)
        assert refusal is not None
        assert (refusal.status, refusal.is_cooldown) == ("rate-limited", True)
    assert alone(replace(record, wait_until=NOW + 10**6), 9999) is None, "of another clock"


def test_server_that_refuses_for_too_long_is_ignored() -> None:
    told = judge(answer(why="rate-limited", wait_s=900), None, NOTHING, 300, NOW)
    record = shared_rules.answered(RECORD, answer(), told, NOW)
    later = shared_rules.answered(record, answer(), told, NOW + 5000)
    assert not shared_rules.is_blocked_for_good(later, NOW + MAX_BACKOFF_S)
    assert shared_rules.is_blocked_for_good(later, NOW + MAX_BACKOFF_S + 1)
    reading = judge(answer(), message(), NOTHING, 300, NOW)
    assert shared_rules.answered(later, answer(), reading, NOW + 5000).blocked_since == 0
