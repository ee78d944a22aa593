"""The client's credentials, which never get into text."""

from __future__ import annotations

import copy
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.world import CANARY
from usageline.sources.auth import credentials
from usageline.sources.auth.credentials import Token

if TYPE_CHECKING:
    from tests.world import World


def test_file_of_the_client_is_read(world: World) -> None:
    """Token, expiry in seconds, scopes, plan, tier, organization."""
    world.sign_in(
        expires_at=1795464000.5, plan="max", tier="default_claude_max_20x", organization="org"
    )
    current = credentials.read(world.env)
    assert current is not None
    assert current.token.reveal() == CANARY
    assert (current.expires_at, current.scopes) == (
        1795464000.5,
        ("user:inference", "user:profile"),
    )
    assert (current.subscription, current.tier, current.organization_uuid) == (
        "max",
        "default_claude_max_20x",
        "org",
    )


def test_directory_is_that_of_the_client(world: World) -> None:
    """CLAUDE_CONFIG_DIR moves both files."""
    world.env["CLAUDE_CONFIG_DIR"] = str(world.root / "elsewhere")
    assert credentials.read(world.env) is None
    world.sign_in(token="sk-ant-oat01-other")
    current = credentials.read(world.env)
    assert current is not None
    assert current.token.reveal() == "sk-ant-oat01-other"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "{}",
        '{"mcpOAuth": {}}',
        '{"claudeAiOauth": 7}',
        "[" * 200_000,
        "\x00\xff",
    ],
)
def test_file_without_credentials_is_none(world: World, content: str) -> None:
    """Truncated, empty, or of another program."""
    world.write_credentials(content or " ")
    assert credentials.read(world.env) is None


@pytest.mark.parametrize(
    "oauth",
    [
        {},
        {"accessToken": 5, "expiresAt": "soon", "scopes": "user:profile"},
        {"accessToken": "with\nnewline", "expiresAt": True, "scopes": [1, None]},
        {"accessToken": "", "expiresAt": 0},
    ],
)
def test_unusable_token_is_empty(world: World, oauth: dict[str, Any]) -> None:
    """A failed renewal leaves none. A token that would break its header counts as none."""
    world.write_credentials({"claudeAiOauth": oauth})
    current = credentials.read(world.env)
    assert current is not None
    assert not current.token
    assert current.expires_at == 0


def test_fifo_or_directory_does_not_block(world: World) -> None:
    """Opening a FIFO without a writer would wait forever."""
    path = Path(world.paths.claude_credentials)
    path.unlink()
    os.mkfifo(path)
    assert credentials.read(world.env) is None
    path.unlink()
    path.mkdir()
    assert credentials.read(world.env) is None


def test_huge_file_is_not_read(world: World) -> None:
    """The size is checked before parsing."""
    world.write_credentials(" " * (credentials.MAX_BYTES + 1))
    assert credentials.read(world.env) is None


def test_token_is_in_no_text_unless_revealed(world: World) -> None:
    """Neither in text, nor in the repr of its container, nor in a pickle."""
    current = credentials.read(world.env)
    assert current is not None
    for text in (
        repr(current),
        str(current),
        f"{current.token}",
        f"{current.token!r}",
        repr([current.token]),
        current.token.fingerprint,
    ):
        assert "CANARY" not in text
    for store in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            store(current.token)


def test_different_tokens_have_different_fingerprints() -> None:
    assert Token("a").fingerprint != Token("b").fingerprint
    assert Token("a").fingerprint == Token("a").fingerprint
