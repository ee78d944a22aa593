"""The server of the other tests (tests/shared_server.py) answers as the script does."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from tests.shared_server import Redis
from usageline.config.server_types import parse_address
from usageline.sources.shared.connection import Account, Connection
from usageline.sources.shared.script import ASKING, SCRIPT, UNUSED, keys_of

if TYPE_CHECKING:
    from tests.fleet.servers import Server

CALLS = 600
NEAR_MS = 5000
"""The two servers are asked one after the other, and each has a clock of its own."""


def nothing(_chance: random.Random) -> tuple[Any, ...]:
    return ()


def look(chance: random.Random) -> tuple[Any, ...]:
    can_ask, max_age_ms = chance.choice((0, 1, 1)), chance.choice((0, 300_000))
    return can_ask, max_age_ms, chance.choice((0, 60_000)), 4_951_000, chance.choice((5, 20, 99))


def post(chance: random.Random) -> tuple[Any, ...]:
    at_ms = int(time.time() * 1000) - chance.choice((0, 100_000, -30_000, -90_000))
    why = chance.choice(("ok", "failed", UNUSED, "rate-limited", ASKING))
    good_ms, reading = chance.choice((0, 300_000, 10**9)), chance.choice((b"", b"a", b"b"))
    return chance.choice((0, 900_000)), why, at_ms, good_ms, 86_400_000, reading


def test_stand_in_answers_as_the_script_does(server: Server) -> None:
    chance, stand_in = random.Random(7), Redis()
    servers = (server, stand_in)
    addresses = [parse_address(one.url) for one in servers]
    links = [Connection(one, Account("", ""), {}, 600) for one in addresses if one]
    keys, fences = keys_of("a"), [(0, 0)]
    for number in range(CALLS):
        if number % 100 == 99:
            keys, fences = keys_of(f"a{number}"), [(0, 0)]
        machine = f"{chance.randrange(5):08x}"
        operation = chance.choice(("look", "look", "post", "post", "show", "leave"))
        fence = chance.choice((fences[0], fences[-1], fences[-1]))
        arguments = {"look": look, "post": post}.get(operation, nothing)(chance)
        call: tuple[Any, ...] = ("EVAL", SCRIPT, len(keys), *keys, operation, machine)
        real, own = (
            link.call(*call, *((held,) if operation == "post" else ()), *arguments)
            for link, held in zip(links, fence, strict=True)
        )
        assert is_near(real, own), (number, operation, arguments, real, own)
        if operation == "look" and real[1]:
            fences.append((real[2], own[2]))
    for link in links:
        link.close()
    stand_in.close()


def is_near(real: Any, own: Any) -> bool:
    """Return whether two replies are equal, but for the milliseconds between them."""
    if isinstance(real, list):
        if real and isinstance(real[0], bytes):  # members of a sorted set, with their times
            first, second = (dict(zip(one[::2], one[1::2], strict=True)) for one in (real, own))
            return first.keys() == second.keys()
        return len(real) == len(own) and all(map(is_near, real, own))
    if isinstance(real, int):
        return real == own or (bool(real) == bool(own) and abs(real - own) < NEAR_MS)
    return bool(real == own)
