"""Where the API is. The token goes to Anthropic's host, or to this machine where the user says so, and nowhere else."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "https://api.anthropic.com"


def api_address(env: Mapping[str, str]) -> tuple[str, str | None]:
    """The API's address without a slash at its end, and a note for the user where USAGELINE_API_URL was ignored.

    A project's settings can set environment variables, so the variable can name a loopback address and nothing else: `http://127.0.0.1:8080`,
    `https://[::1]`, `http://localhost`.
    """
    asked = env.get("USAGELINE_API_URL", "")
    if not asked:
        return API, None
    if is_loopback(asked):
        return "{0.scheme}://{0.netloc}".format(urlsplit(asked)), None
    return API, "USAGELINE_API_URL ignored: not a loopback address"


def is_loopback(url: str) -> bool:
    """Whether `url` is plain http(s) to this machine: a loopback IP address or `localhost`, with at most a port and no path."""
    if not url.isascii() or not url.isprintable() or any(letter in url for letter in " \\%"):
        return False  # characters that two parsers of addresses may read differently
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if (
        parts.scheme not in {"http", "https"}
        or "@" in parts.netloc
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
    ):
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
