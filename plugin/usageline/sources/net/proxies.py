"""Choose the proxy and the certificates for a request from Claude Code's variables.

`network` selects the variables. They never come from a session, in which a project can set them.
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
    """Return the proxy for `url`, None without one. For this machine there never is one.

    Raise SourceFailure `offline` if the proxy is invalid or of an unsupported kind.
    """
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
    """Return a context that trusts the system's certificates and those that `env` names.

    `env` names them in SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS. Ignore files and
    directories that are missing or invalid.
    """
    import truststore  # noqa: PLC0415 - not needed for an API on this machine

    # OpenSSL reads these at the handshake. In a command that the user runs, a project may set them.
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
    """Return whether NO_PROXY names the host.

    An entry is `*`, a host, or a domain with or without its dot, each with or without a port.
    """
    for entry in (env.get("NO_PROXY") or env.get("no_proxy") or "").replace(",", " ").split():
        name, _, wanted = entry.lower().partition(":")
        if wanted and wanted != str(port or 443):
            continue
        domain = name.removeprefix("*").removeprefix(".")
        if name == "*" or host == domain or (domain and host.endswith("." + domain)):
            return True
    return False
