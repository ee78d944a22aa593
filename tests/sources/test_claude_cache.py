"""The client's own cache as a source."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.server import usage_body
from tests.sources.contexts import context_of
from usageline.sources import claude_cache
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from tests.world import World


def test_recent_reading_of_the_same_account_is_used(world: World) -> None:
    """With the time at which the client took it."""
    began = time.time()
    world.client_saw(usage_body(), age_s=20)
    reading = claude_cache.fetch(context_of(world))
    assert [limit.percent for limit in reading.limits] == [37, 26, 55]
    assert reading.source == "claude-cache"
    assert began - 1 <= reading.observed_at + 20 <= time.time() + 1


@pytest.mark.parametrize(
    ("options", "context"),
    [
        ({"account": "another"}, {}),
        ({"account": ""}, {}),
        ({"age_s": 301}, {}),
        ({"age_s": 20}, {"max_age_s": 15}),
        ({"age_s": 20}, {"not_before": 9e9}),
        ({"age_s": -600}, {}),
        ({"age_s": -1e10}, {}),
    ],
)
def test_unsuitable_reading_is_refused(
    world: World, options: dict[str, Any], context: dict[str, Any]
) -> None:
    """Another account's, too old, from before the sign-in changed, from the future."""
    world.client_saw(usage_body(), **options)
    with pytest.raises(SourceFailure):
        claude_cache.fetch(context_of(world, **context))


@pytest.mark.parametrize(
    "cached", [None, {}, [], {"fetchedAtMs": "now", "accountUuid": None}, {"fetchedAtMs": True}, 5]
)
def test_unknown_format_of_the_cache_is_a_failure(world: World, cached: object) -> None:
    """It belongs to the client and can change with each of its versions."""
    world.write_state(cachedUsageUtilization=cached)
    with pytest.raises(SourceFailure):
        claude_cache.fetch(context_of(world))
