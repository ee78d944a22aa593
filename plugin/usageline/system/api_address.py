"""Choose the API's address: the only host that the token is sent to.

That is Anthropic's host, or this machine if the user sets USAGELINE_API_URL.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

API = "https://api.anthropic.com"
MAX_URL = 512


def api_address(env: Mapping[str, str]) -> tuple[str, str | None]:
    """Return the API's address without a trailing slash, and a note if the variable was ignored.

    A project's settings can set USAGELINE_API_URL, so it may only name a loopback address:
    `http://127.0.0.1:8080`, `https://[::1]`, `http://localhost`.
    """
    url = env.get("USAGELINE_API_URL", "")
    if not url:
        return API, None
    if is_loopback(url):
        return "{0.scheme}://{0.netloc}".format(urlsplit(url)), None
    return API, "USAGELINE_API_URL ignored: not a loopback address"


def is_service_address(url: str) -> bool:
    """Return whether `url` may be the address of a company's gateway.

    That is https to any host, with or without a port and a path, or `is_loopback`.
    """
    parts = _parts(url)
    if parts is None or is_loopback(url):
        return parts is not None
    return parts.scheme == "https" and bool(parts.hostname) and len(url) <= MAX_URL


def is_loopback(url: str) -> bool:
    """Return whether `url` is http or https to this machine, with at most a port and no path.

    The host must be a loopback IP address or `localhost`.
    """
    parts = _parts(url)
    if parts is None or parts.path.strip("/"):
        return False
    host = parts.hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(url: str) -> SplitResult | None:
    """Return the parts of an http or https address without a query, None if it is another one."""
    if not url.isascii() or not url.isprintable() or any(letter in url for letter in " \\%"):
        return None  # two URL parsers may read such characters differently
    try:
        parts = urlsplit(url)
        _host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if (
        parts.scheme not in {"http", "https"}
        or "@" in parts.netloc
        or parts.query
        or parts.fragment
    ):
        return None
    return parts
