"""config.toml in the user's editor: on a copy, checked, and put in place only when it is right."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

import click

from usageline.cli.config.change import current_text, write
from usageline.cli.formatting import short
from usageline.config import file
from usageline.config.template import default_file
from usageline.config.validate import validate
from usageline.core import paths
from usageline.core.errors import UsagelineError
from usageline.system import flock
from usageline.system.directories import private_directory, remove_if_empty, remove_tree
from usageline.system.files import remove_file, write_atomic
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.problem import Problem


def edit(env: Mapping[str, str]) -> bool:
    """Let the user edit; False where nothing was changed. UsagelineError where nothing was put in place, with where the text is.

    The copy lies in `<state_dir>/edit/`, where the next edit finds the text of one that was cut off, and an uninstall all of it. Beside it
    is what it began with, so that a text that nobody has changed is nobody's loss.
    """
    before = current_text(env)
    state, directory = paths.state_dir(env), paths.state_dir(env) + "/edit"
    try:
        private_directory(state)
        private_directory(directory)
        with flock.hold(directory, 0) as free:
            if not free:
                raise UsagelineError("another `usageline config edit` is open")
            changed = _edit(env, directory, before)
    except OSError as error:
        raise UsagelineError(f"{short(directory, env)} cannot be used: {error.strerror}") from None
    finally:
        remove_if_empty(state)
    return changed


def _edit(env: Mapping[str, str], directory: str, before: str | None) -> bool:
    copy, began = f"{directory}/config.toml", f"{directory}/before.toml"
    if not _goes_on(copy, began, before):
        remove_file(copy)  # without what it began with it would be somebody's text
        for path in (began, copy):
            write_atomic(path, (default_file() if before is None else before).encode(), 0o600)
    _run_editor(env, copy)
    problems, edited = _look(copy)
    while problems:
        for problem in problems:
            click.echo(problem.message(os.path.basename(copy)), err=True)
        if not _asked("Go on editing?"):
            raise UsagelineError(f"nothing was changed; your text is in {copy}")
        _run_editor(env, copy)
        problems, edited = _look(copy)
    if edited != before:
        try:
            write(env, edited, before)
        except UsagelineError as problem:
            raise UsagelineError(f"{problem}; your text is in {copy}") from None
    # Not before here: what cannot be put in place must not be lost.
    remove_tree(directory)
    return edited != before


def _goes_on(copy: str, began: str, before: str | None) -> bool:
    """Whether the user goes on with the text of an edit that was cut off. UsagelineError where nobody is there to say."""
    left, original = _text(copy), _text(began)
    if left is None or left == original:
        return False
    since = "" if original in (before, default_file()) else "; config.toml was changed since"
    answer = _asked(f"A text that was not put in place is in {copy}{since}. Go on with it?")
    if answer is None:
        raise UsagelineError(
            f"a text that was not put in place is in {copy}: go on with it in a terminal, or remove it"
        )
    return answer


def _asked(question: str) -> bool | None:
    try:
        return click.confirm(sanitize_lines(question), default=True, err=True)
    except click.Abort:  # Ctrl-C, or nobody there to ask
        return None


def _run_editor(env: Mapping[str, str], copy: str) -> None:
    chosen = env.get("VISUAL") or env.get("EDITOR") or "vi"
    try:
        done = subprocess.run([*shlex.split(chosen), copy], check=False)
    except (OSError, ValueError) as error:
        raise UsagelineError(
            f"{chosen} cannot be run: {getattr(error, 'strerror', None) or error}; set VISUAL or EDITOR"
        ) from None
    if done.returncode:
        raise UsagelineError(
            f"{chosen} ended with {done.returncode}; nothing was changed, your text is in {copy}"
        )


def _look(copy: str) -> tuple[list[Problem], str]:
    try:
        text = file.read_text(copy) or ""
    except file.UnusableFile as unusable:
        return [unusable.problem], ""
    return validate(text).problems, text


def _text(path: str) -> str | None:
    """The text of a file; None where there is none, "" where it cannot be read as text."""
    try:
        return file.read_text(path)
    except file.UnusableFile:
        return ""
