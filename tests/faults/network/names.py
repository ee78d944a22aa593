"""A name server that can misbehave."""

from __future__ import annotations

import contextlib
import ipaddress
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

SERVFAIL, NXDOMAIN = 2, 3
TYPES = {1: 4, 28: 6}
"""A and AAAA, and the IP version of each."""


class NameServer:
    """Answer every question on `listener` (UDP) after `silent_s`.

    The answer is `addresses`, or the error `code`.
    """

    def __init__(
        self,
        listener: socket.socket,
        addresses: Sequence[str] = (),
        *,
        code: int = 0,
        silent_s: float = 0,
    ) -> None:
        self.questions = 0
        self._listener, self._code = listener, code
        self._addresses = [ipaddress.ip_address(address) for address in addresses]
        self._speaks_at = time.monotonic() + silent_s
        self._stopping = threading.Event()
        listener.settimeout(0.2)
        self._thread = threading.Thread(target=self._answer_all, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the server."""
        self._stopping.set()
        self._thread.join(10)

    def _answer_all(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                question, whom = self._listener.recvfrom(2000)
                self.questions += 1
                if time.monotonic() >= self._speaks_at:
                    self._listener.sendto(self._answer(question), whom)

    def _answer(self, question: bytes) -> bytes:
        end = question.index(b"\0", 12) + 5
        kind = int.from_bytes(question[end - 4 : end - 2], "big")
        addresses = [
            address.packed for address in self._addresses if address.version == TYPES.get(kind)
        ]
        records = b"".join(
            b"\xc0\x0c"
            + kind.to_bytes(2, "big")
            + b"\0\1\0\0\0\x3c"
            + len(packed).to_bytes(2, "big")
            + packed
            for packed in addresses
        )
        counts = b"\0\1" + len(addresses).to_bytes(2, "big") + b"\0\0\0\0"
        return question[:2] + bytes([0x81, 0x80 | self._code]) + counts + question[12:end] + records
