"""The commands of `usageline`, each with the module that has it.

To add a command, write a module with the click command `command`, and list it in `COMMANDS`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem


class Command(NamedTuple):
    """One command: its name, its module in `cli/`, and its line in `usageline --help`.

    A command that draws in the theme's colors `queries_background` of the terminal first.
    """

    name: str
    module: str
    help: str
    attribute: str = "command"
    queries_background: bool = False

    def load(self) -> click.Command:
        """Import the command."""
        module = import_module(f"usageline.cli.{self.module}")
        command: click.Command = getattr(module, self.attribute)
        return command


COMMANDS = (
    Command(
        "accounts",
        "accounts",
        "Show the accounts of all profiles side by side.",
        queries_background=True,
    ),
    Command("check", "check", "Check for scripts whether the limits are below a percentage."),
    Command("completion", "completion", "Print the completion script for your shell."),
    Command(
        "config",
        "config.group",
        "Create, show, change, check and preview the configuration.",
        queries_background=True,
    ),
    Command("demo", "demo", "Show the line in every theme; install and change nothing."),
    Command("doctor", "doctor", "Check each step from the settings to the numbers."),
    Command("explain", "explain", "Explain the line, piece by piece.", queries_background=True),
    Command("history", "history", "Draw usage over time, or export it."),
    Command("info", "info", "Show the sign-in: plan, scopes, expiry."),
    Command("install", "installer", "Add the status line to Claude Code.", "install"),
    Command("line", "line", "Print the line for tmux, a prompt or a bar."),
    Command("man", "man", "Print the manual page."),
    Command("metrics", "metrics.command", "Print or serve metrics for Prometheus."),
    Command("org", "org.command", "Show an organization's usage and cost, for administrators."),
    Command(
        "refresh",
        "refresh",
        "Refresh the numbers now, if they are not fresh.",
        queries_background=True,
    ),
    Command("shared", "shared", "Share one reading among all machines of an account."),
    Command("uninstall", "installer", "Restore everything that install changed.", "uninstall"),
    Command("usage", "usage.command", "Show tokens and cost, from Claude Code's transcripts."),
    Command("watch", "watch", "Show a live dashboard.", queries_background=True),
    Command("why", "why", "Show what uses the quota, counted by Claude Code."),
)
"""In the order of `usageline --help`."""


def command_named(name: str | None, entries: Sequence[Command] = COMMANDS) -> Command | None:
    """Return the entry of that name, None if there is none."""
    return next((entry for entry in entries if entry.name == name), None)


class Choice(click.Choice[str]):
    """One of some words. For any other one the error suggests the most similar word."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        """Return the message of click, with a suggestion."""
        message = super().get_invalid_choice_message(value, ctx)
        from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

        close = get_close_matches(str(value).lower(), self.choices, n=1)
        return f"{message} Did you mean {close[0]!r}?" if close else message


dark_option = click.option(
    "--dark/--light",
    "dark",
    default=None,
    help="Colors of page and picture, instead of those that the reader prefers.",
)


class LazyGroup(click.Group):
    """A group that imports a command of `entries` only when it runs."""

    def __init__(self, *args: Any, entries: Sequence[Command], **options: Any) -> None:
        super().__init__(*args, **options)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, without an import."""
        return [*(entry.name for entry in self.entries), *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, None if there is none."""
        entry = command_named(cmd_name, self.entries)
        return entry.load() if entry else super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of the first argument. An unknown one is compared with all names."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as unknown:
            raise click.exceptions.NoSuchCommand(
                unknown.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin so, without an import."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only for a shell

        names = [
            CompletionItem(entry.name, help=entry.help)
            for entry in self.entries
            if entry.name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click passes it
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the names and what each does, without an import."""
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in self.entries])
