"""Serve the script of the shared readings locally, by its rules but in this process.

The script itself needs a real server: tests/fleet compares this one with those. `Redis.fault` is
what the next calls meet, "" for nothing:

    close   the connection is closed        error:TEXT   the reply is that error
    odd     a reply of another form
"""

from __future__ import annotations

import socketserver
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from tests import loopback
from tests.loopback import Loopback
from usageline.sources.shared.script import ASKING, BUDGET, UNUSED

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_MS, HOUR_MS, DAY_MS, WEEK_MS = 60_000, 3_600_000, 86_400_000, 604_800_000
PROTOCOL = ("HELLO", "SELECT", "AUTH", "CLIENT", "PEXPIRE")


def between(value: float, low: float, high: float) -> float:
    """Return a stored number, or 0 if it cannot be right."""
    return value if low <= value <= high else 0


@dataclass
class Account:
    """What the server has of one account. Times are milliseconds of its clock."""

    reading: bytes = b""
    until: float = 0
    fence: float = 0
    why: str = ""
    at: float = 0
    good: float = 0
    by: str = ""
    askers: dict[str, int] = field(default_factory=dict)
    viewers: dict[str, int] = field(default_factory=dict)
    requests: dict[float, int] = field(default_factory=dict)

    def leave(self, _now: int, machine: str) -> list[Any]:
        """Forget a machine."""
        self.askers.pop(machine, None)
        self.viewers.pop(machine, None)
        return []

    def show(self, now: int, _machine: str) -> list[Any]:
        """Return what is there."""
        lists = [
            [
                part
                for name, at in sorted(one.items(), key=lambda item: item[::-1])
                for part in (name, str(at))
            ]
            for one in (self.askers, self.viewers)
        ]
        recent = sum(now - HOUR_MS <= at <= now for at in self.requests.values())
        until = between(self.until, 0, now + DAY_MS)
        return [
            now,
            self._at(now),
            self._good(now),
            until,
            self.why,
            self.by,
            *lists,
            recent,
            self.reading,
        ]

    def post(self, now: int, machine: str, *words: bytes) -> list[Any]:
        """Take a reading, and the end of a lease."""
        fence, wait_ms, at_ms, good_ms = (int(words[index]) for index in (0, 1, 3, 4))
        why, reading = words[2].decode(), words[6]
        has_lease = 0 < fence == self.fence
        newest = self._at(now)
        if has_lease:
            self.until, self.why = now + wait_ms, why
            if why == UNUSED:
                self.requests.pop(fence, None)
        is_taken = bool(reading) and at_ms <= now + STEP_MS and (has_lease or at_ms > newest)
        if is_taken:
            self.reading, self.at, self.good, self.by = reading, at_ms, now + good_ms, machine
        return [int(has_lease), int(is_taken)]

    def look(self, now: int, machine: str, *words: bytes) -> list[Any]:
        """Return the reading, and whether that machine may ask now."""
        can_ask, max_age_ms, lease_ms, max_wait_ms, max_requests = map(int, words)
        joined, left = (self.askers, self.viewers) if can_ask else (self.viewers, self.askers)
        left.pop(machine, None)
        joined[machine] = now
        self._forget(now)
        at, why = self._at(now), self.why
        is_fresh = self.reading and at > 0 and now - at < max_age_ms and now < self._good(now)
        longest_ms = max_wait_ms if why in {"rate-limited", "offline"} else lease_ms
        wait_ms = max(between(self.until, 0, now + longest_ms) - now, 0)
        if not wait_ms and len(self.requests) >= max_requests:
            wait_ms, why = min(self.requests.values()) + HOUR_MS - now, BUDGET
        granted = bool(can_ask and not wait_ms and not is_fresh)
        fence = between(self.fence, 0, now + WEEK_MS)
        if granted:
            why, fence = ASKING, max(fence + 1, now)
            self.until, self.fence, self.why = now + lease_ms, fence, why
            self.requests[fence] = now
        counts = (len(self.askers), len(self.requests))
        return [now, int(granted), fence, wait_ms, why, *counts, self.reading]

    def _forget(self, now: int) -> None:
        for members, kept_ms in (
            (self.askers, DAY_MS),
            (self.viewers, DAY_MS),
            (self.requests, HOUR_MS),
        ):
            for name, at in list(members.items()):
                if not now - kept_ms < at <= now + STEP_MS:
                    del members[name]  # type: ignore[arg-type]  # names or fences

    def _at(self, now: int) -> float:
        return min(between(self.at, 1, now + STEP_MS), now)

    def _good(self, now: int) -> float:
        return between(self.good, 1, now + DAY_MS)


@dataclass
class Redis(Loopback):
    """A running server. Its clock is ahead of this machine's by `ahead_s`."""

    fault: str = ""
    ahead_s: float = 0
    accounts: dict[str, Account] = field(default_factory=lambda: defaultdict(Account))
    calls: list[str] = field(default_factory=list)
    """The operations of the script, oldest first."""
    expired: int = 0
    """How many keys a client let expire."""
    hello: Any = field(default_factory=lambda: ["server", "redis", "version", "7.0.15"])
    on_call: Callable[[str], None] = lambda _: None
    """Called with the operation before it is run."""

    def __post_init__(self) -> None:
        self.serve(loopback.Server(("127.0.0.1", 0), cast("Any", Handler)))

    @property
    def url(self) -> str:
        """Return the URL of its database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def shift(self, seconds: float) -> None:
        """Set its clock to so many seconds from the true time."""
        self.ahead_s = seconds

    @property
    def account(self) -> Account:
        """Return what it has of the only account."""
        (account,) = self.accounts.values()
        return account

    @property
    def now_ms(self) -> int:
        """Return the time by its clock."""
        return int((time.time() + self.ahead_s) * 1000)

    def answer(self, words: list[bytes]) -> Any:
        """Return the reply to a command."""
        name = words[0].decode().upper()
        if name in PROTOCOL:
            self.expired += name == "PEXPIRE"
            return self.hello if name == "HELLO" else "OK"
        keys = int(words[2])
        operation, machine = (word.decode() for word in words[3 + keys : 5 + keys])
        self.calls.append(operation)
        self.on_call(operation)
        kind, _, text = self.fault.partition(":")
        if kind:
            return {"close": None, "odd": 7, "error": Exception(text)}[kind]
        account = self.accounts[words[3].decode().partition("}")[0]]
        return getattr(account, operation)(self.now_ms, machine, *words[5 + keys :])


class Handler(socketserver.StreamRequestHandler):
    server: loopback.Server

    def handle(self) -> None:
        redis = cast("Redis", self.server.owner)
        while words := self._command():
            reply = redis.answer(words)
            if reply is None:
                return
            self.wfile.write(encoded(reply))

    def _command(self) -> list[bytes]:
        count = self.rfile.readline()[1:]
        return [self._word() for _ in range(int(count or 0))]

    def _word(self) -> bytes:
        size = int(self.rfile.readline()[1:])
        return self.rfile.read(size + 2)[:-2]


def encoded(value: Any) -> bytes:
    """Return a reply in the protocol: a list, an integer, a text, or an error."""
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(map(encoded, value))
    if isinstance(value, Exception):
        return f"-{value}\r\n".encode()
    if isinstance(value, (int, float)):
        return b":%d\r\n" % int(value)
    content = value if isinstance(value, bytes) else value.encode()
    return b"$%d\r\n%s\r\n" % (len(content), content)
