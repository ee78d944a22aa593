"""Call the script on the server, and check what it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.config.server_types import parse_address
from usageline.config.sources import reads_token
from usageline.sources.auth import sign_in as sign_ins
from usageline.sources.shared import connection, message, script, secret
from usageline.sources.shared.connection import Account, Connection, ServerUnusable
from usageline.usage.model import SourceFailure
from usageline.usage.values import LATEST, integer, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.loader import Config, Shared
    from usageline.sources.auth.sign_in import SignIn
    from usageline.sources.shared.message import Message
    from usageline.system.paths import Paths

MAX_MS = LATEST * 1000
MAX_COUNT = 100_000
MAX_REASON = 32
KEEP_S = 86400
"""How long the server keeps a reading. An older one is worth nothing to a new machine."""


class Query(NamedTuple):
    """What a look says about this machine: durations in seconds.

    can_ask       whether this machine could send a request now
    max_age_s     an older reading is not fresh
    lease_s       how long no other machine asks if this one gets the lease
    max_wait_s    a longer wait on the server is an error, and counts as none
    max_requests  of all machines in an hour
    """

    can_ask: bool
    max_age_s: float
    lease_s: float
    max_wait_s: float
    max_requests: int


class Answer(NamedTuple):
    """What the server decided.

    now_ms    the server's time
    fence     the number of the lease if this machine got it, else 0
    wait_s    how long no machine may ask, 0 for no time
    why       the reason of that: a status word, or one of `script`
    machines  machines that asked or could have asked within a day, at least this one
    requests  requests of all machines within an hour
    sealed    the message with the reading, empty if there is none; not checked yet
    """

    now_ms: int
    fence: int
    wait_s: float
    why: str
    machines: int
    requests: int
    sealed: bytes


class Post(NamedTuple):
    """What to tell the server after a request, or with a reading that cost none.

    fence   the number of the lease, 0 for none
    wait_s  how long no machine may ask, and `why`; both only with a fence
    good_s  how long the reading is fresh at most
    """

    fence: int
    wait_s: float
    why: str
    good_s: float = 0
    message: Message | None = None


class View(NamedTuple):
    """What `usageline shared` shows. Times are milliseconds of the server's clock, 0 for none."""

    now_ms: int
    at_ms: int
    wait_until_ms: int
    why: str
    by: str
    askers: dict[str, int]
    viewers: dict[str, int]
    requests: int
    sealed: bytes


class Server:
    """The server, as one machine uses it for one account."""

    def __init__(self, connection: Connection, key: bytes, account: str, machine: str) -> None:
        self.connection, self._key, self._machine = connection, key, machine
        self.account = message.account_id(key, account)
        self._keys = script.keys_of(self.account)

    def look(self, query: Query) -> Answer:
        """Return the reading and whether this machine may ask. Raise ServerUnusable."""
        reply = self._run(
            "look",
            int(query.can_ask),
            _ms(query.max_age_s),
            _ms(query.lease_s),
            _ms(query.max_wait_s),
            query.max_requests,
        )
        now_ms, granted, fence, wait_ms, why, machines, requests, sealed = _items(reply, 8)
        return Answer(
            _number(now_ms, MAX_MS, 1),
            _number(fence, MAX_MS) if granted == 1 else 0,
            _number(wait_ms, MAX_MS) / 1000,
            _word(why),
            max(1, _number(machines, MAX_COUNT)),
            _number(requests, MAX_COUNT),
            _bytes(sealed),
        )

    def post(self, post: Post) -> bool:
        """Return whether the server took the reading. Raise ServerUnusable."""
        at_ms = post.message.at_ms if post.message else 0
        sealed = message.seal(self._key, self.account, post.message) if post.message else b""
        reply = self._run(
            "post",
            post.fence,
            _ms(post.wait_s),
            post.why,
            at_ms,
            _ms(post.good_s),
            _ms(KEEP_S),
            sealed,
        )
        _, is_stored = _items(reply, 2)
        return bool(is_stored == 1)

    def show(self) -> View:
        """Return what is stored, and change nothing. Raise ServerUnusable."""
        now_ms, at, _, until, why, by, askers, viewers, requests, sealed = _items(
            self._run("show"), 10
        )
        return View(
            _number(now_ms, MAX_MS, 1),
            _number(at, MAX_MS),
            _number(until, MAX_MS),
            _word(why),
            _word(by),
            _members(askers),
            _members(viewers),
            _number(requests, MAX_COUNT),
            _bytes(sealed),
        )

    def leave(self) -> None:
        """Remove this machine from the lists of machines. Raise ServerUnusable."""
        self._run("leave")

    def unseal(self, sealed: bytes, now_ms: int) -> Message:
        """Return the message in a reply. Raise MessageRefused."""
        return message.unseal(self._key, self.account, sealed, now_ms)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _run(self, operation: str, *arguments: int | str | bytes) -> Any:
        return self.connection.call(
            "EVAL",
            script.SCRIPT,
            len(self._keys),
            *self._keys,
            operation,
            self._machine,
            *arguments,
        )


def account_of(sign_in: SignIn, configured: str) -> str:
    """Return the key of the account whose reading a machine shares.

    Numbers of the configured account never go to a sign-in that names another one.
    """
    return sign_in.account if sign_in.names_account or not configured else configured


def account_key(env: Mapping[str, str], config: Config) -> str:
    """Return the same for the current sign-in, "" if it is unknown."""
    configured = config.shared.account
    try:
        sign_in = sign_ins.read(env, with_token=reads_token(config.sources))
    except SourceFailure as failure:
        return configured if failure.status == "signed-out" else ""
    return account_of(sign_in, configured)


def connect(
    config: Shared, env: Mapping[str, str], paths: Paths, budget_s: float | None = None
) -> tuple[Connection, bytes]:
    """Return the connection that config.toml names, not made yet, and the key.

    Its calls may take `budget_s` in all, by default the time of a refresh.
    Raise SecretUnusable or ServerUnusable.
    """
    address = parse_address(config.url)
    if address is None:
        raise ServerUnusable("its URL is not valid")
    key = secret.read_key(paths.shared_key)
    account = Account(address.user, secret.read_password(config.password_file))
    return Connection(address, account, env, budget_s or connection.BUDGET_S), key


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _items(reply: Any, count: int) -> list[Any]:
    if not isinstance(reply, list) or len(reply) != count:
        raise ServerUnusable("its answer makes no sense")
    return reply


def _number(value: Any, maximum: int, minimum: int = 0) -> int:
    checked = integer(value, minimum, maximum)
    if checked is None:
        raise ServerUnusable("its answer makes no sense")
    return checked


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""


def _word(value: Any) -> str:
    return text(_bytes(value).decode("utf-8", "replace"), MAX_REASON) or ""


def _members(value: Any) -> dict[str, int]:
    """Return the members of a sorted set with their scores; leave out what is not a machine."""
    members: dict[str, int] = {}
    rows = value if isinstance(value, list) else []
    for name, score in zip(rows[::2], rows[1::2], strict=False):
        at = _bytes(score).decode("ascii", "replace")
        if at.isascii() and at.isdigit() and len(at) < 16:
            members[_word(name)] = int(at)
    return members
