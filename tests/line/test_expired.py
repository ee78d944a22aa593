from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.hot import Hot
from tests.server import usage_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import Release, World

REASON = "sign-in expired: any message renews it"

DEAD: dict[str, dict[str, object]] = {
    "blank": {
        "accessToken": "",
        "refreshToken": "",
        "expiresAt": 0,
        "refreshTokenExpiresAt": 1797325014000,
    },
    "no refresh token": {
        "accessToken": "sk-ant-oat01-x",
        "refreshToken": None,
        "expiresAt": 1_700_000_000_000,
    },
    "past its deadline": {
        "accessToken": "sk-ant-oat01-x",
        "refreshToken": "sk-ant-ort01-x",
        "expiresAt": 1_700_000_000_000,
        "refreshTokenExpiresAt": 1_700_000_000_001,
    },
}


@pytest.mark.parametrize("name", DEAD)
def test_the_line_names_login_when_no_message_can_renew_the_sign_in(
    world: World, api: Api, built_release: Release, eventually: Callable[..., None], name: str
) -> None:
    world.write_credentials({"claudeAiOauth": {**DEAD[name], "scopes": ["user:profile"]}})
    hot = Hot(world, built_release)
    eventually(lambda: hot.line() == "sign in: /login")
    assert api.usage_requests == []


def test_a_token_is_not_sent_after_its_end_and_the_numbers_return_when_the_client_renews_it(
    world: World, api: Api, built_release: Release, eventually: Callable[..., None]
) -> None:
    """Refreshes stay due and send no request. The line has the last numbers and the reason."""
    world.configure("ttl = 1")
    hot = Hot(world, built_release)
    eventually(lambda: " 37% " in hot.line())
    ends_at = time.time() + 2
    world.sign_in(expires_at=ends_at)
    eventually(lambda: REASON in hot.line())
    asked = len(api.usage_requests)
    for _ in range(3):
        eventually(lambda: world.snapshot()["next_refresh_at"] <= time.time())
        published_at = world.snapshot()["published_at"]
        eventually(
            lambda before=published_at: hot.line() and world.snapshot()["published_at"] > before
        )
    line = hot.line()
    assert " 37% " in line
    assert f"{REASON} · " in line
    assert len(api.usage_requests) == asked
    # One refresh runs at a time, and its request may arrive after the end.
    assert sum(request.at >= ends_at for request in api.usage_requests) <= 1

    api.body = usage_body(session=42)
    world.sign_in(token="sk-ant-oat01-RENEWED")
    eventually(lambda: hot.line() and world.snapshot()["status"] == "ok")
    line = hot.line()
    assert " 42% " in line
    assert REASON not in line
    assert [request.headers["authorization"] for request in api.usage_requests[asked:]] == [
        "Bearer sk-ant-oat01-RENEWED"
    ]
