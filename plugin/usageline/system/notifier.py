"""Notify the user: a desktop notification, a command of the user's, or both.

A notifier may fail; it may not delay anything.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from usageline.core.errors import error_text
from usageline.system import child_env, origin
from usageline.system.process_tree import Watchdog, kill_tree, wait_for_group
from usageline.system.trust import is_trusted, untrusted_reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIMEOUT_S = 5.0
MAX_MESSAGES = 8
"""Sent at once: the lines of the notification, and the runs of the command."""

UNKNOWN_DIRECTORY = "Claude Code's directory is not that of an install"

APP = "usageline"

DESKTOP_PROGRAMS = (
    *("/usr/bin/osascript", "/usr/bin/notify-send", "/usr/local/bin/notify-send"),
    *(
        "/opt/homebrew/bin/notify-send",
        "/home/linuxbrew/.linuxbrew/bin/notify-send",
        "/run/current-system/sw/bin/notify-send",
    ),
)
"""Fixed paths, because a project's settings can change PATH."""

NOTIFICATION_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
"""This AppleScript takes its text from its arguments: text inserted into it could be code."""

MARKUP = str.maketrans("<>&", "‹›＆")
"""Desktops may render markup in a body. A label from the service must not add images or links."""


class Message(NamedTuple):
    """What to notify of: a text, and the variables that the command gets (`USAGELINE_ALERT_…`)."""

    text: str
    variables: Mapping[str, str]


class Means(NamedTuple):
    """How to notify: on the desktop, and by a shell command unless that is empty."""

    desktop: bool
    command: str


@dataclass(frozen=True, slots=True)
class Desktop:
    """A desktop.

    programs     candidates that show notifications; the first trusted one is used
    runtime_dir  the directory in which systemd creates the user's bus
    """

    programs: tuple[str, ...] = DESKTOP_PROGRAMS
    runtime_dir: str = child_env.RUNTIME_DIR

    def command(self, text: str) -> list[str]:
        """Return the command that shows `text`, [] if there is no trusted program or no bus."""
        program = next(filter(is_trusted, self.programs), None)
        if program is None:
            return []
        if os.path.basename(program) == "osascript":
            return [
                program,
                *(word for line in NOTIFICATION_SCRIPT for word in ("-e", line)),
                APP,
                text,
            ]
        return (
            [program, f"--app-name={APP}", "--", APP, text.translate(MARKUP)] if self.bus() else []
        )

    def missing_reason(self) -> str:
        """Return why `command` returned []."""
        program = next(filter(os.path.lexists, self.programs), "")
        reason = untrusted_reason(program) if program else ""
        return f"{program} is not run: {reason}" if reason else "nothing to show it with"

    def bus(self) -> dict[str, str]:
        """Return the variables of the session's bus, {} if no bus belongs to this user alone."""
        return child_env.session_bus(self.runtime_dir)


DESKTOP = Desktop()


def send(
    messages: Sequence[Message],
    means: Means,
    env: Mapping[str, str],
    deadline: float,
    desktop: Desktop = DESKTOP,
) -> list[str]:
    """Send `messages` by `deadline` (`time.monotonic()`) and within TIMEOUT_S.

    Return why each notifier failed, [] if none did. Kill what runs longer, with all its children.
    """
    deadline = min(deadline, time.monotonic() + TIMEOUT_S)
    own = origin.own(env)
    cwd = own.fixed["HOME"] if own else "/"
    null = subprocess.DEVNULL
    planned, failures = plan(messages[:MAX_MESSAGES], means, own, desktop)
    running: list[tuple[str, subprocess.Popen[bytes]]] = []
    with contextlib.ExitStack() as watchdogs:
        try:
            # All at once, so that one that hangs does not delay the others.
            for name, words, given in planned:
                kind = "alert" if name == "command" else "notifier"
                try:
                    watchdog = watchdogs.enter_context(Watchdog())
                    child = child_env.build(kind, env, own, given)
                    process = watchdog.start(
                        words, child, cwd, stdin=null, stdout=null, stderr=null
                    )
                    running.append((name, process))
                except (OSError, ValueError) as error:  # ValueError: a null byte in an argument
                    failures.append(f"{name}: {error_text(error)}")
            for name, process in running:
                failure = _wait(process, deadline)
                if failure:
                    failures.append(f"{name}: {failure}")
        finally:
            for _, process in running:
                if process.returncode is None:
                    kill_tree(process)
    return failures


def plan(
    messages: Sequence[Message], means: Means, own: origin.Own | None, desktop: Desktop
) -> tuple[list[tuple[str, list[str], dict[str, str]]], list[str]]:
    """Return what to run, and why the rest is not run.

    What to run is a name, the words, and the variables that usageline sets. One notification has
    all messages; the command runs once for each.
    """
    planned, failures = [], []
    variables = {"PATH": _search_path(own), **desktop.bus()}
    if means.desktop and messages:
        words = desktop.command("\n".join(each.text for each in messages))
        if words:
            planned.append(("desktop", words, variables))
        else:
            failures.append(f"desktop: {desktop.missing_reason()}")
    if means.command and messages:
        if own and own.claude_dir:
            words = ["/bin/sh", "-c", means.command]
            planned += [("command", words, {**variables, **each.variables}) for each in messages]
        else:
            # A project may have chosen the directory that the numbers come from.
            failures.append(f"command: {UNKNOWN_DIRECTORY}")
    return planned, failures


def _search_path(own: origin.Own | None) -> str:
    path = child_env.USER_PATH
    return path.format(home=own.fixed["HOME"]) if own else path.partition(":")[2]


def _wait(process: subprocess.Popen[bytes], deadline: float) -> str:
    """Wait for a program and its process group; return "" after success, else the reason."""
    status = wait_for_group(process, deadline)
    if status is None:
        return "it was still running and was ended"
    return f"exit status {status}" if status else ""
