"""The macOS Keychain, with a program in the place of /usr/bin/security that behaves as it does."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING

import pytest

from usageline.errors import SourceFailure
from usageline.sources import credentials, keychain
from world import CANARY

if TYPE_CHECKING:
    from pathlib import Path

    from world import World

ITEM = {"claudeAiOauth": {"accessToken": CANARY, "expiresAt": 1795464000000, "scopes": ["user:profile"]}}


@pytest.fixture
def security(world: World) -> Path:
    """A stand-in that notes its arguments and prints `items/<service>`, exit 44 where there is none."""
    tool = world.root / "security"
    items = world.root / "items"
    items.mkdir()
    tool.write_text(
        f"""#!/bin/sh
printf '%s\\n' "$*" >> '{world.root}/calls'
env >> '{world.root}/environment'
while [ $# -gt 1 ]; do [ "$1" = -s ] && service=$2; shift; done
cat "{items}/$service" 2>/dev/null || exit 44
"""
    )
    tool.chmod(0o700)
    world.sign_out()
    return tool


def calls(world: World) -> list[str]:
    """The argument lists that the stand-in was called with."""
    return (world.root / "calls").read_text().splitlines()


def test_the_item_of_the_client_is_found(world: World, security: Path) -> None:
    """By its service and the user's name, and nothing is written."""
    (world.root / "items" / "Claude Code-credentials").write_text(json.dumps(ITEM) + "\n")
    found = credentials.read(world.env, platform="darwin", security=str(security))
    assert found is not None
    assert found.token.reveal() == CANARY
    assert calls(world) == ["find-generic-password -a tester -s Claude Code-credentials -w"]


def test_an_item_printed_in_hexadecimal_is_read(world: World, security: Path) -> None:
    """As `security` prints one with other than ASCII characters in it."""
    text = json.dumps({**ITEM, "note": "ä"}, ensure_ascii=False)
    (world.root / "items" / "Claude Code-credentials").write_text(text.encode().hex() + "\n")
    found = credentials.read(world.env, platform="darwin", security=str(security))
    assert found is not None
    assert found.token.reveal() == CANARY


def test_with_a_directory_of_its_own_both_spellings_of_the_service_are_tried(world: World, security: Path) -> None:
    """The directory as given and as resolved; never the plain name, which is another account's."""
    (world.root / "real").mkdir()
    link = world.root / "link"
    link.symlink_to(world.root / "real")
    world.env["CLAUDE_CONFIG_DIR"] = str(link)
    (world.root / "items" / "Claude Code-credentials").write_text(json.dumps(ITEM))
    assert credentials.read(world.env, platform="darwin", security=str(security)) is None

    given, resolved = (hashlib.sha256(str(path).encode()).hexdigest()[:8] for path in (link, world.root / "real"))
    assert [call.split(" -s ")[1] for call in calls(world)] == [
        f"Claude Code-credentials-{given} -w",
        f"Claude Code-credentials-{resolved} -w",
    ]
    (world.root / "items" / f"Claude Code-credentials-{resolved}").write_text(json.dumps(ITEM))
    assert credentials.read(world.env, platform="darwin", security=str(security)) is not None


def test_an_item_with_other_sign_ins_only_is_none(world: World, security: Path) -> None:
    """It can hold nothing but MCP servers'."""
    (world.root / "items" / "Claude Code-credentials").write_text('{"mcpOAuth": {}}')
    assert credentials.read(world.env, platform="darwin", security=str(security)) is None


def test_without_an_item_the_file_is_read(world: World, security: Path) -> None:
    """The client falls back to it, too."""
    world.sign_in()
    found = credentials.read(world.env, platform="darwin", security=str(security))
    assert found is not None
    assert found.token.reveal() == CANARY


@pytest.mark.parametrize("content", ["#!/bin/sh\nexit 51\n", "#!/bin/sh\necho sk-ant-secret >&2; exit 36\n", "no program"])
def test_a_keychain_that_refuses_is_named_and_quotes_nothing(world: World, security: Path, content: str) -> None:
    """Locked, denied, or no such tool."""
    security.write_text(content)
    with pytest.raises(SourceFailure) as failure:
        credentials.read(world.env, platform="darwin", security=str(security))
    assert failure.value.status == "unreadable"
    assert "Keychain" in failure.value.detail
    assert "sk-ant" not in str(failure.value)


def test_a_keychain_that_asks_the_user_is_not_waited_for(world: World, security: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dialog would hold the refresh up for ever."""
    monkeypatch.setattr(keychain, "LONGEST_WAIT_S", 0.3)
    security.write_text("#!/bin/sh\nexec sleep 30\n")
    started = time.monotonic()
    with pytest.raises(SourceFailure):
        credentials.read(world.env, platform="darwin", security=str(security))
    assert time.monotonic() - started < 10


def test_the_tool_gets_no_more_environment_than_it_needs(world: World, security: Path) -> None:
    """A project can set variables; a library path among them would be loaded by Apple's tool."""
    world.env["DYLD_INSERT_LIBRARIES"] = "/project/evil.dylib"
    credentials.read(world.env, platform="darwin", security=str(security))
    assert "evil" not in (world.root / "environment").read_text()
