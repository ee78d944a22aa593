"""Draw the line with sample data and an unsaved configuration."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Any

import click

from usageline.cli.config import sample
from usageline.config import edit, profiles, user_themes
from usageline.config.compile import resolve_values
from usageline.config.validate import Values, validate
from usageline.line import render, settings, theme, view
from usageline.system.paths import Paths
from usageline.system.terminal import output_env

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from usageline.line.layout import Part

INDENT = "  "
"""Claude Code indents each row like this."""

SAMPLE_ROWS = [["model", "context", "session", "scoped"]]


def rows(
    values: Values,
    env: Mapping[str, str],
    columns: int,
    own: dict[str, Any] | None = None,
    *,
    runs_chain: bool = False,
) -> list[str]:
    """Return the rows for a terminal of `columns`, in the colors that `env` allows.

    `own` is a snapshot with the user's numbers; without it they are the sample's. `runs_chain`
    starts the chained command, for its rows.
    """
    env = {**env, "COLUMNS": str(columns)}
    now = time.time()
    published = _snapshot(env)
    snapshot = own or {
        **sample.snapshot(now, light=published.get("appearance") == "light"),
        "palette": published.get("palette"),
    }
    stamp = snapshot.get("credentials")
    context = view.build(sample.payload(now), snapshot, stamp, {"HOME": sample.HOME}, now)
    context = context.replaced(git=sample.GIT, local=sample.LOCAL)
    configured = settings.checked(resolve_values(values))
    chained: list[list[Part]] = []
    if runs_chain and "chain" in configured:
        chained, problem = _chained_rows(configured, env)
        configured = {**configured, "problem": problem}
    return [INDENT + row for row in render.render(context, configured, env, chained)]


def print_own_rows(values: Values) -> None:
    """Print the current profile's line, with the user's numbers or else the sample's.

    The chained command runs, if there is one.
    """
    env = output_env()
    values = profiles.apply(values, Paths(env))
    shown = rows(values, env, terminal_columns(), own_numbers(env), runs_chain=True)
    click.echo("\n".join(shown), color=True)


def own_numbers(env: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the snapshot if it has limits, else None."""
    snapshot = _snapshot(env)
    return snapshot if snapshot.get("limits") else None


def with_theme(values: Values, name: str) -> Values:
    """Return the values with another theme."""
    return values._replace(top={**values.top, "theme": name})


def changed(text: str, changes: Iterable[str]) -> Values:
    """Return the values in `text` with changes `KEY=VALUE`.

    Raise `edit.EditRejected` if one is invalid.
    """
    for change in changes:
        key, _, value = change.partition("=")
        text = edit.set_key(text, key.strip(), value)
    return validate(text).values


def all_themes(
    values: Values, env: Mapping[str, str], columns: int
) -> Iterable[tuple[str, str, list[str]]]:
    """Yield name, description and rows of each theme."""
    for name in user_themes.all_names():
        try:
            about = user_themes.find(name).about
        except user_themes.ThemeInvalid as invalid:
            yield name, "\n".join(invalid.mistakes), []
            continue
        yield name, about, rows(with_theme(values, name), env, columns)


def with_sample_rows(values: Values) -> Values:
    """Return the values with one short row, which does not depend on the configuration."""
    return values._replace(top={**values.top, "rows": SAMPLE_ROWS, "fold": False}, segments={})


def terminal_columns() -> int:
    """Return COLUMNS or the width of the terminal, 80 if neither is known."""
    return shutil.get_terminal_size().columns


def _snapshot(env: Mapping[str, str]) -> dict[str, Any]:
    """Return the snapshot with the colors of Claude Code's current theme, {} without one."""
    return theme.published(env) or {}


def _chained_rows(
    configured: Mapping[str, Any], env: Mapping[str, str]
) -> tuple[list[list[Part]], str]:
    """Return the rows of the compiled configuration's command, and its problem or "".

    It gets a sample session, in the environment in which the line runs it.
    """
    from usageline.jobs import chained_command  # noqa: PLC0415 - only with such a command
    from usageline.line import chain, jobs  # noqa: PLC0415 - as above

    trusted = chain.trusted_config(env)
    if trusted is None:
        return [], chain.UNTRUSTED
    if chain.MARK in env:  # another line's command: it must not start itself again
        return [], ""
    table = configured["chain"]
    command = chain.Command("", env, table, "", trusted[2])
    shown, failure = chained_command.run_once(
        table["command"],
        command.environment(jobs.chain_columns(configured, env)),
        json.dumps(sample.payload(time.time())).encode(),
        command.timeout_s,
    )
    return chain.checked_rows(shown), failure
