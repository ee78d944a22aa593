"""Check whose numbers the line shows: a session's own token, another `/login`, a cached answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.client.api import ANSWER
from tests.server import usage_body
from tests.world import CANARY

if TYPE_CHECKING:
    from tests.client.sandbox import Sandbox

TOKEN = "sk-ant-oat01-CANARY-of-a-session-of-its-own"
MIX = ("37%", "Fable", "12.34")
"""What only the signed-in account has."""


def other_ends(sandbox: Sandbox) -> None:
    """Set another account in the answers to messages: 41% and 27%, in other windows."""
    now = int(time.time())
    sandbox.api.windows, sandbox.api.ends = (41, 27), (now + 4 * 3600, now + 5 * 86400)


def is_idle(sandbox: Sandbox) -> bool:
    """Return whether the session has written nothing to its transcript for a second."""
    (transcript,) = (sandbox.world.home / ".claude" / "projects").glob("*/*.jsonl")
    return time.time() - transcript.stat().st_mtime > 1


def test_a_session_with_a_token_of_its_own_shows_its_own_numbers_alone(installed: Sandbox) -> None:
    other_ends(installed)
    terminal = installed.start("one", env={"CLAUDE_CODE_OAUTH_TOKEN": TOKEN})
    terminal.wait_for("5h ")
    terminal.enter("hello")
    terminal.wait_for(ANSWER)
    screen = terminal.wait_for("another sign-in")
    assert "41%" in screen
    assert not [text for text in MIX if text in screen]


def test_an_idle_session_does_not_show_its_old_account_after_a_sign_in_elsewhere(
    installed: Sandbox,
) -> None:
    installed.api.body = usage_body(session=40, weekly=25)
    installed.api.windows = (41, 27)
    terminal = installed.start("one")
    terminal.wait_for("5h ")
    terminal.enter("hello")
    terminal.wait_for(ANSWER)
    terminal.wait_for("41%")
    installed.api.body = {**usage_body(session=12, weekly=7), "limits": []}
    installed.wait_until(lambda: not installed.refreshes() and is_idle(installed))
    installed.world.sign_in(account="b", organization="ob", token=CANARY + "-b")
    screen = terminal.wait_for("12%")
    assert "41%" not in screen


def test_an_answer_from_the_clients_own_cache_keeps_its_age(installed: Sandbox) -> None:
    """The service fails, and the client answers with what it fetched 25 minutes ago."""
    installed.world.client_saw(usage_body(session=20), age_s=1500)
    installed.world.configure('sources = ["client"]')
    installed.api.fault = "500"
    screen = installed.start("one").wait_for("offline")
    assert "20%" in screen
    assert "25m ago" in screen
