"""The script on a real server: whose turn it is, and what it takes for a reading."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import redis

from usageline.config.server_types import parse_address
from usageline.sources.shared import script
from usageline.sources.shared.connection import Account, Connection, ServerUnusable
from usageline.sources.shared.message import Message
from usageline.sources.shared.server import Answer, Post, Query, View
from usageline.sources.shared.server import Server as Client
from usageline.usage.model import Limit, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fleet.servers import Server

KEY = b"k" * 32
QUERY = Query(True, 300, 15, 4951, 20)
MACHINES = 60
READING = Reading((Limit("session", "Current session", 37, None),), (), "oauth", 1_795_464_000)


@contextmanager
def client(server: Server, name: str = "m", user: Account | None = None) -> Iterator[Client]:
    address = parse_address(server.url)
    assert address
    link = Connection(address, user or Account("", ""), {}, 60)
    one = Client(link, KEY, "0123456789abcdef", name)
    yield one
    one.close()


def look(server: Server, name: str = "m", **changes: Any) -> Answer:
    with client(server, name) as one:
        return one.look(QUERY._replace(**changes))


def post(server: Server, given: Post, name: str = "m") -> bool:
    with client(server, name) as one:
        return one.post(given)


def show(server: Server) -> View:
    with client(server) as one:
        return one.show()


def reading(answer: Answer, age_s: float = 0) -> Message:
    return Message(READING, answer.now_ms - round(age_s * 1000))


def share(server: Server, age_s: float = 0) -> Answer:
    """Ask, and post a reading."""
    answer = look(server, max_age_s=0)
    assert answer.fence
    assert post(server, Post(answer.fence, 0, "ok", 300, reading(answer, age_s)))
    return answer


def key(server: Server, part: str) -> str:
    with client(server) as one:
        return dict(zip("rgmvq", script.keys_of(one.account), strict=True))[part]


def test_of_many_machines_at_one_moment_one_may_ask(server: Server) -> None:
    answers: list[Answer] = []
    barrier = threading.Barrier(MACHINES)

    def work(index: int) -> None:
        with client(server, f"m{index}") as one:
            one.connection.call("TIME")  # it is connected before the moment
            barrier.wait(60)
            answers.append(one.look(QUERY))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(MACHINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == MACHINES
    assert sum(bool(answer.fence) for answer in answers) == 1
    assert {answer.why for answer in answers} == {"asking"}
    fence = max(answer.fence for answer in answers)
    assert post(server, Post(fence, 15, "ok", 300, reading(answers[0])))
    last = look(server, "late")
    assert last.sealed
    assert (last.fence, last.machines, last.requests) == (0, MACHINES + 1, 1)


def test_reading_is_given_until_it_is_old(server: Server) -> None:
    share(server, age_s=100)
    assert not look(server).fence
    assert look(server, max_age_s=99).fence


def test_reading_is_fresh_no_longer_than_it_is_good(server: Server) -> None:
    answer = look(server)
    post(server, Post(answer.fence, 0, "ok", 0, reading(answer)))
    assert look(server).fence


def test_clock_that_is_set_back_a_little_makes_no_reading_old(server: Server) -> None:
    """As after a failover to a server whose clock is another one."""
    share(server)
    server.shift(-30)
    answer = look(server)
    assert (answer.fence, bool(answer.sealed)) == (0, True)
    server.shift(-90)
    assert look(server, max_age_s=300).fence


def test_older_reading_replaces_no_newer_one(server: Server) -> None:
    answer = share(server)
    assert not post(server, Post(0, 0, "", 300, reading(answer, 5)))
    assert show(server).at_ms == answer.now_ms


def test_reading_without_a_request_leaves_the_gate(server: Server) -> None:
    answer = look(server)
    post(server, Post(answer.fence, 600, "rate-limited"))
    assert post(server, Post(0, 0, "", 300, reading(answer)))
    assert look(server, max_age_s=0).wait_s > 590


def test_machine_that_died_is_followed(server: Server) -> None:
    first = look(server, lease_s=0.2)
    assert first.fence
    while not (second := look(server)).fence:
        assert second.why == "asking"
    assert second.fence > first.fence


def test_machine_that_wakes_up_late_changes_no_gate(server: Server) -> None:
    first = look(server, lease_s=0)
    second = look(server)
    assert second.fence > first.fence
    post(server, Post(first.fence, 0, "ok", 300, None))
    assert look(server).wait_s > 10, "the second machine's lease holds"


def test_lease_that_was_not_used_is_free_at_once(server: Server) -> None:
    first = look(server)
    post(server, Post(first.fence, 0, script.UNUSED))
    second = look(server)
    assert second.fence
    assert second.requests == 1, "the first one sent no request"


def test_refusal_of_the_service_holds_for_all(server: Server) -> None:
    answer = look(server)
    post(server, Post(answer.fence, 900, "rate-limited"))
    other = look(server, "other", max_age_s=0)
    assert (other.fence, other.why) == (0, "rate-limited")
    assert 890 < other.wait_s <= 900


def test_wait_without_a_refusal_is_no_longer_than_a_lease(server: Server) -> None:
    answer = look(server)
    post(server, Post(answer.fence, 900, "ok"))
    assert look(server, "other", max_age_s=0).wait_s == 0


def test_hourly_budget_holds_for_all(server: Server) -> None:
    for _ in range(QUERY.max_requests):
        answer = look(server, max_age_s=0)
        assert answer.fence
        post(server, Post(answer.fence, 0, "failed"))
    refused = look(server, "other", max_age_s=0)
    assert (refused.fence, refused.why) == (0, "budget")
    assert 3500 < refused.wait_s <= 3600


def test_machine_that_cannot_ask_gets_no_lease(server: Server) -> None:
    answer = look(server, can_ask=False)
    assert (answer.fence, answer.wait_s, answer.machines) == (0, 0, 1)
    assert list(show(server).viewers) == ["m"]
    look(server)
    assert (list(show(server).askers), show(server).viewers) == (["m"], {})


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("g", "until", 10**15),
        ("g", "until", "nan"),
        ("g", "until", "inf"),
        ("g", "until", "x"),
        ("g", "fence", 10**20),
        ("g", "fence", "nan"),
        ("g", "at", 10**15),
        ("g", "at", "-inf"),
        ("q", "x", 10**15),
        ("m", "x", 10**15),
    ],
)
def test_nonsense_on_the_server_keeps_no_machine_from_asking(
    server: Server, part: str, field: str, value: Any
) -> None:
    admin = server.admin()
    if part == "g":
        admin.hset(key(server, part), field, value)
    else:
        admin.zadd(key(server, part), {f"{field}{index}": value + index for index in range(30)})
    admin.set(key(server, "r"), "poison")
    answer = look(server)
    assert answer.fence
    assert answer.machines == 1
    assert post(server, Post(answer.fence, 15, "ok", 300, reading(answer)))
    assert look(server, "other").fence == 0


def test_every_key_expires(server: Server) -> None:
    share(server)
    look(server, "viewer", can_ask=False)
    admin = server.admin()
    names = admin.keys("*")
    assert len(names) == 5
    assert all(0 < admin.pttl(name) <= 7 * 86400 * 1000 for name in names)


def test_machine_can_leave(server: Server) -> None:
    look(server)
    with client(server) as one:
        one.leave()
    assert show(server).askers == {}


def test_documented_rights_are_enough_and_allow_nothing_else(server: Server) -> None:
    rule = script.ACL_RULE.split()
    server.command("ACL", "SETUSER", "ul", "on", ">pw", *rule)
    user = Account("ul", "pw")
    with client(server, user=user) as one:
        answer = one.look(QUERY)
        assert one.post(Post(answer.fence, 15, "ok", 300, reading(answer)))
        assert one.show().requests == 1
        one.leave()
    server.admin().set("other", "secret")
    for command in (
        ("GET", "other"),
        ("KEYS", "*"),
        ("FLUSHALL",),
        ("CONFIG", "GET", "*"),
        ("EVAL", "return redis.call('GET', KEYS[1])", 1, "other"),
        ("EVAL", "return redis.call('KEYS', '*')", 0),
    ):
        with client(server, user=user) as one, pytest.raises(ServerUnusable, match="may not run"):
            one.connection.call(*command)
    refused = pytest.raises(ServerUnusable, match="refused the user")
    with client(server, user=Account("ul", "wrong")) as one, refused:
        one.look(QUERY)


def test_another_kind_of_value_is_an_error_and_no_answer(server: Server) -> None:
    server.admin().lpush(key(server, "r"), "x")
    with pytest.raises(ServerUnusable, match="WRONGTYPE"):
        look(server)


def test_client_of_the_tests_is_not_the_one_of_the_program(server: Server) -> None:
    """The tests ask by the server's socket, so that a relay records only the program."""
    assert isinstance(server.admin(), redis.Redis)
    assert server.admin().connection_pool.connection_kwargs["path"] == server.socket_path
