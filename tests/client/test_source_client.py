"""Check the source `client` with the real client: numbers without token, hooks or leftovers."""

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
    """Return a sandbox with only the source `client`; the user's hook logs each session start."""
    settings = json.dumps({"hooks": {"SessionStart": [HOOK_OF_THE_USER]}}).encode()
    with opened(tmp_path / "asking", installed=True, settings=settings) as sandbox:
        sandbox.world.configure('sources = ["client"]')
        yield sandbox


def test_the_client_is_asked_once_and_without_its_hooks(asking: Sandbox) -> None:
    """One session causes one refresh and one request of the client.

    No hook runs for that client.
    """
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
    """The line shows the reason, and neither that client nor a child of it continues."""
    asking.api.fault = "hang"
    asking.start("one").wait_for("offline")
    asking.wait_until(lambda: not asking.refreshes())
    assert [command for command in asking.processes() if "stream-json" in command] == []
    asking.stop("one")
    asking.wait_until(lambda: not asking.processes())


def no_session_was_left(sandbox: Sandbox) -> bool:
    """Return whether the client of the refresh left no session folder of that name."""
    projects = sandbox.world.home / ".claude" / "projects"
    return not projects.exists() or not any("usageline" in path.name for path in projects.iterdir())


def test_why_reads_the_transcripts_without_a_usage_request(asking: Sandbox) -> None:
    before = len(asking.api.usage_requests)
    done = asking.run(asking.world.home / ".local/bin/usageline", "why", "--json")
    assert set(json.loads(done.stdout)) == {"day", "week"}
    assert len(asking.api.usage_requests) == before
    asking.wait_until(lambda: not asking.processes())
