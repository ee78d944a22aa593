"""How this machine's desktop is made to show a notification: which program, with which arguments, over which bus."""

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
"""Where the notifiers are. PATH is not asked: a project's settings can change it."""

SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
"""AppleScript that takes its text from its arguments: text spliced into a script could be script."""

MARKUP = str.maketrans("<>&", "‹›＆")
"""A notification's body may be taken for markup, with pictures and links; a label from the service has no say in that."""


@dataclass(frozen=True, slots=True)
class Desktop:
    """`programs` that show notifications, the first that can be trusted is taken, and `runtime_dir`, where systemd puts the user's bus."""

    programs: tuple[str, ...] = PROGRAMS
    runtime_dir: str = f"/run/user/{os.geteuid() if hasattr(os, 'geteuid') else 0}"

    def command(self, text: str) -> list[str]:
        """What shows `text` (lines) as a notification of ours; [] where this machine has nothing for it that can be trusted, or no bus."""
        program = next(filter(is_trusted, self.programs), None)
        if program is None:
            return []
        if os.path.basename(program) == "osascript":
            return [program, *(word for line in SCRIPT for word in ("-e", line)), APP, text]
        return (
            [program, f"--app-name={APP}", "--", APP, text.translate(MARKUP)] if self.bus() else []
        )

    def missing_reason(self) -> str:
        """Return why `command` has nothing."""
        program = next(filter(os.path.lexists, self.programs), "")
        why = untrusted_reason(program) if program else ""
        return f"{program} is not run: {why}" if why else "nothing to show it with"

    def bus(self) -> dict[str, str]:
        """The variables that lead to the session's bus; {} where there is none that is this user's alone.

        Not those of the environment: a project's settings can set them, and an address can name a program to run (`unixexec:`).
        """
        if sys.platform == "win32":
            return {}
        path = os.path.join(self.runtime_dir, "bus")
        try:
            folder, bus = os.lstat(self.runtime_dir), os.lstat(path)
        except OSError:
            return {}
        ours = (
            all(found.st_uid == os.geteuid() for found in (folder, bus))
            and not folder.st_mode & 0o022
        )
        if not ours or not stat.S_ISDIR(folder.st_mode) or not stat.S_ISSOCK(bus.st_mode):
            return {}
        return {
            "XDG_RUNTIME_DIR": self.runtime_dir,
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}",
        }
