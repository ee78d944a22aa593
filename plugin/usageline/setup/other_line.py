"""Decide with the user what becomes of another program's status line."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import settings_changes, settings_entries, settings_file
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from usageline.setup.context import SetupContext
    from usageline.setup.manifest import Manifest

MAX_TYPED_CHARS = 1000
"""A longer command is not printed for the user to type."""

MAX_SHOWN_CHARS = 2000


def choose(ctx: SetupContext, previous: Manifest | None) -> SetupContext:
    """Ask what to do with another program's status line: replace it, or show both.

    Return the context with the user's choice. Raise `SetupRefused` if it must stay.
    """
    other = _other_status_line(ctx, previous)
    if not other:
        return replace(ctx, keep_both=False)
    if ctx.yes or ctx.keep_both or ctx.dry_run:
        return ctx
    name = ctx.display_path(ctx.paths.claude_settings)
    message = f"{name} has another status line:\n\n  {_truncate(other)}\n"
    if not ctx.is_interactive:
        raise SetupRefused(
            f"{message}\nTo show it beside usageline's, add --keep-both. To replace it, add --yes:"
            " it is kept, and --uninstall restores it. Nothing was changed."
        )
    ctx.show(sanitize_lines(message))
    answer = ctx.ask("An uninstall restores it. [r]eplace it, [k]eep both, [n]o change? ")
    if answer in ("r", "replace", "y", "yes"):
        return ctx
    if answer in ("k", "keep", "keep both", "b", "both"):
        return replace(ctx, keep_both=True)
    raise SetupRefused("Nothing was changed.")


def _other_status_line(ctx: SetupContext, previous: Manifest | None) -> str:
    """Return what another program's status line runs; "" if it cannot or need not be replaced."""
    try:
        settings = settings_file.read(ctx.paths.claude_settings)
        settings_file.check_writable(settings)
        text = settings.text
    except SetupRefused:
        return ""
    earlier = frozenset(previous.commands if previous else ())
    entries = settings_entries.make_entries("", ctx.paths.data_dir, earlier)
    return settings_changes.describe_other_status_line(text, entries)


def chain_hint(other: str) -> str:
    """Return the command that shows the previous status line beside usageline's."""
    # A terminal may change pasted lines, and TOML would take quotes around the whole as its own.
    is_typable = (
        other.isprintable() and len(other) <= MAX_TYPED_CHARS and other[:1] not in ("'", '"')
    )
    value = shlex.quote(other) if is_typable else "--previous"
    return (
        "To show your previous status line beside this one:\n\n"
        f"  usageline config set chain.command {value}"
    )


def _truncate(command: str) -> str:
    if len(command) <= MAX_SHOWN_CHARS:
        return command
    return f"{command[:MAX_SHOWN_CHARS]} … ({len(command)} characters in all)"
