"""`usageline check`: an exit status for scripts, by the limits."""

from __future__ import annotations

import math
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from usageline.cli import appearance, edge
from usageline.cli.refresh import current_snapshot
from usageline.core.errors import UsagelineError
from usageline.core.freshness import file_fingerprint
from usageline.core.vocabulary import REASONS, long_name
from usageline.core.windows import moment
from usageline.system.paths import Paths
from usageline.system.terminal import sanitize_lines
from usageline.usage.headroom import BELOW, REACHED, UNKNOWN, Question, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from usageline.usage.model import Limit

UNKNOWN_STATUS = 3
"""Exit status of an answer that is not known: 2 is click's for wrong usage."""

AFTER_RESET_S = 6
"""The service takes a moment to apply a reset, and a refresh becomes due 5 s after it."""

MIN_PAUSE_S = 15
MAX_PAUSE_S = 60
"""A machine that slept wakes up to this much late."""

DURATION = re.compile(r"(\d{1,5})([smhd])", re.ASCII)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType[float]):
    """A time such as 90s, 30m, 6h or 2d, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Return it in seconds."""
        if isinstance(value, int | float):
            return value
        match = DURATION.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is not a time: write 90s, 30m, 6h or 2d", param, ctx)
        return int(match[1]) * SECONDS[match[2]]


class Percentage(click.FloatRange):
    """A percentage above 0. Every number would be below `nan`, which the base class accepts."""

    name = "percentage"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Return it as a number."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a percentage", param, ctx)
        return number


@click.command("check")
@click.option(
    "--below",
    type=Percentage(0, 1000, min_open=True),
    default=100,
    metavar="PERCENT",
    help="The percentage that every limit must be below (default 100).",
)
@click.option(
    "--limit",
    "kinds",
    metavar="KIND",
    multiple=True,
    help="Only this limit: session, weekly_all, or a name such as Fable. Repeat it for several.",
)
@click.option("--wait", is_flag=True, help="Wait for the reset if a limit is not below.")
@click.option(
    "--timeout",
    type=Duration(),
    metavar="TIME",
    help="With --wait: how long at most, such as 90m or 5h. It does not wait for a later reset.",
)
@click.option(
    "--max-age",
    type=Duration(),
    default="1h",
    metavar="TIME",
    help="Treat older numbers as unknown (default 1h).",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing.")
def command(  # noqa: PLR0913 - the options
    *,
    below: float,
    kinds: tuple[str, ...],
    wait: bool,
    timeout: float | None,
    max_age: float,
    quiet: bool,
) -> None:
    """Exit with 0 if the limits are below a percentage, with 1 if one is not, with 3 if unknown.

    It refreshes the numbers first if they are not fresh. For scripts and CI: start no job that
    would run into a limit.
    """
    if timeout is not None and not wait:
        raise click.UsageError("--timeout is for --wait")
    env, question = dict(os.environ), Question(below, kinds, max_age)
    try:
        verdict = (
            _wait(lambda: _answer(env, question), timeout, quiet=quiet)
            if wait
            else _answer(env, question)
        )
    except (UsagelineError, LookupError, OSError) as error:
        reason = str(error.args[0]) if isinstance(error, LookupError) else str(error)
        verdict = Verdict(UNKNOWN, reason=reason)
    if not quiet:
        _print(verdict, below)
    sys.exit({BELOW: 0, REACHED: 1}.get(verdict.state, UNKNOWN_STATUS))


def _answer(env: dict[str, str], question: Question) -> Verdict:
    """Refresh if one is due, and return the verdict."""
    snapshot = current_snapshot(env, renew=True)
    if snapshot.get("credentials") != file_fingerprint(Paths(env).claude_credentials):
        return Verdict(UNKNOWN, reason="the numbers are another sign-in's: try again in a minute")
    verdict = judge(snapshot, question, time.time())
    status = snapshot.get("status")
    if verdict.state == UNKNOWN and status != "ok":
        detail = snapshot.get("detail") or REASONS.get(str(status), status)
        return Verdict(UNKNOWN, reason=f"{verdict.reason} ({detail})")
    return verdict


def _wait(
    answer: Callable[[], Verdict],
    timeout_s: float | None,
    *,
    quiet: bool,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Verdict:
    """Return the first verdict that is not REACHED.

    Return REACHED if it is not known when that ends, or if it ends after `timeout_s`.
    """
    started = clock()
    announced: float | None = None
    while True:
        verdict = answer()
        now = clock()
        if verdict.state != REACHED or verdict.until is None:
            return verdict
        until = max(verdict.until + AFTER_RESET_S, now + MIN_PAUSE_S)
        if timeout_s is not None and until > started + timeout_s:
            return verdict
        if announced != verdict.until and not quiet:
            announced = verdict.until
            click.echo(f"{_shares(verdict)}: waiting{_until(verdict)}", err=True)
        while now < until:  # in pieces, because a machine may sleep and its clock may be set
            sleep(min(until - now, MAX_PAUSE_S))
            now = clock()


def _print(verdict: Verdict, below: float) -> None:
    if verdict.state == UNKNOWN:
        edge.report(f"unknown: {verdict.reason}")
    elif verdict.state == BELOW:
        click.echo(f"{_shares(verdict)}: below {below:g}%")
    else:
        click.echo(f"{_shares(verdict)}: not below {below:g}%{_until(verdict)}")


def _shares(verdict: Verdict) -> str:
    return ", ".join(_share(limit) for limit in verdict.limits)


def _until(verdict: Verdict) -> str:
    now, at = time.time(), moment(verdict.until)
    return "" if at is None or at <= now else f" until {appearance.current().clock(at, now)}"


def _share(limit: Limit) -> str:
    name = sanitize_lines(long_name(limit.kind, limit.label))
    # Rounded down: 89.97 is below 90.
    share = "" if limit.percent is None else f" {math.floor(limit.percent * 10) / 10:g}%"
    return name + share
