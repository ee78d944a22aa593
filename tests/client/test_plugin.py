"""Install the repository as a Claude Code plugin."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.client.api import ANSWER
from tests.client.installation import fetched

if TYPE_CHECKING:
    from tests.client.sandbox import Sandbox


@pytest.fixture
def plugin(bare: Sandbox, tmp_path: Path) -> Path:
    """Return the plugin's directory after the client has installed it from a clone."""
    for arguments in (
        ("marketplace", "add", str(fetched(tmp_path / "clone"))),
        ("install", "usageline@usageline"),
    ):
        done = bare.run("claude", "plugin", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    installed = json.loads((bare.world.home / ".claude/plugins/installed_plugins.json").read_text())
    return Path(installed["plugins"]["usageline@usageline"][0]["installPath"])


def test_the_client_finds_nothing_to_complain_about(bare: Sandbox, tmp_path: Path) -> None:
    """The strict rules of the plugin directory hold."""
    done = bare.run(
        "claude",
        "plugin",
        "validate",
        "--strict",
        "--profile",
        "directory",
        str(fetched(tmp_path / "clone")),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_plugin_that_is_not_set_up_is_silent(bare: Sandbox, plugin: Path) -> None:
    """Without its installer there is no refresh to start: no error and no request."""
    assert (plugin / "hooks" / "session_start.py").exists()
    assert "error" not in chat(bare).lower()
    assert bare.api.ours == []


def test_the_plugin_tells_the_model_nothing(bare: Sandbox, plugin: Path) -> None:
    """Only the user runs its command, so not even its description uses context."""
    assert (plugin / "commands" / "setup.md").exists()
    chat(bare)
    excerpts = [
        excerpt
        for message in bare.api.messages
        for excerpt in re.findall(".{,80}usageline.{,80}", message)
    ]
    assert excerpts == []


def test_the_hook_of_the_plugin_starts_one_refresh_for_three_clients(
    bare: Sandbox, plugin: Path
) -> None:
    """The settings were removed after the plugin's install: only its hook can start the refresh."""
    settings = json.loads(bare.settings.read_text())
    settings["hooks"] = {
        "SessionStart": [{"hooks": [{"type": "command", "command": "echo started >> ~/started"}]}]
    }
    bare.install(plugin, "--yes")
    bare.clear_cache()
    bare.api.requests.clear()
    bare.settings.write_text(json.dumps(settings))

    for name in ("one", "two", "three"):
        bare.start(name)
    started = bare.world.home / "started"
    bare.wait_until(lambda: started.exists() and started.read_text().count("started") == 3)
    bare.wait_until((bare.world.cache / "snapshot.json").exists)
    bare.wait_until(lambda: not bare.refreshes())
    assert bare.world.snapshot()["status"] == "ok"
    assert len(bare.api.ours) == 1
    assert "error" not in "".join(terminal.screen() for terminal in bare.terminals.values()).lower()


def chat(sandbox: Sandbox) -> str:
    """Start a client, send a message, and return the screen with the answer."""
    terminal = sandbox.start("chat")
    terminal.wait_for("❯")
    terminal.enter("hello")
    screen = terminal.wait_for(ANSWER)
    assert any("hello" in message for message in sandbox.api.messages)
    return screen
