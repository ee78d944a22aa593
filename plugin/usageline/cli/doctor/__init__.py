"""`usageline doctor`: check each step from the settings to the numbers.

To add a check, write a function and list it in `CHECKS`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from usageline.cli.doctor import cache, client, installation, line, service, settings, sign_in
from usageline.cli.doctor.context import TIMEOUT_S, Context
from usageline.cli.doctor.result import MARKS, Result, problem
from usageline.cli.table import console, text
from usageline.core import paths

if TYPE_CHECKING:
    from rich.console import Console

    from usageline.cli.doctor.result import Check

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
    service.address,
    cache.directory,
    cache.lock,
    cache.space,
    cache.refresh_failures,
    cache.snapshot,
    cache.refresh_due,
    service.last_answer,
)
"""In the order in which they run and are printed."""

HARD_TIMEOUT_S = 2 * TIMEOUT_S
STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def run_checks(env: dict[str, str]) -> int:
    """Run every check and print its result. Return the exit status: 1 if there is a problem.

    Raise `LookupError` if there is no home directory.
    """
    paths.home(env)
    watchdog = threading.Timer(HARD_TIMEOUT_S, _abort)
    watchdog.daemon = True
    with contextlib.suppress(RuntimeError):  # no thread can be started (ulimit -u)
        watchdog.start()
    context, target, levels = Context(env, _current_directory()), console(), []
    for check in CHECKS:
        result = run_check(check, context)
        if result is not None:
            print_result(result, target)
            levels.append(result.level)
    watchdog.cancel()
    counts = [
        _count(levels.count(level), level) for level in ("problem", "warning") if level in levels
    ]
    target.print()
    target.print(text(", ".join(counts) or "no problems"))
    return 1 if "problem" in levels else 0


def run_check(check: Check, context: Context) -> Result | None:
    """Return the result of the check, or a problem if it raises: the others run all the same."""
    try:
        return check(context)
    except Exception as error:  # noqa: BLE001 - the boundary between the checks
        return problem(
            f"the check {check.__name__} failed: {type(error).__name__}", "please report it"
        )


def print_result(result: Result, target: Console) -> None:
    """Print one result, with its advice below it."""
    table = Table.grid(padding=(0, 1))
    table.add_row(Text(MARKS[result.level], STYLES[result.level]), text(result.text))
    if result.advice:
        table.add_row(Text(), Text.assemble(("→ ", "dim"), text(result.advice)))
    target.print(table)


def _current_directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return "/"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _abort() -> None:
    # A file on an unreachable network disk blocks a thread for good: only an exit ends it.
    sys.stdout.flush()
    os.write(2, b"usageline: the next check timed out\n")
    os._exit(1)
