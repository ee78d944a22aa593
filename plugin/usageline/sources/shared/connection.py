"""Connect to the server by redis-py, which the extra `redis` installs.

redis-py waits for 5 s at each step and tries ten times by default, and a name server that hangs is
beyond its timeouts. Here nothing is retried. All calls of one connection share a time budget, and
run in a thread that is abandoned when it is spent.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from usageline.core.errors import UsagelineError
from usageline.core.text import sanitize
from usageline.sources import proxies

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from usageline.config.server_types import Address

BUDGET_S = 0.7
"""Time for all calls of a refresh, with the name server and the TLS handshake."""

MAX_REPLY_BYTES = 256 << 10
MAX_MESSAGE_CHARS = 80
NO_PASSWORD = ("unauthenticated", "NOAUTH", "Authentication required")
"""What a server with a password answers without one; Redis 7 cuts a long command off."""

NO_RIGHTS = ("user executing the script", "ACL failure", "has no permissions")
"""What Redis 7 and Valkey 9 answer if the script calls what its user may not."""

INSTALL = "redis-py is not installed: run usageline install --with redis"


class ServerUnusable(UsagelineError):
    """The server did not answer as it should. The text names neither the server nor a secret."""


class Account(NamedTuple):
    """How to sign in on the server."""

    user: str
    password: str


class Connection:
    """One connection, made on the first call. `budget_s` is the time for all calls.

    `env` chooses the certificates to trust, as for the service (`sources/proxies.py`).
    """

    def __init__(
        self,
        address: Address,
        account: Account,
        env: Mapping[str, str],
        budget_s: float = BUDGET_S,
    ) -> None:
        self._address, self._account, self._env = address, account, env
        self._left_s = budget_s
        self._tasks: queue.SimpleQueue[tuple[float, tuple[Any, ...]] | None] = queue.SimpleQueue()
        self._replies: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._link: Any = None
        self.spent_s = 0.0

    def call(self, *words: str | bytes | int) -> Any:
        """Return the reply to a command. Raise ServerUnusable, also when the time is spent."""
        try:
            # Imported before the time begins to count.
            import redis  # noqa: F401, PLC0415 - only if a server is configured
        except ImportError:
            raise ServerUnusable(INSTALL) from None
        began = time.monotonic()
        try:
            reply = self._replied(began + self._left_s, words)
        finally:
            took_s = time.monotonic() - began
            self.spent_s += took_s
            self._left_s -= took_s
        if isinstance(reply, ServerUnusable):
            self._left_s = 0
            raise reply
        return reply

    def close(self) -> None:
        """Close the connection. The thread ends by itself."""
        self._left_s = 0
        self._tasks.put(None)

    def _replied(self, deadline: float, words: tuple[Any, ...]) -> Any:
        if self._left_s <= 0:
            return ServerUnusable("no time was left")
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="shared", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no thread can be started (ulimit -u): its timeouts must do
                self._thread = None
                return self._run(deadline, words)
        self._tasks.put((deadline, words))
        try:
            return self._replies.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            return ServerUnusable("no answer in time")

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._replies.put(self._run(*task))
        if self._link is not None:
            self._link.disconnect()

    def _run(self, deadline: float, words: tuple[Any, ...]) -> Any:
        try:
            if self._link is None:
                link = _link(self._address, self._account, self._env, deadline)
                link.connect()
                self._link = link
            self._link.deadline = deadline
            self._link.send_command(*words)
            return self._link.read_response()
        except BaseException as error:  # noqa: BLE001 - a traceback could print the password
            return ServerUnusable(_reason(error))


def _link(address: Address, account: Account, env: Mapping[str, str], deadline: float) -> Any:
    """Return redis-py's connection to that address, with bounded answers."""
    import redis.connection  # noqa: PLC0415 - only if a server is configured
    from redis.backoff import NoBackoff  # noqa: PLC0415 - as above
    from redis.retry import Retry  # noqa: PLC0415 - as above

    kinds: dict[str, Any] = {
        "redis": redis.connection.Connection,
        "rediss": redis.connection.SSLConnection,
        "unix": redis.connection.UnixDomainSocketConnection,
    }
    kind = kinds[address.scheme]

    class Link(kind):  # type: ignore[misc, valid-type]  # its base depends on the scheme
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.deadline = deadline

        def _connect(self) -> Any:
            return _Bounded(super()._connect(), lambda: self.deadline)

        def _wrap_socket_with_ssl(self, sock: socket.socket) -> Any:
            # redis-py would trust what SSL_CERT_FILE of the process names.
            context = proxies.tls_context(proxies.network_variables(env))
            return context.wrap_socket(sock, server_hostname=self.host)

    timeout_s = max(deadline - time.monotonic(), 0.01)
    place: dict[str, Any] = (
        {"path": address.path}
        if address.scheme == "unix"
        else {"host": address.host, "port": address.port}
    )
    return Link(
        **place,
        db=address.database,
        username=account.user or None,
        password=account.password or None,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
        health_check_interval=0,
        protocol=2,
        client_name=None,
        driver_info=None,  # it would send the name and version of redis-py
    )


class _Bounded:
    """A socket that reads until a deadline, and no more than MAX_REPLY_BYTES in all."""

    def __init__(self, sock: Any, deadline: Callable[[], float]) -> None:
        self._sock, self._deadline, self._left = sock, deadline, MAX_REPLY_BYTES

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def settimeout(self, timeout_s: float | None) -> None:
        """Set a timeout for each step, at most until the deadline."""
        left_s = max(self._deadline() - time.monotonic(), 0.001)
        self._sock.settimeout(left_s if timeout_s is None else min(timeout_s, left_s))

    def recv(self, size: int, *flags: int) -> bytes:
        """Return what arrived."""
        self.settimeout(None)
        data: bytes = self._sock.recv(size, *flags)
        self._count(len(data))
        return data

    def recv_into(self, buffer: Any, *arguments: int) -> int:
        """Read into a buffer, as hiredis does."""
        self.settimeout(None)
        size: int = self._sock.recv_into(buffer, *arguments)
        self._count(size)
        return size

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self.settimeout(None)
        self._sock.sendall(data)

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ServerUnusable("the answer is too long")


def _reason(error: BaseException) -> str:
    """Return why a call failed, in a few words. The server's own words are cleaned and cut."""
    import redis.exceptions as kinds  # noqa: PLC0415 - it is imported by now

    text = str(error)
    if isinstance(error, ServerUnusable):
        return text
    if any(words in text for words in NO_PASSWORD):
        return "it wants a password"
    by_kind: tuple[tuple[Any, str], ...] = (
        (kinds.AuthenticationError, "it refused the user or the password"),
        (kinds.NoPermissionError, "this user may not run the script"),
        (kinds.ReadOnlyError, "it is read-only, as a replica is"),
        (kinds.BusyLoadingError, "it is loading its data"),
        (kinds.OutOfMemoryError, "its memory is full"),
        (kinds.TimeoutError, "no answer in time"),
        ((kinds.MovedError, kinds.AskError), "it is a cluster: name the node that has the key"),
    )
    for kind, reason in by_kind:
        if isinstance(error, kind):
            return reason
    if isinstance(error, kinds.ResponseError) and any(words in text for words in NO_RIGHTS):
        return "this user may not run the script"
    if isinstance(error, kinds.ResponseError):
        return f"it answered: {sanitize(text)[:MAX_MESSAGE_CHARS]}"
    if "certificate" in text.lower():
        return "its certificate is not trusted"
    if isinstance(error, (kinds.ConnectionError, OSError)):
        return _connection_reason(text.lower())
    return f"{type(error).__name__} while reading the answer"


def _connection_reason(text: str) -> str:
    if "ssl" in text or "tls" in text:
        return "no secure connection"
    if "name or service" in text or "name resolution" in text or "nodename" in text:
        return "its name is unknown"
    return "it closed the connection" if "closed" in text or "reset" in text else "no connection"
