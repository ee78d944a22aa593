"""`usageline man`: the manual page, made from the commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from usageline import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

SUMMARY = "plan usage and reset times of Claude Code"
DESCRIPTION = (
    "Without a command, usageline prints a table of every limit and credit of the signed-in "
    "account."
)
EXIT_STATUS = (
    ("0", "success"),
    ("1", "a problem, which is reported on stderr"),
    ("2", "wrong usage"),
    ("3", "usageline check: it is not known whether the limits are below the percentage"),
)
FILES = (
    ("~/.config/usageline/config.toml", "the configuration"),
    ("~/.cache/usageline", "the snapshot that the status line reads"),
    ("~/.local/state/usageline", "history and log"),
)
CODE = re.compile(r"`([^`]+)`")


@click.command("man")
@click.pass_context
def command(context: click.Context) -> None:
    """Print the manual page: usageline man | man -l -."""
    click.echo(page(context.find_root().command), nl=False)


def page(root: click.Command) -> str:
    """Return the manual page of the command and everything below it, in roff."""
    return "\n".join([*_head(root), *_commands(root), *_tail()]) + "\n"


def _head(root: click.Command) -> Iterator[str]:
    yield from (f'.TH USAGELINE 1 "" "usageline {__version__}" "User Commands"', ".ad l", ".nh")
    yield from (".SH NAME", f"usageline \\- {_roff(SUMMARY)}")
    yield from (".SH SYNOPSIS", ".B usageline", "[OPTIONS] [COMMAND [ARGUMENTS]]")
    yield from (".SH DESCRIPTION", _roff(DESCRIPTION))
    yield ".SH OPTIONS"
    yield from _options(root, click.Context(root, info_name="usageline"))


def _commands(root: click.Command) -> Iterator[str]:
    yield ".SH COMMANDS"
    context = click.Context(root, info_name="usageline")
    for path, command in _below(root, context, ()):
        own = click.Context(command, info_name=path[-1])
        arguments = " ".join(command.collect_usage_pieces(own))
        yield f".SS usageline {_roff(' '.join(path))} {_roff(arguments)}"
        for paragraph in (command.help or "").replace("\f", "").split("\n\n"):
            yield from _paragraph(paragraph)
        yield from _options(command, own)


def _below(
    group: click.Command, context: click.Context, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield (*path, name), command
            yield from _below(command, context, (*path, name))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    is_root = context.info_name == "usageline"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1] and (is_root or "--help" not in parameter.opts):
            yield from (".TP", f".B {_roff(record[0])}", _roff(record[1]))


def _paragraph(text: str) -> Iterator[str]:
    lines = text.strip("\n").split("\n")
    if lines[0].strip() == "\b":  # click's mark of lines that stay as they are
        yield from (".PP", ".nf", *map(_roff, lines[1:]), ".fi")
    elif any(lines):
        yield from (".PP", _roff(" ".join(line.strip() for line in lines)))


def _tail() -> Iterator[str]:
    for title, entries in (("EXIT STATUS", EXIT_STATUS), ("FILES", FILES)):
        yield f".SH {title}"
        for name, text in entries:
            yield from (".TP", f".B {_roff(name)}", _roff(text))


def _roff(text: str) -> str:
    """Return text for roff: code is bold, and no line is a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    bold = CODE.sub(r"\\fB\1\\fR", escaped)
    bold = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in bold)
    return "\\&" + bold if bold[:1] in {".", "'"} else bold
