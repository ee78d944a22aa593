"""The commands of `usageline config`."""

from __future__ import annotations

import os
import sys

import click

from usageline.cli import edge
from usageline.cli.config import complete, picker, segment_commands
from usageline.cli.config.change import apply, current_text, refusal, report_problems, write
from usageline.cli.formatting import short
from usageline.cli.output import echo_data
from usageline.config import edit, user_themes
from usageline.config.arguments import find_key, similar_key
from usageline.config.problem import quote, suggestion
from usageline.config.template import default_file, full_file, minimal_file, toml_value
from usageline.config.validate import validate
from usageline.core.errors import UsagelineError
from usageline.setup import manifest, settings_changes, settings_entries
from usageline.sources import claude_files
from usageline.system.paths import Paths
from usageline.system.terminal import decode_argument, output_env, sanitize_lines, wrap_words


class ThemeName(click.ParamType[str]):
    """The name of a theme, usageline's or the user's, in any case."""

    name = "theme"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name. Fail with the most similar one."""
        names = user_themes.all_names()
        if value.lower() in names:
            return value.lower()
        hint = suggestion(value, names) or f": use {', '.join(names)}"
        return self.fail(f"there is no theme {quote(value)}{hint}", param, ctx)


@click.group(
    "config",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.pass_context
def command(context: click.Context) -> None:
    """Choose what the line shows, in a picker. The commands below do the same in a shell."""
    if context.invoked_subcommand is not None:
        return
    if not picker.is_possible(os.environ):
        is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        reason = "this terminal cannot show the picker" if is_terminal else "no terminal"
        edge.report(f"{reason}: use these commands instead of the picker")
        raise click.exceptions.NoArgsIsHelpError(context)
    picker.run(dict(os.environ))


for _segment_command in segment_commands.COMMANDS:
    command.add_command(_segment_command)


@command.command()
@click.option("--minimal", "form", flag_value="minimal", help="Only theme and rows.")
@click.option("--full", "form", flag_value="full", help="Every key.")
@click.option("--print", "only_print", is_flag=True, help="Print the file instead.")
def init(*, form: str | None, only_print: bool) -> None:
    """Write a config.toml with the usual keys. Overwrites nothing."""
    text = {"minimal": minimal_file, "full": full_file}.get(form or "", default_file)()
    if only_print:
        echo_data(text)
        return
    paths = Paths(os.environ)
    name = short(paths.config_file, paths)
    if os.path.lexists(paths.config_file):
        raise UsagelineError(f"{name} exists already: change it with `usageline config edit`")
    write(dict(os.environ), text, None)
    click.echo(f"wrote {name}")


@command.command()
def path() -> None:
    """Print the path of config.toml, whether it exists or not."""
    path = Paths(os.environ).config_file
    if sys.stdout.isatty():
        click.echo(sanitize_lines(path))
    else:  # for a program, the bytes of the path without control characters
        chars = (char for char in path if char.isprintable() or "\udc80" <= char <= "\udcff")
        click.echo(os.fsencode("".join(chars)))


@command.command()
@click.argument("key", shell_complete=complete.keys)
def get(key: str) -> None:
    """Print the value of KEY: that of config.toml, or the default."""
    values = validate(current_text(Paths(os.environ)) or "").values
    try:
        value = edit.effective_value(values, key)
    except KeyError as error:
        raise UsagelineError(f"{key}: {error.args[0]}") from None
    report_problems(os.environ)
    if isinstance(value, dict):
        for name, item in value.items():
            if item is not None:
                echo_data(_printable(f"{name} = {toml_value(item)}") + "\n")
    elif value is not None:
        echo_data(_printable(value if isinstance(value, str) else toml_value(value)) + "\n")


@command.command(name="set")
@click.argument("key", shell_complete=complete.keys)
@click.argument("value", required=False, shell_complete=complete.values)
@click.option(
    "--previous",
    is_flag=True,
    help="Instead of VALUE, use the status line from before the install.",
)
def set_key(key: str, value: str | None, *, previous: bool) -> None:
    """Set KEY to VALUE if that is valid, and show the new line. Comments and order stay.

    \b
    A list needs no brackets, and a / starts a new row:
      usageline config set alerts.thresholds 80,95
      usageline config set rows git,model/session,weekly
    """  # noqa: D301 - click reads the backspace as "do not wrap"
    if value is None and not previous:
        raise click.UsageError(f"no value: use `usageline config set {key} VALUE`")
    if value is not None and previous:
        raise click.UsageError("--previous takes the place of VALUE: use one of them")
    text = decode_argument(value) if value is not None else _previous(Paths(os.environ))
    apply(
        lambda before: edit.set_key(before, key, text, literal=previous),
        sanitize_lines(f"{key} = {text}"),
    )
    if key.rpartition(".")[2] == "theme":
        _report_unused_themes()


@command.command()
@click.argument("key", shell_complete=complete.keys)
def unset(key: str) -> None:
    """Remove KEY, so that its default applies."""
    if not apply(lambda before: edit.unset_key(before, key), f"removed {key}"):
        hint = "" if find_key(key) else similar_key(key)
        click.echo(sanitize_lines(f"{key} is not set{hint}"))


@command.command(name="edit")
def edit_file() -> None:
    """Edit config.toml in $VISUAL or $EDITOR. Only a valid file is saved."""
    from usageline.cli.config import editor  # noqa: PLC0415 - the other commands do not need it

    is_saved = editor.edit(dict(os.environ))
    click.echo("saved: the next status line shows it" if is_saved else "nothing was changed")


@command.command()
def check() -> None:
    """Print every problem in config.toml. Exits with 1 if there is one."""
    paths = Paths(os.environ)
    has_problems = report_problems(os.environ)
    _report_unused_themes()
    if has_problems:
        sys.exit(1)
    name = short(paths.config_file, paths)
    exists = os.path.exists(paths.config_file)
    click.echo(f"{name} is valid" if exists else f"{name} does not exist: the defaults apply")


@command.command(name="preview")
@click.argument("theme", required=False, type=ThemeName(), shell_complete=complete.theme_names)
@click.option(
    "--width",
    type=click.IntRange(1, 1000),
    metavar="COLUMNS",
    help="Width of the line (default: that of the terminal).",
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

    paths = Paths(os.environ)
    try:
        chosen = [f"theme={theme}"] if theme else []
        values = preview.changed(
            current_text(paths) or "", map(decode_argument, (*changes, *chosen))
        )
    except edit.EditRejected as refused:
        raise refusal(paths, refused, "--set" if changes else "") from None
    shown_env, columns = output_env(), width or preview.terminal_columns()
    if theme or changes:
        click.echo("\n".join(preview.rows(values, shown_env, columns)), color=True)
        return
    for name, about, rows in preview.all_themes(values, shown_env, columns):
        click.echo("\n".join([name, *(rows or [about]), ""]), color=True)
    _report_unused_themes()


@command.command(name="themes")
def list_themes() -> None:
    """List the themes, each with a description and a sample. * marks the current one."""
    from usageline.cli.config import preview  # noqa: PLC0415 - as above

    values = validate(current_text(Paths(os.environ)) or "").values
    columns = preview.terminal_columns()
    title_columns = columns if sys.stdout.isatty() else sys.maxsize
    for name, about, rows in preview.all_themes(
        preview.with_sample_rows(values), output_env(), columns
    ):
        mark = "*" if name == values.get("theme") else " "
        title = wrap_words(about, title_columns, f"{mark} {name}: ")
        click.echo("\n".join([title, *rows, ""]), color=True)
    _report_unused_themes()


def _report_unused_themes() -> None:
    """Print which theme files of the user cannot be used because of their names."""
    for sentence in user_themes.unused_files():
        click.echo(sentence, err=True)


def _printable(text: str) -> str:
    """Return the text, in a terminal without control characters."""
    return sanitize_lines(text) if sys.stdout.isatty() else text


def _previous(paths: Paths) -> str:
    """Return the status line from before the install; raise `UsagelineError` if there was none."""
    installed = manifest.load(paths)
    if installed and installed.before_bytes:
        own = settings_entries.make_entries("", installed.data_dir, frozenset(installed.commands))
        command = settings_changes.other_command(
            claude_files.decode_lossy(installed.before_bytes), own
        )
        if command:
            return command
    raise UsagelineError(
        "there was no status line before the install: write its command instead of --previous"
    )
