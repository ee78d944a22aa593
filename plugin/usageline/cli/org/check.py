"""`usageline org check`: what kind of key this is, and what it reaches."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import click

from usageline.cli.doctor.context import MARKS
from usageline.cli.org.loading import with_org
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from usageline.jobs.org_check import Result


MAX_COLUMNS = 100


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(*, as_json: bool) -> None:
    """Show what kind of key this is, whose organization it is for, and what it reaches.

    Sends up to nine requests, one a second. Exits with 1 if there is no report at all.
    """
    from usageline.jobs import org_check  # noqa: PLC0415 - the HTTP client is slow to import

    result = with_org(org_check.check, {})
    if as_json:
        click.echo(json.dumps(_plain(result)))
    else:
        _print(result)
    if not result.adapter:
        sys.exit(1)


def _print(result: Result) -> None:
    name = result.organization or "unknown: this key may not read its name"
    number = f" ({result.organization_id})" if result.organization_id else ""
    for label, value in (
        ("key", f"{result.key.removeprefix('the ')}; it goes to {result.host} alone"),
        ("organization", name + number),
    ):
        click.echo(f"{label:<14}{sanitize(value)}")
    click.echo()
    width = max(len(finding.probe.label) for finding in result.findings)
    for finding in result.findings:
        mark = MARKS["ok" if finding.is_reached else "warning"]
        shows = finding.probe.shows
        text = shows if finding.is_reached else _refused(finding.status)
        click.echo(f"{mark} {finding.probe.label:<{width}}  {text}")
    if result.adapter:
        used = next(one for one in result.findings if one.probe.adapter == result.adapter)
        click.echo(f"\n`usageline org` uses {used.probe.label}.")
    missing = [one for one in result.findings if _is_missed(one.probe.adapter, result)]
    columns = min(shutil.get_terminal_size((80, 24)).columns, MAX_COLUMNS)
    for reason in dict.fromkeys(one.reason for one in missing if one.reason):
        labels = ", ".join(one.probe.label for one in missing if one.reason == reason)
        click.echo("\n" + "\n".join(textwrap.wrap(sanitize(f"{labels}: {reason}."), columns)))


def _refused(status: int) -> str:
    from usageline.sources.org.errors import REFUSED  # noqa: PLC0415 - as above

    return f"not with this key ({status})" if status in REFUSED else f"not now ({status})"


def _is_missed(adapter: str, result: Result) -> bool:
    """Return whether a report is worth advice: the older ones are not if there is a newer one."""
    return not adapter or not result.adapter or adapter == "analytics"


def _plain(result: Result) -> dict[str, Any]:
    return {
        "version": 1,
        "kind": result.kind,
        "host": result.host,
        "organization": result.organization or None,
        "organization_id": result.organization_id or None,
        "uses": result.adapter or None,
        "reaches": [
            {
                "endpoint": finding.probe.path,
                "status": finding.status,
                "reached": finding.is_reached,
                "advice": finding.reason or None,
            }
            for finding in result.findings
        ],
    }
