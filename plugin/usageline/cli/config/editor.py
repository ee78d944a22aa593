"""config.toml in the user's editor: on a copy, checked, and put in place only when it is right."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

import click

from usageline.cli.config.change import current_text, write
from usageline.config import file
from usageline.config.check import check_text
from usageline.config.template import default_file
from usageline.errors import UsagelineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.problem import Problem


def edit(env: Mapping[str, str]) -> bool:
    """Let the user edit; False where nothing was changed. UsagelineError where nothing was put in place, with where the text is."""
    before = current_text(env)
    directory = tempfile.mkdtemp(prefix="usageline-config-")
    copy = os.path.join(directory, "config.toml")
    with open(copy, "w", encoding="utf-8") as stream:
        stream.write(default_file() if before is None else before)
    _run_editor(env, copy)
    problems, edited = _look(copy)
    while problems:
        for problem in problems:
            click.echo(problem.named(os.path.basename(copy)), err=True)
        if not _asked_to_go_on():
            raise UsagelineError(f"nothing was changed; your text is in {copy}")
        _run_editor(env, copy)
        problems, edited = _look(copy)
    if edited != before:
        try:
            write(env, edited, before)
        except UsagelineError as problem:
            raise UsagelineError(f"{problem}; your text is in {copy}") from None
    # Not before here: what cannot be put in place must not be lost.
    shutil.rmtree(directory, ignore_errors=True)
    return edited != before


def _asked_to_go_on() -> bool:
    try:
        return click.confirm("Go on editing?", default=True, err=True)
    except click.Abort:  # Ctrl-C, or nobody there to ask
        return False


def _run_editor(env: Mapping[str, str], copy: str) -> None:
    chosen = env.get("VISUAL") or env.get("EDITOR") or "vi"
    try:
        done = subprocess.run([*shlex.split(chosen), copy], check=False)
    except (OSError, ValueError) as error:
        raise UsagelineError(f"{chosen} cannot be run: {getattr(error, 'strerror', None) or error}; set VISUAL or EDITOR") from None
    if done.returncode:
        raise UsagelineError(f"{chosen} ended with {done.returncode}; nothing was changed, your text is in {copy}")


def _look(copy: str) -> tuple[list[Problem], str]:
    try:
        text = file.read_text(copy) or ""
    except file.Unusable as unusable:
        return [unusable.problem], ""
    return check_text(text).problems, text
