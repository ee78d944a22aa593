"""The decision for the payload: which windows are of one account, and what it costs to tell."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usageline.core import freshness
from usageline.line import whose
from usageline.line.context import Window
from usageline.line.view import build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hot import Hot
    from tests.world import World

NOW = 1_795_400_000
HOUR, DAY = 3600, 86400
SEEN = NOW - 100
"""When the reading was made; an answer is before or after it."""


def windows(
    session: tuple[float, int | None] | None, week: tuple[float, int | None] | None
) -> list[Window]:
    """The two windows with percentages and ends in seconds from NOW, each only if it is given."""
    rows = (("session", session), ("weekly_all", week))
    return [
        Window(kind, "", row[0], None if row[1] is None else NOW + row[1])
        for kind, row in rows
        if row is not None
    ]


KNOWN = ((12, 3 * HOUR), (7, 4 * DAY))


def decide(
    payload: Any,
    previous: Any = KNOWN,
    *,
    answered: float | None = None,
    since: float | None = NOW - DAY,
    observed_at: float | None = SEEN,
) -> str:
    """The decision, for an answer at `answered`."""
    verdict: str = whose.of_payload(
        windows(*payload),
        windows(*previous),
        (since, observed_at),
        NOW,
        lambda: (answered, answered),
    )
    return verdict


@pytest.mark.parametrize(
    "answered", [None, SEEN - 50, SEEN + 50], ids=["unknown", "before the reading", "since"]
)
@pytest.mark.parametrize(
    "payload",
    [
        ((41, 2 * HOUR), (27, 3 * DAY)),
        ((41, 4 * HOUR), (27, 5 * DAY)),
        ((5, 2 * HOUR), (3, 5 * DAY)),
        ((41, 3 * HOUR - 61), (27, 4 * DAY + 61)),
    ],
    ids=["both sooner", "both later", "one of each, lower", "just over a minute"],
)
def test_two_windows_that_end_at_other_times_are_another_sign_ins(
    payload: Any, answered: float | None
) -> None:
    """Whenever the session had its last answer, as long as that is after the sign-in."""
    assert decide(payload, answered=answered) == whose.OTHER


@pytest.mark.parametrize(
    "payload",
    [
        ((31, 3 * HOUR + 60), (12, 4 * DAY - 60)),
        ((31, 3 * HOUR), (27, 6 * DAY)),
        ((41, 4 * HOUR), (12, 4 * DAY)),
    ],
    ids=["within a minute", "the week was moved", "the session was moved"],
)
@pytest.mark.parametrize(
    ("answered", "verdict"),
    [(None, whose.MERGE), (SEEN - 50, whose.READING), (SEEN + 50, whose.NEWER)],
)
def test_a_window_that_agrees_is_of_the_same_account(
    payload: Any, answered: float | None, verdict: str
) -> None:
    assert decide(payload, answered=answered) == verdict


@pytest.mark.parametrize(
    ("payload", "previous"),
    [
        (((41, 2 * HOUR), (27, 3 * DAY)), ((12, -HOUR), (7, -DAY))),
        (((41, -HOUR), (27, -DAY)), KNOWN),
        (((41, None), (27, None)), KNOWN),
        (((41, 2 * HOUR), None), KNOWN),
        ((None, (27, 3 * DAY)), KNOWN),
        (((15, 2 * HOUR), (5, 3 * DAY)), ((0, None), (0, None))),
        (((41, 2 * HOUR), (27, 3 * DAY)), (None, None)),
        (((41, 2 * HOUR), (27, 3 * DAY)), ((None, None), (None, None))),
    ],
    ids=[
        "reading passed",
        "payload passed",
        "no ends",
        "one window",
        "the other",
        "not started",
        "no reading",
        "no percentages",
    ],
)
def test_without_two_windows_that_run_nothing_is_said_of_another_sign_in(
    payload: Any, previous: Any
) -> None:
    """Without a time of the transcript, too."""
    assert decide(payload, previous) == whose.MERGE


@pytest.mark.parametrize(
    ("payload", "previous", "verdict"),
    [
        (((12, 3 * HOUR), (60, 4 * DAY)), KNOWN, whose.READING),
        (((60, 3 * HOUR), (7, 4 * DAY)), KNOWN, whose.READING),
        (((60, 3 * HOUR), (8, 4 * DAY)), ((0, None), (8, 4 * DAY)), whose.READING),
        (((12, -HOUR), (9, 4 * DAY)), KNOWN, whose.READING),
        (((60, 2 * HOUR), (40, 3 * DAY)), ((0, None), (0, None)), whose.OTHER),
        (((31, 3 * HOUR), (12, 4 * DAY)), KNOWN, whose.MERGE),
    ],
    ids=[
        "the week fell",
        "the session fell",
        "the session began anew",
        "a window ended before the reading",
        "no window has started",
        "use since the reading",
    ],
)
def test_payload_without_transcript_is_dated_by_its_windows(
    payload: Any, previous: Any, verdict: str
) -> None:
    assert decide(payload, previous) == verdict


def test_payload_may_be_higher_by_any_use_when_the_reading_is_old() -> None:
    assert decide(((95, 3 * HOUR), (60, 4 * DAY)), observed_at=NOW - HOUR) == whose.MERGE


@pytest.mark.parametrize("ttl", ["5m", "1h"])
@pytest.mark.parametrize(("at", "percent"), [(SEEN - 50, 36), (SEEN + 50, 44)])
def test_payload_without_transcript_is_dated_by_its_prompt_cache(
    ttl: str, at: int, percent: int
) -> None:
    """The reading fell from 37 to 36."""
    expires_at = at + {"5m": 300, "1h": 3600}[ttl]
    assert merged(prompt_cache={"ttl": ttl, "expires_at": expires_at}) == percent


@pytest.mark.parametrize(
    ("lasted_s", "api_ms", "percent"), [(90, 41, 44), (110, 41, 36), (90, 0, 36), (None, 41, 36)]
)
def test_payload_of_a_session_begun_after_the_reading_is_newer(
    lasted_s: int | None, api_ms: int, percent: int
) -> None:
    lasted_ms = None if lasted_s is None else lasted_s * 1000
    assert merged(cost={"total_duration_ms": lasted_ms, "total_api_duration_ms": api_ms}) == percent


def test_session_begun_after_the_reading_cannot_have_grown_by_any_use() -> None:
    cost = {"total_duration_ms": 50_000, "total_api_duration_ms": 41}
    assert merged(90, cost=cost) == 36
    assert merged(90, cost=cost, prompt_cache={"ttl": "5m", "expires_at": SEEN + 350}) == 90


@pytest.mark.parametrize(
    "prompt_cache",
    [
        {"ttl": "2h", "expires_at": NOW + 3600},
        {"ttl": "1h", "expires_at": None},
        {"ttl": "1h", "expires_at": "soon"},
        {"ttl": ["1h"], "expires_at": NOW},
        [],
        "1h",
    ],
)
def test_prompt_cache_that_dates_nothing_is_ignored(prompt_cache: Any) -> None:
    assert merged(prompt_cache=prompt_cache) == 36


def merged(reported: int = 44, **payload: Any) -> float | None:
    """The shown percentage of that payload over a reading that was lowered to 36."""
    ends = {"session": NOW + 3 * HOUR, "weekly_all": NOW + 4 * DAY}
    limits = [{"kind": "session", "percent": 36, "resets_at": ends["session"], "lowered": True}]
    snapshot = {"version": 1, "credentials": "", "status": "ok", "observed_at": SEEN}
    rows = {"five_hour": {"used_percentage": reported, "resets_at": ends["session"]}}
    (window,) = build(
        {"rate_limits": rows, **payload},
        {**snapshot, "limits": limits},
        "",
        {},
        NOW,
        modified_at=lambda _path: None,
    ).windows
    return window.percent


@pytest.mark.parametrize("observed_at", [None, NOW - 5 * HOUR - 1, NOW + 3600])
def test_a_reading_that_is_old_or_of_another_clock_proves_nothing(
    observed_at: float | None,
) -> None:
    assert decide(((41, 2 * HOUR), (27, 3 * DAY)), observed_at=observed_at) == whose.MERGE


@pytest.mark.parametrize(
    "previous", [KNOWN, (None, None), ((12, -HOUR), (7, -DAY)), ((0, None), (0, None))]
)
def test_a_payload_from_before_the_sign_in_does_not_count(previous: Any) -> None:
    assert decide(((90, 4 * HOUR), (80, 5 * DAY)), previous, answered=NOW - 2 * DAY) == whose.BEFORE


def test_one_from_before_a_renewal_of_the_same_account_counts() -> None:
    """Its windows agree; the reading is older still: hours of 429."""
    assert (
        decide(
            ((95, 3 * HOUR), (60, 4 * DAY)),
            answered=NOW - 300,
            since=NOW - 200,
            observed_at=NOW - 2 * HOUR,
        )
        == whose.NEWER
    )


@pytest.mark.parametrize(
    ("answered", "verdict"), [(SEEN + 0.3, whose.READING), (SEEN + 0.7, whose.NEWER)]
)
def test_a_sign_in_and_a_reading_in_the_second_of_the_last_answer_are_told_apart(
    answered: float, verdict: str
) -> None:
    """The reading's time is whole seconds; the ends are the same in both accounts."""
    assert decide(((90, 3 * HOUR), (80, 4 * DAY)), answered=answered, since=SEEN + 0.5) == verdict


@pytest.mark.parametrize(
    ("payload", "previous", "looks"),
    [
        (((12, 3 * HOUR), (7, 4 * DAY)), KNOWN, 0),
        (((12.9, 3 * HOUR), (3, 4 * DAY)), KNOWN, 0),
        (((5, -HOUR), (3, 4 * DAY)), KNOWN, 0),
        (((13, 3 * HOUR), (8, 4 * DAY)), KNOWN, 1),
        (((12, 2 * HOUR), (7, 3 * DAY)), KNOWN, 1),
        (((12, 3 * HOUR), (7, 4 * DAY)), (None, None), 1),
    ],
    ids=["the same", "no other digit", "passed", "higher", "other ends", "no reading"],
)
def test_the_transcript_is_looked_at_only_if_the_payload_would_change_the_line(
    payload: Any, previous: Any, looks: int
) -> None:
    looked: list[None] = []
    whose.of_payload(
        windows(*payload),
        windows(*previous),
        (None, SEEN),
        NOW,
        lambda: looked.append(None) or (None, None),  # type: ignore[func-returns-value]
    )
    assert len(looked) == looks


@pytest.mark.parametrize(
    ("snapshot", "stamp", "since"),
    [
        (None, "", None),
        (None, f"{NOW}500000000-9-9", NOW + 0.5),
        ({"signed_in_since": NOW - 5}, f"{NOW}000000000-9-9", NOW - 5),
        ({}, f"{NOW}000000000-9-9", NOW),
        ({"signed_in_since": "then"}, f"{NOW}000000000-9-9", NOW),
        ({"signed_in_since": None}, "-5-9-9", None),
    ],
)
def test_since_when_the_sign_in_holds(snapshot: Any, stamp: str, since: float | None) -> None:
    """The snapshot's word, or the time of the credentials file: a snapshot of 0.1.0 has none."""
    assert whose.signed_in_since(snapshot, stamp) == since


def payload_of(path: object, *, session: float = 41) -> dict[str, Any]:
    """Return a payload with that transcript, and a higher percentage than `Hot.publish` has."""
    now = int(time.time())
    rows = {
        "five_hour": {"used_percentage": session, "resets_at": now + 7230},
        "seven_day": {"used_percentage": 26, "resets_at": now + 180_000},
    }
    return {"rate_limits": rows, "transcript_path": path}


def odd(kind: str, root: Path) -> object:
    """Something that is no transcript."""
    path = root / "odd"
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link to itself":
        path.symlink_to(path)
    others = {
        "directory": str(root),
        "device": "/dev/zero",
        "nothing": str(root / "none"),
        "relative": "session.jsonl",
        "empty": "",
    }
    more = {
        "nul": "/tmp/\0x",
        "long": "/" + "x/" * 100_000,
        "surrogate": "/\ud800",
        "number": 5,
        "null": None,
        "list": [],
        "host": "C:\\Users\\x.jsonl",
    }
    return {**others, **more}.get(kind, str(path))


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "fifo",
            "link to itself",
            "directory",
            "device",
            "nothing",
            "relative",
            "empty",
            "nul",
            "long",
            "surrogate",
            "number",
            "null",
            "list",
        ),
        "host",
    ],
)
def test_what_is_no_transcript_tells_nothing_and_holds_nothing_up(hot: Hot, kind: str) -> None:
    hot.publish()
    (hot.world.home / "session.jsonl").touch()
    began = time.monotonic()
    line = hot.line(payload_of(odd(kind, hot.world.root)))
    assert " 41% " in line
    assert " 37% " in hot.line(payload_of(odd(kind, hot.world.root), session=80))  # hardly its use
    assert time.monotonic() - began < 5


def test_a_transcript_is_looked_at_and_not_opened(hot: Hot, world: World) -> None:
    path = world.home / "session.jsonl"
    path.write_text("{}")
    path.chmod(0)
    os.utime(path, (0, time.time() - HOUR))
    hot.publish()
    assert " 37% " in hot.line(payload_of(str(path)))
    os.utime(path, (0, time.time() + 30))
    assert " 41% " in hot.line(payload_of(str(path)))


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_one_more_stat_is_made_only_if_the_payload_would_change_the_line(
    hot: Hot, world: World
) -> None:
    path = world.home / "session.jsonl"
    path.touch()
    hot.publish()

    def calls(payload: dict[str, Any]) -> list[str]:
        log = world.root / "strace"
        done = hot.run(
            json.dumps(payload),
            command=["strace", "-o", str(log), "-e", "trace=file", *hot.command],
        )
        assert done.returncode == 0
        return [
            line.partition(" ")[0].partition("(")[0]
            for line in log.read_text().splitlines()
            if "(" in line
        ]

    same = calls(payload_of(str(path), session=37))
    more = calls(payload_of(str(path)))
    assert len(more) == len(same) + 1
    added = [call for call in set(more) if more.count(call) > same.count(call)]
    assert all("stat" in call for call in added)


def test_a_session_with_another_sign_in_shows_nothing_of_the_accounts_own(hot: Hot) -> None:
    """No alert, credit, limit, plan or forecast, in whatever segment."""
    now = int(time.time())
    alert = {
        "kind": "session",
        "label": "Current session",
        "threshold": 75,
        "percent": 90,
        "resets_at": now + 7230,
        "at": now,
        "line": True,
    }
    limit = {
        "kind": "session",
        "label": "Current session",
        "percent": 90.0,
        "resets_at": now + 7230,
        "exhausts_at": now + 600,
    }
    week = {"kind": "weekly_all", "label": "week", "percent": 85.0, "resets_at": now + 180_000}
    hot.publish(plan="Max 20x", alerts=[alert], limits=[limit, week])
    rows = {
        "five_hour": {"used_percentage": 41, "resets_at": now + 9000},
        "seven_day": {"used_percentage": 27, "resets_at": now + 190_000},
    }
    snapshot = hot.world.snapshot()
    stamp = freshness.file_fingerprint(hot.world.paths.claude_credentials)
    view = build({"rate_limits": rows}, snapshot, stamp, {}, now)
    assert [(window.percent, window.exhausts_at) for window in view.windows] == [
        (41, None),
        (27, None),
    ]
    assert (view.credits, view.alerts, view.plan, view.has_forecast, view.age_s) == (
        [],
        [],
        "",
        False,
        None,
    )
    assert (view.status, view.until) == ("another-sign-in", None)


ANY_TIME = st.none() | st.integers(NOW - 9 * DAY, NOW + 9 * DAY)
ANY_WINDOW = st.none() | st.tuples(st.floats(0, 120), st.none() | st.integers(-9 * DAY, 9 * DAY))


@given(*(ANY_WINDOW,) * 4, ANY_TIME, ANY_TIME, ANY_TIME)
def test_there_is_one_decision_for_whatever_is_known(  # noqa: PLR0917 - all that it decides by
    session: Any,
    week: Any,
    known_session: Any,
    known_week: Any,
    since: Any,
    observed_at: Any,
    answered: Any,
) -> None:
    verdict = decide(
        (session, week),
        (known_session, known_week),
        answered=answered,
        since=since,
        observed_at=observed_at,
    )
    assert verdict in {whose.MERGE, whose.NEWER, whose.READING, whose.OTHER, whose.BEFORE}
