"""What is appended comes back, in order, once."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.readings import ACCOUNT, DAY_S, NOW, content, directory, reading
from tests.world import REPOSITORY
from usageline.storage import history
from usageline.storage.codec import MAX_LINE_BYTES, decode, encode
from usageline.system.paths import Paths
from usageline.usage.model import Limit, Reading, SourceFailure
from usageline.usage.parse import parse

if TYPE_CHECKING:
    from tests.world import World


def test_readings_come_back_as_they_were_the_oldest_first(world: World) -> None:
    """In whatever order they came: a clock may have been set back."""
    appended = [reading(NOW - 600, 40), reading(NOW - 900, 39), reading(NOW - 300, 41)]
    assert all(history.append(world.paths, ACCOUNT, one) for one in appended)
    assert history.load(world.paths, ACCOUNT) == sorted(appended, key=lambda one: one.observed_at)


def test_what_a_forecast_added_is_not_kept(world: World) -> None:
    """It was not seen."""
    appended = reading(NOW)
    forecast = replace(
        appended,
        limits=tuple(
            replace(limit, pace=3.0, rate=4.5, exhausts_at=NOW + 60) for limit in appended.limits
        ),
    )
    history.append(world.paths, ACCOUNT, forecast)
    assert history.load(world.paths, ACCOUNT) == [appended]


def test_the_reading_that_was_kept_last_is_not_kept_again(world: World) -> None:
    """Also after a killed run left a part of a line."""
    for _ in range(3):
        assert history.append(world.paths, ACCOUNT, reading(NOW))
    (path,) = directory(world.env).iterdir()
    assert content(world.env).count(b"\n") == 1
    path.write_bytes(path.read_bytes() + b'{"at":17954')
    assert history.append(world.paths, ACCOUNT, reading(NOW))
    assert history.append(world.paths, ACCOUNT, reading(NOW + 1))
    assert history.load(world.paths, ACCOUNT) == [reading(NOW), reading(NOW + 1)]


def test_accounts_are_kept_apart(world: World) -> None:
    """Each in a directory of its own."""
    other = "f" * 16
    history.append(world.paths, ACCOUNT, reading(NOW))
    history.append(world.paths, other, reading(NOW, 99))
    assert history.accounts(world.paths) == [ACCOUNT, other]
    assert history.load(world.paths, other) == [reading(NOW, 99)]


@pytest.mark.parametrize(
    "account",
    [
        "",
        "..",
        "0123456789ABCDEF",
        "0123456789abcde",
        "0123456789abcdef\n",
        "../../../../tmp/x",
        "a/../b\0",
    ],
)
def test_a_name_that_is_no_key_is_refused(world: World, account: str) -> None:
    """Nothing is made or read outside of the history."""
    assert not history.append(world.paths, account, reading(NOW))
    assert history.load(world.paths, account) == []
    assert not os.path.exists(world.paths.state_dir)


def test_only_directories_named_by_a_key_are_accounts(world: World) -> None:
    """A file, a link or another name is not one."""
    history.append(world.paths, ACCOUNT, reading(NOW))
    top = directory(world.env).parent
    (top / ("a" * 16)).write_text("")
    (top / ("b" * 16)).symlink_to(directory(world.env))
    (top / "notes").mkdir()
    assert history.accounts(world.paths) == [ACCOUNT]


def test_each_month_of_utc_has_its_file(world: World) -> None:
    """A reading of the last second of a month lies before the one of the next month's first."""
    midnight = history.month_end("2026-09.jsonl")
    assert time.gmtime(midnight)[:6] == (2026, 10, 1, 0, 0, 0)
    assert [history.month_file(at) for at in (midnight - 1, midnight)] == [
        "2026-09.jsonl",
        "2026-10.jsonl",
    ]
    assert history.month_end("2026-12.jsonl") == history.month_end("2027-01.jsonl") - 31 * DAY_S
    for at in (NOW - 40 * DAY_S, NOW):
        history.append(world.paths, ACCOUNT, reading(at))
    assert len(list(directory(world.env).iterdir())) == 2


def test_since_leaves_out_what_is_older(world: World) -> None:
    """To the second; a month that is over by then is not even opened."""
    for at in (NOW - 70 * DAY_S, NOW - 600, NOW - 300, NOW):
        history.append(world.paths, ACCOUNT, reading(at))
    old = min(directory(world.env).iterdir())
    old.chmod(0)
    assert [one.observed_at for one in history.load(world.paths, ACCOUNT, NOW - 300)] == [
        NOW - 300,
        NOW,
    ]
    assert [one.observed_at for one in history.load(world.paths, ACCOUNT, NOW - 599.5)] == [
        NOW - 300,
        NOW,
    ]
    assert history.load(world.paths, ACCOUNT, NOW + 1) == []
    assert history.load(world.paths, ACCOUNT, float("inf")) == []


def test_a_reading_from_the_future_is_passed_over(world: World) -> None:
    """It was taken under another clock."""
    for at in (NOW, NOW + DAY_S):
        history.append(world.paths, ACCOUNT, reading(at))
    assert history.load(world.paths, ACCOUNT) == [reading(NOW)]


def test_without_a_home_there_is_no_history() -> None:
    """And no error."""
    assert not history.append(Paths({}), ACCOUNT, reading(NOW))
    assert history.load(Paths({}), ACCOUNT) == []
    assert history.accounts(Paths({})) == []


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o277])
def test_files_are_for_the_user_alone_whatever_the_umask(world: World, umask: int) -> None:
    """Also the directories above them that had to be made."""
    program = (
        f"import os, sys; sys.path[:0] = [{str(REPOSITORY)!r}, {str(REPOSITORY / 'plugin')!r}]\n"
        f"os.umask({umask})\n"
        "from usageline.storage import history\n"
        "from usageline.system.paths import Paths\n"
        "from tests.storage.readings import ACCOUNT, NOW, reading\n"
        "assert history.append(Paths(os.environ), ACCOUNT, reading(NOW))"
    )
    (world.home / ".local" / "state").mkdir(parents=True)
    done = world.run(sys.executable, "-B", "-c", program, stdout=None, capture_output=False)
    assert done.returncode == 0
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (world.home / ".local" / "state").rglob("*")
    }
    assert set(modes.values()) == {0o600, 0o700}
    assert all(
        mode == (0o600 if name.endswith(".jsonl") else 0o700) for name, mode in modes.items()
    )


def test_a_reader_never_waits_and_sees_whole_readings_while_they_are_added(world: World) -> None:
    """Another process appends all the time."""
    program = (
        f"import os, sys; sys.path[:0] = [{str(REPOSITORY)!r}, {str(REPOSITORY / 'plugin')!r}]\n"
        "from usageline.storage import history\n"
        "from usageline.system.paths import Paths\n"
        "from tests.storage.readings import ACCOUNT, reading\n"
        f"for at in range({NOW - 1000}, {NOW}):\n"
        "    assert history.append(Paths(os.environ), ACCOUNT, reading(at))"
    )
    writer = subprocess.Popen([sys.executable, "-B", "-c", program], env=world.env)
    counts = [0]
    while writer.poll() is None:
        loaded = history.load(world.paths, ACCOUNT)
        assert loaded == [reading(at) for at in range(NOW - 1000, NOW - 1000 + len(loaded))]
        counts.append(len(loaded))
    assert writer.returncode == 0
    assert counts == sorted(counts)
    assert len(set(counts)) > 2
    assert len(history.load(world.paths, ACCOUNT)) == 1000


LIMITS = st.lists(
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["session", "weekly_all", "new"]), "percent": st.floats(0, 300)}
    ),
    max_size=5,
)


@given(LIMITS, st.sampled_from(["oauth", "client"]), st.none() | st.just("Pro"))
def test_a_line_holds_all_that_was_seen(
    rows: list[dict[str, object]], source: str, plan: str | None
) -> None:
    """For every reading that a body can give."""
    try:
        appended = Reading(*parse({"limits": rows}), source=source, observed_at=NOW, plan=plan)
    except SourceFailure:
        return
    assert list(decode([encode(appended)])) == [appended]


def test_a_line_is_one_line_of_json(world: World) -> None:
    """Which anybody can read."""
    history.append(world.paths, ACCOUNT, reading(NOW))
    line = json.loads(content(world.env))
    assert line["at"] == NOW
    assert line["limits"][0][:3] == ["session", "Current session", 37.5]


def test_a_reading_that_is_too_long_is_not_kept(world: World) -> None:
    """It would be passed over when it is read."""
    many = tuple(
        Limit("session", f"{number:05}" + "模" * 50, 1.0, NOW + 60)
        for number in range(MAX_LINE_BYTES // 300)
    )
    assert not history.append(world.paths, ACCOUNT, reading(NOW, limits=many))
    assert history.load(world.paths, ACCOUNT) == []


def test_ten_thousand_readings_are_not_made_of_thirty_thousand_limits(world: World) -> None:
    """What did not change is one object: that is what makes reading five weeks of them fast."""
    directory(world.env).mkdir(parents=True, mode=0o700)
    appended = [
        reading(
            NOW - 300 * number, float(number % 50), limits=reading(NOW, float(number % 50)).limits
        )
        for number in range(10_000)
    ]
    (directory(world.env) / history.month_file(NOW)).write_bytes(b"\n".join(map(encode, appended)))
    loaded = history.load(world.paths, ACCOUNT)
    assert len(loaded) == 10_000
    assert len({id(limit) for one in loaded for limit in one.limits}) < 200


def test_a_full_disk_is_no_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what it left of a line does not spoil the next one."""
    history.append(world.paths, ACCOUNT, reading(NOW - 300))
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:50]))
    assert not history.append(world.paths, ACCOUNT, reading(NOW - 200))
    monkeypatch.setattr(
        os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    assert not history.append(world.paths, ACCOUNT, reading(NOW - 100))
    monkeypatch.setattr(os, "write", real)
    assert history.append(world.paths, ACCOUNT, reading(NOW))
    assert history.load(world.paths, ACCOUNT) == [reading(NOW - 300), reading(NOW)]
