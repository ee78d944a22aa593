"""Each error of the service becomes one sentence that says what to do, and never has the key."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.faults.network.certificates import Authority
from tests.jobs.org_world import OrgWorld
from tests.org_server import BASE, KEY, OrgServer, Reply, error
from tests.world import REPOSITORY
from usageline.core.errors import UsagelineError
from usageline.sources.org.errors import OrgFailure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.world import World

OFFICIAL = REPOSITORY.parent / "shared" / "official"
REQUEST_ID = "req_011SyntheticSample00000001"
SCOPED_KEY = "sk-ant-api01-canary-0123456789abcdef"
CONSOLE, OWNER, CHECK = "platform.claude.com", "primary owner", "usageline org check"


class Case(NamedTuple):
    """An error, and what it leads to: words of the sentence, requests, and seconds waited."""

    status: int
    body: Any
    words: tuple[str, ...]
    requests: int = 1
    waits: tuple[float, ...] = ()
    headers: dict[str, str] = {}  # noqa: RUF012 - no code changes it
    key: str = KEY


RATE = error("rate_limit_error", "This request would exceed your limit of 60 requests per minute.")
API = error("api_error", "Internal server error")
CASES = {
    "401_key": Case(401, error("authentication_error", "invalid x-api-key"), ("401", CONSOLE)),
    "401_bearer": Case(401, error("authentication_error", "Invalid bearer"), ("401", CONSOLE)),
    "403_scope": Case(
        403,
        error("permission_error", "Missing required scopes."),
        ("403", "scope read:analytics", OWNER),
        key=SCOPED_KEY,
    ),
    "403_scope_code": Case(
        403,
        error("permission_error", "lacks the scope", "api_key_scope_missing"),
        ("403", "scope read:analytics", OWNER),
        key=SCOPED_KEY,
    ),
    "403_key_kind": Case(403, error("permission_error", "no permission"), ("403", CONSOLE)),
    "404": Case(404, error("not_found_error", "not found"), ("404", "analytics", CONSOLE), 3),
    "400_org_type": Case(
        400,
        error("invalid_request_error", "type", "organization_type_not_supported"),
        ("type of organization", CHECK),
        3,
    ),
    "400_range": Case(400, error("invalid_request_error", "31 days"), ("400", "--since"), 3),
    "400_hipaa": Case(400, error("invalid_request_error", "HIPAA"), ("400", "HIPAA", CHECK), 3),
    "400_no_beta": Case(400, error("invalid_request_error", "beta"), ("400", CHECK), 3),
    "400_too_recent": Case(400, error("invalid_request_error", "recent"), ("400", "--until"), 3),
    "400_cursor": Case(400, error("invalid_request_error", "cursor"), ("400", CHECK), 3),
    "429": Case(429, RATE, ("429", "few minutes"), 2, (25,), {"retry-after": "25"}),
    "429_short": Case(429, RATE, ("429", "few minutes"), 3, (5, 5), {"retry-after": "5"}),
    "429_a_minute": Case(429, RATE, ("429", "few minutes"), 2, (60,), {"retry-after": "60"}),
    "429_no_retry_after": Case(429, RATE, ("429", "few minutes"), 3, (2, 4)),
    "429_spend_cap": Case(
        429,
        error("rate_limit_error", "usage limits", "enforced_spend_limit_reached"),
        ("spend limit", "raise it", CONSOLE),
    ),
    "429_for_hours": Case(429, RATE, ("in 2h00m",), 1, (), {"retry-after": "7200"}),
    "429_for_days": Case(429, RATE, ("tomorrow",), 1, (), {"retry-after": "9" * 20}),
    "402": Case(402, error("billing_error", "x"), ("payment", CONSOLE)),
    "409": Case(409, error("conflict_error", "x"), ("409", "few minutes"), 3, (2, 4)),
    "413": Case(413, error("request_too_large", "x"), ("too long", "--since")),
    "401_html": Case(401, b"<html>", ("401", "proxy")),
    "403_html": Case(403, b"<html>", ("403", "proxy"), key=SCOPED_KEY),
    "404_html": Case(404, b"", ("404", "proxy"), 3),
    "400_html": Case(400, {"error": "bad request"}, ("400", "proxy"), 3),
    "no_cursor": Case(200, {"data": [], "has_more": True}, ("more pages", "report")),
    "500": Case(500, API, ("500", "few minutes"), 3, (2, 4), {"x-should-retry": "true"}),
    "500_no_retry": Case(500, API, ("500", "few minutes"), headers={"x-should-retry": "false"}),
    "504": Case(504, error("timeout_error", "timed out"), ("504", "few minutes"), 3, (2, 4)),
    "529": Case(529, error("overloaded_error", "Overloaded"), ("529", "few minutes"), 3, (2, 4)),
    "502_proxy": Case(502, b"<html>502 Bad Gateway</html>", ("502", "few minutes"), 3, (2, 4)),
    "302": Case(302, b"", ("elsewhere", "[org] url"), headers={"location": "https://evil.example"}),
    "unknown": Case(418, error("new_error", "tea"), ("418", "report")),
    "html": Case(200, b"<html>", ("JSON", "proxy")),
    "list": Case(200, [], ("object",)),
}


@pytest.fixture
def org(world: World) -> Iterator[OrgWorld]:
    """Yield a world whose server has an answer to set."""
    server = OrgServer()
    yield OrgWorld(world, server)
    server.close()


def failure_of(org: OrgWorld, reply: Reply) -> OrgFailure:
    """Return the failure if the service answers each request like that."""
    org.server.reply = lambda _path, _query: reply
    with pytest.raises(OrgFailure) as caught:
        org.load()
    return caught.value


def is_one_sentence(text: str) -> bool:
    """Return whether it is one sentence that names what to do."""
    return "\n" not in text and ": " in text and ". " not in text and text.isprintable()


@pytest.mark.parametrize("name", CASES)
def test_error_is_one_sentence_with_advice(org: OrgWorld, name: str) -> None:
    case = CASES[name]
    org.write_key(case.key)
    # A server or a proxy may repeat what it got.
    headers = {**case.headers, "request-id": REQUEST_ID, "x-echo": case.key}
    failure = failure_of(org, Reply(case.status, case.body, headers))
    text = str(failure)
    assert is_one_sentence(text), text
    assert all(word in text for word in case.words), text
    assert "canary" not in text
    assert (REQUEST_ID in text) is (case.status != 200)
    assert len(org.server.requests) == case.requests
    assert tuple(one for one in org.time.sleeps if one > 1) == case.waits


@pytest.mark.parametrize("path", sorted(OFFICIAL.glob("error_*")), ids=lambda path: path.stem)
def test_sample_of_an_error_is_one_sentence(org: OrgWorld, path: Any) -> None:
    index = json.loads((OFFICIAL / "_index.json").read_text())
    (sample,) = [one for one in index["samples"] if one["file"] == path.name]
    case = CASES[path.stem.removeprefix("error_")]
    org.write_key(case.key)
    reply = Reply(sample["status"], path.read_bytes(), sample["headers"])
    text = str(failure_of(org, reply))
    assert is_one_sentence(text), text
    assert all(word in text for word in case.words), text


def test_words_of_the_service_are_not_repeated(org: OrgWorld) -> None:
    body = error("permission_error", f"the key {KEY} is wrong \x1b[31m", KEY)
    body["error"]["type"] = f"x {KEY}"
    headers = {"request-id": f"req_{KEY.replace('-', '')[4:30]}", "retry-after": KEY}
    text = str(failure_of(org, Reply(403, body, headers)))
    assert "canary" not in text
    assert text.isprintable()


def test_scope_code_names_the_scope_with_any_key(org: OrgWorld) -> None:
    body = error("permission_error", "x", "api_key_scope_missing")
    assert "scope read:analytics" in str(failure_of(org, Reply(403, body)))


def test_pause_that_the_service_asks_for_holds_for_the_next_run(org: OrgWorld) -> None:
    failure_of(org, Reply(429, RATE, {"retry-after": "7200"}))
    sent = len(org.server.requests)
    with pytest.raises(OrgFailure, match="run it again in"):
        org.load()
    assert len(org.server.requests) == sent
    org.time.at += 7201
    failure_of(org, Reply(401, error("authentication_error", "x")))
    assert len(org.server.requests) == sent + 1


def test_error_that_passes_is_waited_for(org: OrgWorld) -> None:
    def reply(_path: str, _query: dict[str, list[str]]) -> Reply | None:
        is_first = len(org.server.requests) == 1
        return Reply(429, RATE, {"retry-after": "25"}) if is_first else None

    org.server.reply = reply
    assert org.load().rows == ()
    assert 25 in org.time.sleeps
    assert "status 429: waiting 25 s" in org.messages


def test_server_that_is_not_there_is_reported(org: OrgWorld) -> None:
    org.server.close()
    with pytest.raises(
        UsagelineError, match=r"cannot be reached, no connection: check the network"
    ):
        org.load()


def test_gateway_is_reached_over_trusted_tls_alone(org: OrgWorld, tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    authority = Authority(tmp_path / "authority")
    org.server.serve_tls(authority.server("localhost"))
    address = f"https://localhost:{org.server.port}/gateway/"
    org.world.configure(f'[org]\nkey_file = "{org.key_file}"\nurl = "{address}"\n')
    with pytest.raises(OrgFailure, match="the certificate is not trusted: check the network"):
        org.load()
    assert not org.server.requests
    org.world.env["SSL_CERT_FILE"] = str(authority.certificate)
    with pytest.raises(OrgFailure, match=r"gateway localhost:\d+/gateway has no.*org limits"):
        org.load()
    assert org.server.requests[0].path.startswith(f"/gateway{BASE}/analytics/cost?")
    assert org.server.requests[0].headers["x-api-key"] == KEY
