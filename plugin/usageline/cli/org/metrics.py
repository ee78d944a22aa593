"""The command `usageline org metrics`."""

from __future__ import annotations

import os

import click

from usageline.cli.org.loading import with_progress

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
    from usageline.cli.org import exposition  # noqa: PLC0415 - slow to import

    numbers = with_progress(
        lambda progress: exposition.load(dict(os.environ), progress, with_people=per_person)
    )
    content = exposition.exposition(numbers)
    if textfile is None:
        click.echo(content, nl=False)
        return
    from usageline.cli.output import write_file  # noqa: PLC0415 - seldom

    write_file(textfile, content.encode(), FILE_MODE)
