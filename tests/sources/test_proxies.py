"""Proxies and certificates, chosen by the variables that Claude Code honors."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.needs import needs
from tests.sources.contexts import context_of
from usageline.sources import http, oauth, proxies
from usageline.sources.proxies import proxy_for, tls_context
from usageline.system import origin, origin_record
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Api
    from tests.world import World

API_URL = "https://api.anthropic.com/api/oauth/usage"


@pytest.mark.parametrize(
    ("env", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "https://proxy"}, "https://proxy"),
        ({"HTTP_PROXY": "proxy:3128"}, "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://a", "HTTP_PROXY": "http://b"}, "http://a"),
        ({"HTTPS_PROXY": " "}, None),
        ({"HTTPS_PROXY": "http://a", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://a", "NO_PROXY": "localhost, api.anthropic.com"}, None),
        ({"HTTPS_PROXY": "http://a", "NO_PROXY": "other.com .anthropic.com"}, None),
        ({"HTTPS_PROXY": "http://a", "no_proxy": "*.anthropic.com"}, None),
        ({"HTTPS_PROXY": "http://a", "NO_PROXY": "anthropic.com:443"}, None),
        ({"HTTPS_PROXY": "http://a", "NO_PROXY": "anthropic.com:8443"}, "http://a"),
        ({"HTTPS_PROXY": "http://a", "NO_PROXY": "tropic.com,,notanthropic.com"}, "http://a"),
    ],
)
def test_proxy_is_the_one_that_the_client_chooses(env: dict[str, str], proxy: str | None) -> None:
    """The most specific variable precedes. NO_PROXY has hosts and domains, with or without port."""
    assert proxy_for(API_URL, env) == proxy


def test_loopback_request_uses_no_proxy() -> None:
    """Through a proxy the token would leave the machine."""
    assert proxy_for("http://127.0.0.1:1/api/oauth/usage", {"HTTP_PROXY": "http://proxy"}) is None
    assert proxy_for("http://[::1]:1/api/oauth/usage", {"HTTP_PROXY": "http://proxy"}) is None


def test_unsupported_kind_of_proxy_is_named() -> None:
    """The client supports no SOCKS, either."""
    with pytest.raises(SourceFailure, match="socks5"):
        proxy_for(API_URL, {"HTTPS_PROXY": "socks5://user:password@proxy"})


@pytest.mark.parametrize("fault", ["403-html", "hang"])
def test_failing_proxy_is_offline_and_gets_no_token(
    world: World, other_api: Api, fault: str
) -> None:
    """The proxy gets a host name and a port; everything else is encrypted for the API."""
    other_api.fault = fault
    world.env["HTTPS_PROXY"] = f"http://user:password@127.0.0.1:{other_api.port}"
    with pytest.raises(SourceFailure) as failure:
        oauth.fetch(context_of(world, within_s=2))
    assert failure.value.status == "offline"
    assert "password" not in str(failure.value)
    (request,) = other_api.requests
    assert (request.method, request.path) == ("CONNECT", "api.anthropic.com:443")
    assert "CANARY" not in str(request.headers)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return a self-signed certificate for localhost and its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        *names,
    ]
    subprocess.run(
        [*command, "-keyout", key, "-out", chain], check=True, capture_output=True, timeout=30
    )
    return chain, key


def test_untrusted_certificate_is_refused_unless_the_user_adds_it(
    certificate: tuple[Path, Path], world: World, other_api: Api
) -> None:
    """NODE_EXTRA_CA_CERTS and SSL_CERT_FILE add to the system's own."""
    chain, key = certificate
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key)
    other_api.serve_tls(server)
    url = f"https://localhost:{other_api.port}/api/oauth/usage"

    with pytest.raises(SourceFailure, match="certificate is not trusted") as failure:
        http.get(url, {}, world.env, time.monotonic() + 5)
    assert failure.value.status == "offline"
    assert other_api.requests == []
    for name in ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"):
        assert http.get(url, {}, {name: str(chain)}, time.monotonic() + 5).status == 200


@pytest.mark.parametrize(
    "content",
    [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
)
def test_invalid_certificate_file_is_ignored(tmp_path: Path, content: str | None) -> None:
    """The client only warns, too."""
    path = tmp_path / "extra.pem"
    if content is not None:
        path.write_text(content)
    assert (
        tls_context({"NODE_EXTRA_CA_CERTS": str(path), "SSL_CERT_FILE": str(path)}).verify_mode
        is ssl.CERT_REQUIRED
    )


def test_hanging_name_lookup_ends_at_the_deadline(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can interrupt getaddrinfo, so its thread is abandoned."""
    release = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: release.wait(30))
    started = time.monotonic()
    try:
        with pytest.raises(SourceFailure, match="in time"):
            http.get("http://example.invalid/", {}, world.env, time.monotonic() + 0.5)
        assert time.monotonic() - started < 5
    finally:
        release.set()


def test_only_install_and_settings_choose_the_network_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, managed = tmp_path / "home", tmp_path / "managed"
    (home / ".claude").mkdir(parents=True)
    managed.mkdir()
    monkeypatch.setattr(origin, "ROOT", str(tmp_path))
    env = {"HOME": str(home)}
    origin_record.write_record(
        str(tmp_path), {**env, "HTTPS_PROXY": "http://install", "NO_PROXY": "x"}
    )
    session = {**env, "HTTPS_PROXY": "http://session", "SSL_CERT_DIR": "/theirs"}
    assert proxies.network_variables(session, str(managed)) == {
        "HTTPS_PROXY": "http://install",
        "NO_PROXY": "x",
    }
    assert proxies.unused_network_variables(session) == ["HTTPS_PROXY", "SSL_CERT_DIR"]
    settings = {
        "HTTPS_PROXY": "http://settings",
        "NODE_EXTRA_CA_CERTS": "/ca.pem",
        "SSL_CERT_DIR": "relative",
        "PATH": "/p",
        "NO_PROXY": 5,
    }
    (home / ".claude" / "settings.json").write_text(json.dumps({"env": settings}))
    decided = {"HTTPS_PROXY": "http://settings", "NO_PROXY": "x", "NODE_EXTRA_CA_CERTS": "/ca.pem"}
    assert proxies.network_variables(session, str(managed)) == decided
    assert proxies.unused_network_variables(session) == ["SSL_CERT_DIR"]
    other = {**session, "CLAUDE_CONFIG_DIR": str(tmp_path)}
    (tmp_path / "settings.json").write_text(json.dumps({"env": {"HTTPS_PROXY": "http://project"}}))
    assert proxies.network_variables(other, str(managed)) == {
        "HTTPS_PROXY": "http://install",
        "NO_PROXY": "x",
    }


def test_managed_settings_precede_if_only_root_can_write_them(tmp_path: Path) -> None:
    needs(root=True, linux=False)
    (tmp_path / "managed-settings.d").mkdir()
    (tmp_path / "managed-settings.json").write_text(
        '{"env": {"HTTPS_PROXY": "http://a", "NO_PROXY": "b"}}'
    )
    (tmp_path / "managed-settings.d" / "10.json").write_text('{"env": {"NO_PROXY": "c"}}')
    assert proxies.network_variables({"HOME": "/h", "HTTPS_PROXY": "http://z"}, str(tmp_path)) == {
        "HTTPS_PROXY": "http://a",
        "NO_PROXY": "c",
    }
    (tmp_path / "managed-settings.json").chmod(0o666)
    assert proxies.network_variables({"HOME": "/h"}, str(tmp_path)) == {"NO_PROXY": "c"}
