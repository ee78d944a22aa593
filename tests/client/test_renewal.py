"""Check an expired sign-in: no request, the reason in the line, and new numbers after a renewal."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.client.api import ANSWER, _ClientHandler
from tests.world import ACCOUNT, ORGANIZATION

if TYPE_CHECKING:
    import pytest

    from tests.client.sandbox import Sandbox

TOKEN_PATH = "/v1/oauth/token"
RENEWED = "sk-ant-oat01-RENEWED-by-the-client"


def test_the_numbers_are_back_when_the_client_has_renewed_its_sign_in(
    installed: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request uses the expired token. After the client's renewal, one uses the new token."""
    renewals: list[bool] = []
    serve = _ClientHandler.do_POST

    def renew(handler: _ClientHandler) -> None:
        if handler.path != TOKEN_PATH:
            serve(handler)
            return
        handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        renewals.append(may_renew)
        if may_renew:
            handler.reply(200, json.dumps(answer()).encode())
        else:
            handler.error(503, "api_error", "come again later")

    monkeypatch.setattr(_ClientHandler, "do_POST", renew)
    may_renew = False
    installed.world.sign_in(expires_at=time.time() - 60)
    terminal = installed.start("one")
    terminal.wait_for("sign-in expired")
    installed.wait_until(lambda: not installed.refreshes())
    assert installed.api.ours == []

    may_renew = True
    terminal.enter("hello")
    terminal.wait_for(ANSWER)
    terminal.wait_for("37%")
    assert True in renewals
    assert {request.headers["authorization"] for request in installed.api.ours} == {
        f"Bearer {RENEWED}"
    }
    assert "sign-in expired" not in terminal.screen()


def answer() -> dict[str, object]:
    """Return the token endpoint's answer to a renewal."""
    return {
        "token_type": "Bearer",
        "access_token": RENEWED,
        "refresh_token": "sk-ant-ort01-RENEWED",
        "expires_in": 28800,
        "scope": "user:inference user:profile",
        "account": {"uuid": ACCOUNT, "email_address": "t@example.com"},
        "organization": {"uuid": ORGANIZATION, "name": "T"},
    }
