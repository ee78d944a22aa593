"""Turn the lines of transcripts into responses, each counted once. Pure.

Claude Code repeats a response's usage in a line for each block, in forks, after `/compact`, and in
a parent's progress lines. Of the lines of one response the whole line of the highest rank counts,
so the order in which lines are read changes nothing.
"""

from __future__ import annotations

from usageline.core.named_tuple import NamedTuple
from usageline.usage.local.cost_states import Counts, Owner

try:
    from _blake2 import blake2b  # hashlib loads OpenSSL, which takes longer than a whole pass
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from usageline.usage.local.cost_states import CostState

new = tuple.__new__
"""`new(Tokens, (…))` takes half as long as `Tokens(…)`, and bulk makes millions."""

KEY_BYTES = 12
MAX_COUNT = 10**12
"""A larger number is not a count of a session's tokens."""
MAX_TOKENS = 10**9
"""A larger number is not a count of a response's tokens."""

GAP_MS = 60_000
"""Lines without a unique id are of one response if no more time lies between two of them."""

UNIQUE_ID = "msg_"
"""How the ids of Anthropic's API begin. Forks and `/btw` give them new request ids."""

SYNTHETIC = "<synthetic>"

NONE_OWN = -(1 << 62)
"""The first own time of a session that shares every response with another."""


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


class Claim(NamedTuple):
    """The claim of one session on a response, from its lines.

    session  its id
    at       when the first of these lines was written (epoch ms)
    project  the directory of that line
    copied   every one of them is marked as a fork's copy, or is a parent's progress line
    """

    session: str
    at: int
    project: str
    copied: bool = False


class Response(NamedTuple):
    """One response, as the lines that were read until now describe it.

    key       12 bytes that identify it, or those of its group if `grouped`
    grouped   its id is not unique: it has the lines around the time of its own
    claims    of each session with it, by session; most have one
    last_at   its latest line (epoch ms) if it is grouped, else 0
    rank      of the line that counts
    finished  that line has a stop reason
    parts     what is billed; the first is the response itself
    """

    key: bytes
    grouped: bool
    claims: tuple[Claim, ...]
    last_at: int
    rank: tuple[int, bool, bool, int]
    finished: bool
    parts: tuple[Part, ...]

    @property
    def at(self) -> int:
        """When its first line was written (epoch ms)."""
        claims = self.claims
        return claims[0].at if len(claims) == 1 else min(claim.at for claim in claims)


class Batch:
    """What lines say before it is written. Lines of one response are merged here first."""

    def __init__(self) -> None:
        self.single: dict[bytes, Response] = {}
        self.grouped: dict[bytes, list[Response]] = {}
        self.states: dict[tuple[str, str], tuple[int, Counts]] = {}
        self.owners: set[Owner] = set()

    def add(self, response: Response) -> None:
        """Add the content of one line."""
        if response.grouped:
            group = self.grouped.setdefault(response.key, [])
            group[:] = joined([*group, response])
            return
        known = self.single.get(response.key)
        self.single[response.key] = response if known is None else merged(known, response)

    def add_state(self, state: CostState | Owner) -> None:
        """Add what Claude Code itself notes of a session."""
        if isinstance(state, Owner):
            self.owners.add(state)
            return
        for model, counts in state.models.items():
            key = (state.session, model)
            started, known = self.states.get(key, (0, Counts()))
            self.states[key] = (max(started, state.started), counts.greatest(known))

    def __len__(self) -> int:
        return len(self.single) + len(self.grouped)


def response_of(  # noqa: PLR0913 - the facts of a line
    claim: Claim,
    message_id: str,
    request_id: str,
    uuid: str,
    parts: tuple[Part, ...],
    *,
    sidechain: bool,
    finished: bool,
) -> Response:
    """Return the response that one line alone describes. A missing text is ""."""
    if message_id.startswith(UNIQUE_ID):
        return unique_response(message_id, claim, parts, sidechain=sidechain, finished=finished)
    tokens = parts[0].tokens
    grouped = False
    if message_id and request_id:
        key = _digest(f"pair\0{message_id}\0{request_id}")
    elif request_id:
        key = _digest(f"request\0{request_id}")
    elif uuid and not message_id:
        key = _digest(f"line\0{claim.session}\0{uuid}")
    else:
        grouped = True
        side = (tokens.input, tokens.read, tokens.write_5m + tokens.write_1h)
        key = _digest("\0".join(("group", claim.session, message_id, *map(str, side))))
    rank = (tokens.output, not sidechain, finished, sum(tokens))
    last_at = claim.at if grouped else 0
    return Response(key, grouped, (claim,), last_at, rank, finished, parts)


def unique_response(
    message_id: str, claim: Claim, parts: tuple[Part, ...], *, sidechain: bool, finished: bool
) -> Response:
    """Return the response with an id that begins with `UNIQUE_ID`."""
    tokens = parts[0].tokens
    rank = (tokens.output, not sidechain, finished, sum(tokens))
    key = _digest(f"id\0{message_id}")
    return new(Response, (key, False, (claim,), 0, rank, finished, parts))


def merged(one: Response, other: Response) -> Response:
    """Return two descriptions of one response as one; their order does not matter."""
    # Lines that differ in nothing that ranks them must not depend on their order either.
    wins = (one.rank, one.parts) >= (other.rank, other.parts)
    winner = one if wins else other
    claims, last_at = _joined(one.claims, other.claims), max(one.last_at, other.last_at)
    if claims is winner.claims and last_at == winner.last_at:
        return winner
    return winner._replace(claims=claims, last_at=last_at)


def owner(claims: tuple[Claim, ...], first_own: Mapping[str, int]) -> Claim:
    """Return the claim of the session that a response is of.

    A fork repeats the responses of its original, with their ids and times. `first_own` orders the
    sessions by their first response that only they claim as no copy. The earliest is the original,
    for a fork's own begin later. A session without any precedes, for it was left for the fork. One
    whose first is a subagent's precedes all, for a fork has none of those.
    """
    if len(claims) == 1:
        return claims[0]
    return min(
        claims,
        key=lambda claim: (claim.copied, first_own.get(claim.session, NONE_OWN), claim.session),
    )


def is_of_group(one: Response, other: Response) -> bool:
    """Return whether two grouped responses are one, by the time between their lines."""
    return one.at - GAP_MS <= other.last_at and other.at - GAP_MS <= one.last_at


def joined(group: Iterable[Response]) -> list[Response]:
    """Merge those of one group that are one response, by the time between their lines."""
    result: list[Response] = []
    for response in sorted(group, key=lambda each: (each.at, each.claims)):
        if result and is_of_group(result[-1], response):
            result[-1] = merged(result[-1], response)
        else:
            result.append(response)
    return result


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


def _joined(one: tuple[Claim, ...], other: tuple[Claim, ...]) -> tuple[Claim, ...]:
    if one == other:
        return one
    if len(one) == len(other) == 1 and one[0].session == other[0].session:
        (mine,), (theirs,) = one, other
        first = mine if mine[1:3] <= theirs[1:3] else theirs
        copied = mine.copied and theirs.copied
        joined = first if first.copied == copied else first._replace(copied=copied)
        return one if joined is mine else other if joined is theirs else (joined,)
    by_session = {claim.session: claim for claim in one}
    for claim in other:
        known = by_session.get(claim.session)
        (by_session[claim.session],) = (claim,) if known is None else _joined((known,), (claim,))
    joined_all = tuple(by_session[session] for session in sorted(by_session))
    return one if joined_all == one else other if joined_all == other else joined_all


def _digest(text: str) -> bytes:
    return digest(text.encode("utf-8", "surrogatepass"))


def digest(data: bytes) -> bytes:
    """Return a digest of a text, of KEY_BYTES."""
    return blake2b(data, digest_size=KEY_BYTES).digest()
