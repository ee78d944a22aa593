"""Without a server: what a connection costs, and what it says. tests/fleet has real servers."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from usageline.config.server_types import parse_address
from usageline.sources.shared import connection
from usageline.sources.shared.connection import Account, Connection, ServerUnusable
from usageline.sources.shared.server import Query, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUERY = Query(True, 300, 15, 4951, 20)


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection on a port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                client, _ = listener.accept()
                with client:
                    client.recv(65536)
                    answer(client)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
    thread.join(10)


def looked(port: int, budget_s: float = 0.3) -> str:
    """The reason why a look failed."""
    address = parse_address(f"redis://127.0.0.1:{port}")
    assert address
    link = Connection(address, Account("", "hunter2"), {}, budget_s)
    with pytest.raises(ServerUnusable) as failure:
        Server(link, b"k" * 32, "0123456789abcdef", "m").look(QUERY)
    link.close()
    assert "hunter2" not in str(failure.value)
    return str(failure.value)


def silent(client: socket.socket) -> None:
    client.settimeout(5)
    while client.recv(65536):
        pass


def dripping(client: socket.socket) -> None:
    client.sendall(b"+")
    while True:
        client.sendall(b"O")
        time.sleep(0.05)


def endless(client: socket.socket) -> None:
    client.sendall(b"+OK\r\n*8\r\n$100000000\r\n")
    while True:
        client.sendall(b"x" * 65536)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (silent, "no answer in time"),
        (dripping, "no answer in time"),
        (endless, "too long"),
        (lambda client: client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), ""),
        (lambda client: client.sendall(b"+OK\r\n" + b"*1\r\n" * 5000), ""),
        (lambda client: client.sendall(b"+OK\r\n*2\r\n:1\r\n:2\r\n"), "makes no sense"),
        (lambda client: client.sendall(b"+OK\r\n$-1\r\n"), "makes no sense"),
        (lambda client: client.sendall(b"+OK\r\n-ERR \x1b[31mred\r\n"), "it answered: [31mred"),
        (lambda client: client.close(), "closed the connection"),
        (lambda client: client.sendall(b"-WRONGPASS invalid\r\n"), "refused the user"),
        (lambda client: client.sendall(b"-NOAUTH Authentication required.\r\n"), "a password"),
        (
            lambda client: client.sendall(
                b"+OK\r\n-ERR Protocol error: unauthenticated multibulk length\r\n"
            ),
            "it wants a password",
        ),
        (lambda client: client.sendall(b"+OK\r\n-NOPERM no\r\n"), "may not run the script"),
        (lambda client: client.sendall(b"+OK\r\n-READONLY no\r\n"), "read-only"),
        (lambda client: client.sendall(b"+OK\r\n-OOM no\r\n"), "memory is full"),
        (lambda client: client.sendall(b"+OK\r\n-LOADING no\r\n"), "loading"),
        (lambda client: client.sendall(b"+OK\r\n-MOVED 1 h:1\r\n"), "cluster"),
    ],
)
def test_trouble_is_named_and_bounded(answer: Callable[[socket.socket], None], reason: str) -> None:
    with serving(answer) as port:
        assert reason in looked(port, 0.3 if answer in {silent, dripping} else 20)


def test_closed_port_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert looked(port) == "no connection"


def test_name_server_that_hangs_costs_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_: object) -> None:
        released.wait(30)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    assert looked(1) == "no answer in time"
    released.set()


def test_all_calls_share_one_budget() -> None:
    address = parse_address("redis://127.0.0.1:1")
    assert address
    link = Connection(address, Account("", ""), {}, 5)
    for expected in ("no connection", "no time was left"):
        with pytest.raises(ServerUnusable, match=expected):
            link.call("PING")


def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis", None)
    assert looked(1) == connection.INSTALL
