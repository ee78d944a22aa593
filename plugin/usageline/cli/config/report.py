"""Change config.toml, and show what was written and the line that it draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from usageline.cli.config.change import change, named
from usageline.cli.formatting import short
from usageline.config import edit
from usageline.config.compile import resolve_values
from usageline.config.validate import validate
from usageline.core.errors import UsagelineError
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def apply(env: Mapping[str, str], changed: Callable[[str], str | None], what: str) -> bool:
    """Write the text that `changed` returns, and print `what` was written and the new line.

    Return False if it returns None. Raise UsagelineError if the change is not allowed.
    """
    paths = Paths(env)
    texts: list[str] = []

    def remembered(before: str | None) -> str | None:
        text = changed(before or "")
        texts[:] = [before or "", text or ""]
        return text

    try:
        if not change(env, remembered):
            return False
    except edit.EditRejected as refused:
        raise unchanged(paths, refused) from None
    name = short(paths.config_file, paths)
    click.echo(f"{name}: {what}" if texts[0] != texts[1] else f"{name}: {what}, as before")
    before, after = (validate(text).values for text in texts)
    if resolve_values(before) != resolve_values(after):
        from usageline.cli.config import preview  # noqa: PLC0415 - slow to import

        output = preview.output_env()
        click.echo(
            "\n".join(preview.own_rows(after, output, preview.terminal_columns())), color=True
        )
    return True


def unchanged(paths: Paths, refused: edit.EditRejected) -> UsagelineError:
    """Return the problems without line numbers, which are those of an unsaved text."""
    if isinstance(refused, edit.NotToml):
        return broken(paths, refused)
    return UsagelineError(
        "; ".join(
            problem._replace(line=None).message("nothing was changed")
            for problem in refused.problems
        )
    )


def broken(paths: Paths, refused: edit.NotToml) -> UsagelineError:
    """Return what to do about a file that is not TOML."""
    return UsagelineError(
        "; ".join(named(paths, problem) for problem in refused.problems)
        + ": nothing was changed; correct it with `usageline config edit`"
    )
