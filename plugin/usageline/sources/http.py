"""Send one GET without redirects, with a size limit and a deadline."""

from __future__ import annotations

import ipaddress
import os
import sys
import threading
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from usageline.sources.proxies import proxy_for, tls_context
from usageline.system.api_address import is_loopback
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    import httpx


MAX_BYTES = 256 << 10
"""Limit of the answer, compressed and decompressed."""

CONNECT_TIMEOUT_S = 3.5
"""Timeout for a connection to one address.

Long enough for the second retransmission of a lost first packet (3 s). Short enough to try a third
address after two that drop packets, as with a broken IPv6 route.
"""

OFFLINE = "offline"
UNTRUSTED_CERTIFICATE = "the certificate is not trusted"

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
LISTENS = "0A"
CONNECTED = "connection.connect_tcp.complete"
"""The httpcore event after the connection and before any data is sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, with `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def get(  # noqa: PLR0913 - a request and its bounds
    url: str,
    headers: Mapping[str, str],
    env: Mapping[str, str],
    deadline: float,
    *,
    max_bytes: int = MAX_BYTES,
    chosen_by: str = "USAGELINE_API_URL",
) -> Answer:
    """Return the answer to a GET.

    Raise SourceFailure `offline` without an answer by `deadline` (`time.monotonic()`), and
    `unreadable` if it is too big. No text of a failure contains a part of the request. `chosen_by`
    is what names an address of this machine.
    """
    result: list[Answer | SourceFailure] = []

    def work() -> None:
        try:
            answer = _get(url, headers, env, deadline, max_bytes=max_bytes, chosen_by=chosen_by)
            result.append(answer)
        except SourceFailure as failure:
            result.append(failure)
        except BaseException as error:  # noqa: BLE001 - a traceback could print the request
            result.append(SourceFailure(OFFLINE, type(error).__name__))

    # In a thread to abandon at the deadline: nothing can interrupt getaddrinfo.
    thread = threading.Thread(target=work, name="usage request", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread can be started (ulimit -u): the hard timeout ends a hang
        work()
    else:
        thread.join(max(deadline - time.monotonic(), 0))
    outcome = result[0] if result else _too_late()
    if isinstance(outcome, SourceFailure):
        raise outcome
    return outcome


def _get(  # noqa: PLR0913 - as `get`
    url: str,
    headers: Mapping[str, str],
    env: Mapping[str, str],
    deadline: float,
    *,
    max_bytes: int,
    chosen_by: str,
) -> Answer:
    # httpx imports its command line with click, rich and pygments: 80 ms of CPU. None makes that
    # import fail, and httpx goes on without it.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    import httpx  # noqa: PLC0415 - only for a request

    # Without TLS only for this machine's loopback.
    verify = tls_context(env) if url.startswith("https:") else False
    timeout_s = max(deadline - time.monotonic(), 0.1)
    timeouts = httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S))
    # Identity: an answer that is not compressed cannot grow to a thousand times its size.
    all_headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    is_local = is_loopback("{0.scheme}://{0.netloc}".format(urlsplit(url)))
    try:
        with (
            httpx.Client(
                verify=verify,
                proxy=_proxy(url, env, verify),
                trust_env=False,
                follow_redirects=False,
                timeout=timeouts,
            ) as client,
            client.stream(
                "GET",
                url,
                headers=all_headers,
                extensions={"trace": require_own_listener(chosen_by)} if is_local else None,
            ) as response,
        ):
            body = _body(response, deadline, max_bytes)
            return Answer(
                response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
                body,
            )
    except httpx.TimeoutException:
        raise _too_late() from None
    except httpx.ProxyError as error:
        raise SourceFailure(
            OFFLINE,
            "the proxy wants a login" if str(error).startswith("407") else "the proxy refused",
        ) from None
    except httpx.ConnectError as error:
        raise SourceFailure(OFFLINE, _connect_problem(error)) from None
    except httpx.InvalidURL:
        raise SourceFailure(OFFLINE, "the proxy's address makes no sense") from None
    except httpx.HTTPError as error:
        raise SourceFailure(OFFLINE, _protocol_problem(error)) from None


def _proxy(url: str, env: Mapping[str, str], verify: ssl.SSLContext | bool) -> httpx.Proxy | None:
    import httpx  # noqa: PLC0415 - as in _get

    address = proxy_for(url, env)
    if address is None:
        return None
    # Trust the same certificates for a TLS proxy as for the API; httpx has its own list.
    context = (
        verify if address.lower().startswith("https:") and not isinstance(verify, bool) else None
    )
    return httpx.Proxy(address, ssl_context=context)


def _body(response: httpx.Response, deadline: float, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise SourceFailure("unreadable", f"the answer is longer than {max_bytes >> 10} KiB")
        if time.monotonic() > deadline:
            raise _too_late()
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return bytes(body)
    return _decompress(bytes(body), encoding, max_bytes)


def _decompress(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """Decompress a body. A proxy may compress it although the request forbids it."""
    if encoding not in {"gzip", "deflate"}:
        raise SourceFailure("unreadable", "the answer is packed, which was not asked for")
    decompressor = zlib.decompressobj(wbits=47 if encoding == "gzip" else zlib.MAX_WBITS)
    try:
        content = decompressor.decompress(body, max_bytes + 1)
    except zlib.error:
        raise SourceFailure("unreadable", "the answer is packed and broken") from None
    if len(content) > max_bytes:
        raise SourceFailure(
            "unreadable", f"the answer is longer than {max_bytes >> 10} KiB unpacked"
        )
    return content


def _connect_problem(error: Exception) -> str:
    reason = str(error).lower()
    if "certificate" in reason:
        return UNTRUSTED_CERTIFICATE
    if "ssl" in reason or "tls" in reason:
        return "no secure connection"
    return "no connection"


def _protocol_problem(error: Exception) -> str:
    reason = str(error).lower()
    no_http = (
        type(error).__name__ == "RemoteProtocolError"
        and "closed" not in reason
        and "disconnected" not in reason
    )
    return "the answer is not HTTP" if no_http else "the connection broke"


def _too_late() -> SourceFailure:
    return SourceFailure(OFFLINE, "no answer in time")


def require_own_listener(chosen_by: str) -> Callable[[str, dict[str, Any]], None]:
    """Return a trace function for a request to this machine.

    It raises SourceFailure if the connection leads to another machine or to another user.
    """

    def trace(event: str, info: dict[str, Any]) -> None:
        if event == CONNECTED:
            host, port = info["return_value"].get_extra_info("server_addr")[:2]
            if not ipaddress.ip_address(host).is_loopback:
                raise SourceFailure("unreadable", f"{chosen_by} leads to another machine")
            if not is_own_listener(port):
                raise SourceFailure(
                    "unreadable", f"{chosen_by} leads to another user of this machine"
                )

    return trace


def is_own_listener(port: int) -> bool:
    """Return whether only this user or root listens on that port.

    Root can read the token anyway. Return True if the system has no table of listeners.
    """
    readable = [owners for table in TABLES if (owners := _owners(table, port)) is not None]
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
