"""Ninety days, and so many bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.storage.readings import ACCOUNT, DAY_S, NOW, content, directory, reading
from usageline.storage import history
from usageline.storage.codec import encode

if TYPE_CHECKING:
    from tests.world import World


def test_ninety_days_are_kept_and_older_months_go(world: World) -> None:
    """A month goes when its last day is that old."""
    days = (150, 120, 89, 30, 0)
    for day in days:
        history.append(world.paths, ACCOUNT, reading(NOW - day * DAY_S))
    ages = [(NOW - one.observed_at) // DAY_S for one in history.load(world.paths, ACCOUNT)]
    assert ages[-3:] == [89, 30, 0]
    assert 150 not in ages
    assert all(
        history.month_end(path.name) > NOW - 90 * DAY_S for path in directory(world.env).iterdir()
    )


def test_a_file_that_is_not_a_month_of_the_history_is_left_alone(world: World) -> None:
    """The user may keep notes there."""
    directory(world.env).mkdir(parents=True, mode=0o700)
    for name in ("notes", "2020-13.jsonl", "2020-01.jsonl.bak", "x2020-01.jsonl"):
        (directory(world.env) / name).write_text("theirs")
    (directory(world.env) / "2020-02.jsonl").mkdir()
    (directory(world.env) / "2020-01.jsonl").write_text("")
    assert history.append(world.paths, ACCOUNT, reading(NOW))
    left = {path.name for path in directory(world.env).iterdir()}
    assert left == {
        "notes",
        "2020-13.jsonl",
        "2020-01.jsonl.bak",
        "x2020-01.jsonl",
        "2020-02.jsonl",
        history.month_file(NOW),
    }
    assert history.load(world.paths, ACCOUNT) == [reading(NOW)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """The bound of this test, in bytes: some forty readings."""
    monkeypatch.setattr(history, "MAX_BYTES", 16_000)
    monkeypatch.setattr(history, "CUT_BYTES", 2_000)
    return 16_000


@pytest.mark.parametrize("step_s", [60, 2 * DAY_S], ids=["in one month", "over months"])
def test_the_size_is_bounded_and_the_oldest_go(world: World, small: int, step_s: int) -> None:
    """In steps, a line at a time never in two; what is left is the newest without a gap."""
    appended = [
        reading(NOW - step_s * number, float(number % 100))
        for number in range(100 if step_s == 60 else 44, -1, -1)
    ]
    most = 0
    for one in appended:
        assert history.append(world.paths, ACCOUNT, one)
        most = max(most, len(content(world.env)))
    assert most <= small
    loaded = history.load(world.paths, ACCOUNT)
    assert loaded == appended[-len(loaded) :]
    assert len(loaded) * len(encode(appended[0])) > small / 2
    assert all(line.startswith(b'{"at":') for line in content(world.env).splitlines())


def test_a_month_that_alone_is_too_much_loses_its_beginning(world: World, small: int) -> None:
    """However much too long it is."""
    appended = [reading(NOW - number) for number in range(300, 0, -1)]
    directory(world.env).mkdir(parents=True, mode=0o700)
    (directory(world.env) / history.month_file(NOW)).write_bytes(
        b"".join(encode(one) + b"\n" for one in appended)
    )
    assert history.append(world.paths, ACCOUNT, reading(NOW))
    assert len(content(world.env)) <= small
    loaded = history.load(world.paths, ACCOUNT)
    assert loaded == [*appended, reading(NOW)][-len(loaded) :]
    assert len(loaded) > 10
