"""The usage endpoint: what is sent, and what each answer means."""

from __future__ import annotations

import email.utils
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.sources.contexts import context_of
from tests.world import CANARY
from usageline import __version__
from usageline.sources import oauth
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from tests.server import Api
    from tests.world import World


def failure_of(world: World, **context: Any) -> SourceFailure:
    """Return the failure of a fetch, and check that its text has no part of the token."""
    with pytest.raises(SourceFailure) as failure:
        oauth.fetch(context_of(world, **context))
    assert "CANARY" not in repr(failure.value) + str(failure.value.__cause__) + str(
        failure.value.__context__
    )
    return failure.value


def test_good_answer_is_a_reading(world: World, api: Api) -> None:
    """One request has usageline's own name and the header that the endpoint requires."""
    reading = oauth.fetch(context_of(world))
    assert [(limit.kind, limit.percent) for limit in reading.limits] == [
        ("session", 37),
        ("weekly_all", 26),
        ("weekly_scoped", 55),
    ]
    assert [credit.used_minor for credit in reading.credits] == [1234]
    (request,) = api.requests
    assert (request.method, request.path) == ("GET", "/api/oauth/usage")
    assert request.headers["authorization"] == f"Bearer {CANARY}"
    assert request.headers["anthropic-beta"] == "oauth-2025-04-20"
    assert request.headers["user-agent"] == f"usageline/{__version__}"
    assert "cookie" not in request.headers


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("401", "expired"),
        ("403-scope", "no-scope"),
        ("403-html", "unreadable"),
        ("404", "unreadable"),
        ("429", "rate-limited"),
        ("500", "offline"),
        ("529", "offline"),
        ("html", "unreadable"),
        ("empty", "unreadable"),
        ("deep", "unreadable"),
        ("truncate", "offline"),
        ("wrong-length", "offline"),
        ("reset", "offline"),
        ("huge", "unreadable"),
        ("bomb", "unreadable"),
    ],
)
def test_fault_sets_the_status_of_the_failure(
    world: World, api: Api, fault: str, status: str
) -> None:
    """No failure takes long or contains a part of the request."""
    api.fault = fault
    assert failure_of(world).status == status


def test_nan_is_not_a_percentage(world: World, api: Api) -> None:
    """Python's parser accepts NaN as a number; it means unknown, not zero."""
    api.fault = "nan"
    assert [limit.percent for limit in oauth.fetch(context_of(world)).limits] == [None]


@pytest.mark.parametrize("fault", ["hang", "hang-body", "drip"])
def test_deadline_holds_for_each_kind_of_slow_answer(world: World, api: Api, fault: str) -> None:
    """Before the headers, after them, and byte by byte, which no socket timeout detects."""
    api.fault = fault
    started = time.monotonic()
    assert failure_of(world, within_s=1).status == "offline"
    assert time.monotonic() - started < 5


def test_token_does_not_follow_a_redirect(world: World, api: Api, other_api: Api) -> None:
    """The redirect leads to another host."""
    api.fault = f"redirect:http://localhost:{other_api.port}/api/oauth/usage"
    assert failure_of(world).status == "unreadable"
    assert other_api.requests == []


def test_missing_server_is_offline(world: World, api: Api) -> None:
    """No process listens there."""
    api.close()
    assert failure_of(world).status == "offline"


def test_address_of_another_host_gets_no_request(world: World, other_api: Api) -> None:
    """The request goes to the API itself, which tests cannot reach. The named host gets none."""
    world.env["USAGELINE_API_URL"] = f"http://user@127.0.0.1:{other_api.port}"
    world.env["HTTPS_PROXY"] = "http://127.0.0.1:1"
    assert failure_of(world, within_s=2).status == "offline"
    assert other_api.requests == []


@pytest.mark.parametrize(
    ("sign_in", "status"),
    [
        ({"token": ""}, "signed-out"),
        ({"expires_at": 1795000000}, "expired"),
        ({"scopes": ("user:inference",)}, "no-scope"),
        ({"scopes": ()}, "no-scope"),
    ],
)
def test_unusable_token_is_not_sent(
    world: World, api: Api, sign_in: dict[str, Any], status: str
) -> None:
    """No request is sent at all."""
    world.sign_in(**sign_in)
    assert failure_of(world).status == status
    assert api.requests == []


def test_token_without_listed_scopes_is_sent(world: World, api: Api) -> None:
    """Only the service can check them."""
    world.sign_in(scopes=None)
    assert oauth.fetch(context_of(world)).limits
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("300", 300),
        (" 17 ", 17),
        ("1995495", 4500),
        ("9" * 400, 4500),
        (email.utils.formatdate(1795464600, usegmt=True), 600),
        (email.utils.formatdate(1795460000, usegmt=True), 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 4500),
        ("-5", None),
        ("1.5", 1.5),
        ("120, 600", 600),
        ("Mon Nov 23 20:10:00 2026", 600),
        ("soon", None),
        ("Mon, 99 Foo 2026", None),
        ("", None),
        (None, None),
        ("٣", None),
    ],
)
def test_retry_after_is_parsed_in_each_form(value: str | None, seconds: float | None) -> None:
    """Seconds, an HTTP date, garbage or nothing. The wait has an upper limit."""
    assert oauth.retry_after_s(value, now=1795464000) == seconds


def test_failure_has_the_retry_after_of_the_header(world: World, api: Api) -> None:
    api.fault = "429:1234"
    assert failure_of(world).retry_after_s == 1234


def test_permit_is_called_once_before_the_request(world: World, api: Api) -> None:
    """The server gets no request if `permit` raises."""
    context = context_of(world)

    def refuse() -> None:
        raise SourceFailure("rate-limited")

    object.__setattr__(context, "permit", refuse)
    with pytest.raises(SourceFailure):
        oauth.fetch(context)
    assert api.requests == []


def test_requests_leave_no_thread_running(world: World, api: Api) -> None:
    """Only a name lookup that hangs may leave one."""
    oauth.fetch(context_of(world))
    api.fault = "drip"
    failure_of(world, within_s=0.5)
    deadline = time.monotonic() + 5
    while any(thread.name == "usage request" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
