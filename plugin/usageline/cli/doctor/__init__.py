"""`usageline doctor`: each step from the settings to the number. To add a step, write a function and list it in CHECKS."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from usageline.cli.doctor import (
    cache,
    client,
    disk,
    installation,
    line,
    recorded,
    service,
    settings,
    sign_in,
)
from usageline.cli.doctor.context import LONGEST_S, Context
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
    recorded.places,
    recorded.proxies,
    line.interpreter,
    line.bytecode,
    line.prints_a_line,
    client.version,
    client.asked,
    client.git,
    client.trust,
    sign_in.environment,
    sign_in.plan,
    sign_in.credentials,
    service.configuration,
    service.address,
    cache.directory,
    cache.lock,
    disk.space,
    disk.hindered,
    cache.snapshot,
    cache.renewed,
    service.last_answer,
)
"""Every check, in the order in which they are made and told."""

LAST_RESORT_S = 2 * LONGEST_S
STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def examine(env: dict[str, str]) -> int:
    """Make every check and print what each says. 1 where there is a problem, else 0. LookupError where there is no home directory."""
    paths.home(env)
    resort = threading.Timer(LAST_RESORT_S, _give_up)
    resort.daemon = True
    with contextlib.suppress(RuntimeError):  # no thread can be started (ulimit -u)
        resort.start()
    context, target, levels = Context(env, _folder()), console(), []
    for check in CHECKS:
        result = made(check, context)
        if result is not None:
            tell(result, target)
            levels.append(result.level)
    resort.cancel()
    counts = [
        _count(levels.count(level), level) for level in ("problem", "warning") if level in levels
    ]
    target.print()
    target.print(text(", ".join(counts) or "everything is fine"))
    return 1 if "problem" in levels else 0


def made(check: Check, context: Context) -> Result | None:
    """What the check says. One that fails has found something that nobody thought of, and the others go on."""
    try:
        return check(context)
    except Exception as error:  # noqa: BLE001 - the edge between the checks
        return problem(
            f"the check {check.__name__} failed: {type(error).__name__}", "please report it"
        )


def tell(result: Result, target: Console) -> None:
    """Print one result, its advice below it."""
    table = Table.grid(padding=(0, 1))
    table.add_row(Text(MARKS[result.level], STYLES[result.level]), text(result.text))
    if result.advice:
        table.add_row(Text(), Text.assemble(("→ ", "dim"), text(result.advice)))
    target.print(table)


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return "/"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _give_up() -> None:
    # A file on a network disk that is gone cannot be given up in any other way.
    sys.stdout.flush()
    os.write(2, b"usageline: the next check does not end\n")
    os._exit(1)
