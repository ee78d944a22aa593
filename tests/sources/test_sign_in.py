"""Who is signed in, and how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from usageline import paths
from usageline.errors import SourceFailure
from usageline.sources import credentials, sign_in
from world import ACCOUNT, CANARY

if TYPE_CHECKING:
    from world import World


def settings(world: World, **content: Any) -> None:
    """Write the user's settings.json."""
    Path(paths.claude_settings(world.env)).write_text(json.dumps(content))


def failure_of(world: World) -> tuple[str, str]:
    """Status and detail of the failure to find a subscription."""
    with pytest.raises(SourceFailure) as failure:
        sign_in.read(world.env)
    return failure.value.status, failure.value.detail


def test_a_subscription_has_an_account_a_plan_and_credentials(world: World) -> None:
    """The account is 16 hex digits in which nothing of it shows."""
    found = sign_in.read(world.env)
    assert found.plan == "Max 5x"
    assert len(found.account) == 16
    assert int(found.account, 16)
    assert ACCOUNT[:8] not in found.account
    assert found.token_fingerprint


def test_another_account_or_organisation_has_another_key(world: World) -> None:
    """Also where one account is in two organisations."""
    keys = set()
    for account, organization in (("a", "o"), ("b", "o"), ("a", "p"), ("", "o"), ("a", ""), ("ao", "")):
        world.sign_in(account=account, organization=organization)
        keys.add(sign_in.read(world.env).account)
    assert len(keys) == 6


def test_while_the_two_files_disagree_the_key_is_nobodys(world: World) -> None:
    """The client writes them one after the other; what is read in between must be stored under no account of the two."""
    world.sign_in(account="a", organization="o", token="sk-a")
    first = sign_in.read(world.env).account
    state = world.read_state()
    world.sign_in(account="b", organization="p", token="sk-b")
    second = sign_in.read(world.env).account
    world.write_state(oauthAccount=state["oauthAccount"])
    assert sign_in.read(world.env).account not in {first, second}


def test_without_the_clients_state_two_sign_ins_are_still_told_apart(world: World) -> None:
    """By the token, where nothing else is known."""
    keys = []
    for token in ("sk-a", "sk-b"):
        world.write_credentials({"claudeAiOauth": {"accessToken": token, "expiresAt": 9e12}})
        Path(paths.claude_state(world.env)).unlink(missing_ok=True)
        keys.append(sign_in.read(world.env).account)
    assert keys[0] != keys[1]


def test_nobody_signed_in(world: World) -> None:
    """After a logout."""
    world.sign_out()
    assert failure_of(world) == ("signed-out", "")


def test_an_api_key_of_the_client_has_no_plan_limits(world: World) -> None:
    """A Console login; a subscription beside it goes first."""
    world.write_state(primaryApiKey="sk-ant-api03-secret")
    assert sign_in.read(world.env).plan == "Max 5x"
    world.sign_out()
    assert failure_of(world) == ("no-plan", "API key")


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ({"apiKeyHelper": "print-my-key"}, "API key helper"),
        ({"env": {"ANTHROPIC_API_KEY": "sk-ant-api03-secret"}}, "API key"),
        ({"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}}, "Bedrock"),
        ({"env": {"ANTHROPIC_BASE_URL": "https://gateway.example.com/v1"}}, "gateway"),
    ],
)
def test_settings_that_sign_in_otherwise_outrank_a_subscription(world: World, content: dict[str, Any], detail: str) -> None:
    """As they do in the client."""
    settings(world, **content)
    assert failure_of(world) == ("no-plan", detail)


@pytest.mark.parametrize(
    "content",
    [{}, {"apiKeyHelper": ""}, {"apiKeyHelper": 7}, {"env": {"ANTHROPIC_API_KEY": ""}}, {"env": [1]}, {"env": {"ANTHROPIC_API_KEY": 5}}],
)
def test_settings_that_say_nothing_of_it_change_nothing(world: World, content: dict[str, Any]) -> None:
    """Empty, or of the wrong type."""
    settings(world, **content)
    assert sign_in.read(world.env).plan == "Max 5x"


def test_without_a_source_that_needs_them_the_credentials_are_not_opened(world: World) -> None:
    """The account is known by the client's state alone."""
    path = Path(paths.claude_credentials(world.env))
    path.unlink()
    path.mkdir()  # opening it would give nothing and look like a logout
    found = sign_in.read(world.env, with_token=False)
    assert found.credentials is None
    assert found.token_fingerprint == ""


def test_a_keychain_that_refuses_leaves_the_free_sources(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reason is kept for the source that needs the token."""
    monkeypatch.setattr(credentials, "read", _refuse)
    found = sign_in.read(world.env)
    assert found.problem is not None
    assert found.problem.detail == "the Keychain refused"
    assert CANARY not in repr(found)


def _refuse(*_: object, **__: object) -> None:
    raise SourceFailure("unreadable", "the Keychain refused")
