"""The macOS Keychain, with a fake /usr/bin/security."""

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
    """Return a fake that logs its arguments and prints `items/<service>`, or exits with 44."""
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
    """Return the argument lists that the fake logged."""
    return (world.root / "calls").read_text().splitlines()


def test_item_of_the_client_is_read(world: World, security: Path) -> None:
    """By its service and the user's name; nothing is written."""
    (world.root / "items" / "Claude Code-credentials").write_text(json.dumps(ITEM) + "\n")
    current = credentials.read(world.env, platform="darwin", security=str(security))
    assert current is not None
    assert current.token.reveal() == CANARY
    assert calls(world) == ["find-generic-password -a tester -s Claude Code-credentials -w"]


def test_hexadecimal_item_is_read(world: World, security: Path) -> None:
    """`security` prints an item with non-ASCII characters so."""
    text = json.dumps({**ITEM, "note": "ä"}, ensure_ascii=False)
    (world.root / "items" / "Claude Code-credentials").write_text(text.encode().hex() + "\n")
    current = credentials.read(world.env, platform="darwin", security=str(security))
    assert current is not None
    assert current.token.reveal() == CANARY


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
def test_service_follows_the_clients_rule(
    world: World, security: Path, variables: dict[str, str], hashed: str | None
) -> None:
    """The suffix depends on the directory in NFC; an empty one adds none."""
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
def test_account_follows_the_clients_rule(
    world: World, security: Path, variables: dict[str, str], account: str
) -> None:
    """USER, else the system's name, else the fallback."""
    del world.env["USER"]
    world.env.update(variables)
    credentials.read(world.env, platform="darwin", security=str(security))
    assert calls(world) == [f"find-generic-password -a {account} -s Claude Code-credentials -w"]


def test_account_is_the_fallback_when_the_user_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_123)
    assert keychain.account({}) == "claude-code-user"


def test_item_with_other_sign_ins_only_is_none(world: World, security: Path) -> None:
    """It may hold sign-ins to MCP servers only."""
    (world.root / "items" / "Claude Code-credentials").write_text('{"mcpOAuth": {}}')
    assert credentials.read(world.env, platform="darwin", security=str(security)) is None


def test_file_is_read_without_an_item(world: World, security: Path) -> None:
    """The client falls back to it, too."""
    world.sign_in()
    current = credentials.read(world.env, platform="darwin", security=str(security))
    assert current is not None
    assert current.token.reveal() == CANARY


@pytest.mark.parametrize(
    "content",
    ["#!/bin/sh\nexit 51\n", "#!/bin/sh\necho sk-ant-secret >&2; exit 36\n", "no program"],
)
def test_denied_keychain_is_named_without_its_output(
    world: World, security: Path, content: str
) -> None:
    """Locked, denied, or without the tool."""
    security.write_text(content)
    with pytest.raises(SourceFailure) as failure:
        credentials.read(world.env, platform="darwin", security=str(security))
    assert failure.value.status == "unreadable"
    assert "Keychain" in failure.value.detail
    assert "sk-ant" not in str(failure.value)


def test_prompting_keychain_times_out(
    world: World, security: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialog would block the refresh forever."""
    monkeypatch.setattr(keychain, "TIMEOUT_S", 0.3)
    security.write_text("#!/bin/sh\nexec sleep 30\n")
    started = time.monotonic()
    with pytest.raises(SourceFailure):
        credentials.read(world.env, platform="darwin", security=str(security))
    assert time.monotonic() - started < 10


def test_security_gets_a_minimal_environment(world: World, security: Path) -> None:
    """A project can set variables; Apple's tool would load a library path among them."""
    world.env["DYLD_INSERT_LIBRARIES"] = "/project/evil.dylib"
    credentials.read(world.env, platform="darwin", security=str(security))
    assert "evil" not in (world.root / "environment").read_text()
