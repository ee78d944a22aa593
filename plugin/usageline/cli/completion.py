"""`usageline completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import os

import click
from click.shell_completion import ShellComplete, get_completion_class

from usageline.cli.commands import Choice
from usageline.core.errors import UsagelineError

PROGRAM = "usageline"
VARIABLE = "_USAGELINE_COMPLETE"
"""With it, the command answers the script instead of running."""

PLACES = {
    "bash": "~/.local/share/bash-completion/completions/usageline",
    "zsh": "~/.local/share/zsh/site-functions/_usageline",
    "fish": "~/.config/fish/completions/usageline.fish",
}
"""The file that each shell loads; zsh only if the directory is in its `fpath`."""


HELP = "Print the script that completes commands and options (default: for your shell).\n\n\b\n"
HELP += "\n".join(
    f"{shell:<5} usageline completion {shell} > {place}" for shell, place in PLACES.items()
)


@click.command("completion", help=HELP)
@click.argument("shell", type=Choice(list(PLACES)), required=False)
def command(*, shell: str | None) -> None:
    """Print the completion script."""
    shell = shell or os.path.basename(os.environ.get("SHELL", ""))
    if shell not in PLACES:
        raise UsagelineError(f"choose a shell: usageline completion {'|'.join(PLACES)}")
    click.echo(script(shell), nl=False)


def script(shell: str) -> str:
    """Return the script for `shell`, a key of `PLACES`."""
    chosen = get_completion_class(shell)
    if chosen is None:
        raise UsagelineError(f"there is no completion for {shell}")
    group = click.Group(PROGRAM)
    # The class for bash starts bash to check its version. The template needs none of that.
    source = ShellComplete.source(chosen(group, {}, PROGRAM, VARIABLE))
    # A description may have commas, which click's script for fish would take for separators.
    return source.replace('string split ","', 'string split -m 1 ","')
