"""`usageline doctor`: check each step from the settings to the numbers.

To add a check, write a function and list it in `CHECKS`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from itertools import groupby
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from usageline.cli.doctor import (
    cache,
    client,
    installation,
    line,
    metrics,
    service,
    settings,
    shared,
    sign_in,
    transcripts,
)
from usageline.cli.doctor.context import MARKS, TIMEOUT_S, Context, Result, problem
from usageline.cli.doctor.log import show_log
from usageline.cli.doctor.unknown_keys import show_unknown_keys
from usageline.cli.formatting import counted
from usageline.cli.table import console, text
from usageline.system.paths import Paths
from usageline.system.this_process import current_directory

if TYPE_CHECKING:
    from rich.console import Console

    from usageline.cli.doctor.context import Check

CHECKS: tuple[Check, ...] = (
    settings.settings_parse,
    settings.status_line,
    settings.hook,
    settings.hooks_enabled,
    settings.project_settings,
    settings.managed_settings,
    installation.release,
    installation.packages,
    installation.single,
    installation.command,
    installation.plugin,
    installation.places,
    installation.proxies,
    line.interpreter,
    line.bytecode,
    line.prints_a_line,
    client.version,
    client.allowed,
    client.git,
    client.trust,
    sign_in.environment,
    sign_in.plan,
    sign_in.credentials,
    service.configuration,
    service.themes,
    service.address,
    service.last_answer,
    shared.files,
    shared.account,
    shared.encryption,
    shared.last_call,
    cache.directory,
    cache.lock,
    cache.space,
    cache.refresh_failures,
    cache.snapshot,
    cache.refresh_due,
    transcripts.directories,
    transcripts.index,
    metrics.exports,
)
"""In the order in which they run and are printed. The checks of a module are one group."""

GROUPS = {
    "settings": ("Settings", settings.status_line),
    "installation": ("Program", installation.release),
    "line": ("Status line", line.prints_a_line),
    "client": ("Claude Code", client.version),
    "sign_in": ("Sign-in", sign_in.plan),
    "service": ("Requests", service.last_answer),
    "shared": ("Sharing", shared.last_call),
    "cache": ("Numbers", cache.snapshot),
    "transcripts": ("Tokens, cost", transcripts.index),
    "metrics": ("Metrics", metrics.exports),
}
"""The title of each module's checks, and the check whose result stands for all if all is well."""

HARD_TIMEOUT_S = 2 * TIMEOUT_S
STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}
TITLE_COLUMNS = 12


@click.command("doctor")
@click.option(
    "-v", "--all", "show_all", is_flag=True, help="Show each check, also those that pass."
)
@click.option(
    "--schema",
    is_flag=True,
    help="Show the keys of the newest usage body that usageline does not read, without values.",
)
@click.option("--body", metavar="FILE", help="With --schema: use the body in FILE.")
@click.option("--log", is_flag=True, help="Show the last refreshes, why each ran and how it ended.")
@click.option(
    "--lines",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="With --log: number of entries (default 50).",
)
def command(
    *, show_all: bool, schema: bool, body: str | None, log: bool, lines: int | None
) -> None:
    """Check each step from the settings to the numbers, with advice. Sends no request."""
    if body is not None and not schema:
        raise click.UsageError("--body requires --schema")
    if lines is not None and not log:
        raise click.UsageError("--lines requires --log")
    if show_all + schema + log > 1:
        raise click.UsageError("--all, --schema and --log cannot be combined")
    env = dict(os.environ)
    if schema:
        show_unknown_keys(env, body)
    elif log:
        show_log(Paths(env), lines or 50)
    else:
        sys.exit(run_checks(env, show_all=show_all))


def run_checks(env: dict[str, str], *, show_all: bool = False) -> int:
    """Run every check and print its result. Return the exit status: 1 if there is a problem.

    Unless `show_all`, a group without a problem or warning is one line. Raise `LookupError` if
    there is no home directory.
    """
    _ = Paths(env).home  # raises LookupError
    watchdog = threading.Timer(HARD_TIMEOUT_S, _abort)
    watchdog.daemon = True
    with contextlib.suppress(RuntimeError):  # no thread can be started (ulimit -u)
        watchdog.start()
    context, target, levels = Context(env, current_directory()), console(), []
    for module, checks in groupby(CHECKS, key=_module):
        results = [(check, run_check(check, context)) for check in checks]
        made = {check: result for check, result in results if result is not None}
        if made and show_all:
            _print_group(_title(module), list(made.values()), target)
        elif made:
            _print_brief(module, made, target)
        levels += [result.level for result in made.values()]
    watchdog.cancel()
    counts = [
        counted(levels.count(level), level) for level in ("problem", "warning") if level in levels
    ]
    hint = "" if show_all else f" in {counted(len(levels), 'check')}; --all shows each"
    target.print()
    target.print(text((", ".join(counts) or "no problems") + hint))
    return 1 if "problem" in levels else 0


def run_check(check: Check, context: Context) -> Result | None:
    """Return the result of the check, or a problem if it raises: the others run all the same."""
    try:
        return check(context)
    except Exception as error:  # noqa: BLE001 - the boundary between the checks
        return problem(
            f"the check {check.__name__} failed: {type(error).__name__}", "please report it"
        )


def _print_group(title: str, results: list[Result], target: Console) -> None:
    """Print a heading and each result of a group, with its advice below it."""
    target.print()
    target.print(Text(title, "bold"))
    for result in results:
        table = Table.grid(padding=(0, 1))
        table.add_row(_mark(result), text(result.text))
        if result.advice:
            table.add_row(Text(), _advice(result))
        target.print(table)


def _print_brief(module: str, made: dict[Check, Result], target: Console) -> None:
    """Print the problems and warnings of a group, or one line if there are none."""
    shown = [result for result in made.values() if result.level != "ok"]
    _, headline = GROUPS.get(module, ("", None))
    if not shown:
        shown = [made.get(headline) or next(iter(made.values()))] if headline else [*made.values()]
    table = Table.grid(padding=(0, 1))
    for _ in range(2):
        table.add_column()
    table.columns[1].min_width = TITLE_COLUMNS
    for number, result in enumerate(shown):
        title = Text("" if number else _title(module), "bold")
        table.add_row(_mark(result), title, text(result.text))
        if result.advice:
            table.add_row(Text(), Text(), _advice(result))
    target.print(table)


def _module(check: Check) -> str:
    return str(check.__module__).rpartition(".")[2]


def _title(module: str) -> str:
    title, _ = GROUPS.get(module, (module.replace("_", " ").capitalize(), None))
    return title


def _mark(result: Result) -> Text:
    return Text(MARKS[result.level], STYLES[result.level])


def _advice(result: Result) -> Text:
    return Text.assemble(("→ ", "dim"), text(result.advice))


def _abort() -> None:
    # A file on an unreachable network disk blocks a thread for good: only an exit ends it.
    sys.stdout.flush()
    os.write(2, b"usageline: the next check timed out\n")
    os._exit(1)
