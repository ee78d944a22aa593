"""`usageline check`: the exit status for scripts."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from usageline.cli import check
from usageline.system import lock
from usageline.usage.headroom import BELOW, REACHED, UNKNOWN, Verdict
from usageline.usage.model import Limit

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.server import Api
    from tests.world import World

    Run = Callable[..., subprocess.CompletedProcess[str]]

START = 1_795_593_600.0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ((), 0, "below 100%"),
        (("--below", "56"), 0, "weekly limit for Fable 55%: below 56%"),
        (("--below", "55"), 1, "weekly limit for Fable 55%: not below 55% until "),
        (("--below", "55", "--limit", "session"), 0, "5-hour limit 37%: below 55%"),
        (("--below", "30", "--limit", "7d", "--limit", "5h"), 1, "5-hour limit 37%"),
        (("--limit", "opus"), 3, "this account has session, weekly_all, Fable"),
    ],
)
def test_status_follows_the_limits(
    api: Api, usageline: Run, arguments: tuple[str, ...], status: int, words: str
) -> None:
    done = usageline("check", *arguments)
    assert done.returncode == status, done
    assert words in (done.stderr if status == 3 else done.stdout)
    assert (done.stdout if status == 3 else done.stderr) == ""
    quiet = usageline("check", "--quiet", *arguments)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (status, "", "")
    assert len(api.usage_requests) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--below", "0"),
        ("--below", "x"),
        ("--below", "nan"),
        ("--timeout", "5h"),
        ("--wait", "--timeout", "5"),
        ("--max-age", "1y"),
    ],
)
def test_wrong_usage_has_a_status_of_its_own(usageline: Run, arguments: tuple[str, ...]) -> None:
    done = usageline("check", *arguments)
    assert done.returncode == 2


def test_machine_without_numbers_is_unknown(world: World, api: Api, usageline: Run) -> None:
    world.sign_out()
    done = usageline("check", "--below", "90")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("usageline: unknown: there are no limits (")
    assert not api.usage_requests


def test_home_that_is_missing_is_unknown(usageline: Run, world: World) -> None:
    world.env["HOME"] = "/dev/null/home"
    done = usageline("check")
    assert done.returncode == 3
    assert "unknown" in done.stderr


def test_old_numbers_are_unknown(world: World, api: Api, usageline: Run) -> None:
    assert usageline("check", "--max-age", "30m").returncode == 0
    aged = {**world.snapshot(), "observed_at": int(time.time()) - 1860, "status": "offline"}
    Path(world.paths.snapshot).write_text(json.dumps(aged))
    done = usageline("check", "--max-age", "30m")
    assert done.returncode == 3
    assert done.stderr == "usageline: unknown: the numbers are too old (offline)\n"
    assert len(api.usage_requests) == 1


def test_numbers_of_another_sign_in_are_unknown(world: World, api: Api, usageline: Run) -> None:
    """A refresh of the new one is impossible for now."""
    assert usageline("check").returncode == 0
    api.fault = "500"
    world.sign_in(account="33333333-3333-4333-8333-333333333333", token="sk-ant-oat01-OTHER")
    assert usageline("check").returncode == 3


def test_numbers_of_the_sign_in_before_are_no_answer(
    world: World, api: Api, usageline: Run
) -> None:
    """Another process refreshes them at this moment."""
    assert usageline("check").returncode == 0
    world.sign_in(token="sk-ant-oat01-OTHER")
    with lock.hold(world.paths.lock):
        done = usageline("check")
    assert (done.returncode, "another sign-in's: try again" in done.stderr) == (3, True)
    assert len(api.usage_requests) == 1


class Clock:
    """A clock that only `sleep` moves."""

    def __init__(self) -> None:
        self.now = START
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def waited(clock: Clock, *verdicts: Verdict, timeout_s: float | None = None) -> Verdict:
    """Wait with these answers; the last one stays."""
    answers = list(verdicts)

    def answer() -> Verdict:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    return check._wait(answer, timeout_s, quiet=True, clock=clock, sleep=clock.sleep)


def reached(in_s: float | None) -> Verdict:
    return Verdict(REACHED, until=None if in_s is None else START + in_s)


@pytest.mark.parametrize("state", [BELOW, UNKNOWN])
def test_wait_ends_at_once_with_another_answer(state: str) -> None:
    clock = Clock()
    assert waited(clock, Verdict(state)).state == state
    assert clock.pauses == []


def test_wait_lasts_until_the_reset() -> None:
    clock = Clock()
    assert waited(clock, reached(3600), Verdict(BELOW)).state == BELOW
    assert clock.now == START + 3600 + check.AFTER_RESET_S
    assert max(clock.pauses) == check.MAX_PAUSE_S


def test_wait_goes_on_while_the_service_reports_the_old_window() -> None:
    clock = Clock()
    verdicts = (reached(60), reached(60), reached(60), Verdict(BELOW))
    assert waited(clock, *verdicts).state == BELOW
    assert clock.now == START + 60 + check.AFTER_RESET_S + 2 * check.MIN_PAUSE_S


@pytest.mark.parametrize(("verdict", "timeout_s"), [(reached(None), None), (reached(3600), 1800.0)])
def test_wait_for_what_does_not_come_in_time_is_not_begun(
    verdict: Verdict, timeout_s: float | None
) -> None:
    clock = Clock()
    assert waited(clock, verdict, timeout_s=timeout_s).state == REACHED
    assert clock.pauses == []


def test_wait_ends_at_its_timeout_if_the_next_window_is_full() -> None:
    clock = Clock()
    result = waited(clock, reached(600), reached(18_000), timeout_s=3600)
    assert result.state == REACHED
    assert clock.now == START + 600 + check.AFTER_RESET_S


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("2d", 172_800)])
def test_duration_has_a_unit(text: str, seconds: float) -> None:
    assert check.Duration().convert(text, None, None) == seconds


@pytest.mark.usefixtures("utc")
def test_limit_that_is_waited_for_is_announced_once(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    until = time.time() + 86400
    full = Verdict(REACHED, (Limit("session", "Current session", 95.16, None),), until)
    verdicts = [full, full, full, Verdict(BELOW)]
    check._wait(lambda: verdicts.pop(0), None, quiet=False, clock=clock, sleep=clock.sleep)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"5-hour limit 95\.1%: waiting until .+\n", shown.err)
