"""The command `usageline usage`."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime, timezone, tzinfo
from typing import TYPE_CHECKING, Any

import click

from usageline.cli.usage import report
from usageline.core.errors import UsagelineError
from usageline.jobs import local_usage
from usageline.storage.usage_index.queries import KINDS, Range, comparisons, sums

if TYPE_CHECKING:
    from usageline.usage.local.cost_states import Comparison


UTC = "UTC"


@click.command("usage")
@click.argument("kind", type=click.Choice([*KINDS, "block"]), default="day")
@click.option("--since", metavar="DAY", help="First day: 2026-11-24, or 7d for the last seven.")
@click.option("--until", metavar="DAY", help="Last day.")
@click.option("--tz", metavar="ZONE", help="Time zone of the days, such as UTC or Europe/Berlin.")
@click.option("--project", metavar="NAME", help="Only one project: its directory, or its name.")
@click.option("--model", metavar="NAME", help="Only models whose name contains NAME.")
@click.option("--json", "output", flag_value="json", help="Print the rows as JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the rows as CSV.")
@click.option(
    "--roots",
    metavar="DIR",
    multiple=True,
    type=click.Path(),
    help="Read these configuration directories instead; nothing of them is kept.",
)
@click.argument("directories", nargs=-1, type=click.Path())
@click.option("--prices", is_flag=True, help="Show the prices per million tokens, and their date.")
@click.option("--check", is_flag=True, help="Compare with what Claude Code itself counted.")
def command(  # noqa: PLR0913 - the options
    *,
    kind: str,
    since: str | None,
    until: str | None,
    tz: str | None,
    project: str | None,
    model: str | None,
    output: str | None,
    roots: tuple[str, ...],
    directories: tuple[str, ...],
    prices: bool,
    check: bool,
) -> None:
    """Show tokens and cost by day, week, month, hour, model, project, session or 5-hour block.

    The numbers are those of the transcripts on this machine, at list prices. Sends no request.
    """
    if prices:
        report.print_prices()
        return
    if directories and not roots:
        raise click.UsageError(f"unexpected argument {directories[0]}")
    env = dict(os.environ)
    zone = _zone(tz)
    chosen = Range(zone, _day(since, zone), _day(until, zone), project, model)
    places = [*roots, *directories]
    progress = report.Progress()
    opened: Any = (
        local_usage.throw_away(places, progress=progress)
        if places
        else local_usage.updated(env, progress=progress)
    )
    with opened as (index, scanned):
        progress.end()
        if check:
            _print_check(comparisons(index), output)
            return
        if kind == "block":
            from usageline.cli.usage import blocks  # noqa: PLC0415 - the readings' modules

            rows, total = blocks.sums(index, env if not places else None, chosen)
        else:
            rows, total = sums(index, kind, chosen)
        if output == "json":
            click.echo(report.as_json(rows, total, report.zone_name(zone, tz)))
        elif output == "csv":
            click.echo(report.as_csv(rows, kind), nl=False)
        else:
            report.print_table(rows, total, kind, scanned)


def _print_check(rows: list[Comparison], output: str | None) -> None:
    from usageline.cli.usage import check  # noqa: PLC0415 - seldom

    if output == "csv":
        raise click.UsageError("--check has no CSV: use --json")
    if output == "json":
        click.echo(check.as_json(rows))
    else:
        check.print_table(rows)


def _zone(name: str | None) -> tzinfo:
    """Return the time zone of that name, by default this machine's."""
    if name is None:
        return _local_zone()
    if name == UTC:
        return timezone.utc
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - slow to import

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsagelineError(
            f"there is no time zone {name!r}: use a name such as UTC or Europe/Berlin"
        ) from None


def _local_zone() -> tzinfo:
    """Return this machine's zone with its rules, else the offset of now."""
    for name in (os.environ.get("TZ", "").lstrip(":"), _linked_zone()):
        if name == UTC:
            return timezone.utc
        if name:
            from zoneinfo import ZoneInfo  # noqa: PLC0415 - as above

            try:
                return ZoneInfo(name)
            except (ValueError, OSError, KeyError):
                continue
    return datetime.now().astimezone().tzinfo or timezone.utc


# tried by: tests/cli
def _linked_zone() -> str:
    try:
        return os.readlink("/etc/localtime").partition("/zoneinfo/")[2]
    except OSError:
        return ""


def _day(text: str | None, zone: tzinfo) -> date | None:
    """Return the day that an option names: a date, `today`, or `7d` for six days before today."""
    if text is None:
        return None
    today = datetime.now(zone).date()
    if text == "today":
        return today
    if text.endswith("d") and text[:-1].isdecimal() and 0 < int(text[:-1]) < 10_000:
        return date.fromordinal(max(today.toordinal() - int(text[:-1]) + 1, 1))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is not a day: write 2026-11-24, today or 7d") from None


if __name__ == "__main__":
    sys.exit(command())
