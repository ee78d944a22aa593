"""Check which user listens on a loopback port.

Another user of this machine may be listening there; never send them the token.
"""

from __future__ import annotations

import ipaddress
import os
from typing import TYPE_CHECKING, Any

from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
LISTENS = "0A"
CONNECTED = "connection.connect_tcp.complete"
"""The httpcore event after the connection and before any data is sent."""


def require_own_listener() -> Callable[[str, dict[str, Any]], None]:
    """Return a trace function for a request to this machine.

    It raises SourceFailure if the connection leads to another machine or to another user.
    """

    def trace(event: str, info: dict[str, Any]) -> None:
        if event == CONNECTED:
            host, port = info["return_value"].get_extra_info("server_addr")[:2]
            if not ipaddress.ip_address(host).is_loopback:
                raise SourceFailure("unreadable", "USAGELINE_API_URL leads to another machine")
            if not is_own_listener(port):
                raise SourceFailure(
                    "unreadable", "USAGELINE_API_URL leads to another user of this machine"
                )

    return trace


def is_own_listener(port: int, tables: tuple[str, ...] = TABLES) -> bool:
    """Return whether only this user or root listens on that port.

    Root can read the token anyway. Return True if the system has no table of listeners.
    """
    readable = [owners for table in tables if (owners := _owners(table, port)) is not None]
    owners = set().union(*readable)
    return not readable or (bool(owners) and owners <= {os.geteuid(), 0})


def _owners(table: str, port: int) -> set[int] | None:
    """Return the users that listen on that port, None if there is no such table."""
    try:
        with open(table, encoding="ascii") as file:
            next(file)
            # A row: number, local address:port, remote, state, queues, timer, retransmits, uid, …
            rows = [line.split() for line in file]
    except (OSError, StopIteration):  # no Linux, or no IPv6 here
        return None
    return {
        int(row[7])
        for row in rows
        if row[3] == LISTENS and int(row[1].rpartition(":")[2], 16) == port
    }
