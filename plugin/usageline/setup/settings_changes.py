"""What usageline has in settings.json: which commands, how they get in, how they come out. Text in, text out.

`statusLine` is an object with our command; `hooks.SessionStart` gets one entry with our hook. Everything else is the user's.
"""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from typing import Any

from usageline.core.background import ZONES as ZONE_DIRECTORIES
from usageline.core.errors import SetupRefused
from usageline.setup import json_edit

GONE = "usageline is not installed on this system (if it was: run install.sh again)"
"""Also true where a container or another machine shares the settings: obeying it there would break the system that has it."""

SAFE_LOCALE = "unset LOCPATH GCONV_PATH; "
"""Shell: by the two of them a project would have the C library load a library of its own into the interpreter."""

DAMAGED = "usageline: this installation is damaged; run its install.sh again"
ZONES = ("/etc/localtime", *(f"{directory}*" for directory in ZONE_DIRECTORIES))
"""Shell patterns of the time zones by path that the system keeps. Another path may name what a project put there, such as a FIFO."""

SAFE_ZONE = (
    "case ${TZ-} in *..*|.*|:.*) unset TZ ;; "
    + "|".join(f"{colon}{zone}" for zone in ZONES for colon in ("", ":"))
    + ") ;; /*|:/*) unset TZ ;; esac; "
    "case ${TZDIR-} in *..*) unset TZDIR ;; ''|/etc/zoneinfo|/usr/share/zoneinfo|/var/db/timezone/zoneinfo|/nix/store/*) ;; *) unset TZDIR ;; esac; "
)
"""Shell: the C library reads the zone's file as soon as the interpreter starts, so no Python of ours could look at the name before."""

SAFE_STDIN = "[ ! -d /dev/stdin ] || exec </dev/null; "
"""Shell: an interpreter does not start at all with a directory as its stdin."""

GUARDED = """import sys
s=sys.argv.pop()
try:exec(open(s,'rb').read(),{'__name__':'__main__','__file__':s})
except Exception:0
"""
"""Python: run the script whose path is the last argument. What gets past this is a script that is empty, cut or damaged."""

HOOK_MATCHER = "startup|resume|clear"
HOOK_TIMEOUT_S = 5
REFRESH_INTERVAL_S = 5


@dataclass(frozen=True, slots=True)
class Wiring:
    """The two commands, and `known`: every other command that this or an earlier install put there."""

    line: str
    hook: str
    scripts: tuple[str, str]
    known: frozenset[str] = frozenset()

    def is_ours(self, command: object) -> bool:
        """Whether an install of ours wrote this command, with whatever interpreter. A command of the user's that calls ours is the user's."""
        if not isinstance(command, str):
            return False
        # 0.1.0 as first published tried `-r`, which is also true of a FIFO.
        tests = (
            f" ] && [ {test} {quoted(script)} ] && "
            for script in self.scripts
            for test in ("-f", "-r")
        )
        guards = [test + then for test in tests for then in ("exec ", "{ ")]
        return command in self.known or (
            command.startswith("[ -x ") and any(guard in command for guard in guards)
        )

    def status_line(self) -> dict[str, Any]:
        """The value of `statusLine`."""
        return {
            "type": "command",
            "command": self.line,
            "padding": 0,
            "refreshInterval": REFRESH_INTERVAL_S,
        }

    def hook_entry(self) -> dict[str, Any]:
        """Our element of `hooks.SessionStart`."""
        return {
            "matcher": HOOK_MATCHER,
            "hooks": [{"type": "command", "command": self.hook, "timeout": HOOK_TIMEOUT_S}],
        }

    def snippet(self) -> str:
        """What a user can paste into settings.json."""
        value = {"statusLine": self.status_line(), "hooks": {"SessionStart": [self.hook_entry()]}}
        return json.dumps(value, ensure_ascii=False, indent=2)


def wiring(interpreter: str, data_dir: str, known: frozenset[str] = frozenset()) -> Wiring:
    """The commands that run the release in use with `interpreter`. A file that is gone ends in a hint (line) or in silence (hook)."""
    python = quoted(interpreter)
    scripts = (
        data_dir + "/current/plugin/usageline/statusline.py",
        data_dir + "/current/hooks/session_start.py",
    )
    # Tried only if the interpreter is not there: it looks for another one, and starts no process until then.
    fallback = quoted(data_dir + "/current/bin/fallback")
    codes = (GUARDED + f"print({DAMAGED!r})", GUARDED.rstrip())
    words = (("statusline", f"echo {shlex.quote(GONE)}"), ("hook", "exit 0"))
    line, hook = (
        f"[ -x {python} ] && [ -f {script} ] && "
        f"{{ {SAFE_LOCALE}{SAFE_ZONE}{SAFE_STDIN}exec {python} -I -S -B -X utf8 -c {shlex.quote(code)} {script}; }}; "
        f"[ -f {fallback} ] && exec /bin/sh {fallback} {word}; {otherwise}"
        for script, code, (word, otherwise) in zip(map(quoted, scripts), codes, words, strict=True)
    )
    return Wiring(line, hook, scripts, known)


def quoted(path: str) -> str:
    """Return `path` as a word of a shell command that JSON can hold.

    A byte that is no UTF-8 (a lone surrogate here) would be another one when the client has read it.
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


def foreign_status_line(text: str, ours: Wiring) -> str:
    """What another program's `statusLine` runs, for people to read; "" where there is none or it is ours."""
    value = json_edit.parse(text).get("statusLine") if text.strip() else None
    if value is None:
        return ""
    command = value.get("command") if isinstance(value, dict) else None
    if ours.is_ours(command):
        return ""
    return command if isinstance(command, str) else json.dumps(value)


def foreign_command(text: str, ours: Wiring) -> str:
    """Return the command that another program's `statusLine` runs, "" if there is none."""
    value = json_edit.parse(text).get("statusLine") if text.strip() else None
    command = value.get("command") if isinstance(value, dict) else None
    return command if isinstance(command, str) and not ours.is_ours(command) else ""


def wire(text: str, ours: Wiring) -> str:
    """settings.json with our status line and hook; the same text where both are there already.

    What a user changed in our status line (`refreshInterval`, `padding`) stays. `SetupRefused` where `hooks` has a shape we do not know.
    """
    text = text if text.strip() else "{}\n"
    start = json_edit.top(text)
    line = json_edit.parse(text).get("statusLine")
    if not isinstance(line, dict) or not ours.is_ours(line.get("command")):
        text = json_edit.set_member(text, start, "statusLine", ours.status_line())
    elif line["command"] != ours.line:
        text = json_edit.set_member(text, _value_at(text, "statusLine"), "command", ours.line)
    settings = json_edit.parse(text)
    if "hooks" not in settings:
        return json_edit.set_member(text, start, "hooks", {"SessionStart": [ours.hook_entry()]})
    hooks = settings["hooks"]
    if not isinstance(hooks, dict) or not isinstance(hooks.get("SessionStart", []), list):
        raise SetupRefused('"hooks" in it does not have the shape {"SessionStart": [...]}')
    if "SessionStart" not in hooks:
        return json_edit.set_member(
            text, _value_at(text, "hooks"), "SessionStart", [ours.hook_entry()]
        )
    places = _our_hooks(hooks, ours)
    if not places:
        return json_edit.append_element(
            text, _value_at(text, "hooks", "SessionStart"), ours.hook_entry()
        )
    for entry, index, command in places:
        if command != ours.hook:
            text = json_edit.set_member(
                text,
                _value_at(text, "hooks", "SessionStart", entry, "hooks", index),
                "command",
                ours.hook,
            )
    return text


def is_wired(settings: object, ours: Wiring) -> bool:
    """Return whether our line and hook are in these settings, in this form or an earlier one, with interpreters that are there."""
    if not isinstance(settings, dict):
        return False
    line, hooks = settings.get("statusLine"), settings.get("hooks")
    if (
        not isinstance(line, dict)
        or not isinstance(hooks, dict)
        or not isinstance(hooks.get("SessionStart"), list)
    ):
        return False
    commands = [str(line.get("command")), *(command for _, _, command in _our_hooks(hooks, ours))]
    return len(commands) > 1 and all(
        ours.is_ours(command) and os.access(interpreter_of(command), os.X_OK)
        for command in commands
    )


def interpreter_of(command: str) -> str:
    """Return the interpreter that a command of ours tries first, "" if it names none."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    return words[2] if words[:2] == ["[", "-x"] and len(words) > 2 else ""


def unwire(text: str, before: str, ours: Wiring) -> str:
    """settings.json without what is ours. `before` is the text before the install ("" where unknown): its status line comes back.

    What we emptied goes, too, unless it was there before.
    """
    if not text.strip():
        return text
    start = json_edit.top(text)
    settings = json_edit.parse(text)
    line = settings.get("statusLine")
    if isinstance(line, dict) and ours.is_ours(line.get("command")):
        old = (
            json_edit.member(before, json_edit.top(before), "statusLine")
            if before.strip()
            else None
        )
        old_text = before[old.value_start : old.end] if old else ""
        if old_text and not _is_ours_text(old_text, ours):
            text = json_edit.set_member(text, start, "statusLine", json_edit.RawJson(old_text))
        else:
            text = _remove_at(text, start, "statusLine")
    return _without_hook(text, before, ours)


def _without_hook(text: str, before: str, ours: Wiring) -> str:
    hooks = json_edit.parse(text).get("hooks")
    if not isinstance(hooks, dict) or not isinstance(hooks.get("SessionStart"), list):
        return text
    places = _our_hooks(hooks, ours)
    for entry, index, _ in reversed(places):
        text = _remove_at(text, _value_at(text, "hooks", "SessionStart", entry, "hooks"), index)
        if not json_edit.items(text, _value_at(text, "hooks", "SessionStart", entry, "hooks")):
            text = _remove_at(text, _value_at(text, "hooks", "SessionStart"), entry)
    had = json_edit.parse(before).get("hooks") if before.strip() else None
    if (
        places
        and not json_edit.items(text, _value_at(text, "hooks", "SessionStart"))
        and "SessionStart" not in (had or {})
    ):
        text = _remove_at(text, _value_at(text, "hooks"), "SessionStart")
        if not json_edit.items(text, _value_at(text, "hooks")) and had is None:
            text = _remove_at(text, json_edit.top(text), "hooks")
    return text


def _our_hooks(hooks: dict[str, Any], ours: Wiring) -> list[tuple[int, int, str]]:
    """Where in `hooks.SessionStart` our commands are: (entry, index in its `hooks`, command)."""
    return [
        (entry_index, index, hook["command"])
        for entry_index, entry in enumerate(hooks["SessionStart"])
        if isinstance(entry, dict) and isinstance(entry.get("hooks"), list)
        for index, hook in enumerate(entry["hooks"])
        if isinstance(hook, dict) and ours.is_ours(hook.get("command"))
    ]


def _is_ours_text(text: str, ours: Wiring) -> bool:
    value = json_edit.parse(text)
    return isinstance(value, dict) and ours.is_ours(value.get("command"))


def _value_at(text: str, *path: str | int) -> int:
    """Where the value at that path starts; the path exists."""
    at = json_edit.top(text)
    for step in path:
        found = json_edit.items(text, at)
        item = (
            found[step]
            if isinstance(step, int)
            else next(item for item in found if item.key == step)
        )
        at = item.value_start
    return at


def _remove_at(text: str, start: int, which: str | int) -> str:
    keys = [item.key for item in json_edit.items(text, start)]
    return json_edit.remove(text, start, which if isinstance(which, int) else keys.index(which))
