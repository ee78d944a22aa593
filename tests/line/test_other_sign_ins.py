"""What a session signs in with in place of a plan, by the client's own rules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from usageline.core.other_sign_ins import OTHER_SIGN_INS, PROVIDERS, key_digest
from usageline.core.other_sign_ins import chosen as other_sign_in
from usageline.line.view import SIGN_IN_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hot import Hot
    from tests.server import Api
    from tests.world import World

KEY = "sk-ant-api03-not-to-be-used-0123456789abcdefghij"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CLAUDE_CODE_USE_GATEWAY", "gateway"),
        ("CLAUDE_CODE_USE_BEDROCK", "Bedrock"),
        ("CLAUDE_CODE_USE_FOUNDRY", "Foundry"),
        ("CLAUDE_CODE_USE_ANTHROPIC_AWS", "AWS"),
        ("CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD", "Google Cloud"),
        ("CLAUDE_CODE_USE_MANTLE", "Mantle"),
        ("CLAUDE_CODE_USE_VERTEX", "Vertex"),
    ],
)
@pytest.mark.parametrize("value", ["1", "true", "TRUE", "yes", "Yes", "on", " 1 "])
def test_each_cloud_has_no_plan_limits_if_its_variable_says_yes(
    hot: Hot, name: str, text: str, value: str
) -> None:
    assert other_sign_in({name: value}) == text
    if value == "1":
        assert hot.line(**{name: value}) == f"{text}: no plan limits"


@pytest.mark.parametrize(
    "value", ["", "0", "false", "no", "off", "No", "2", "enabled", "y", "t", "null", "-1"]
)
def test_any_other_value_is_no(value: str) -> None:
    assert other_sign_in({name: value for name, _ in PROVIDERS}) == ""


def test_of_several_the_client_takes_one_by_its_own_order() -> None:
    variables = {name: "1" for name, _ in PROVIDERS}
    variables |= {
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_AUTH_TOKEN": "t",
        "ANTHROPIC_BASE_URL": "https://proxy.example",
    }
    texts = []
    while variables:
        texts.append(other_sign_in(variables))
        variables.pop(next(iter(variables)))
    assert texts == [
        "gateway",
        "Bedrock",
        "Foundry",
        "AWS",
        "Google Cloud",
        "Mantle",
        "Vertex",
        "API key",
        "auth token",
        "gateway",
    ]


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"ANTHROPIC_API_KEY": "  "}, ""),
        ({"ANTHROPIC_API_KEY": "0"}, "API key"),
        ({"ANTHROPIC_AUTH_TOKEN": ""}, ""),
        ({"ANTHROPIC_AUTH_TOKEN": "false"}, "auth token"),
        ({"ANTHROPIC_UNIX_SOCKET": "/run/x"}, "socket"),
        ({"ANTHROPIC_PROFILE": "work"}, "profile"),
        ({"ANTHROPIC_FEDERATION_RULE_ID": "r", "ANTHROPIC_ORGANIZATION_ID": "o"}, "federation"),
        ({"ANTHROPIC_ORGANIZATION_ID": "o"}, ""),
        ({"ANTHROPIC_FEDERATION_RULE_ID": "r"}, ""),
        ({"CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR": "3"}, "API key"),
    ],
)
def test_other_sign_ins_are_named(variables: dict[str, str], text: str) -> None:
    assert other_sign_in(variables) == text


@pytest.mark.parametrize(
    "address",
    [
        *(
            "https://api.anthropic.com",
            "https://api.anthropic.com/",
            "https://api.anthropic.com:443",
            "https://api.anthropic.com:443/v1",
        ),
        *(
            "HTTPS://API.ANTHROPIC.COM",
            "https://Api.Anthropic.com/path?query#fragment",
            "https://api.anthropic.com?x",
            "https://api.anthropic.com#x",
        ),
        *(
            "https://user:p@ss@api.anthropic.com",
            "https://api.anthropic.com.",
            "https://api.anthropic.com.:443/",
            "https://api.anthropic.com:",
        ),
        *(
            "https:\\\\api.anthropic.com\\v1",
            "https:api.anthropic.com",
            "https:///api.anthropic.com",
            " https://api.anthropic.com\n",
        ),
        *(
            "http://api.anthropic.com:80",
            "http://api.anthropic.com",
            "https://api.anthropic.com:0443",
            "api.anthropic.com",
            "",
        ),
    ],
)
def test_the_apis_own_address_is_no_gateway_however_it_is_written(address: str) -> None:
    assert other_sign_in({"ANTHROPIC_BASE_URL": address}) == ""


@pytest.mark.parametrize(
    "address",
    [
        *(
            "https://gateway.example",
            "https://api.anthropic.com.example",
            "https://api.anthropic.com@gateway.example",
            "http://localhost:8080",
        ),
        *(
            "https://api.anthropic.com:8443",
            "http://api.anthropic.com:443",
            "https://xapi.anthropic.com",
            "https://gateway.example/api.anthropic.com",
        ),
        *(
            "https://gateway.example?https://api.anthropic.com",
            "https://gateway.example#@api.anthropic.com",
            "https://[::1]/",
            "nonsense",
        ),
    ],
)
def test_another_address_is_a_gateway(address: str) -> None:
    assert other_sign_in({"ANTHROPIC_BASE_URL": address}) == "gateway"
    assert (
        other_sign_in(
            {"ANTHROPIC_BASE_URL": address, "_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL": "1"}
        )
        == ""
    )
    assert (
        other_sign_in(
            {"ANTHROPIC_BASE_URL": address, "_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL": "0"}
        )
        == "gateway"
    )


def test_a_key_that_the_user_declined_is_none(
    hot: Hot, world: World, api: Api, eventually: Callable[..., None]
) -> None:
    """Claude Code remembers its last 20 characters. A refresh reads these, and gets no key."""
    world.write_state(customApiKeyResponses={"approved": [], "rejected": [KEY[-20:]]})
    assert hot.line(ANTHROPIC_API_KEY=KEY) == "API key: no plan limits"
    eventually(lambda: os.path.exists(world.paths.snapshot))
    assert " 37% " in hot.line(ANTHROPIC_API_KEY=KEY)
    assert " 37% " in hot.line(ANTHROPIC_API_KEY=f" {KEY}\n")
    assert hot.line(ANTHROPIC_API_KEY=KEY + "x") == "API key: no plan limits"
    assert len(api.usage_requests) == 1
    written = [path for path in world.files() if KEY[-16:].encode() in path.read_bytes()]
    assert [path.name for path in written] == [".claude.json"]


@pytest.mark.parametrize("keys", [None, {}, "text", 7, [7, None, {}], ["0" * 16]], ids=repr)
def test_what_the_snapshot_cannot_mean_declines_nothing(hot: Hot, keys: object) -> None:
    hot.publish(declined_keys=keys)
    assert hot.line(ANTHROPIC_API_KEY=KEY) == "API key: no plan limits"


def test_a_short_key_is_told_from_a_longer_one() -> None:
    assert other_sign_in({"ANTHROPIC_API_KEY": "k"}, [key_digest("k")]) == ""
    assert other_sign_in({"ANTHROPIC_API_KEY": "kk"}, [key_digest("k")]) == "API key"


def test_no_variable_that_is_looked_at_is_passed_over() -> None:
    """The line asks about them by a list of its own, so that it need not import what each says."""
    looked_at = {name for table in (PROVIDERS, OTHER_SIGN_INS) for name, _ in table}
    assert set(SIGN_IN_VARIABLES) == looked_at | {
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_FEDERATION_RULE_ID",
        "ANTHROPIC_BASE_URL",
    }
