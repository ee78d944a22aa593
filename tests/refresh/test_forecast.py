"""What a refresh publishes of the forecast, from the history on disk to the line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.server import iso, usage_body
from usageline.line import view
from usageline.line.render import render
from usageline.refresh.run import refresh
from usageline.sources.auth import sign_in
from usageline.storage import history
from usageline.usage.forecast import MIN_CHANCE
from usageline.usage.model import Limit, Reading

if TYPE_CHECKING:
    from tests.server import Api
    from tests.world import World

DAY_S = 86400


def published(
    world: World, api: Api, past: list[tuple[int, float, float]], session: float, weekly: float
) -> dict[str, Any]:
    """Return the limits by kind after readings of the past and one of now.

    `past` has seconds ago, session percent and weekly percent; both windows are half over.
    """
    now = int(time.time())
    resets = {"session": now + 9000, "weekly_all": now + 7 * DAY_S // 2}
    account = sign_in.read(world.env, with_token=True).account
    assert account is not None
    for ago_s, *percents in past:
        limits = tuple(
            Limit(kind, kind, percent, at)
            for (kind, at), percent in zip(resets.items(), percents, strict=True)
        )
        assert history.append(world.paths, account, Reading(limits, (), "oauth", now - ago_s))
    api.body = usage_body(session=session, weekly=weekly)
    for row in api.body["limits"][:2]:
        row["resets_at"] = iso(resets[row["kind"]])
    assert refresh(world.env).state == "refreshed"
    return {limit["kind"]: limit for limit in world.snapshot()["limits"]}


def row_of(world: World) -> str:
    """The line's forecast."""
    status = view.build(None, world.snapshot(), world.snapshot()["credentials"], {}, time.time())
    return "".join(render(status, {"rows": [[["forecast", {}]]]}, {"NO_COLOR": "1"}, width=200))


@pytest.mark.parametrize(("before", "now"), [(40, 41), (89, 90), (40, 42), (97, 99)])
def test_minutes_after_an_install_nothing_is_foretold(
    world: World, api: Api, before: int, now: int
) -> None:
    """Half of the window is over, but usageline has watched for five minutes."""
    limits = published(world, api, [(310, before, before)], now, now)
    assert [limits[kind]["exhausts_at"] for kind in ("session", "weekly_all")] == [None, None]
    assert row_of(world) == ""


def test_a_burn_that_was_watched_is_foretold_with_its_chance(world: World, api: Api) -> None:
    """The snapshot has the chance, and the status line draws it."""
    past = [(minute * 60, 70 - minute * 0.6, 41.0) for minute in range(100, 0, -5)]
    limit = published(world, api, past, 70, 41)["session"]
    assert limit["chance"] >= MIN_CHANCE
    assert (
        limit["exhausts_from"] <= limit["exhausts_at"] <= limit["exhausts_to"] < limit["resets_at"]
    )
    assert row_of(world).startswith(("5h may fill by ", "5h full at "))


def test_a_chance_of_less_than_a_half_names_no_end(world: World, api: Api) -> None:
    """It is published all the same."""
    past = [(minute * 60, 30 - minute * 0.1, 41.0) for minute in range(100, 0, -5)]
    limit = published(world, api, past, 30, 41)["session"]
    assert 0 <= limit["chance"] < MIN_CHANCE
    assert limit["exhausts_at"] is None
    assert row_of(world) == ""
