"""Run `usageline org`: load the report, and write it in the wanted form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import click

from usageline.cli import edge
from usageline.cli.days import read_day
from usageline.cli.org.progress import with_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from usageline.usage.org.model import Report


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command."""

    by: str = "person"
    since: str | None = None
    until: str | None = None
    top: int | None = None
    output: str | None = None
    svg: str | None = None
    html: str | None = None
    anonymous: bool = False
    pages: int | None = None
    json_schema: bool = False


def run(env: dict[str, str], options: Options) -> None:
    """Print or write the report. Raise UsagelineError with what to do if there is none."""
    if options.json_schema:
        from usageline.cli.org import schema  # noqa: PLC0415 - seldom

        click.echo(json.dumps(schema.schema(), indent=2))
        return
    if sum(one is not None for one in (options.output, options.svg, options.html)) > 1:
        raise click.UsageError("choose one of --json, --csv, --svg and --html")
    report = load(env, options)
    if options.output is not None:
        from usageline.cli.org import export  # noqa: PLC0415 - only one form is written

        is_json = options.output == "json"
        text = (
            export.as_json(report, options.top) if is_json else export.as_csv(report, options.top)
        )
        click.echo(text, nl=is_json)
        if not is_json and not report.adds_up:
            from usageline.cli.org.reading import difference  # noqa: PLC0415 - seldom

            edge.report(difference(report))
    elif options.svg is not None:
        _write(options.svg, _form("svg", "draw")(report, options.top))
    elif options.html is not None:
        _write(options.html, _form("page", "page")(report, options.top))
    else:
        _form("table", "print_table")(report, options.top)


def _form(module: str, function: str) -> Callable[[Report, int | None], str]:
    """Import what writes a report in one form."""
    form: Callable[[Report, int | None], str] = getattr(
        import_module(f"usageline.cli.org.{module}"), function
    )
    return form


def load(env: dict[str, str], options: Options) -> Report:
    """Load the report, and show the progress."""
    from datetime import timezone  # noqa: PLC0415 - as above

    from usageline.jobs import org_report  # noqa: PLC0415 - as above
    from usageline.jobs.org_access import Request  # noqa: PLC0415 - as above
    from usageline.sources.org.client import MAX_PAGES  # noqa: PLC0415 - as above

    request = Request(
        options.by,
        read_day(options.since, timezone.utc),
        read_day(options.until, timezone.utc),
        options.anonymous,
        options.pages or MAX_PAGES,
    )
    return with_progress(lambda progress: org_report.load(env, request, progress), resumes=True)


def _write(path: str, text: str) -> None:
    """Write a file that only the user can read, because it has names and costs; `-` is stdout."""
    if path == "-":
        click.echo(text.encode(), nl=False)
        return
    from usageline.cli import output  # noqa: PLC0415 - as above

    output.write_files([(path, text.encode)])
