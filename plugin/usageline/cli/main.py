"""Run a command, or print the table without one."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from functools import partial
from typing import NoReturn

import click

from usageline import __version__
from usageline.cli import edge
from usageline.cli.commands import COMMANDS, LazyGroup, command_named
from usageline.core import freshness
from usageline.system.paths import Paths


@click.group(
    cls=LazyGroup,
    entries=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the snapshot that the status line reads."
)
@click.option(
    "--all", "show_all", is_flag=True, help="Print the table of every account on this machine."
)
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
@click.version_option(__version__, "-V", "--version", message=f"usageline {__version__}")
@click.pass_context
def cli(context: click.Context, *, as_json: bool, show_all: bool, json_schema: bool) -> None:
    """Show plan usage and reset times: every limit and credit of the signed-in account."""
    env = dict(os.environ)
    entry = command_named(context.invoked_subcommand)
    if entry is None or entry.queries_background:
        _detect_background(env)
    if entry is not None:
        return
    if json_schema:
        from usageline.cli.json_schema import schema  # noqa: PLC0415 - seldom

        _print_json(schema())
        return
    if show_all:
        from usageline.cli import accounts  # noqa: PLC0415 - as above

        if as_json:
            raise click.UsageError("--all cannot be combined with --json: use `accounts --json`")
        accounts.print_all(env)
        return
    from usageline.cli.refresh import current_snapshot  # noqa: PLC0415 - no command needs it
    from usageline.cli.table import print_table  # noqa: PLC0415 - as above

    snapshot = current_snapshot(env, renew=not as_json)
    if as_json:
        _print_json(snapshot)
    else:
        print_table(
            snapshot, freshness.file_fingerprint(Paths(env).claude_credentials), time.time()
        )


def _print_json(value: object) -> None:
    import json  # noqa: PLC0415 - a table needs none

    click.echo(json.dumps(value, indent=2))


def _detect_background(env: dict[str, str]) -> None:
    """Query the terminal for a dark or light background, if Claude Code's theme depends on it."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        return
    from usageline.sources.auth import claude_state  # noqa: PLC0415 - only in a terminal
    from usageline.system import terminal  # noqa: PLC0415 - as above

    with contextlib.suppress(LookupError):
        if claude_state.read(env).theme == claude_state.AUTO:
            terminal.detect_background(env)


def main() -> NoReturn:
    """Run the command of the arguments."""
    edge.run(partial(cli, prog_name="usageline"))
