"""config.toml written: only text that is allowed, in one step, through a link to where it points."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from usageline.cli.formatting import short
from usageline.config import file
from usageline.config.compile import compile_config
from usageline.core import paths
from usageline.core.errors import ConfigInvalid, UsagelineError
from usageline.system import flock
from usageline.system.directories import make_directory
from usageline.system.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from usageline.config.problem import Problem

WAIT_S = 20.0
"""How long another command that changes config.toml may take."""


def current_text(env: Mapping[str, str]) -> str | None:
    """The text of config.toml, None where there is none. ConfigInvalid where it cannot be read."""
    try:
        return file.read_text(paths.config_file(env))
    except file.UnusableFile as unusable:
        raise invalid(env, [unusable.problem]) from None


def change(env: Mapping[str, str], edit: Callable[[str | None], str | None]) -> bool:
    """Let `edit` make a new text of the one that is there, while no other command changes it. False if `edit` returns None.

    UsagelineError if the file cannot be written or another command keeps it. `edit` may be called twice.
    """
    if edit(current_text(env)) is None:  # what is refused makes no directory
        return False
    with _locked(env):
        before = current_text(env)
        text = edit(before)
        if text is not None:
            _write(env, text, before)
    return text is not None


def write(env: Mapping[str, str], text: str, before: str | None) -> None:
    """Put `text` in place of what was `before`, and have it compiled for the next line. UsagelineError where somebody changed it since."""
    with _locked(env):
        _write(env, text, before)


@contextlib.contextmanager
def _locked(env: Mapping[str, str]) -> Iterator[None]:
    """Hold the lock on the directory of the file that config.toml is or leads to: two that change it would undo each other's work."""
    path = os.path.realpath(paths.config_file(env))
    try:
        make_directory(os.path.dirname(path))
    except OSError as error:
        raise UsagelineError(f"{short(path, env)} cannot be written: {error.strerror}") from None
    with flock.hold(os.path.dirname(path), WAIT_S) as free:
        if not free:
            raise UsagelineError(
                f"another command is changing {short(path, env)}; nothing was written: try again"
            )
        yield


def _write(env: Mapping[str, str], text: str, before: str | None) -> None:
    path = os.path.realpath(paths.config_file(env))
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode) if before is not None else 0o600
        if not write_atomic(path, text.encode(), mode, lambda: current_text(env) == before):
            raise UsagelineError(
                f"{short(path, env)} was changed by somebody else meanwhile; nothing was written"
            )
    except OSError as error:
        raise UsagelineError(f"{short(path, env)} cannot be written: {error.strerror}") from None
    # A cache that cannot be written is the line's to tell; what was asked for is done.
    with contextlib.suppress(UsagelineError, OSError):
        compile_config(env)


def invalid(env: Mapping[str, str], problems: Iterable[Problem]) -> ConfigInvalid:
    """The problems as an error, each on a line of its own."""
    return ConfigInvalid("\n".join(named(env, problem) for problem in problems))


def named(env: Mapping[str, str], problem: Problem) -> str:
    """A problem with the file as people write it."""
    return problem.message(short(paths.config_file(env), env))
