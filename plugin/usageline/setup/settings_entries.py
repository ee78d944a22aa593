"""Build usageline's entries of settings.json: the commands of the status line and the hook."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.core.background import ZONES as ZONE_DIRECTORIES

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_INSTALLED = "usageline is not installed on this system (if it was: install it again)"
"""A container or another machine may share the settings and have no usageline.

Removing the entries there would break the system that has it.
"""

SAFE_LOCALE = "unset LOCPATH GCONV_PATH; "
"""Shell: with these two a project could load its own library into the interpreter."""

DAMAGED = "usageline: damaged or low memory: run usageline doctor, or install it again"
"""The line if the interpreter printed nothing. Its cause is not known to the shell."""

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

LINE = (
    "line() {{ exec {python} -I -S -B -X utf8 {script}; }}; hint() {{ echo {damaged}; exit 0; }}; "
    "trap 'if true 3</dev/null; then line; else hint; fi' 0; text=$(line); trap hint 0; "
    '[ "$text" ] || [ ! -f {fallback} ] || text=$(/bin/sh {fallback} statusline {damaged}); '
    '[ "$text" ] || exit 0; trap - 0; printf \'%s\\n\' "$text"; exit 0; '
)
"""Shell: print what the script prints, else what another interpreter does, else a hint.

An interpreter may end without a word: no memory, a missing library, another processor, a damaged
script. If the shell cannot fork or has no descriptors for a pipe, it exits, and the trap runs the
script in its place. Without a single descriptor the interpreter would not start either.
"""

HOOK = (
    "trap 'exit 0' 0; {python} -I -S -B -X utf8 {script} 2>/dev/null || "
    "[ ! -f {fallback} ] || /bin/sh {fallback} hook 2>/dev/null; exit 0; "
)
"""Shell: run the hook. The client shows any exit status but 0 as an error."""

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


def make_entries(interpreter: str, data_dir: str, earlier: Iterable[str] = ()) -> SettingsEntries:
    """Return the commands that run the current release with `interpreter`.

    If the program is gone, the line prints a hint and the hook prints nothing.
    """
    python = shell_quote(interpreter)
    scripts = (
        data_dir + "/current/plugin/usageline/statusline.py",
        data_dir + "/current/hooks/session_start.py",
    )
    # Runs only if the interpreter is gone or does not work, and finds another one.
    fallback = shell_quote(data_dir + "/current/bin/fallback")
    words = (
        (LINE, "statusline", f"echo {shlex.quote(NOT_INSTALLED)}"),
        (HOOK, "hook", "exit 0"),
    )
    line, hook = (
        f"[ -x {python} ] && [ -f {script} ] && {{ {SAFE_LOCALE}{SAFE_ZONE}{SAFE_STDIN}"
        + run.format(python=python, script=script, fallback=fallback, damaged=shlex.quote(DAMAGED))
        + f"}}; [ -f {fallback} ] && exec /bin/sh {fallback} {word}; {otherwise}"
        for script, (run, word, otherwise) in zip(map(shell_quote, scripts), words, strict=True)
    )
    return SettingsEntries(line, hook, scripts, frozenset(earlier))


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
