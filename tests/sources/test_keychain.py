"""The macOS Keychain, with a program in the place of /usr/bin/security that behaves as it does."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import time
from typing import TYPE_CHECKING

import pytest

from tests.world import CANARY
from usageline.sources.auth import credentials, keychain
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.world import World

ITEM = {
    "claudeAiOauth": {"accessToken": CANARY, "expiresAt": 1795464000000, "scopes": ["user:profile"]}
}


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


@pytest.mark.parametrize(
    ("variables", "hashed"),
    [
        ({"CLAUDE_CONFIG_DIR": "/link"}, "/link"),
        ({"CLAUDE_CONFIG_DIR": "/link/"}, "/link/"),
        ({"CLAUDE_CONFIG_DIR": "/jo\u0308rg"}, "/j\u00f6rg"),
        ({"CLAUDE_CONFIG_DIR": "/a", "CLAUDE_SECURESTORAGE_CONFIG_DIR": "/b"}, "/b"),
        ({"CLAUDE_SECURESTORAGE_CONFIG_DIR": "store"}, "store"),
        ({"CLAUDE_CONFIG_DIR": "/a", "CLAUDE_SECURESTORAGE_CONFIG_DIR": ""}, None),
        ({"CLAUDE_CONFIG_DIR": ""}, None),
        ({}, None),
    ],
)
def test_the_service_is_named_by_the_clients_rule(
    world: World, security: Path, variables: dict[str, str], hashed: str | None
) -> None:
    """By the directory as given, its letters composed; an empty one adds nothing. No other item is another account's to be taken."""
    world.env.update(variables)
    ending = "" if hashed is None else "-" + hashlib.sha256(hashed.encode()).hexdigest()[:8]
    for name in ("Claude Code-write-check", "Claude Code-credentials-00000000", "Claude Code"):
        (world.root / "items" / name).write_text(json.dumps(ITEM))
    assert credentials.read(world.env, platform="darwin", security=str(security)) is None
    assert [call.split(" -s ")[1] for call in calls(world)] == [
        f"Claude Code-credentials{ending} -w"
    ]
    (world.root / "items" / f"Claude Code-credentials{ending}").write_text(json.dumps(ITEM))
    assert credentials.read(world.env, platform="darwin", security=str(security)) is not None


@pytest.mark.parametrize(
    ("variables", "account"),
    [
        ({"USER": "t.e-s_t9"}, "t.e-s_t9"),
        ({"USER": "CORP\\jdoe"}, "claude-code-user"),
        ({"USER": "jörg"}, "claude-code-user"),
        ({"USER": "two words", "LOGNAME": "plain"}, "claude-code-user"),
        ({"USER": "tester\n"}, "claude-code-user"),
        ({"USER": "", "LOGNAME": "other"}, pwd.getpwuid(os.geteuid()).pw_name),
        ({}, pwd.getpwuid(os.geteuid()).pw_name),
    ],
)
def test_the_account_is_named_by_the_clients_rule(
    world: World, security: Path, variables: dict[str, str], account: str
) -> None:
    """USER, else the system's name; one with other characters is nobody's."""
    del world.env["USER"]
    world.env.update(variables)
    credentials.read(world.env, platform="darwin", security=str(security))
    assert calls(world) == [f"find-generic-password -a {account} -s Claude Code-credentials -w"]


def test_a_user_whom_the_system_does_not_know_has_the_account_of_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_123)
    assert keychain.account({}) == "claude-code-user"


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


@pytest.mark.parametrize(
    "content",
    ["#!/bin/sh\nexit 51\n", "#!/bin/sh\necho sk-ant-secret >&2; exit 36\n", "no program"],
)
def test_a_keychain_that_refuses_is_named_and_quotes_nothing(
    world: World, security: Path, content: str
) -> None:
    """Locked, denied, or no such tool."""
    security.write_text(content)
    with pytest.raises(SourceFailure) as failure:
        credentials.read(world.env, platform="darwin", security=str(security))
    assert failure.value.status == "unreadable"
    assert "Keychain" in failure.value.detail
    assert "sk-ant" not in str(failure.value)


def test_a_keychain_that_asks_the_user_is_not_waited_for(
    world: World, security: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialog would hold the refresh up for ever."""
    monkeypatch.setattr(keychain, "TIMEOUT_S", 0.3)
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
