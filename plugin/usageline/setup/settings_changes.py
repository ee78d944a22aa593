"""Add usageline's entries to settings.json and remove them again. Text in, text out.

`statusLine` gets an object with the line's command, `hooks.SessionStart` an element with the
hook's. Everything else is the user's.
"""

from __future__ import annotations

import json
import os
from typing import Any

from usageline.core.errors import SetupRefused
from usageline.setup import json_edit
from usageline.setup.settings_entries import SettingsEntries, interpreter_of


def parse(text: str) -> Any:
    """Return the value of a settings.json, {} if it is blank. Raise ValueError as `json_edit`."""
    return json_edit.parse(text) if text.strip() else {}


def describe_other_status_line(text: str, entries: SettingsEntries) -> str:
    """Return what another program's `statusLine` runs, for display; "" if there is none."""
    value = parse(text).get("statusLine")
    command = command_of(value)
    if value is None or entries.is_own(command):
        return ""
    return command if isinstance(command, str) else json.dumps(value)


def other_command(text: str, entries: SettingsEntries) -> str:
    """Return the command that another program's `statusLine` runs, "" if there is none."""
    command = command_of(parse(text).get("statusLine"))
    return command if isinstance(command, str) and not entries.is_own(command) else ""


def add_to_settings(text: str, entries: SettingsEntries) -> str:
    """Return settings.json with the status line and the hook; unchanged if it has both.

    The user's `refreshInterval` and `padding` stay. Raises `SetupRefused` if `hooks` has an
    unknown shape.
    """
    text = text if text.strip() else "{}\n"
    command = command_of(parse(text).get("statusLine"))
    if not entries.is_own(command):
        text = json_edit.set_member(text, entries.status_line(), "statusLine")
    elif command != entries.line:
        text = json_edit.set_member(text, entries.line, "statusLine", "command")
    return _add_hook(text, entries)


def _add_hook(text: str, entries: SettingsEntries) -> str:
    settings = parse(text)
    entry = entries.hook_entry()
    if "hooks" not in settings:
        return json_edit.set_member(text, {"SessionStart": [entry]}, "hooks")
    hooks = settings["hooks"]
    if not isinstance(hooks, dict) or not isinstance(hooks.get("SessionStart", []), list):
        raise SetupRefused('"hooks" in it does not have the shape {"SessionStart": [...]}')
    if "SessionStart" not in hooks:
        return json_edit.set_member(text, [entry], "hooks", "SessionStart")
    own = _find_hooks(hooks, entries)
    if not own:
        return json_edit.append_element(text, entry, "hooks", "SessionStart")
    for number, index, command in own:
        if command != entries.hook:
            path = ("hooks", "SessionStart", number, "hooks", index, "command")
            text = json_edit.set_member(text, entries.hook, *path)
    return text


def has_entries(settings: object, entries: SettingsEntries) -> bool:
    """Return whether these settings have the line and the hook, in this or an earlier form.

    Their interpreters must exist.
    """
    if not isinstance(settings, dict):
        return False
    own_hooks = (command for _, _, command in _find_hooks(settings.get("hooks"), entries))
    commands = [str(command_of(settings.get("statusLine"))), *own_hooks]
    return len(commands) > 1 and all(
        entries.is_own(command) and os.access(interpreter_of(command), os.X_OK)
        for command in commands
    )


def remove_from_settings(text: str, before: str, entries: SettingsEntries) -> str:
    """Return settings.json without usageline's entries.

    `before` is the text before the install, "" if unknown: its status line is restored.
    Objects and lists that become empty are removed unless `before` has them.
    """
    if not text.strip():
        return text
    original = parse(before)
    if entries.is_own(command_of(parse(text).get("statusLine"))):
        if "statusLine" in original and not entries.is_own(command_of(original["statusLine"])):
            line, restored = (json_edit.find(one, "statusLine") for one in (text, before))
            value = before[restored.value_start : restored.end]
            text = text[: line.value_start] + value + text[line.end :]
        else:
            text = json_edit.remove(text, "statusLine")
    return _remove_hook(text, original.get("hooks"), entries)


def _remove_hook(text: str, original: Any, entries: SettingsEntries) -> str:
    """Return the text without usageline's hooks. `original` are those of before the install."""
    own = _find_hooks(parse(text).get("hooks"), entries)
    for number, index, _ in reversed(own):
        element = ("hooks", "SessionStart", number)
        text = json_edit.remove(text, *element, "hooks", index)
        if not json_edit.items(text, *element, "hooks"):
            text = json_edit.remove(text, *element)
    if (
        own
        and not json_edit.items(text, "hooks", "SessionStart")
        and "SessionStart" not in (original or {})
    ):
        text = json_edit.remove(text, "hooks", "SessionStart")
        if not json_edit.items(text, "hooks") and original is None:
            text = json_edit.remove(text, "hooks")
    return text


def _find_hooks(hooks: object, entries: SettingsEntries) -> list[tuple[int, int, str]]:
    """Return usageline's hooks: (element of `SessionStart`, index in its `hooks`, command)."""
    elements = hooks.get("SessionStart") if isinstance(hooks, dict) else None
    return [
        (number, index, hook["command"])
        for number, element in enumerate(elements if isinstance(elements, list) else ())
        if isinstance(element, dict) and isinstance(element.get("hooks"), list)
        for index, hook in enumerate(element["hooks"])
        if entries.is_own(command_of(hook))
    ]


def command_of(value: object) -> object:
    """Return the command of a status line or a hook, None if it has none."""
    return value.get("command") if isinstance(value, dict) else None
