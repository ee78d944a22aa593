"""Build usageline's entries of settings.json: the commands of the status line and the hook."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from usageline.core.background import ZONES as ZONE_DIRECTORIES

NOT_INSTALLED = "usageline is not installed on this system (if it was: install it again)"
"""A container or another machine may share the settings and have no usageline.

Removing the entries there would break the system that has it.
"""

SAFE_LOCALE = "unset LOCPATH GCONV_PATH; "
"""Shell: with these two a project could load its own library into the interpreter."""

DAMAGED = "usageline: this installation is damaged; install it again"

ZONES = ("/etc/localtime", *(f"{directory}*" for directory in ZONE_DIRECTORIES))
"""Shell patterns of the system's time zone files.

Another path may name a file of a project, such as a FIFO.
"""

SAFE_ZONE = (
    "case ${TZ-} in *..*|.*|:.*) unset TZ ;; "
    + "|".join(f"{colon}{zone}" for zone in ZONES for colon in ("", ":"))
    + ") ;; /*|:/*) unset TZ ;; esac; "
    "case ${TZDIR-} in *..*) unset TZDIR ;;"
    " ''|/etc/zoneinfo|/usr/share/zoneinfo|/var/db/timezone/zoneinfo|/nix/store/*) ;;"
    " *) unset TZDIR ;; esac; "
)
"""Shell: the C library opens the zone's file before the interpreter could check its name."""

SAFE_STDIN = "[ ! -d /dev/stdin ] || exec </dev/null; "
"""Shell: an interpreter does not start if its stdin is a directory."""

SCRIPT_GUARD = """import sys
s=sys.argv.pop()
try:exec(open(s,'rb').read(),{'__name__':'__main__','__file__':s})
except Exception:0
"""
"""Python: run the script that is the last argument.

A script that is empty, cut short or damaged does not end the process; what follows runs instead.
"""

HOOK_MATCHER = "startup|resume|clear"
HOOK_TIMEOUT_S = 5
REFRESH_INTERVAL_S = 5


@dataclass(frozen=True, slots=True)
class SettingsEntries:
    """The commands of the status line and the hook, with their two scripts.

    `earlier` are other commands that an install has put into these settings.
    """

    line: str
    hook: str
    scripts: tuple[str, str]
    earlier: frozenset[str] = frozenset()

    def is_own(self, command: object) -> bool:
        """Return whether an install wrote this command, with any interpreter.

        A command of the user's that calls usageline is the user's.
        """
        if not isinstance(command, str):
            return False
        # The first 0.1.0 tested `-r`, which is also true of a FIFO.
        tests = (
            f" ] && [ {test} {shell_quote(script)} ] && "
            for script in self.scripts
            for test in ("-f", "-r")
        )
        guards = [test + then for test in tests for then in ("exec ", "{ ")]
        return command in self.earlier or (
            command.startswith("[ -x ") and any(guard in command for guard in guards)
        )

    def status_line(self) -> dict[str, Any]:
        """Return the value of `statusLine`."""
        return {
            "type": "command",
            "command": self.line,
            "padding": 0,
            "refreshInterval": REFRESH_INTERVAL_S,
        }

    def hook_entry(self) -> dict[str, Any]:
        """Return usageline's element of `hooks.SessionStart`."""
        return {
            "matcher": HOOK_MATCHER,
            "hooks": [{"type": "command", "command": self.hook, "timeout": HOOK_TIMEOUT_S}],
        }

    def snippet(self) -> str:
        """Return what a user can paste into settings.json."""
        value = {"statusLine": self.status_line(), "hooks": {"SessionStart": [self.hook_entry()]}}
        return json.dumps(value, ensure_ascii=False, indent=2)


def make_entries(
    interpreter: str, data_dir: str, earlier: frozenset[str] = frozenset()
) -> SettingsEntries:
    """Return the commands that run the current release with `interpreter`.

    If the program is gone, the line prints a hint and the hook prints nothing.
    """
    python = shell_quote(interpreter)
    scripts = (
        data_dir + "/current/plugin/usageline/statusline.py",
        data_dir + "/current/hooks/session_start.py",
    )
    # Runs only if the interpreter is gone, and finds another one.
    fallback = shell_quote(data_dir + "/current/bin/fallback")
    codes = (SCRIPT_GUARD + f"print({DAMAGED!r})", SCRIPT_GUARD.rstrip())
    words = (("statusline", f"echo {shlex.quote(NOT_INSTALLED)}"), ("hook", "exit 0"))
    line, hook = (
        f"[ -x {python} ] && [ -f {script} ] && "
        f"{{ {SAFE_LOCALE}{SAFE_ZONE}{SAFE_STDIN}"
        f"exec {python} -I -S -B -X utf8 -c {shlex.quote(code)} {script}; }}; "
        f"[ -f {fallback} ] && exec /bin/sh {fallback} {word}; {otherwise}"
        for script, code, (word, otherwise) in zip(
            map(shell_quote, scripts), codes, words, strict=True
        )
    )
    return SettingsEntries(line, hook, scripts, earlier)


def shell_quote(path: str) -> str:
    """Return `path` as a word of a shell command that JSON can hold.

    Claude Code would change a byte that is not UTF-8 (here: a lone surrogate), so it is escaped.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        escaped = path.replace("\\", "\\\\").replace("%", "%%").replace("'", "'\\''")
        octal = "".join(
            f"\\{ord(char) - 0xDC00:03o}" if "\udc80" <= char <= "\udcff" else char
            for char in escaped
        )
        return f"\"$(printf '{octal}')\""
    return shlex.quote(path)


def interpreter_of(command: str) -> str:
    """Return the interpreter that an entry's command tries first, "" if it names none."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    return words[2] if words[:2] == ["[", "-x"] and len(words) > 2 else ""
