"""Test what the index forgets, and that a wrong clock makes it forget nothing."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.local.transcripts import ago, encoded, line
from usageline.config.local import Local
from usageline.jobs import local_usage
from usageline.sources.transcripts import roots
from usageline.storage.usage_index.selection import Range, sums

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from tests.world import World

    Count: TypeAlias = Callable[..., int]

DAY_S = 86_400.0


@pytest.fixture
def count(world: World, monkeypatch: pytest.MonkeyPatch) -> Count:
    """Return a function that writes responses, and returns how many the index has then."""
    projects = world.home / ".claude" / "projects" / "p"
    projects.mkdir(parents=True)
    monkeypatch.setattr(roots, "settings", lambda _env: Local(keep_days=30))

    def run(*days_ago: float, clock_s: float = 0, anew: bool = False) -> int:
        for days in days_ago:
            name = json.dumps(days)
            record = line(message_id=f"msg_{name}", timestamp=ago(days * DAY_S))
            (projects / f"{name}.jsonl").write_bytes(encoded(record) * (2 if anew else 1))
        now = time.time()
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: now + clock_s)
            with local_usage.updated(world.env) as (index, _):
                return sums(index, "day", Range())[1].responses

    return run


def test_what_is_older_is_forgotten_and_does_not_come_back(count: Count) -> None:
    assert count(1, 29, 31, 400) == 2
    assert count(31, 400, 401, anew=True) == 2
    assert count(1, clock_s=28.5 * DAY_S) == 1


@pytest.mark.parametrize("clock_s", [60 * DAY_S, 1500 * DAY_S, -9000 * DAY_S])
def test_a_clock_that_jumps_makes_nothing_forgotten(count: Count, clock_s: float) -> None:
    assert count(1, 29) == 2
    assert count(2, clock_s=clock_s) == 3
    assert count(31, 3) == 4


def test_responses_of_a_wrong_clock_make_nothing_forgotten_at_once(count: Count) -> None:
    assert count(1, 29) == 2
    assert count(-1500, clock_s=1500 * DAY_S) == 3
    assert count() == 3
