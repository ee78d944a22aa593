"""The sign-in as the client keeps it, and that nothing of it shows."""

from __future__ import annotations

import copy
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.world import CANARY
from usageline.core import paths
from usageline.sources.auth import credentials
from usageline.sources.auth.token import Token

if TYPE_CHECKING:
    from tests.world import World


def test_the_file_of_the_client_is_read(world: World) -> None:
    """Token, expiry in seconds, scopes, plan, tier, organisation."""
    world.sign_in(
        expires_at=1795464000.5, plan="max", tier="default_claude_max_20x", organization="org"
    )
    found = credentials.read(world.env)
    assert found is not None
    assert found.token.reveal() == CANARY
    assert (found.expires_at, found.scopes) == (1795464000.5, ("user:inference", "user:profile"))
    assert (found.subscription, found.tier, found.organization_uuid) == (
        "max",
        "default_claude_max_20x",
        "org",
    )


def test_the_directory_is_the_clients_own_choice(world: World) -> None:
    """CLAUDE_CONFIG_DIR moves both files."""
    world.env["CLAUDE_CONFIG_DIR"] = str(world.root / "elsewhere")
    assert credentials.read(world.env) is None
    world.sign_in(token="sk-ant-oat01-other")
    assert credentials.read(world.env).token.reveal() == "sk-ant-oat01-other"  # type: ignore[union-attr]


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
def test_a_file_that_is_no_sign_in_is_none(world: World, content: str) -> None:
    """Torn, empty, somebody else's."""
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
def test_a_sign_in_without_a_usable_token_has_an_empty_one(
    world: World, oauth: dict[str, Any]
) -> None:
    """What a lost renewal leaves; a token that would break out of its header counts as none."""
    world.write_credentials({"claudeAiOauth": oauth})
    found = credentials.read(world.env)
    assert found is not None
    assert not found.token
    assert found.expires_at == 0


def test_a_fifo_or_a_directory_in_the_files_place_holds_nothing_up(world: World) -> None:
    """Opening a FIFO that nobody writes to would wait for ever."""
    path = Path(paths.claude_credentials(world.env))
    path.unlink()
    os.mkfifo(path)
    assert credentials.read(world.env) is None
    path.unlink()
    path.mkdir()
    assert credentials.read(world.env) is None


def test_a_file_of_absurd_size_is_not_read(world: World) -> None:
    """Bounded before it is parsed."""
    world.write_credentials(" " * (credentials.MAX_BYTES + 1))
    assert credentials.read(world.env) is None


def test_a_token_shows_nowhere_but_where_it_is_revealed(world: World) -> None:
    """Not in texts, not in the repr of what holds it, not in a pickle."""
    found = credentials.read(world.env)
    assert found is not None
    for text in (
        repr(found),
        str(found),
        f"{found.token}",
        f"{found.token!r}",
        repr([found.token]),
        found.token.fingerprint,
    ):
        assert "CANARY" not in text
    for store in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            store(found.token)


def test_two_tokens_have_two_fingerprints() -> None:
    """So that a later sign-in is told from an earlier one."""
    assert Token("a").fingerprint != Token("b").fingerprint
    assert Token("a").fingerprint == Token("a").fingerprint
