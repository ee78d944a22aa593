"""Relay connections between two addresses: recorded, slowed down, or cut.

`python -m tests.fleet.relay FROM TO` relays until it is killed; an address is HOST:PORT or a path.
A socket at a path connects two network namespaces.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from dataclasses import dataclass, field

CHUNK = 65536
DRIP_S = 0.1


def _socket(address: str) -> tuple[socket.socket, object]:
    if address.startswith("/"):
        return socket.socket(socket.AF_UNIX), address
    host, _, port = address.rpartition(":")
    return socket.socket(socket.AF_INET), (host, int(port))


@dataclass
class Relay:
    """A running relay. `mode` decides what happens to new connections and to their bytes:

    pass    relay them
    refuse  close each connection at once
    hang    accept, and relay nothing
    drip    relay a byte of the answer every DRIP_S
    """

    source: str
    target: str
    mode: str = "pass"
    recorded: bytearray = field(default_factory=bytearray)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener, address = _socket(self.source)
        if self.source.startswith("/"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.source)
        else:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(address)  # type: ignore[arg-type]  # as the family has it
        self._listener.listen(256)
        self._closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Return its TCP port."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Return the URL of a Redis server behind it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def close(self) -> None:
        """Stop."""
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.mode == "refuse":
                client.close()
            else:
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self.mode == "hang":
            self._closed.wait(60)
            client.close()
            return
        server, address = _socket(self.target)
        try:
            server.connect(address)  # type: ignore[arg-type]  # as above
        except OSError:
            client.close()
            server.close()
            return
        back = threading.Thread(
            target=self._copy, args=(server, client), kwargs={"is_answer": True}, daemon=True
        )
        back.start()
        self._copy(client, server, is_answer=False)
        back.join(60)
        for each in (client, server):
            each.close()

    def _copy(self, source: socket.socket, target: socket.socket, *, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                self.recorded += data
                if is_answer and self.mode == "drip":
                    for byte in data:
                        self._closed.wait(DRIP_S)
                        target.sendall(bytes([byte]))
                else:
                    target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    Relay(sys.argv[1], sys.argv[2])
    print("ready", flush=True)
    threading.Event().wait()
