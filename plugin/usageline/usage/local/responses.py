"""Turn the lines of transcripts into responses, each counted once. Pure.

Claude Code repeats a response's usage in a line for each block, in forks, after `/compact`, and in
a parent's progress lines. Of the lines of one response the whole line of the highest rank counts,
so the order in which lines are read changes nothing.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

KEY_BYTES = 12
MAX_COUNT = 10**12
"""A larger number is no count of tokens."""

GAP_MS = 60_000
"""Lines without a unique id are of one response if no more time lies between two of them."""

UNIQUE_ID = "msg_"
"""How the ids of Anthropic's API begin. Forks and `/btw` give them new request ids."""

SYNTHETIC = "<synthetic>"


class Tokens(NamedTuple):
    """The tokens of a response by price, and its web searches."""

    input: int = 0
    output: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0
    searches: int = 0

    @property
    def prompt(self) -> int:
        """The whole prompt, which chooses the rates of a model with two."""
        return self.input + self.write_5m + self.write_1h + self.read


class Part(NamedTuple):
    """What one model is billed for: the response itself, an advisor, a declined attempt."""

    model: str
    tokens: Tokens
    fast: bool = False
    us: bool = False


class Owner(NamedTuple):
    """When the first line of a response was written (epoch ms), and by whom."""

    at: int
    project: str
    session: str


class Response(NamedTuple):
    """One response, as the lines that were read until now describe it.

    key       12 bytes that identify it, or those of its group if `grouped`
    grouped   its id is not unique: it has the lines around the time of its own
    owner     its earliest line
    last_at   its latest line (epoch ms)
    rank      of the line that counts
    finished  that line has a stop reason
    parts     what is billed; the first is the response itself
    """

    key: bytes
    grouped: bool
    owner: Owner
    last_at: int
    rank: tuple[int, bool, bool, int]
    finished: bool
    parts: tuple[Part, ...]


class Line(NamedTuple):
    """The facts of one line with usage, checked. A missing text is ""."""

    at: int
    session: str
    project: str
    message_id: str
    request_id: str
    uuid: str
    sidechain: bool
    finished: bool
    part: Part
    iterations: tuple[Part | tuple[str, Part], ...] = ()

    def response(self) -> Response:
        """Return the response that this line alone describes."""
        tokens = self.part.tokens
        key, grouped = _key(self)
        return Response(
            key,
            grouped,
            Owner(self.at, self.project, self.session),
            self.at,
            (tokens.output, not self.sidechain, self.finished, sum(tokens)),
            self.finished,
            (self.part, *self.iterations),  # type: ignore[arg-type]
        )


def merged(one: Response, other: Response) -> Response:
    """Return what two descriptions of one response say together, in any order."""
    winner = max(one, other, key=_rank)
    return winner._replace(
        owner=min(one.owner, other.owner), last_at=max(one.last_at, other.last_at)
    )


def is_of_group(one: Response, other: Response) -> bool:
    """Return whether two grouped responses are one, by the time between their lines."""
    return one.owner.at - GAP_MS <= other.last_at and other.owner.at - GAP_MS <= one.last_at


def extra_parts(
    model: str, iterations: list[tuple[str, str, Tokens]], *, us: bool
) -> tuple[Part, ...]:
    """Return what the iterations `(type, model, tokens)` add to the usage at the top level.

    An advisor and a compaction stand only there. So does an attempt that was declined after it had
    written output, if another model then answered. Attempts of unknown types add nothing.
    """
    attempts = [
        index
        for index, (kind, _, _) in enumerate(iterations)
        if kind in {"message", "fallback_message"}
    ]
    fell_back = any(kind == "fallback_message" for kind, _, _ in iterations)
    parts = []
    for index, (kind, own_model, tokens) in enumerate(iterations):
        is_declined = fell_back and index in attempts[:-1] and tokens.output > 0 and own_model
        if kind == "compaction" or (kind == "advisor_message" and own_model) or is_declined:
            parts.append(Part(own_model or model, tokens, us=us))
    return tuple(parts)


def _rank(response: Response) -> tuple[object, ...]:
    # Lines that differ in nothing that ranks them must not depend on their order either.
    return response.rank, response.parts


def _key(line: Line) -> tuple[bytes, bool]:
    message, request = line.message_id, line.request_id
    tokens = line.part.tokens
    if message.startswith(UNIQUE_ID):
        return _digest("id", message), False
    if message and request:
        return _digest("pair", message, request), False
    if message:
        side = (tokens.input, tokens.read, tokens.write_5m + tokens.write_1h)
        return _digest("group", line.session, message, *map(str, side)), True
    return _digest("line", line.session, line.uuid), False


def _digest(*words: str) -> bytes:
    text = "\0".join(words).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=KEY_BYTES).digest()
