"""Show desktop notifications: choose the program, its arguments and the bus."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass

from usageline.system.trust import is_trusted, untrusted_reason

APP = "usageline"

PROGRAMS = (
    *("/usr/bin/osascript", "/usr/bin/notify-send", "/usr/local/bin/notify-send"),
    *(
        "/opt/homebrew/bin/notify-send",
        "/home/linuxbrew/.linuxbrew/bin/notify-send",
        "/run/current-system/sw/bin/notify-send",
    ),
)
"""Fixed paths, because a project's settings can change PATH."""

SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
"""This AppleScript takes its text from its arguments: text inserted into it could be code."""

MARKUP = str.maketrans("<>&", "‹›＆")
"""Desktops may render markup in a body. A label from the service must not add images or links."""


@dataclass(frozen=True, slots=True)
class Desktop:
    """A desktop.

    programs     candidates that show notifications; the first trusted one is used
    runtime_dir  the directory in which systemd creates the user's bus
    """

    programs: tuple[str, ...] = PROGRAMS
    runtime_dir: str = f"/run/user/{os.geteuid() if hasattr(os, 'geteuid') else 0}"

    def command(self, text: str) -> list[str]:
        """Return the command that shows `text`, [] if there is no trusted program or no bus."""
        program = next(filter(is_trusted, self.programs), None)
        if program is None:
            return []
        if os.path.basename(program) == "osascript":
            return [program, *(word for line in SCRIPT for word in ("-e", line)), APP, text]
        return (
            [program, f"--app-name={APP}", "--", APP, text.translate(MARKUP)] if self.bus() else []
        )

    def missing_reason(self) -> str:
        """Return why `command` returned []."""
        program = next(filter(os.path.lexists, self.programs), "")
        reason = untrusted_reason(program) if program else ""
        return f"{program} is not run: {reason}" if reason else "nothing to show it with"

    def bus(self) -> dict[str, str]:
        """Return the variables of the session's bus, {} if no bus belongs to this user alone.

        Ignore those of the environment. A project's settings can set them, and a bus address can
        name a program to run (`unixexec:`).
        """
        if sys.platform == "win32":
            return {}
        path = os.path.join(self.runtime_dir, "bus")
        try:
            folder, bus = os.lstat(self.runtime_dir), os.lstat(path)
        except OSError:
            return {}
        is_own = (
            all(status.st_uid == os.geteuid() for status in (folder, bus))
            and not folder.st_mode & 0o022
        )
        if not is_own or not stat.S_ISDIR(folder.st_mode) or not stat.S_ISSOCK(bus.st_mode):
            return {}
        return {
            "XDG_RUNTIME_DIR": self.runtime_dir,
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}",
        }
