"""Draw the lines of many sessions every second, and cancel runs that are slow as the client does.

One process without a thread per session drives them, so that it does not distort the measurement.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import os
import random
import re
import select
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from usageline.system import process_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.hot import Hot

EVERY_S = 1.0
"""`refreshInterval`."""

CUT_OFF = 0.2
"""Share of runs to cancel while they run: the client redraws for another reason or ends.

Some have ended by then.
"""

GATHERED_S = 0.005
"""Collect canceled runs this long: finding their children reads all processes."""


@dataclass(slots=True)
class Session:
    """One session: its payload's file and its running run (`pid` 0: none).

    `wanted`: the next is due when that has ended.
    """

    number: int
    payload: str
    pid: int = 0
    output: int = -1
    received: bytearray = field(default_factory=bytearray)
    began: float = 0
    given_up: bool = False
    wanted: bool = False


LONGER_S = 90
"""For what a canceled run delays: it may have claimed a refresh that it did not start."""


@dataclass(slots=True)
class Crowd:
    """What the sessions did: completed runs took `took` seconds each.

    The next run `canceled` others, or they were `cut_off`.
    """

    hot: Hot
    sessions: list[Session]
    random: random.Random = field(default_factory=lambda: random.Random(5))
    took: list[float] = field(default_factory=list)
    canceled: int = 0
    cut_off: int = 0
    bad: list[str] = field(default_factory=list)
    _events: list[tuple[float, int, str, float]] = field(default_factory=list)
    _ending: bool = False
    _poll: select.epoll = field(default_factory=select.epoll)
    _by_output: dict[int, Session] = field(default_factory=dict)

    def run(
        self,
        seconds: float,
        watch: Callable[[], object],
        watch_every_s: float,
        until: Callable[[], object] = lambda: True,
    ) -> None:
        """Draw the lines for this long, and call `watch` now and then.

        Go on until `until()` holds, for LONGER_S at most. No run is left afterwards.
        """
        begin = time.monotonic()
        end = begin + seconds
        for session in self.sessions:
            heapq.heappush(
                self._events, (begin + self.random.random() * EVERY_S, session.number, "draw", 0)
            )
        watch_at = begin + watch_every_s
        try:
            while (now := time.monotonic()) < end or (now < begin + LONGER_S and not until()):
                if now >= watch_at:
                    watch()
                    watch_at += watch_every_s
                self._act(now)
                due = self._events[0][0] if self._events else now + EVERY_S
                self._listen(max(min(due + GATHERED_S, watch_at) - time.monotonic(), 0))
        finally:
            self._ending = True
            self._give_up([session for session in self.sessions if session.pid])
            while self._by_output:
                self._listen(1)
            self._poll.close()

    def _act(self, now: float) -> None:
        doomed = []
        while self._events and self._events[0][0] <= now:
            at, number, what, began = heapq.heappop(self._events)
            session = self.sessions[number]
            if what == "draw":
                heapq.heappush(self._events, (max(at + EVERY_S, now), number, "draw", 0))
                if not session.pid:
                    self._begin(session)
                    continue
                session.wanted = True
                if not session.given_up:
                    self.canceled += 1
                    doomed.append(session)
            elif session.pid and session.began == began and not session.given_up:
                self.cut_off += 1
                doomed.append(session)
        self._give_up(doomed)

    def _begin(self, session: Session) -> None:
        read, write = os.pipe()
        actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
            (os.POSIX_SPAWN_OPEN, 0, session.payload, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, write, 1),
            (os.POSIX_SPAWN_DUP2, write, 2),
        ]
        env = {**self.hot.world.env, "COLUMNS": "160", "NO_COLOR": "1"}
        session.pid = os.posix_spawn(
            self.hot.command[0], self.hot.command, env, file_actions=actions
        )
        os.close(write)
        session.output, session.received, session.began = read, bytearray(), time.monotonic()
        session.given_up = session.wanted = False
        self._by_output[read] = session
        self._poll.register(read, select.EPOLLIN)
        if self.random.random() < CUT_OFF:
            usual = sorted(self.took[-99:])[len(self.took[-99:]) // 2] if self.took else 0.03
            heapq.heappush(
                self._events,
                (
                    session.began + self.random.random() * usual,
                    session.number,
                    "cut off",
                    session.began,
                ),
            )

    def _give_up(self, doomed: list[Session]) -> None:
        """Send SIGTERM to each run and all its descendants by parent links, as the client does."""
        if not doomed:
            return
        parents = process_tree._parents()
        for session in doomed:
            session.given_up = True
            for pid in (session.pid, *below(session.pid, parents.items())):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)

    def _listen(self, timeout_s: float) -> None:
        for fd, _ in self._poll.poll(timeout_s):
            session = self._by_output[fd]
            chunk = os.read(fd, 65536)
            session.received += chunk
            if not chunk:
                self._end(session)

    def _end(self, session: Session) -> None:
        self._poll.unregister(session.output)
        os.close(session.output)
        del self._by_output[session.output]
        _, status = os.waitpid(session.pid, 0)
        session.pid = 0
        if not status:
            self.took.append(time.monotonic() - session.began)
        if not is_good(session, bytes(session.received), whole=not status) or (
            status and not session.given_up
        ):
            self.bad.append(
                f"session {session.number}, status {status}: {bytes(session.received)!r}"
            )
        if session.wanted and not self._ending:
            self._begin(session)


def crowd_of(count: int, hot: Hot, directory: Path) -> Crowd:
    """Return this many sessions, each with its own model name in its payload."""
    sessions = []
    for number in range(count):
        path = directory / f"payload-{number}.json"
        path.write_text(
            json.dumps(
                {
                    "model": {"id": "claude-opus-5-5", "display_name": f"Opus {number}"},
                    "session_id": f"s{number}",
                }
            )
        )
        sessions.append(Session(number, str(path)))
    return Crowd(hot, sessions)


def is_good(session: Session, output: bytes, *, whole: bool) -> bool:
    """Return whether it is the session's complete line; a canceled run may print nothing."""
    line = (
        rf"Opus {session.number} │ 5h \S+ \d+% ↻ \S+ │ 7d \S+ \d+% ↻ [^│]+ │ 7d Fable \d+% │ "
        r"credits \S+( │ [^│]*)?\n"
    )
    return bool(re.fullmatch(line, output.decode())) or (not whole and not output)


def below(pid: int, parents: Iterable[tuple[int, int]]) -> list[int]:
    """Return the descendants of `pid` by parent links."""
    children = [child for child, parent in parents if parent == pid]
    return children + [one for child in children for one in below(child, parents)]
