"""Who is signed in, and how."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.world import ACCOUNT, CANARY
from usageline.core import paths
from usageline.sources.auth import credentials, sign_in
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from tests.world import World


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
    for account, organization in (
        ("a", "o"),
        ("b", "o"),
        ("a", "p"),
        ("", "o"),
        ("a", ""),
        ("ao", ""),
    ):
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
        ({"env": {"CLAUDE_CODE_USE_MANTLE": "on"}}, "Mantle"),
        ({"env": {"CLAUDE_CODE_USE_ANTHROPIC_AWS": True}}, "AWS"),
        ({"env": {"CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD": 1}}, "Google Cloud"),
        ({"env": {"CLAUDE_CODE_USE_GATEWAY": "yes", "CLAUDE_CODE_USE_BEDROCK": "1"}}, "gateway"),
    ],
)
def test_settings_that_sign_in_otherwise_outrank_a_subscription(
    world: World, content: dict[str, Any], detail: str
) -> None:
    """As they do in the client."""
    settings(world, **content)
    assert failure_of(world) == ("no-plan", detail)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"apiKeyHelper": ""},
        {"apiKeyHelper": 7},
        {"env": {"ANTHROPIC_API_KEY": ""}},
        {"env": [1]},
        {"env": {"ANTHROPIC_API_KEY": 5}},
    ]
    + [{"env": {"CLAUDE_CODE_USE_BEDROCK": no}} for no in ("no", "off", False, 0, None, ["1"], 2)]
    + [{"env": {"ANTHROPIC_BASE_URL": "HTTPS://api.anthropic.com:443/"}}],
    ids=str,
)
def test_settings_that_say_nothing_of_it_change_nothing(
    world: World, content: dict[str, Any]
) -> None:
    """Empty, or of the wrong type."""
    settings(world, **content)
    assert sign_in.read(world.env).plan == "Max 5x"


def test_a_key_in_the_settings_that_the_user_declined_is_none(world: World) -> None:
    """The client asks about it as about one of the shell (seen in 2.1.330)."""
    key = "sk-ant-api03-0123456789-abcdefghijkl"
    settings(world, env={"ANTHROPIC_API_KEY": key})
    world.write_state(customApiKeyResponses={"approved": [key[-20:]], "rejected": ["x", 7, None]})
    assert failure_of(world) == ("no-plan", "API key")
    world.write_state(customApiKeyResponses={"approved": [], "rejected": [key[-20:]]})
    assert sign_in.read(world.env).plan == "Max 5x"
    assert key[-12:] not in repr(sign_in.read(world.env))


@pytest.mark.parametrize(
    "responses", [None, [], "rejected", {"rejected": "all"}, {"rejected": {"a": 1}}], ids=repr
)
def test_answers_about_keys_that_are_none_decline_nothing(world: World, responses: object) -> None:
    settings(world, env={"ANTHROPIC_API_KEY": "sk-ant-api03-secret"})
    world.write_state(customApiKeyResponses=responses)
    assert failure_of(world) == ("no-plan", "API key")


@pytest.mark.parametrize("name", ["managed-settings.json", "managed-settings.d/10-cloud.json"])
def test_an_organizations_settings_sign_in_as_the_users_do(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """And what they say of a variable goes before what the user says."""
    monkeypatch.setattr(sign_in, "MANAGED", str(world.root / "managed"))
    path = world.root / "managed" / name
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"env": {"CLAUDE_CODE_USE_VERTEX": "1"}}))
    settings(world, env={"CLAUDE_CODE_USE_VERTEX": "0"})
    assert failure_of(world) == ("no-plan", "Vertex")
    path.write_text(json.dumps({"apiKeyHelper": "x"}))
    assert failure_of(world) == ("no-plan", "API key helper")


def test_a_sign_in_to_a_gateway_goes_before_a_plan(world: World) -> None:
    """It is kept beside the plan's."""
    content = json.loads(Path(paths.claude_credentials(world.env)).read_text())
    world.write_credentials(
        {
            **content,
            "enterpriseGateway": {"url": "https://gateway.example", "jwt": "x", "expiresAt": 0},
        }
    )
    assert failure_of(world) == ("no-plan", "gateway")
    world.write_credentials({**content, "enterpriseGateway": {}})
    assert sign_in.read(world.env).plan == "Max 5x"


MAX_20X = {
    "organizationType": "claude_max",
    "organizationRateLimitTier": "default_claude_max_20x",
    "userRateLimitTier": None,
}


@pytest.mark.parametrize(
    ("credentials_say", "state_says", "plan"),
    [
        (("max", "default_claude_max_5x"), MAX_20X, "Max 20x"),
        (
            ("max", "default_claude_max_20x"),
            {**MAX_20X, "organizationRateLimitTier": "default_claude_max_5x"},
            "Max 5x",
        ),
        (
            ("max", "default_claude_max_5x"),
            {**MAX_20X, "userRateLimitTier": "default_claude_max_5x"},
            "Max 5x",
        ),
        (
            ("max", "default_claude_max_5x"),
            {"organizationRateLimitTier": "default_claude_max_20x"},
            "Max 20x",
        ),
        (("pro", "default_claude_ai"), MAX_20X, "Max 20x"),
        (
            ("max", "default_claude_max_20x"),
            {"organizationType": "claude_pro", "organizationRateLimitTier": "default_claude_ai"},
            "Pro",
        ),
        (
            ("max", "default_claude_max_5x"),
            {"organizationType": "claude_team", "seatTier": "team_tier_1"},
            "Team Premium",
        ),
        (("team", "default_raven"), {"organizationType": "claude_enterprise"}, "Enterprise"),
        (
            ("max", "default_claude_max_5x"),
            {"organizationType": "claude_max", "organizationRateLimitTier": None},
            "Max 5x",
        ),
        (
            ("max", "default_claude_max_5x"),
            {"organizationType": None, "organizationRateLimitTier": None},
            "Max 5x",
        ),
        (
            ("max", "default_claude_max_5x"),
            {"organizationType": "api", "organizationRateLimitTier": 7},
            "Max 5x",
        ),
        ((None, None), MAX_20X, "Max 20x"),
    ],
)
def test_after_a_change_of_plan_the_newer_word_holds(
    world: World,
    credentials_say: tuple[str | None, str | None],
    state_says: dict[str, object],
    plan: str,
) -> None:
    """The client asks for the account's plan at each start; the credentials have what was true when the token was renewed."""
    world.sign_in(plan=credentials_say[0], tier=credentials_say[1])
    world.write_state(oauthAccount={**world.read_state()["oauthAccount"], **state_says})
    assert sign_in.read(world.env).plan == plan


def test_credentials_that_were_written_or_looked_up_later_are_the_newer_word(world: World) -> None:
    """A renewal in a session that runs for days."""
    world.sign_in(tier="default_claude_max_5x")
    world.write_state(oauthAccount={**world.read_state()["oauthAccount"], **MAX_20X})
    state, kept = paths.claude_state(world.env), paths.claude_credentials(world.env)
    os.utime(state, (1_790_000_000, 1_790_000_000))
    os.utime(kept, (1_790_000_030, 1_790_000_030))
    assert sign_in.read(world.env).plan == "Max 20x"
    os.utime(kept, (1_790_003_600, 1_790_003_600))
    assert sign_in.read(world.env).plan == "Max 5x"
    fetched = {**world.read_state()["oauthAccount"], "profileFetchedAt": 1_790_007_200_000}
    world.write_state(oauthAccount=fetched)
    content = json.loads(Path(kept).read_text())
    for known_at, plan in ((1_790_000_000_000, "Max 20x"), (1_790_010_000_000, "Max 5x")):
        content["claudeAiOauth"]["subscriptionTypeVerifiedAt"] = known_at
        world.write_credentials(content)
        assert sign_in.read(world.env).plan == plan


@pytest.mark.parametrize("names", [{"accountUuid": "other"}, {"organizationUuid": "other"}])
def test_a_state_of_another_account_says_nothing_of_the_token(
    world: World, names: dict[str, str]
) -> None:
    """Neither its plan nor what the client saw last."""
    world.write_state(oauthAccount={**world.read_state()["oauthAccount"], **MAX_20X})
    world.client_saw({"five_hour": {"utilization": 99}})
    before = sign_in.read(world.env)
    content = json.loads(Path(paths.claude_credentials(world.env)).read_text())
    content["claudeAiOauth"] |= names
    world.write_credentials(content)
    found = sign_in.read(world.env)
    assert (before.plan, found.plan) == ("Max 20x", "Max 5x")
    assert before.state.cached
    assert not found.state.cached
    assert found.account != before.account


def test_a_sign_in_kept_elsewhere_that_names_nobody_has_a_key_of_its_place(world: World) -> None:
    """The state is of whoever signed in last; the token changes every eight hours."""
    here = sign_in.read(world.env).account
    world.env["CLAUDE_SECURESTORAGE_CONFIG_DIR"] = str(world.root / "store")
    keys = set()
    for token in ("sk-a", "sk-b"):
        world.write_credentials({"claudeAiOauth": {"accessToken": token, "expiresAt": 9e12}})
        found = sign_in.read(world.env)
        keys.add(found.account)
        assert not found.state.account_uuid
    assert len(keys) == 1
    assert here not in keys


def test_an_old_installations_state_comes_first(world: World) -> None:
    """`.config.json` beside the settings, unless it is empty; as in the client."""
    old = Path(paths.claude_dir(world.env)) / ".config.json"
    old.write_text("")
    assert sign_in.read(world.env).state.account_uuid == ACCOUNT
    old.write_text(json.dumps({"oauthAccount": {"accountUuid": "old"}}))
    assert sign_in.read(world.env).state.account_uuid == "old"


def test_a_state_that_cannot_be_used_says_why(world: World) -> None:
    """With the credentials all goes on without it; without them it is the reason."""
    path = Path(paths.claude_state(world.env))
    path.write_bytes(b"[" * 100_000)
    assert (
        sign_in.read(world.env).state.problem
        == ".claude.json cannot be used: it is not the JSON that Claude Code writes"
    )
    with pytest.raises(SourceFailure) as failure:
        sign_in.read(world.env, with_token=False)
    assert (failure.value.status, failure.value.detail) == (
        "unreadable",
        sign_in.read(world.env).state.problem,
    )
    path.unlink()
    path.mkdir()
    assert "it is not a regular file" in sign_in.read(world.env).state.problem


def test_invalid_text_in_a_history_hides_nobody(world: World) -> None:
    """The client reads it with a replacement character."""
    path = Path(paths.claude_state(world.env))
    path.write_bytes(path.read_bytes().replace(b"{", b'{"history": "\xff\xc3", ', 1))
    assert sign_in.read(world.env).state.account_uuid == ACCOUNT


def test_without_a_source_that_needs_them_the_credentials_are_not_opened(world: World) -> None:
    """The account is known by the client's state alone."""
    path = Path(paths.claude_credentials(world.env))
    path.unlink()
    path.mkdir()  # opening it would give nothing and look like a logout
    found = sign_in.read(world.env, with_token=False)
    assert found.credentials is None
    assert found.token_fingerprint == ""


def test_a_keychain_that_refuses_leaves_the_free_sources(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reason is kept for the source that needs the token."""
    monkeypatch.setattr(credentials, "read", _refuse)
    found = sign_in.read(world.env)
    assert found.problem is not None
    assert found.problem.detail == "the Keychain refused"
    assert CANARY not in repr(found)


def _refuse(*_: object, **__: object) -> None:
    raise SourceFailure("unreadable", "the Keychain refused")
