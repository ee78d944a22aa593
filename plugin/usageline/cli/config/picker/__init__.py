"""The picker of `usageline config`: choose the line on the screen, with keys or a mouse.

Textual takes long to import, so only `run` imports the modules that use it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from usageline.cli.config.change import current_text, named, refusal
from usageline.cli.formatting import short
from usageline.config import edit, loader, user_themes
from usageline.system.paths import Paths
from usageline.system.terminal import limit_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNALED = 128
"""The exit status of a program that a signal ended, without the signal's number."""


def is_possible(env: Mapping[str, str]) -> bool:
    """Return whether this is a terminal that can move the cursor."""
    return env.get("TERM", "dumb") not in {"", "dumb"} and all(
        stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)
    )


def run(env: dict[str, str]) -> None:
    """Open the picker, and print what it wrote.

    Raise UsagelineError if config.toml cannot be read or is not TOML.
    """
    paths = Paths(env)
    text = current_text(paths) or ""
    try:
        edit.require_toml(text)
    except edit.NotToml as refused:
        raise refusal(paths, refused, "") from None
    limit_environment()
    # The line has only colors that the terminal shows: leave them as they are.
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    from usageline.cli.config.picker.app import Picker  # noqa: PLC0415 - slow to import
    from usageline.cli.config.picker.draft import Draft  # noqa: PLC0415 - as above
    from usageline.cli.config.picker.drawing import Drawing  # noqa: PLC0415 - as above

    notes = [
        *(f"Kept as it is: {named(paths, problem)}" for problem in loader.problems(env)),
        *(sentence[0].upper() + sentence[1:] + "." for sentence in user_themes.unused_files()),
    ]
    picker = Picker(env, Draft(text), Drawing(env), notes[0] if notes else "")
    saved = picker.run()
    picker.raise_failure()
    if picker.signal:
        sys.exit(SIGNALED + picker.signal)
    if saved is None:
        click.echo("nothing was changed")
        return
    from usageline.cli.config import preview  # noqa: PLC0415 - as above

    click.echo(f"wrote {short(paths.config_file, paths)}: the next status line shows it")
    preview.print_own_rows(saved.values)
