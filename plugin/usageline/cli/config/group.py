"""The words of `usageline config`."""

from __future__ import annotations

import os
import sys

import click

from usageline import config as configuration
from usageline import themes
from usageline.cli.config.change import change, current_text, named, write
from usageline.cli.formatting import short
from usageline.config import edit as editing
from usageline.config.template import default_file, toml_value
from usageline.config.validate import validate
from usageline.core import paths
from usageline.core.errors import UsagelineError
from usageline.setup import manifest, settings_changes
from usageline.system import client_text
from usageline.system.terminal import decode_argument, sanitize_lines


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """The configuration: write, look at, change, check and try it."""


@group.command()
def init() -> None:
    """Write a config.toml with every key, what it is for, and its default. One that is there stays."""
    env = dict(os.environ)
    if os.path.lexists(paths.config_file(env)):
        raise UsagelineError(
            f"{short(paths.config_file(env), env)} is there already; `usageline config edit` changes it"
        )
    write(env, default_file(), None)
    click.echo(f"written: {short(paths.config_file(env), env)}")


@group.command()
def path() -> None:
    """Print where config.toml is, or would be."""
    where = paths.config_file(os.environ)
    if sys.stdout.isatty():
        click.echo(sanitize_lines(where))
    else:  # A program gets the bytes that are on disk, but for what a terminal could act on.
        click.echo(
            os.fsencode(
                "".join(
                    char for char in where if char.isprintable() or "\udc80" <= char <= "\udcff"
                )
            )
        )


@group.command()
@click.argument("key")
def get(key: str) -> None:
    """Print what holds for KEY: what config.toml gives, or the default."""
    env = dict(os.environ)
    checked = validate(current_text(env) or "")
    try:
        value = editing.effective_value(checked.values, key)
    except KeyError as error:
        raise UsagelineError(f"{key}: {error.args[0]}") from None
    for problem in configuration.problems(env):
        click.echo(named(env, problem), err=True)
    if isinstance(value, dict):
        for name, item in value.items():
            if item is not None:
                click.echo(_shown(f"{name} = {toml_value(item)}"))
    elif value is not None:
        click.echo(_shown(value if isinstance(value, str) else toml_value(value)))


@group.command(name="set")
@click.argument("key")
@click.argument("value", required=False)
@click.option(
    "--previous",
    is_flag=True,
    help="Instead of VALUE: the status line that you had before the install.",
)
def set_key(key: str, value: str | None, *, previous: bool) -> None:
    """Set KEY to VALUE, where that is allowed. Comments and order stay.

    Lists are written as in the file: usageline config set rows '[["model", "session"], ["weekly"]]'
    """
    if (value is None) is not previous:
        raise click.UsageError("give either VALUE or --previous")
    env = dict(os.environ)
    try:
        text = decode_argument(value) if value is not None else _previous(env)
        change(env, lambda before: editing.set_key(before or "", key, text, literal=previous))
    except editing.EditRejected as refused:
        raise _unchanged(refused) from None


@group.command()
@click.argument("key")
def unset(key: str) -> None:
    """Take KEY out, so that its default holds."""
    env = dict(os.environ)
    try:
        changed = change(env, lambda before: editing.unset_key(before or "", key))
    except editing.EditRejected as refused:
        raise _unchanged(refused) from None
    if not changed:
        click.echo(sanitize_lines(f"{key} is not set"))


@group.command()
def edit() -> None:
    """Open config.toml in $VISUAL or $EDITOR; it is put in place when it is right."""
    from usageline.cli.config.editor import edit as open_editor  # noqa: PLC0415 - the other commands need none of it

    click.echo(
        "changed; the next line shows it"
        if open_editor(dict(os.environ))
        else "nothing was changed"
    )


@group.command()
def check() -> None:
    """Name everything that is wrong in config.toml. Exits with 1 where something is."""
    env = dict(os.environ)
    problems = configuration.problems(env)
    for problem in problems:
        click.echo(named(env, problem), err=True)
    if problems:
        sys.exit(1)
    where = short(paths.config_file(env), env)
    click.echo(
        f"{where} is valid"
        if os.path.exists(paths.config_file(env))
        else f"there is no {where}: the defaults hold"
    )


@group.command()
@click.argument("theme", required=False, type=click.Choice(themes.NAMES, case_sensitive=False))
@click.option(
    "--width",
    type=click.IntRange(1, 1000),
    help="Columns of the terminal; by default the real ones.",
)
@click.option(
    "--set",
    "changes",
    metavar="KEY=VALUE",
    multiple=True,
    help="As if that were set; may be given several times.",
)
def preview(*, theme: str | None, width: int | None, changes: tuple[str, ...]) -> None:
    """Draw the line with sample data: with THEME, with what --set changes, or else with each theme. Nothing is kept."""
    from usageline.cli.config import preview as drawing  # noqa: PLC0415 - the other commands need none of it

    env = dict(os.environ)
    try:
        values = drawing.changed(current_text(env) or "", map(decode_argument, changes))
    except editing.EditRejected as refused:
        raise UsagelineError(
            "; ".join(named(env, problem) for problem in refused.problems)
        ) from None
    shown_in, columns = drawing.shown_in(), width or drawing.terminal_columns()
    if theme or changes:
        values = drawing.with_theme(values, theme) if theme else values
        click.echo("\n".join(drawing.rows(values, shown_in, columns)), color=True)
        return
    for name, _, rows in drawing.themes_drawn(values, shown_in, columns):
        click.echo("\n".join([name, *rows, ""]), color=True)


@group.command(name="themes")
def list_themes() -> None:
    """Every theme, what it is like, and a sample; the one in use is marked with *."""
    from usageline.cli.config import preview as drawing  # noqa: PLC0415 - the other commands need none of it

    values = validate(current_text(dict(os.environ)) or "").values
    for name, about, rows in drawing.themes_drawn(
        drawing.sampled(values), drawing.shown_in(), drawing.terminal_columns()
    ):
        mark = "*" if name == values.get("theme") else " "
        click.echo("\n".join([f"{mark} {name}: {about}", *rows, ""]), color=True)


def _shown(text: str) -> str:
    """Text as it is for a program that reads it, and for people without anything that their terminal could act on."""
    return sanitize_lines(text) if sys.stdout.isatty() else text


def _previous(env: dict[str, str]) -> str:
    """Return the command of the status line before the install. UsagelineError if there was none."""
    known = manifest.load(env)
    ours = (
        settings_changes.make_entries("", known.data_dir, frozenset(known.commands))
        if known
        else None
    )
    data = known.before_bytes if known else None
    command = (
        settings_changes.other_command(client_text.decode_lossy(data), ours)
        if data and ours
        else ""
    )
    data = known.before_bytes if known else None
    command = (
        settings_changes.other_command(client_text.decode_lossy(data), ours)
        if data and ours
        else ""
    )
    if not command:
        raise UsagelineError("no status line from before the install is known")
    return command


def _unchanged(refused: editing.EditRejected) -> UsagelineError:
    """What is not allowed; the lines are of a text that nobody has."""
    return UsagelineError(
        "; ".join(
            problem._replace(line=None).message("nothing was changed")
            for problem in refused.problems
        )
    )
