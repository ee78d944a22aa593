"""Faults between this machine and the service: names, addresses, certificates, proxies.

Each case has its own network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.network.answers import good_body, head, says, whole
from tests.faults.network.broken import BROKE, NO_HTTP, TOO_LATE, hangs, resets
from tests.faults.network.cases import Case
from tests.faults.network.names import NXDOMAIN, SERVFAIL
from tests.server import HTML

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence

    from tests.faults.network.cases import Script
    from tests.faults.network.wire import Talk

    Identities = Mapping[str, ssl.SSLContext]

NOT_TRUSTED, NOT_SECURE, NOBODY, REFUSED = (
    "the certificate is not trusted",
    "no secure connection",
    "no connection",
    "the proxy refused",
)
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
HERE, SWALLOWED_4, SWALLOWED_6 = "127.0.0.1", "10.77.0.2", "2001:db8:77::2"
LINK = "ip link add far0 type veth peer name far1; ip link set far0 up; ip link set far1 up; "
BLACK_HOLE_4 = LINK + (
    f"ip addr add 10.77.0.1/24 dev far0; ip neigh add {SWALLOWED_4} lladdr 02:00:00:00:00:99 "
    "dev far0 nud permanent"
)
BLACK_HOLE_6 = LINK + (
    f"ip addr add 2001:db8:77::1/64 dev far0 nodad; ip neigh add {SWALLOWED_6} lladdr "
    "02:00:00:00:00:99 dev far0 nud permanent"
)
"""A link whose other end drops everything sent to these addresses."""


@dataclass(frozen=True)
class Way:
    """A case with the way to the service.

    The API's name leads to `addresses` by a file, or with `names` (arguments of `NameServer`) by a
    name server. The API listens on `listens` with the certificate `identity`, or without TLS if
    that is empty. `proxy` returns a proxy's script; `proxy_identity` is the certificate of one with
    TLS. `shell` runs before, in the network. `trust` is the variable that names the trusted
    authority.
    """

    case: Case
    addresses: Sequence[str] = (HERE,)
    names: Mapping[str, Any] | None = None
    identity: str = "good"
    proxy: Callable[[Identities], Script] | None = None
    proxy_identity: str = ""
    login: str = ""
    shell: str = "true"
    listens: str = HERE
    trust: str = "NODE_EXTRA_CA_CERTS"
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def deceives(self) -> bool:
        """Return whether another server answers instead of the API."""
        return self.case.detail in {NOT_TRUSTED, NOT_SECURE}


def _good(name: str, **options: Any) -> Case:
    return Case(name, "ok", says(whole(200, good_body())), **options)


def _lost(name: str, detail: str, script: Script | None = None, **options: Any) -> Case:
    return Case(
        name, "offline", script or says(whole(200, b"{}")), detail, **{"asked": 0, **options}
    )


def _through(then: Callable[[Talk, Identities], None]) -> Callable[[Identities], Script]:
    """Return a proxy that accepts CONNECT and then acts as `then`."""

    def make(identities: Identities) -> Script:
        def script(talk: Talk) -> None:
            if talk.read_head():
                talk.came += b"\n"  # the data up to the next empty line is another head
                talk.send(CONNECTED)
                then(talk, identities)

        return script

    return make


def _as_api(identity: str) -> Callable[[Identities], Script]:
    def then(talk: Talk, identities: Identities) -> None:
        talk.start_tls(identities[identity])
        while b"GET " not in talk.came:
            if not talk.read():
                return
        talk.send(whole(200, good_body()))

    return _through(then)


def _proxy(*parts: bytes) -> Callable[[Identities], Script]:
    return lambda _: says(*parts)


def _hang(talk: Talk, _: object = None) -> None:
    talk.wait()


def _leave(talk: Talk, _: object = None) -> None:
    talk.read()


def _plain(talk: Talk, _: object = None) -> None:
    talk.read()
    talk.send(whole(200, good_body()))


def _drip_handshake(talk: Talk) -> None:
    talk.read()
    talk.send(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb")
    talk.drip(b"\0")


def _raw(data: bytes) -> Script:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(data)

    return script


def _portal(talk: Talk) -> None:
    talk.read()
    talk.send(whole(302, HTML, ("Location", "http://portal.example/login"), kind="text/html"))


def _reset(talk: Talk, _: object = None) -> None:
    talk.read()
    talk.reset()


NAMES = [
    Way(_lost("a name that nobody knows", NOBODY, quick=True), names={"code": NXDOMAIN}),
    Way(_lost("a name server in trouble", NOBODY), names={"code": SERVFAIL}),
    Way(_lost("a name without an address", NOBODY), names={}),
    Way(
        _lost("a name server that never answers", TOO_LATE, waits=True),
        names={"silent_s": 100},
    ),
    Way(
        _good("a name server that answers after 3 s", waits=True),
        names={"addresses": (HERE,), "silent_s": 3},
    ),
    Way(_good("a name server"), names={"addresses": (HERE,)}),
]

ADDRESSES = [
    Way(_lost("nobody listens", NOBODY, quick=True), ("127.0.0.2",)),
    Way(_lost("no way there", NOBODY), ("203.0.113.7",)),
    Way(_lost("packets vanish", TOO_LATE, waits=True), (SWALLOWED_4,), shell=BLACK_HOLE_4),
    Way(
        _good("IPv6 packets vanish, IPv4 works", waits=True, quick=True),
        (SWALLOWED_6, HERE),
        shell=BLACK_HOLE_6,
    ),
    Way(_good("no way there by IPv6, IPv4 works"), (SWALLOWED_6, HERE)),
]

CERTIFICATES = [
    Way(_good("the right certificate", quick=True)),
    Way(_good("the right certificate, by SSL_CERT_FILE"), trust="SSL_CERT_FILE"),
    Way(_lost("signed by itself", NOT_TRUSTED, quick=True), identity="itself"),
    Way(_lost("of another host", NOT_TRUSTED, quick=True), identity="other-host"),
    Way(_lost("expired", NOT_TRUSTED), identity="expired"),
    Way(_lost("of an authority that nobody knows", NOT_TRUSTED, quick=True), identity="unknown"),
    Way(_lost("of the address, not of the name", NOT_TRUSTED), identity="address"),
    Way(_lost("no TLS but a page", NOT_SECURE, _plain), identity=""),
    Way(_lost("no TLS but a portal's redirect", NOT_SECURE, _portal, quick=True), identity=""),
    Way(_lost("no TLS but noise", NOT_SECURE, _raw(bytes(range(255, 0, -1)))), identity=""),
    Way(_lost("a TLS alert", NOT_SECURE, _raw(b"\x15\x03\x03\0\x02\x02\x28")), identity=""),
    Way(_lost("the handshake hangs", TOO_LATE, _hang, waits=True, quick=True), identity=""),
    Way(_lost("the handshake drips", TOO_LATE, _drip_handshake, waits=True), identity=""),
    Way(_lost("a reset in the handshake", NOBODY, _reset), identity=""),
    Way(_lost("the end in the handshake", NOT_SECURE, _raw(b"")), identity=""),
    Way(_lost("hangs inside TLS", TOO_LATE, hangs(), asked=1, waits=True)),
    Way(_lost("cut off inside TLS", BROKE, says(whole(200, good_body())[:-100]), asked=1)),
    Way(_lost("a reset inside TLS", BROKE, resets(), asked=1)),
    Way(_lost("no HTTP inside TLS", NO_HTTP, says(bytes(range(256)) * 40), asked=1)),
]

PROXIES = [
    Way(_good("a proxy", quick=True), proxy=_as_api("good")),
    Way(_good("a proxy with a login"), proxy=_as_api("good"), login="user:pass%40word@"),
    Way(
        _lost("wants a login", "the proxy wants a login", quick=True),
        proxy=_proxy(
            whole(407, HTML, ("Proxy-Authenticate", 'Basic realm="office"'), kind="text/html")
        ),
    ),
    Way(_lost("refuses", REFUSED), proxy=_proxy(whole(403, HTML))),
    Way(_lost("cannot reach the service", REFUSED), proxy=_proxy(whole(502, HTML))),
    Way(
        _lost("sends elsewhere", REFUSED),
        proxy=_proxy(whole(302, b"", ("Location", "http://127.0.0.1/"))),
    ),
    Way(_lost("never answers", TOO_LATE, waits=True, quick=True), proxy=lambda _: _hang),
    Way(
        _lost("drips its answer", TOO_LATE, waits=True),
        proxy=lambda _: lambda talk: talk.drip(CONNECTED[:-2] + b"X: " + b"y" * 999),
    ),
    Way(_lost("agrees and says nothing", TOO_LATE, waits=True), proxy=_through(_hang)),
    Way(
        _lost("agrees and answers by itself, without TLS", NOT_SECURE, quick=True),
        proxy=_through(_plain),
    ),
    Way(
        _lost("agrees and shows a certificate of nobody", NOT_TRUSTED, quick=True),
        proxy=_as_api("unknown"),
    ),
    Way(_lost("agrees and shows its own certificate", NOT_TRUSTED), proxy=_as_api("other-host")),
    Way(_lost("agrees and leaves", NOT_SECURE), proxy=_through(_leave)),
    Way(_lost("speaks nonsense", NO_HTTP), proxy=_proxy(bytes(range(256)) * 9)),
    Way(_lost("leaves at once", BROKE), proxy=_proxy()),
    Way(
        _lost("a proxy's headers without end", NO_HTTP),
        proxy=lambda _: lambda talk: talk.flood(head()[:-2] + b"X: y\r\n" * 1000),
    ),
    Way(
        _lost("TLS to the proxy, trusted as the API's", "the proxy wants a login"),
        proxy=_proxy(whole(407, b"")),
        proxy_identity="address",
    ),
    Way(
        _lost("TLS to the proxy, of an authority that nobody knows", NOT_TRUSTED),
        proxy=_proxy(whole(407, b"")),
        proxy_identity="unknown-address",
    ),
    Way(_lost("a proxy that is not there", NOBODY), env={"HTTPS_PROXY": "http://127.0.0.1:9"}),
    Way(
        _lost("a proxy's address without sense", "makes no sense"),
        env={"HTTPS_PROXY": "http://[::1"},
    ),
    Way(
        _lost("a proxy of a kind that is not known", "not supported"),
        env={"HTTPS_PROXY": "socks5://user:password@127.0.0.1:1080"},
    ),
]
