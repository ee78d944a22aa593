"""The current sign-in: account, plan and kind."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.world import ACCOUNT, CANARY
from usageline.sources.auth import credentials, sign_in
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from tests.world import World


def settings(world: World, **content: Any) -> None:
    """Write the user's settings.json."""
    Path(world.paths.claude_settings).write_text(json.dumps(content))


def failure_of(world: World) -> tuple[str, str]:
    """Status and detail of the failure to find a subscription."""
    with pytest.raises(SourceFailure) as failure:
        sign_in.read(world.env)
    return failure.value.status, failure.value.detail


def test_subscription_has_account_plan_and_credentials(world: World) -> None:
    """The account's key has 16 hex digits and does not reveal the account."""
    current = sign_in.read(world.env)
    assert current.plan == "Max 5x"
    assert len(current.account) == 16
    assert int(current.account, 16)
    assert ACCOUNT[:8] not in current.account
    assert current.token_fingerprint


def test_other_account_or_organization_has_another_key(world: World) -> None:
    """One account can be in two organizations."""
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


def test_key_matches_no_account_while_the_two_files_disagree(world: World) -> None:
    """The client writes them one after the other; a reading in between fits neither account."""
    world.sign_in(account="a", organization="o", token="sk-a")
    first = sign_in.read(world.env).account
    state = world.read_state()
    world.sign_in(account="b", organization="p", token="sk-b")
    second = sign_in.read(world.env).account
    world.write_state(oauthAccount=state["oauthAccount"])
    assert sign_in.read(world.env).account not in {first, second}


def test_two_sign_ins_have_two_keys_without_the_clients_state(world: World) -> None:
    """The key is the token's if nothing else is known."""
    keys = []
    for token in ("sk-a", "sk-b"):
        world.write_credentials({"claudeAiOauth": {"accessToken": token, "expiresAt": 9e12}})
        Path(world.paths.claude_state).unlink(missing_ok=True)
        keys.append(sign_in.read(world.env).account)
    assert keys[0] != keys[1]


def test_missing_sign_in_is_signed_out(world: World) -> None:
    """After a logout."""
    world.sign_out()
    assert failure_of(world) == ("signed-out", "")


def test_api_key_of_the_client_is_no_plan(world: World) -> None:
    """A Console login; a subscription precedes it."""
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
def test_sign_in_of_the_settings_precedes_a_subscription(
    world: World, content: dict[str, Any], detail: str
) -> None:
    """The client does the same."""
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
def test_settings_without_a_sign_in_change_nothing(world: World, content: dict[str, Any]) -> None:
    """Empty, or of the wrong type."""
    settings(world, **content)
    assert sign_in.read(world.env).plan == "Max 5x"


def test_declined_key_of_the_settings_is_ignored(world: World) -> None:
    """The client asks about it as for a key of the shell (seen in 2.1.330)."""
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
def test_invalid_answers_about_keys_decline_none(world: World, responses: object) -> None:
    settings(world, env={"ANTHROPIC_API_KEY": "sk-ant-api03-secret"})
    world.write_state(customApiKeyResponses=responses)
    assert failure_of(world) == ("no-plan", "API key")


@pytest.mark.parametrize("name", ["managed-settings.json", "managed-settings.d/10-cloud.json"])
def test_organizations_settings_sign_in_like_the_users(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Their variables precede those of the user."""
    monkeypatch.setattr(sign_in, "MANAGED", str(world.root / "managed"))
    path = world.root / "managed" / name
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"env": {"CLAUDE_CODE_USE_VERTEX": "1"}}))
    settings(world, env={"CLAUDE_CODE_USE_VERTEX": "0"})
    assert failure_of(world) == ("no-plan", "Vertex")
    path.write_text(json.dumps({"apiKeyHelper": "x"}))
    assert failure_of(world) == ("no-plan", "API key helper")


def test_gateway_precedes_a_plan(world: World) -> None:
    """The file has both."""
    content = json.loads(Path(world.paths.claude_credentials).read_text())
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
        (("max", "default_claude_max_5x"), {"organizationType": ["claude_max"]}, "Max 5x"),
        ((None, None), MAX_20X, "Max 20x"),
    ],
)
def test_plan_comes_from_the_newer_file(
    world: World,
    credentials_say: tuple[str | None, str | None],
    state_says: dict[str, object],
    plan: str,
) -> None:
    """The client requests the plan at each start; the credentials have that of the last renewal."""
    world.sign_in(plan=credentials_say[0], tier=credentials_say[1])
    world.write_state(oauthAccount={**world.read_state()["oauthAccount"], **state_says})
    assert sign_in.read(world.env).plan == plan


def test_plan_comes_from_credentials_that_are_newer(world: World) -> None:
    """The token was renewed in a session that runs for days."""
    world.sign_in(tier="default_claude_max_5x")
    world.write_state(oauthAccount={**world.read_state()["oauthAccount"], **MAX_20X})
    state, credentials_file = world.paths.claude_state, world.paths.claude_credentials
    os.utime(state, (1_790_000_000, 1_790_000_000))
    os.utime(credentials_file, (1_790_000_030, 1_790_000_030))
    assert sign_in.read(world.env).plan == "Max 20x"
    os.utime(credentials_file, (1_790_003_600, 1_790_003_600))
    assert sign_in.read(world.env).plan == "Max 5x"
    fetched = {**world.read_state()["oauthAccount"], "profileFetchedAt": 1_790_007_200_000}
    world.write_state(oauthAccount=fetched)
    content = json.loads(Path(credentials_file).read_text())
    for known_at, plan in ((1_790_000_000_000, "Max 20x"), (1_790_010_000_000, "Max 5x")):
        content["claudeAiOauth"]["subscriptionTypeVerifiedAt"] = known_at
        world.write_credentials(content)
        assert sign_in.read(world.env).plan == plan


@pytest.mark.parametrize("names", [{"accountUuid": "other"}, {"organizationUuid": "other"}])
def test_state_of_another_account_is_ignored(world: World, names: dict[str, str]) -> None:
    """Neither its plan nor its cached usage counts."""
    world.write_state(oauthAccount={**world.read_state()["oauthAccount"], **MAX_20X})
    world.client_saw({"five_hour": {"utilization": 99}})
    before = sign_in.read(world.env)
    content = json.loads(Path(world.paths.claude_credentials).read_text())
    content["claudeAiOauth"] |= names
    world.write_credentials(content)
    current = sign_in.read(world.env)
    assert (before.plan, current.plan) == ("Max 20x", "Max 5x")
    assert before.state.cached
    assert not current.state.cached
    assert current.account != before.account


def test_unnamed_sign_in_stored_elsewhere_has_a_key_of_its_directory(world: World) -> None:
    """The state belongs to the last sign-in, and the token changes every eight hours."""
    here = sign_in.read(world.env).account
    world.env["CLAUDE_SECURESTORAGE_CONFIG_DIR"] = str(world.root / "store")
    keys = set()
    for token in ("sk-a", "sk-b"):
        world.write_credentials({"claudeAiOauth": {"accessToken": token, "expiresAt": 9e12}})
        current = sign_in.read(world.env)
        keys.add(current.account)
        assert not current.state.account_uuid
    assert len(keys) == 1
    assert here not in keys


def test_state_of_an_old_installation_precedes(world: World) -> None:
    """`.config.json` beside the settings, unless it is empty; as in the client."""
    old = Path(world.paths.claude_dir) / ".config.json"
    old.write_text("")
    assert sign_in.read(world.env).state.account_uuid == ACCOUNT
    old.write_text(json.dumps({"oauthAccount": {"accountUuid": "old"}}))
    assert sign_in.read(world.env).state.account_uuid == "old"


def test_unreadable_state_has_a_reason(world: World) -> None:
    """It is the reason of the failure unless there are credentials."""
    path = Path(world.paths.claude_state)
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


def test_invalid_text_in_a_history_does_not_hide_the_account(world: World) -> None:
    """The client reads it with a replacement character."""
    path = Path(world.paths.claude_state)
    path.write_bytes(path.read_bytes().replace(b"{", b'{"history": "\xff\xc3", ', 1))
    assert sign_in.read(world.env).state.account_uuid == ACCOUNT


def test_credentials_stay_closed_without_a_source_that_needs_them(world: World) -> None:
    """The account is known by the client's state alone."""
    path = Path(world.paths.claude_credentials)
    path.unlink()
    path.mkdir()  # opening it would give nothing and look like a logout
    current = sign_in.read(world.env, with_token=False)
    assert current.credentials is None
    assert current.token_fingerprint == ""


def test_denied_keychain_leaves_the_other_sources(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the source that needs the token reports its reason."""
    monkeypatch.setattr(credentials, "read", _refuse)
    current = sign_in.read(world.env)
    assert current.problem is not None
    assert current.problem.detail == "the Keychain refused"
    assert CANARY not in repr(current)


def _refuse(*_: object, **__: object) -> None:
    raise SourceFailure("unreadable", "the Keychain refused")
