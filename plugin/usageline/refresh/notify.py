"""Telling of alerts where the user wants it: a desktop notification, a command of the user's. It may fail; it may not hold anybody up."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.core.alert_text import alert_id, alert_text
from usageline.core.errors import error_text
from usageline.system import child_env, origin
from usageline.system.desktop import Desktop
from usageline.system.process_tree import kill_tree, wait_for_group
from usageline.system.watchdog import Watchdog

KEEP_SENT_S = 8 * 86400
"""Longer than a week's window: another account's alerts, which are not in the snapshot now, may come back until then."""

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from usageline.config import Alerts
    from usageline.usage.alerts import Alert

DESKTOP = Desktop()
LONGEST_S = 5.0
MOST_TOLD = 8
"""At once: so many lines has the notification, so often does the command run."""

PATH = "{home}/.local/bin:/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
"""Where the user's command finds programs. The PATH of the session that started the refresh may be a project's."""


def tell(
    alerts: tuple[Alert, ...],
    settings: Alerts,
    env: Mapping[str, str],
    deadline: float,
    desktop: Desktop = DESKTOP,
) -> list[str]:
    """Tell of `alerts` as `settings` say, by `deadline` (`time.monotonic()`) and in LONGEST_S; why what failed did, [] where nothing did.

    What runs longer is killed with all its children.
    """
    deadline = min(deadline, time.monotonic() + LONGEST_S)
    own = origin.own(env)
    cwd = own.fixed["HOME"] if own else "/"
    running: list[tuple[str, subprocess.Popen[bytes]]] = []
    failures: list[str] = []
    null = subprocess.DEVNULL
    with contextlib.ExitStack() as watchdogs:
        try:
            for name, words, given in _commands(
                alerts[:MOST_TOLD], settings, {"PATH": _search_path(own), **desktop.bus()}, desktop
            ):
                if name == "command" and (own is None or not own.claude_dir):
                    # The numbers are those of a directory that a project may have chosen: they start no program of the user's.
                    failures.append(f"{name}: Claude Code's directory is not that of an install")
                    break
                if not words:
                    failures.append(f"{name}: {desktop.missing_reason()}")
                    continue
                try:
                    watchdog = watchdogs.enter_context(Watchdog())
                    whole = child_env.build(
                        "alert" if name == "command" else "notifier", env, own, given
                    )
                    running.append(
                        (
                            name,
                            watchdog.start(words, whole, cwd, stdin=null, stdout=null, stderr=null),
                        )
                    )
                except (OSError, ValueError) as error:  # ValueError: a null byte in an argument
                    failures.append(f"{name}: {error_text(error)}")
            for name, process in running:
                status = wait_for_group(process, deadline)
                if status is None:
                    failures.append(f"{name}: it was still running and was ended")
                elif status:
                    failures.append(f"{name}: exit status {status}")
        finally:
            for _, process in running:
                if process.returncode is None:
                    kill_tree(process)
    return failures


def _commands(
    alerts: tuple[Alert, ...], settings: Alerts, given: dict[str, str], desktop: Desktop
) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Yield what to run, by name, with the variables that usageline sets: the notification of all alerts, and the command for each."""
    now = time.time()
    texts = [alert_text(asdict(alert), now) for alert in alerts]
    if settings.desktop and texts:
        yield "desktop", desktop.command("\n".join(texts)), given
    if settings.command:
        for alert, text in zip(alerts, texts, strict=True):
            yield (
                "command",
                ["/bin/sh", "-c", settings.command],
                {**given, **_variables(alert, text)},
            )


def _variables(alert: Alert, text: str) -> dict[str, str]:
    values = {
        "KIND": alert.kind,
        "LABEL": alert.label,
        "THRESHOLD": str(alert.threshold),
        "PERCENT": str(int(alert.percent)),
        "RESETS_AT": "" if alert.resets_at is None else str(alert.resets_at),
        "TEXT": text,
    }
    return {"USAGELINE_ALERT_" + name: value for name, value in values.items()}


def _search_path(own: origin.Own | None) -> str:
    return PATH.format(home=own.fixed["HOME"]) if own else PATH.partition(":")[2]


def prune_sent(env: Mapping[str, str], alerts: tuple[Alert, ...], now: float) -> None:
    """Remove marks older than KEPT_S but for those of `alerts`, which may be in windows that are longer. What cannot be removed stays."""
    wanted = {alert_id(asdict(alert)) for alert in alerts}
    with contextlib.suppress(OSError), os.scandir(paths.told_dir(env)) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # somebody's directory: the others go all the same
                if (
                    entry.name not in wanted
                    and entry.stat(follow_symlinks=False).st_mtime < now - KEEP_SENT_S
                ):
                    os.unlink(entry.path)
