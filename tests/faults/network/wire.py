"""A server of bytes: a script decides what a connection sends; every received byte is stored."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.server import USAGE_PATH

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

TIMEOUT_S = 60


@dataclass
class Talk:
    """One connection for a script.

    `came` is all received data, `elsewhere` the address of a second server.
    """

    socket: socket.socket
    stopping: threading.Event
    elsewhere: str
    came: bytearray = field(default_factory=bytearray)

    def read_head(self) -> bool:
        """Read up to an empty line; return False if the other side closed first."""
        while b"\r\n\r\n" not in self.came:
            if not self.read():
                return False
        return True

    def read(self) -> bytes:
        """Read what comes next; empty at the end."""
        data = self.socket.recv(1 << 16)
        self.came += data
        return data

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Continue as a server with TLS."""
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def send(self, *parts: bytes) -> None:
        """Send each part separately."""
        for part in parts:
            self.socket.sendall(part)

    def drip(self, data: bytes, gap_s: float = 0.3) -> None:
        """Send a byte, wait, send the next, and repeat."""
        while not self.stopping.is_set():
            for at in range(len(data)):
                self.send(data[at : at + 1])
                if self.stopping.wait(gap_s):
                    return

    def flood(self, data: bytes) -> None:
        """Send it repeatedly, as fast as it is read."""
        while not self.stopping.is_set():
            self.send(data)

    def wait(self, seconds: float = TIMEOUT_S) -> None:
        """Wait this long, or until the other side closes."""
        self.socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            while self.read():
                pass

    def reset(self) -> None:
        """Close the connection by a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Wire:
    """A server on `listener`, by default on a free port of 127.0.0.1.

    With `tls`, connections start with TLS.
    """

    def __init__(
        self,
        script: Callable[[Talk], None],
        listener: socket.socket | None = None,
        tls: ssl.SSLContext | None = None,
        *,
        elsewhere: str = "",
    ) -> None:
        self.talks: list[Talk] = []
        self.connections = 0
        self._script, self._tls, self._elsewhere = script, tls, elsewhere
        self._listener = listener or socket.create_server(("127.0.0.1", 0), backlog=64)
        self._stopping = threading.Event()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def received(self) -> bytes:
        """Return everything received on all connections, inside TLS if there is any."""
        return b"".join(bytes(talk.came) for talk in self.talks)

    @property
    def asked(self) -> int:
        """Return the number of usage requests."""
        return self.received.count(USAGE_PATH.encode() + b" HTTP/1.1\r\n")

    def close(self) -> None:
        """Stop the server and close every connection."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=[connection], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(TIMEOUT_S)
        with (
            contextlib.suppress(OSError),
            connection,
        ):  # clients that close early are the subject of these tests
            inside = (
                self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            )
            talk = Talk(inside, self._stopping, self._elsewhere)
            self.talks.append(talk)
            try:
                self._script(talk)
            finally:
                talk.socket.close()
