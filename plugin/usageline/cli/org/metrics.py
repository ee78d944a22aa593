"""The command `usageline org metrics`."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from usageline.cli.edge import report
from usageline.cli.org.loading import with_progress
from usageline.core.text import sanitize
from usageline.system.this_process import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from usageline.cli.org.exposition import Numbers
    from usageline.cli.org.loading import Progress
    from usageline.usage.org.limits import LimitsReport
    from usageline.usage.org.model import Report

    Reports = dict[str, Report]

FILE_MODE = 0o644
"""Another user, that of node_exporter, reads the file."""


@click.command("metrics")
@click.option("--per-person", is_flag=True, help="Add a series for each person, by id.")
@click.option(
    "--textfile",
    metavar="FILE",
    type=click.Path(),
    help="Replace FILE in one step, for node_exporter, instead of printing.",
)
def command(*, per_person: bool, textfile: str | None) -> None:
    """Print cost, tokens and spend limits of today and of this month (UTC) for Prometheus.

    Names and e-mail addresses are never labels.
    """
    from usageline.cli.org.exposition import exposition  # noqa: PLC0415 - slow to import

    numbers = with_progress(
        lambda progress: load(dict(os.environ), progress, with_people=per_person)
    )
    content = exposition(numbers)
    if textfile is None:
        click.echo(content, nl=False)
        return
    from usageline.cli.output import write_file  # noqa: PLC0415 - seldom

    write_file(textfile, content.encode(), FILE_MODE)


def load(
    env: Mapping[str, str],
    progress: Progress,
    *,
    with_people: bool,
    clock: Clock = SYSTEM_CLOCK,
) -> Numbers:
    """Load what the key reaches. Report on stderr what it does not reach."""
    from usageline.cli.org.exposition import MONTH, TODAY, Numbers  # noqa: PLC0415 - as above
    from usageline.jobs import org_report  # noqa: PLC0415 - as above
    from usageline.jobs.org_access import Request  # noqa: PLC0415 - as above
    from usageline.sources.org.errors import OrgFailure  # noqa: PLC0415 - as above

    today = datetime.fromtimestamp(clock.now(), timezone.utc).date()
    days = {TODAY: today, MONTH: today.replace(day=1)}

    def reports(by: str) -> Reports:
        # Some of the older reports identify a person by e-mail address alone.
        requests = {
            period: Request(by, since, today, is_anonymous=True) for period, since in days.items()
        }
        return {
            period: org_report.load(env, request, progress, clock)
            for period, request in requests.items()
        }

    try:
        models = _in_dollars(reports("model"))
        products = _products(reports)
        people = reports("person") if with_people else None
    except OrgFailure as failure:
        limits = _limits(env, progress, clock)
        if limits is None:
            raise
        _report(progress, f"without cost and tokens: {failure}")
        return Numbers({}, {}, None, limits, with_people)
    return Numbers(products, models, people, _limits(env, progress, clock), with_people)


def _in_dollars(reports: Reports) -> Reports:
    """Return the reports. Raise OrgFailure if their amounts are not in dollars."""
    from usageline.sources.org.errors import OrgFailure  # noqa: PLC0415 - as above

    for one in reports.values():
        if one.currency != "USD":
            raise OrgFailure(
                f"the costs are in {sanitize(one.currency)}, and the metrics in dollars: use "
                "`usageline org --json`"
            )
    return reports


def _products(reports: Callable[[str], Reports]) -> Reports:
    """Return the reports by product; none if the key has only older reports without products."""
    from usageline.sources.org.adapter import Unsupported  # noqa: PLC0415 - as above

    try:
        return reports("product")
    except Unsupported:
        return {}


def _limits(env: Mapping[str, str], progress: Progress, clock: Clock) -> LimitsReport | None:
    """Return the limits. Report on stderr why there are none."""
    from usageline.jobs import org_limits  # noqa: PLC0415 - as above
    from usageline.jobs.org_access import Request  # noqa: PLC0415 - as above
    from usageline.sources.org.errors import OrgFailure  # noqa: PLC0415 - as above

    try:
        return org_limits.load(env, Request(is_anonymous=True), progress, clock)
    except OrgFailure as failure:
        _report(progress, f"without spend limits: {failure}")
        return None


def _report(progress: Progress, problem: str) -> None:
    progress.end()
    report(problem)
