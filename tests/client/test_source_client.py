"""The source `client` with the real client: the numbers come by way of it, without the token, without its hooks, and nothing stays behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.client.installation import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.client.sandbox import Sandbox

HOOK_OF_THE_USER = {"hooks": [{"type": "command", "command": "echo started >> ~/started"}]}


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox with usageline installed that asks nobody but the client; a hook of the user's own notes each start of a session."""
    settings = json.dumps({"hooks": {"SessionStart": [HOOK_OF_THE_USER]}}).encode()
    with opened(tmp_path / "asking", installed=True, settings=settings) as sandbox:
        sandbox.world.configure('sources = ["client"]')
        yield sandbox


def test_the_client_is_asked_once_and_without_its_hooks(asking: Sandbox) -> None:
    """One session, one refresh, one request, made by the client: neither the user's hook nor ours ran for the client that was asked."""
    asking.start("one").wait_for("37%")
    asking.wait_until(lambda: not asking.refreshes())
    snapshot = asking.world.snapshot()
    assert (snapshot["status"], snapshot["source"]) == ("ok", "client")
    assert asking.api.ours == []
    assert len(asking.api.usage_requests) == 1
    assert (asking.world.home / "started").read_text().split() == ["started"]
    assert [command for command in asking.processes() if "stream-json" in command] == []
    assert no_session_was_left(asking)
    asking.stop("one")
    asking.wait_until(lambda: not asking.processes())


def test_one_that_cannot_get_an_answer_is_gone_with_the_refresh(asking: Sandbox) -> None:
    """The line says why, and neither the client that was asked nor a child of it goes on."""
    asking.api.fault = "hang"
    asking.start("one").wait_for("offline")
    asking.wait_until(lambda: not asking.refreshes())
    assert [command for command in asking.processes() if "stream-json" in command] == []
    asking.stop("one")
    asking.wait_until(lambda: not asking.processes())


def no_session_was_left(sandbox: Sandbox) -> bool:
    """Whether the client that was asked, in our cache directory, left no folder of sessions of that name."""
    projects = sandbox.world.home / ".claude" / "projects"
    return not projects.exists() or not any("usageline" in path.name for path in projects.iterdir())
