"""Add usageline's entries to settings.json and remove them again. Text in, text out.

`statusLine` gets an object with the line's command, `hooks.SessionStart` an element with the
hook's. Everything else is the user's.
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


def describe_other_status_line(text: str, entries: SettingsEntries) -> str:
    """Return what another program's `statusLine` runs, for display; "" if there is none."""
    value = json_edit.parse(text).get("statusLine") if text.strip() else None
    if value is None:
        return ""
    command = value.get("command") if isinstance(value, dict) else None
    if entries.is_own(command):
        return ""
    return command if isinstance(command, str) else json.dumps(value)


def other_command(text: str, entries: SettingsEntries) -> str:
    """Return the command that another program's `statusLine` runs, "" if there is none."""
    value = json_edit.parse(text).get("statusLine") if text.strip() else None
    command = value.get("command") if isinstance(value, dict) else None
    return command if isinstance(command, str) and not entries.is_own(command) else ""


def add_to_settings(text: str, entries: SettingsEntries) -> str:
    """Return settings.json with the status line and the hook; unchanged if it has both.

    The user's `refreshInterval` and `padding` stay. Raises `SetupRefused` if `hooks` has an
    unknown shape.
    """
    text = text if text.strip() else "{}\n"
    start = json_edit.outer_start(text)
    line = json_edit.parse(text).get("statusLine")
    if not isinstance(line, dict) or not entries.is_own(line.get("command")):
        text = json_edit.set_member(text, start, "statusLine", entries.status_line())
    elif line["command"] != entries.line:
        line_start = _value_start(text, "statusLine")
        text = json_edit.set_member(text, line_start, "command", entries.line)
    return _add_hook(text, entries)


def _add_hook(text: str, entries: SettingsEntries) -> str:
    start = json_edit.outer_start(text)
    settings = json_edit.parse(text)
    entry = entries.hook_entry()
    if "hooks" not in settings:
        return json_edit.set_member(text, start, "hooks", {"SessionStart": [entry]})
    hooks = settings["hooks"]
    if not isinstance(hooks, dict) or not isinstance(hooks.get("SessionStart", []), list):
        raise SetupRefused('"hooks" in it does not have the shape {"SessionStart": [...]}')
    if "SessionStart" not in hooks:
        return json_edit.set_member(text, _value_start(text, "hooks"), "SessionStart", [entry])
    own = _find_hooks(hooks, entries)
    if not own:
        list_start = _value_start(text, "hooks", "SessionStart")
        return json_edit.append_element(text, list_start, entry)
    for number, index, command in own:
        if command != entries.hook:
            hook_start = _value_start(text, "hooks", "SessionStart", number, "hooks", index)
            text = json_edit.set_member(text, hook_start, "command", entries.hook)
    return text


def has_entries(settings: object, entries: SettingsEntries) -> bool:
    """Return whether these settings have the line and the hook, in this or an earlier form.

    Their interpreters must exist.
    """
    if not isinstance(settings, dict):
        return False
    line, hooks = settings.get("statusLine"), settings.get("hooks")
    if (
        not isinstance(line, dict)
        or not isinstance(hooks, dict)
        or not isinstance(hooks.get("SessionStart"), list)
    ):
        return False
    own_hooks = (command for _, _, command in _find_hooks(hooks, entries))
    commands = [str(line.get("command")), *own_hooks]
    return len(commands) > 1 and all(
        entries.is_own(command) and os.access(interpreter_of(command), os.X_OK)
        for command in commands
    )


def interpreter_of(command: str) -> str:
    """Return the interpreter that an entry's command tries first, "" if it names none."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    return words[2] if words[:2] == ["[", "-x"] and len(words) > 2 else ""


def remove_from_settings(text: str, before: str, entries: SettingsEntries) -> str:
    """Return settings.json without usageline's entries.

    `before` is the text before the install, "" if unknown: its status line is restored.
    Objects and lists that become empty are removed unless `before` has them.
    """
    if not text.strip():
        return text
    start = json_edit.outer_start(text)
    settings = json_edit.parse(text)
    line = settings.get("statusLine")
    if isinstance(line, dict) and entries.is_own(line.get("command")):
        original = (
            json_edit.find_member(before, json_edit.outer_start(before), "statusLine")
            if before.strip()
            else None
        )
        original_text = before[original.value_start : original.end] if original else ""
        if original_text and not _is_own_status_line(original_text, entries):
            raw = json_edit.RawJson(original_text)
            text = json_edit.set_member(text, start, "statusLine", raw)
        else:
            text = _remove_at(text, start, "statusLine")
    return _remove_hook(text, before, entries)


def _remove_hook(text: str, before: str, entries: SettingsEntries) -> str:
    hooks = json_edit.parse(text).get("hooks")
    if not isinstance(hooks, dict) or not isinstance(hooks.get("SessionStart"), list):
        return text
    own = _find_hooks(hooks, entries)
    for number, index, _ in reversed(own):
        path = ("hooks", "SessionStart", number, "hooks")
        text = _remove_at(text, _value_start(text, *path), index)
        if not json_edit.items(text, _value_start(text, *path)):
            text = _remove_at(text, _value_start(text, "hooks", "SessionStart"), number)
    original = json_edit.parse(before).get("hooks") if before.strip() else None
    if (
        own
        and not json_edit.items(text, _value_start(text, "hooks", "SessionStart"))
        and "SessionStart" not in (original or {})
    ):
        text = _remove_at(text, _value_start(text, "hooks"), "SessionStart")
        if not json_edit.items(text, _value_start(text, "hooks")) and original is None:
            text = _remove_at(text, json_edit.outer_start(text), "hooks")
    return text


def _find_hooks(hooks: dict[str, Any], entries: SettingsEntries) -> list[tuple[int, int, str]]:
    """Return usageline's hooks: (element of `SessionStart`, index in its `hooks`, command)."""
    return [
        (number, index, hook["command"])
        for number, element in enumerate(hooks["SessionStart"])
        if isinstance(element, dict) and isinstance(element.get("hooks"), list)
        for index, hook in enumerate(element["hooks"])
        if isinstance(hook, dict) and entries.is_own(hook.get("command"))
    ]


def _is_own_status_line(text: str, entries: SettingsEntries) -> bool:
    value = json_edit.parse(text)
    return isinstance(value, dict) and entries.is_own(value.get("command"))


def _value_start(text: str, *path: str | int) -> int:
    """Return the start of the value at that path, which must exist."""
    start = json_edit.outer_start(text)
    for step in path:
        items = json_edit.items(text, start)
        item = (
            items[step]
            if isinstance(step, int)
            else next(item for item in items if item.key == step)
        )
        start = item.value_start
    return start


def _remove_at(text: str, start: int, which: str | int) -> str:
    """Remove the member with that key, or the element with that index."""
    keys = [item.key for item in json_edit.items(text, start)]
    index = which if isinstance(which, int) else keys.index(which)
    return json_edit.remove_item(text, start, index)
