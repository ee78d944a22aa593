"""The expiry of a sign-in, and whether a message in the client renews it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.world import CANARY, ORGANIZATION, SCOPES
from usageline.refresh.run import refresh
from usageline.sources.auth import credentials

if TYPE_CHECKING:
    from tests.server import Api
    from tests.world import World


class Absent:
    def __repr__(self) -> str:  # the same in each process: it names a test
        return "ABSENT"


ABSENT = Absent()
HOUR_MS = 3_600_000
IN_2100_MS = 4_102_444_800_000


def write(world: World, **changes: object) -> None:
    """Write valid credentials with those changes. ABSENT removes a key."""
    now_ms = int(time.time() * 1000)
    oauth: dict[str, Any] = {
        "accessToken": CANARY,
        "refreshToken": "sk-ant-ort01-x",
        "expiresAt": now_ms + 8 * HOUR_MS,
        "scopes": list(SCOPES),
    }
    oauth |= {"subscriptionType": "max", "rateLimitTier": "default_claude_max_5x", **changes}
    oauth = {key: value for key, value in oauth.items() if value is not ABSENT}
    world.write_credentials({"claudeAiOauth": oauth, "organizationUuid": ORGANIZATION})


def status_of(world: World) -> str:
    """Return the status of a refresh."""
    snapshot = refresh(world.env).snapshot
    assert snapshot is not None
    return str(snapshot["status"])


def in_seconds() -> int:
    return int(time.time()) + 8 * 3600


@pytest.mark.parametrize("refresh_token", ["sk-ant-ort01-x", None])
@pytest.mark.parametrize(
    "expires_at",
    [
        *(
            None,
            ABSENT,
            "soon",
            "",
            "2020-01-01T00:00:00Z",
            0,
            -62_135_596_800_000,
            -1,
            0.5,
            True,
            False,
            [],
            [1],
            {},
        ),
        *(10**15 + 1, 10**400, 1e300, 9e14 + 0.5, str(IN_2100_MS)),
    ],
    ids=repr,
)
def test_token_of_unknown_expiry_is_sent(
    world: World, api: Api, expires_at: object, refresh_token: str | None
) -> None:
    """The client uses it; only the service can check it (seen in 2.1.330)."""
    write(world, expiresAt=expires_at, refreshToken=refresh_token)
    assert status_of(world) == "ok"
    assert len(api.usage_requests) == 1


def test_expiry_in_seconds_counts_as_unknown(world: World, api: Api) -> None:
    write(world, expiresAt=in_seconds())
    assert status_of(world) == "ok"
    assert len(api.usage_requests) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"expiresAt": 1_700_000_000_000}, "expired"),
        ({"expiresAt": "1700000000000"}, "expired"),
        ({"expiresAt": 1_700_000_000_000.25, "refreshTokenExpiresAt": 9e15}, "expired"),
        ({"expiresAt": 1_700_000_000_000, "refreshTokenExpiresAt": None}, "expired"),
        ({"expiresAt": 1_700_000_000_000, "refreshTokenExpiresAt": "1700000000000"}, "expired"),
        (
            {"expiresAt": 1_700_000_000_000, "refreshTokenExpiresAt": 1_700_000_000_001},
            "signed-out",
        ),
        ({"expiresAt": 1_700_000_000_000, "refreshTokenExpiresAt": 0}, "signed-out"),
        ({"expiresAt": 1_700_000_000_000, "refreshToken": None}, "signed-out"),
        ({"expiresAt": 1_700_000_000_000, "refreshToken": ""}, "signed-out"),
        ({"expiresAt": 1_700_000_000_000, "refreshToken": ABSENT}, "signed-out"),
        ({"expiresAt": 1_700_000_000_000, "refreshToken": 7}, "signed-out"),
        (
            {"accessToken": "", "refreshToken": "", "expiresAt": 0, "refreshTokenExpiresAt": 9e12},
            "signed-out",
        ),
        ({"accessToken": "", "expiresAt": 0}, "signed-out"),
        ({"accessToken": None}, "signed-out"),
        ({"accessToken": ABSENT, "refreshToken": ABSENT}, "signed-out"),
    ],
    ids=str,
)
def test_renewal_is_known_without_a_request(
    world: World, api: Api, changes: dict[str, object], status: str
) -> None:
    """For `signed-out` the line shows /login, because the client itself is signed out."""
    write(world, **changes)
    assert status_of(world) == status
    assert api.usage_requests == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "expired"),
        ({"refreshToken": None}, "signed-out"),
        ({"refreshTokenExpiresAt": 1_700_000_000_000}, "signed-out"),
    ],
    ids=str,
)
def test_refused_token_is_not_sent_again(
    world: World, api: Api, changes: dict[str, object], status: str
) -> None:
    """The advice depends on whether the client can renew it."""
    api.fault = "401"
    write(world, expiresAt=None, **changes)
    assert status_of(world) == status
    world.make_due()
    assert status_of(world) == status
    assert len(api.usage_requests) == 1


def test_refresh_token_is_not_stored(world: World) -> None:
    write(world, refreshToken="sk-ant-ort01-NEVER")
    current = credentials.read(world.env)
    assert current is not None
    assert "NEVER" not in repr(current) + json.dumps(
        [str(getattr(current, name)) for name in current.__slots__]
    )
    assert current.can_renew(time.time())
