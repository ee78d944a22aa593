"""The proxy and the certificates for a request, from the variables that Claude Code honors.

The variables are the installer's (`sources/net/network.py`), never those of a session: a project can set those.
"""

from __future__ import annotations

import contextlib
import os
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from usageline.system.api_address import is_loopback
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from collections.abc import Mapping


def proxy_for(url: str, env: Mapping[str, str]) -> str | None:
    """The proxy to reach `url` through, or None. Never one for this machine. SourceFailure `offline` where it is of no kind that works."""
    if is_loopback(f"{urlsplit(url).scheme}://{urlsplit(url).netloc}") or _exempt(
        urlsplit(url).hostname or "", urlsplit(url).port, env
    ):
        return None
    names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
    proxy = next((env[name].strip() for name in names if env.get(name, "").strip()), None)
    if proxy is None:
        return None
    if "://" not in proxy:
        proxy = "http://" + proxy
    try:
        parts = urlsplit(proxy)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SourceFailure("offline", "the proxy's address makes no sense")
    if parts.scheme not in {"http", "https"}:
        raise SourceFailure("offline", f"a proxy of the kind {parts.scheme[:16]} is not supported")
    return proxy


def tls_context(env: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context that trusts the system's certificates, and those of SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS in `env`.

    A file or directory that is missing or broken counts as none.
    """
    import truststore  # noqa: PLC0415 - not needed where the API is on this machine

    # OpenSSL reads these itself, at the handshake: in a command that the user types they are a session's.
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        os.environ.pop(name, None)
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        if env.get(name):
            with contextlib.suppress(OSError, ValueError):  # ssl.SSLError is an OSError
                context.load_verify_locations(cafile=env[name])
    for directory in env.get("SSL_CERT_DIR", "").split(os.pathsep):
        if directory:
            with contextlib.suppress(OSError, ValueError):
                context.load_verify_locations(capath=directory)
    return context


def _exempt(host: str, port: int | None, env: Mapping[str, str]) -> bool:
    """Whether NO_PROXY names the host: `*`, a host, a domain with or without its dot, each with or without a port."""
    for entry in (env.get("NO_PROXY") or env.get("no_proxy") or "").replace(",", " ").split():
        name, _, wanted = entry.lower().partition(":")
        if wanted and wanted != str(port or 443):
            continue
        domain = name.removeprefix("*").removeprefix(".")
        if name == "*" or host == domain or (domain and host.endswith("." + domain)):
            return True
    return False
