"""The commands of `usageline config`."""

from __future__ import annotations

import os
import sys

import click

from usageline import config, themes
from usageline.cli.config.change import change, current_text, named, write
from usageline.cli.formatting import short
from usageline.config import edit, user_themes
from usageline.config.problem import quote, suggestion
from usageline.config.template import default_file, toml_value
from usageline.config.validate import validate
from usageline.core import paths
from usageline.core.errors import UsagelineError
from usageline.setup import manifest, settings_changes
from usageline.system import client_text
from usageline.system.terminal import decode_argument, sanitize_lines


def _known_theme(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> str | None:
    """Return a theme's name, usageline's or the user's. Raise BadParameter for another."""
    names = (*themes.NAMES, *user_themes.names())
    if value is None or value.lower() in names:
        return value and value.lower()
    hint = suggestion(value, names) or f": use {', '.join(names)}"
    raise click.BadParameter(f"there is no theme {quote(value)}{hint}")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Create, show, change, check and preview the configuration."""


@group.command()
def init() -> None:
    """Write a config.toml with every key, its purpose and its default. Overwrites nothing."""
    env = dict(os.environ)
    name = short(paths.config_file(env), env)
    if os.path.lexists(paths.config_file(env)):
        raise UsagelineError(f"{name} exists already: change it with `usageline config edit`")
    write(env, default_file(), None)
    click.echo(f"wrote {name}")


@group.command()
def path() -> None:
    """Print the path of config.toml, whether it exists or not."""
    path = paths.config_file(os.environ)
    if sys.stdout.isatty():
        click.echo(sanitize_lines(path))
    else:  # for a program, the bytes of the path without control characters
        click.echo(
            os.fsencode(
                "".join(char for char in path if char.isprintable() or "\udc80" <= char <= "\udcff")
            )
        )


@group.command()
@click.argument("key")
def get(key: str) -> None:
    """Print the value of KEY: that of config.toml, or the default."""
    env = dict(os.environ)
    checked = validate(current_text(env) or "")
    try:
        value = edit.effective_value(checked.values, key)
    except KeyError as error:
        raise UsagelineError(f"{key}: {error.args[0]}") from None
    for problem in config.problems(env):
        click.echo(named(env, problem), err=True)
    if isinstance(value, dict):
        for name, item in value.items():
            if item is not None:
                click.echo(_printable(f"{name} = {toml_value(item)}"))
    elif value is not None:
        click.echo(_printable(value if isinstance(value, str) else toml_value(value)))


@group.command(name="set")
@click.argument("key")
@click.argument("value", required=False)
@click.option(
    "--previous",
    is_flag=True,
    help="Instead of VALUE, use the status line from before the install.",
)
def set_key(key: str, value: str | None, *, previous: bool) -> None:
    """Set KEY to VALUE if that is valid. Comments and order stay.

    Write lists as in the file: usageline config set rows '[["model", "session"], ["weekly"]]'
    """
    if (value is None) is not previous:
        raise click.UsageError("VALUE and --previous: use exactly one of them")
    env = dict(os.environ)
    try:
        text = decode_argument(value) if value is not None else _previous(env)
        change(env, lambda before: edit.set_key(before or "", key, text, literal=previous))
    except edit.EditRejected as refused:
        raise _unchanged(refused) from None


@group.command()
@click.argument("key")
def unset(key: str) -> None:
    """Remove KEY, so that its default applies."""
    env = dict(os.environ)
    try:
        changed = change(env, lambda before: edit.unset_key(before or "", key))
    except edit.EditRejected as refused:
        raise _unchanged(refused) from None
    if not changed:
        click.echo(sanitize_lines(f"{key} is not set"))


@group.command(name="edit")
def edit_file() -> None:
    """Edit config.toml in $VISUAL or $EDITOR. Only a valid file is saved."""
    from usageline.cli.config import editor  # noqa: PLC0415 - the other commands do not need it

    click.echo(
        "saved: the next status line shows it"
        if editor.edit(dict(os.environ))
        else "nothing was changed"
    )


@group.command()
def check() -> None:
    """Print every problem in config.toml. Exits with 1 if there is one."""
    env = dict(os.environ)
    problems = config.problems(env)
    for problem in problems:
        click.echo(named(env, problem), err=True)
    if problems:
        sys.exit(1)
    name = short(paths.config_file(env), env)
    click.echo(
        f"{name} is valid"
        if os.path.exists(paths.config_file(env))
        else f"{name} does not exist: the defaults apply"
    )


@group.command(name="preview")
@click.argument("theme", required=False, callback=_known_theme)
@click.option(
    "--width",
    type=click.IntRange(1, 1000),
    help="Width in columns (default: that of the terminal).",
)
@click.option(
    "--set",
    "changes",
    metavar="KEY=VALUE",
    multiple=True,
    help="Preview this change; can be repeated.",
)
def show_preview(*, theme: str | None, width: int | None, changes: tuple[str, ...]) -> None:
    """Print the line with sample data.

    It is drawn with THEME, with the changes of --set, or with each theme. Nothing is saved.
    """
    from usageline.cli.config import preview  # noqa: PLC0415 - as above

    env = dict(os.environ)
    try:
        chosen = [f"theme={theme}"] if theme else []
        values = preview.changed(current_text(env) or "", map(decode_argument, (*changes, *chosen)))
    except edit.EditRejected as refused:
        raise UsagelineError(
            "; ".join(named(env, problem) for problem in refused.problems)
        ) from None
    output_env, columns = preview.output_env(), width or preview.terminal_columns()
    if theme or changes:
        click.echo("\n".join(preview.rows(values, output_env, columns)), color=True)
        return
    for name, about, rows in preview.all_themes(values, output_env, columns):
        click.echo("\n".join([name, *(rows or [about]), ""]), color=True)


@group.command(name="themes")
def list_themes() -> None:
    """List the themes, each with a description and a sample. * marks the current one."""
    from usageline.cli.config import preview  # noqa: PLC0415 - as above

    values = validate(current_text(dict(os.environ)) or "").values
    for name, about, rows in preview.all_themes(
        preview.with_sample_rows(values), preview.output_env(), preview.terminal_columns()
    ):
        mark = "*" if name == values.get("theme") else " "
        click.echo("\n".join([f"{mark} {name}: {about}", *rows, ""]), color=True)


def _printable(text: str) -> str:
    """Return the text, in a terminal without control characters."""
    return sanitize_lines(text) if sys.stdout.isatty() else text


def _previous(env: dict[str, str]) -> str:
    """Return the status line from before the install; raise `UsagelineError` if there was none."""
    installed = manifest.load(env)
    if installed and installed.before_bytes:
        own = settings_changes.make_entries("", installed.data_dir, frozenset(installed.commands))
        command = settings_changes.other_command(
            client_text.decode_lossy(installed.before_bytes), own
        )
        if command:
            return command
    raise UsagelineError("the install record has no earlier status line: use VALUE")


def _unchanged(refused: edit.EditRejected) -> UsagelineError:
    """Return the problems without line numbers, which are those of an unsaved text."""
    return UsagelineError(
        "; ".join(
            problem._replace(line=None).message("nothing was changed")
            for problem in refused.problems
        )
    )
