"""config.toml written: only text that is allowed, in one step, through a link to where it points."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from usageline import paths
from usageline.atomic import replace_file
from usageline.cli.wording import short
from usageline.config import file
from usageline.config.compile import compile_config
from usageline.errors import ConfigInvalid, UsagelineError
from usageline.setup.files import make_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from usageline.config.problem import Problem


def current_text(env: Mapping[str, str]) -> str | None:
    """The text of config.toml, None where there is none. ConfigInvalid where it cannot be read."""
    try:
        return file.read_text(paths.config_file(env))
    except file.Unusable as unusable:
        raise invalid(env, [unusable.problem]) from None


def write(env: Mapping[str, str], text: str, before: str | None) -> None:
    """Put `text` in place of what was `before`, and have it compiled for the next line. UsagelineError where somebody changed it since."""
    path = os.path.realpath(paths.config_file(env))
    try:
        make_directory(os.path.dirname(path))
        mode = stat.S_IMODE(os.stat(path).st_mode) if before is not None else 0o600
        if not replace_file(path, text.encode(), mode, lambda: current_text(env) == before):
            raise UsagelineError(f"{short(path, env)} was changed by somebody else meanwhile; nothing was written")
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
    return problem.named(short(paths.config_file(env), env))
