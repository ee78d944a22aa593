"""`usageline install` and `usageline uninstall`, with the options of install.sh."""

from __future__ import annotations

import sys

import click

from usageline.setup.command import run

SETTINGS = {"ignore_unknown_options": True}


@click.command("install", context_settings=SETTINGS, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def install(arguments: tuple[str, ...]) -> None:
    """Add the status line and the hook to Claude Code's settings, as install.sh does."""
    sys.exit(run([*arguments], "usageline install"))


@click.command("uninstall", context_settings=SETTINGS, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def uninstall(arguments: tuple[str, ...]) -> None:
    """Restore everything that the installation changed."""
    sys.exit(run(["--uninstall", *arguments], "usageline uninstall"))
