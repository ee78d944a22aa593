"""`usageline install` and `usageline uninstall`: setup, with its own options and help."""

from __future__ import annotations

import sys

import click

from usageline.setup import command

SETTINGS = {"ignore_unknown_options": True}


@click.command("install", context_settings=SETTINGS, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def install(arguments: tuple[str, ...]) -> None:
    """Add the status line and the hook to Claude Code's settings, as install.sh does."""
    sys.exit(command.run([*arguments], command.INSTALL))


@click.command("uninstall", context_settings=SETTINGS, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def uninstall(arguments: tuple[str, ...]) -> None:
    """Restore everything that the installation changed."""
    sys.exit(command.run([*arguments], command.UNINSTALL))
