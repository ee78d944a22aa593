"""Who listens on this machine. A loopback address may be another user's, whom the token is none of the business of."""

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
"""What httpcore calls the moment at which there is a connection and nothing has been sent."""


def require_own_listener() -> Callable[[str, dict[str, Any]], None]:
    """A trace for a request to this machine: SourceFailure as soon as the connection is to another machine, or to another user of this one."""

    def look(event: str, info: dict[str, Any]) -> None:
        if event == CONNECTED:
            host, port = info["return_value"].get_extra_info("server_addr")[:2]
            if not ipaddress.ip_address(host).is_loopback:
                raise SourceFailure("unreadable", "USAGELINE_API_URL leads to another machine")
            if not is_own_listener(port):
                raise SourceFailure(
                    "unreadable", "USAGELINE_API_URL leads to another user of this machine"
                )

    return look


def is_own_listener(port: int, tables: tuple[str, ...] = TABLES) -> bool:
    """Whether all that listens on that port is this user's own, or root's, who can read the token anyway. Where the system does not tell it is believed."""
    told = [owners for owners in (_owners(table, port) for table in tables) if owners is not None]
    owners = {owner for found in told for owner in found}
    return not told or (bool(owners) and owners <= {os.geteuid(), 0})


def _owners(table: str, port: int) -> set[int] | None:
    """The users whose sockets listen on that port; None where there is no such table."""
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
