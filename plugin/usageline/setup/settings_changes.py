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
