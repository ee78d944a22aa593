"""Edit a copy of config.toml in the user's editor, and save it only if it is valid."""

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
from usageline.core.errors import UsagelineError
from usageline.system import lock
from usageline.system.directories import private_directory, remove_if_empty, remove_tree
from usageline.system.files import remove_file, write_atomic
from usageline.system.paths import Paths
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.problem import Problem


def edit(env: Mapping[str, str]) -> bool:
    """Run the editor. Return False if nothing was changed.

    Raise `UsagelineError` with the path of the copy if it was not saved. The copy is in
    `<state_dir>/edit/`, so that the next edit can resume an interrupted one. `before.toml` beside
    it holds the original, so that an unchanged copy can be discarded.
    """
    paths = Paths(env)
    before = current_text(paths)
    state, directory = paths.state_dir, paths.state_dir + "/edit"
    try:
        private_directory(state)
        private_directory(directory)
        with lock.hold_existing(directory, 0) as is_free:
            if not is_free:
                raise UsagelineError("another `usageline config edit` is open")
            return _edit(env, directory, before)
    except OSError as error:
        raise UsagelineError(
            f"{short(directory, paths)} cannot be used: {error.strerror}"
        ) from None
    finally:
        remove_if_empty(state)


def _edit(env: Mapping[str, str], directory: str, before: str | None) -> bool:
    copy, original = f"{directory}/config.toml", f"{directory}/before.toml"
    if not _resume(copy, original, before):
        # Remove the copy first: without `before.toml`, it would count as an edit to resume.
        remove_file(copy)
        for path in (original, copy):
            write_atomic(path, (default_file() if before is None else before).encode(), 0o600)
    problems, edited = _run_editor(env, copy)
    while problems:
        for problem in problems:
            click.echo(problem.message(os.path.basename(copy)), err=True)
        if not _confirm("Continue editing?"):
            raise UsagelineError(f"nothing was changed: your text is in {copy}")
        problems, edited = _run_editor(env, copy)
    if edited != before:
        try:
            write(env, edited, before)
        except UsagelineError as problem:
            raise UsagelineError(f"{problem}; your text is in {copy}") from None
    # Only now: a text that could not be saved must not be lost.
    remove_tree(directory)
    return edited != before


def _resume(copy: str, original: str, before: str | None) -> bool:
    """Ask the user whether to resume an interrupted edit.

    Raise `UsagelineError` without a terminal.
    """
    unsaved, started_with = _text(copy), _text(original)
    if unsaved is None or unsaved == started_with:
        return False
    since = "" if started_with in (before, default_file()) else "; config.toml has changed since"
    answer = _confirm(f"An unsaved edit is in {copy}{since}. Continue with it?")
    if answer is None:
        raise UsagelineError(
            f"an unsaved edit is in {copy}: continue with it in a terminal, or remove it"
        )
    return answer


def _confirm(question: str) -> bool | None:
    try:
        return click.confirm(sanitize_lines(question), default=True, err=True)
    except click.Abort:  # Ctrl-C, or no terminal
        return None


def _run_editor(env: Mapping[str, str], copy: str) -> tuple[list[Problem], str]:
    """Run the editor, and return the problems of the text and the text."""
    editor = env.get("VISUAL") or env.get("EDITOR") or "vi"
    try:
        done = subprocess.run([*shlex.split(editor), copy], check=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsagelineError(f"{editor} cannot be run ({reason}): set VISUAL or EDITOR") from None
    if done.returncode:
        raise UsagelineError(
            f"{editor} exited with {done.returncode}: nothing was changed; your text is in {copy}"
        )
    try:
        text = file.read_text(copy) or ""
    except file.UnusableFile as unusable:
        return [unusable.problem], ""
    return validate(text).problems, text


def _text(path: str) -> str | None:
    """Return the text of a file, None if it does not exist, "" if it cannot be read as text."""
    try:
        return file.read_text(path)
    except file.UnusableFile:
        return ""
