"""Change config.toml: only valid text, atomically, and to the target of a link."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

import click

from usageline.cli.formatting import short
from usageline.config import edit, file, loader
from usageline.config.compile import compile_config, resolve_values
from usageline.config.validate import validate
from usageline.core.errors import ConfigInvalid, UsagelineError
from usageline.system import lock
from usageline.system.directories import make_directory
from usageline.system.files import write_atomic
from usageline.system.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from usageline.config.problem import Problem

LOCK_TIMEOUT_S = 20.0
"""For another command that changes config.toml."""


def current_text(paths: Paths) -> str | None:
    """Return the text of config.toml, None if it does not exist.

    Raise `ConfigInvalid` if it cannot be read.
    """
    try:
        return file.read_text(paths.config_file)
    except file.UnusableFile as unusable:
        raise ConfigInvalid(named(paths, unusable.problem)) from None


def apply(changed: Callable[[str], str | None], what: str) -> bool:
    """Write the text that `changed` returns, and print `what` was written and the new line.

    Return False if it returns None. Raise UsagelineError if the change is not allowed.
    """
    env = dict(os.environ)
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
        raise refusal(paths, refused, "nothing was changed") from None
    name = short(paths.config_file, paths)
    click.echo(f"{name}: {what}" if texts[0] != texts[1] else f"{name}: {what}, as before")
    before, after = (validate(text).values for text in texts)
    if resolve_values(before, env) != resolve_values(after, env):
        from usageline.cli.config import preview  # noqa: PLC0415 - slow to import

        preview.print_own_rows(after)
    return True


def change(env: Mapping[str, str], edit: Callable[[str | None], str | None]) -> bool:
    """Replace the text by what `edit` returns for it, under a lock.

    Return False if `edit` returns None. A missing file whose text stays empty is not created.
    Raise `UsagelineError` if the file cannot be written or is locked. `edit` may be called twice.
    """
    paths = Paths(env)
    before = current_text(paths)
    text = edit(before)  # before the lock, which creates the directory
    if text is None or (before is None and not text):
        return text is not None
    with _locked(paths):
        before = current_text(paths)
        text = edit(before)
        if text is not None:
            _write(env, text, before)
    return text is not None


def write(env: Mapping[str, str], text: str, before: str | None) -> None:
    """Replace the text `before` by `text`, and compile it for the next status line.

    Raise `UsagelineError` if the file changed in the meantime.
    """
    with _locked(Paths(env)):
        _write(env, text, before)


@contextlib.contextmanager
def _locked(paths: Paths) -> Iterator[None]:
    """Lock the directory of config.toml or of its target.

    Without the lock, two commands could overwrite each other's changes.
    """
    path = os.path.realpath(paths.config_file)
    try:
        make_directory(os.path.dirname(path))
    except OSError as error:
        raise UsagelineError(f"{short(path, paths)} cannot be written: {error.strerror}") from None
    with lock.hold_existing(os.path.dirname(path), LOCK_TIMEOUT_S) as is_free:
        if not is_free:
            raise UsagelineError(
                f"another command is changing {short(path, paths)}: nothing was written; try again"
            )
        yield


def _write(env: Mapping[str, str], text: str, before: str | None) -> None:
    paths = Paths(env)
    path = os.path.realpath(paths.config_file)
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode) if before is not None else 0o600
        if not write_atomic(path, text.encode(), mode, lambda: current_text(paths) == before):
            raise UsagelineError(
                f"{short(path, paths)} was changed in the meantime: nothing was written"
            )
    except OSError as error:
        raise UsagelineError(f"{short(path, paths)} cannot be written: {error.strerror}") from None
    # The change is done. The status line reports a cache that cannot be written.
    with contextlib.suppress(UsagelineError, OSError):
        compile_config(env)


def report_problems(env: Mapping[str, str]) -> bool:
    """Print the problems of config.toml, and return whether there is one."""
    problems = loader.problems(env)
    for problem in problems:
        click.echo(named(Paths(env), problem), err=True)
    return bool(problems)


def refusal(paths: Paths, refused: edit.EditRejected, where: str) -> UsagelineError:
    """Return why a change is refused, and what to do about a file that is not TOML.

    Other problems have no line numbers, which are those of an unsaved text.
    """
    if isinstance(refused, edit.NotToml):
        return UsagelineError(
            "; ".join(named(paths, problem) for problem in refused.problems)
            + ": nothing was changed; correct it with `usageline config edit`"
        )
    return UsagelineError(
        "; ".join(problem._replace(line=None).message(where) for problem in refused.problems)
    )


def named(paths: Paths, problem: Problem) -> str:
    """Return the problem with the path of config.toml."""
    return problem.message(short(paths.config_file, paths))
