"""Choose the proxy and the certificates for a request.

They come from the shell that ran the install, the `env` of the user's own settings.json, and an
organization's managed settings; the later ones precede. A project can choose none of these. The
session's environment is ignored.
"""

from __future__ import annotations

import contextlib
import os
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from usageline.sources.claude_files import (
    MANAGED,
    MAX_SETTINGS_BYTES,
    parse_object,
    read_bytes,
)
from usageline.system import origin, origin_record
from usageline.system.api_address import is_loopback
from usageline.usage.model import SourceFailure
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_DROP_INS = 32
NETWORK_ADVICE = (
    "this shell's proxy or certificates are not those of the install: run usageline install"
)


def proxy_for(url: str, env: Mapping[str, str]) -> str | None:
    """Return the proxy for `url`, None without one. For this machine there never is one.

    Raise SourceFailure `offline` if the proxy is invalid or of an unsupported kind.
    """
    target = urlsplit(url)
    if is_loopback(f"{target.scheme}://{target.netloc}"):
        return None
    if _exempt(target.hostname or "", target.port, env):
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


def network_variables(env: Mapping[str, str], managed: str = MANAGED) -> dict[str, str]:
    """Return the proxies and certificates to use for the profile of `env`."""
    result = origin.network(env)
    own = origin.own(env)
    user = [own.claude_dir + "/settings.json"] if own and own.claude_dir else []
    for path in (*user, *_managed_files(managed)):
        settings = mapping((parse_object(read_bytes(path, MAX_SETTINGS_BYTES)) or {}).get("env"))
        for name in origin_record.NETWORK:
            value = settings.get(name)
            # A relative path would depend on the session's working directory.
            if isinstance(value, str) and (
                name in origin_record.PROXIES or not value or os.path.isabs(value)
            ):
                result[name] = value
    return result


def unused_network_variables(env: Mapping[str, str]) -> list[str]:
    """Return the network variables of `env` that neither requests use nor settings decide."""
    used, recorded = network_variables(env), origin.network(env)
    undecided = [
        name
        for name in origin_record.NETWORK
        if env.get(name, "").strip() and used.get(name) == recorded.get(name)
    ]
    return [name for name in undecided if origin_record.absolute(name, env[name]) != used.get(name)]


def _managed_files(directory: str) -> Iterator[str]:
    """Yield the managed settings that only root can write."""
    drop_ins = directory + "/managed-settings.d"
    try:
        names = sorted(name for name in os.listdir(drop_ins) if name.endswith(".json"))
    except OSError:
        names = []
    paths = [f"{drop_ins}/{name}" for name in names[:MAX_DROP_INS]]
    for path in (directory + "/managed-settings.json", *paths):
        try:
            statuses = [os.stat(entry) for entry in (path, os.path.dirname(path))]
        except OSError:
            continue
        if all(status.st_uid == 0 and not status.st_mode & 0o022 for status in statuses):
            yield path
