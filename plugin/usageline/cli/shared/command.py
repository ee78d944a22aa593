"""The commands of `usageline shared`."""

from __future__ import annotations

import json
import os

import click

from usageline.cli.shared import joining, status
from usageline.config.server_types import AccountKey, ServerUrl
from usageline.config.types import InvalidValue
from usageline.core.errors import UsagelineError
from usageline.system.origin import REFUSED, may_run_programs
from usageline.system.terminal import sanitize_lines


@click.group(
    "shared",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """Show the reading that all machines of the account share: its age, and who asked last.

    A machine has a random name, which reveals nothing about it. `shared init` begins to share.
    """
    if context.invoked_subcommand is not None:
        if as_json:
            raise click.UsageError("--json cannot be combined with a subcommand")
        return
    shown = status.read(dict(os.environ))
    click.echo(json.dumps(shown.as_json(), indent=2) if as_json else sanitize_lines(str(shown)))


@command.command()
@click.argument("url")
@click.option(
    "--password-file",
    type=click.Path(),
    default="",
    metavar="PATH",
    help="The file with the password for the server.",
)
@click.option(
    "--account",
    default="",
    metavar="KEY",
    help="The account to show on a machine whose sign-in cannot read usage.",
)
def init(url: str, password_file: str, account: str) -> None:
    """Share this account's reading on the Redis or Valkey server at URL.

    Tries the server first, then makes the key that signs the readings and writes [shared] into
    config.toml. Prints what to do on the next machine. The URL has no password:
    rediss://user@host:port/0 with TLS, redis://… without, or unix:///path.
    """
    env = dict(os.environ)
    if not may_run_programs(env):
        raise UsagelineError(REFUSED)
    try:
        ServerUrl().read(url)
        if account:
            AccountKey().read(account)
    except InvalidValue as invalid:
        raise click.UsageError(str(invalid)) from None
    path = os.path.abspath(os.path.expanduser(password_file)) if password_file else ""
    joining.join(env, url, path, account, lambda text: click.echo(sanitize_lines(text)))


@command.command(short_help="Stop sharing on this machine, and remove the key.")
def leave() -> None:
    """Stop sharing on this machine: remove [shared] from config.toml, and the key.

    The other machines go on. The server forgets this one.
    """
    joining.leave(dict(os.environ), lambda text: click.echo(sanitize_lines(text)))
