"""The settings: whether Claude Code will run our command at all."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from usageline.cli.doctor.context import SettingsFile, settings_file
from usageline.cli.doctor.result import Result, ok, problem, warning
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usageline.cli.doctor.context import Context

INSTALL = "run install.sh"
LONGEST_COMMAND = 80


def settings_parse(context: Context) -> Result:
    """settings.json is there and is JSON: Claude Code passes over one that is not."""
    name = context.short(context.settings.path)
    if not context.settings.exists:
        return problem(f"there is no {name}, so no status line", INSTALL)
    if context.settings.fault:
        return problem(
            f"{name} cannot be used: {context.settings.fault}",
            "mend it; Claude Code takes nothing from it until then",
        )
    return ok(f"{name} is valid")


def status_line(context: Context) -> Result | None:
    """Its statusLine is ours."""
    if not context.settings.exists or context.settings.fault:
        return None
    line = context.settings.content.get("statusLine")
    if context.command:
        if context.ours.is_own(context.command):
            return ok("its status line is usageline's")
        return ok("its status line is a command of yours that calls usageline's")
    if line is None:
        return problem("it has no status line", INSTALL)
    command = line.get("command") if isinstance(line, dict) else None
    shown = sanitize(command if isinstance(command, str) else str(line))[:LONGEST_COMMAND]
    return problem(
        f"its status line is another program's: {shown}",
        f"{INSTALL}, which keeps the other one for an uninstall",
    )


def hook(context: Context) -> Result | None:
    """Our SessionStart hook is there, by which the first line of a session has fresh numbers."""
    if not context.command:
        return None
    if any(context.ours.is_own(command) for command in _hook_commands(context.settings)):
        return ok("its SessionStart hook is usageline's")
    return warning(
        "it has no SessionStart hook of usageline's: a session may begin with old numbers",
        f"{INSTALL} again",
    )


def hooks_enabled(context: Context) -> Result | None:
    """Nobody set disableAllHooks, which stops the status line, too (FACTS: the statusLine command)."""
    if context.settings.content.get("disableAllHooks") is True:
        return problem(
            f"disableAllHooks is set in {context.short(context.settings.path)}: no status line is shown",
            "take it out",
        )
    for folder, found in _project_settings(context):
        if found.content.get("disableAllHooks") is True:
            level = problem if folder == context.cwd else warning
            return level(
                f"disableAllHooks is set in {context.short(found.path)}: no status line is shown there",
                "take it out",
            )
    return ok("hooks and status line are enabled") if context.command else None


def project_settings(context: Context) -> Result | None:
    """No settings of this folder replace the status line, nor those of one above it for who starts there. Nothing that they name is run."""
    for _, found in _project_settings(context):
        name = context.short(found.path)
        line = found.content.get("statusLine")
        if line is not None and not (
            isinstance(line, dict) and context.ours.is_own(line.get("command"))
        ):
            return warning(
                f"{name} has a status line of its own, which is shown in its place there",
                "take it out if it should not be",
            )
        if found.fault:
            return warning(f"{name} cannot be used: {found.fault}", "mend it")
    return (
        ok(f"no settings of {context.short(context.cwd)} replace it") if context.command else None
    )


def managed_settings(context: Context) -> Result | None:
    """Nor do those of an organisation, which outrank the user's."""
    files = [
        context.managed + "/managed-settings.json",
        *sorted(glob.glob(glob.escape(context.managed) + "/managed-settings.d/*.json")),
    ]
    for found in map(settings_file, files):
        name = found.path
        for key in (
            "disableAllHooks",
            "allowManagedHooksOnly",
        ):  # either leaves only a managed status line (seen in 2.1.330)
            if found.content.get(key) is True:
                return problem(
                    f"{key} is set in {name}: no status line of yours is shown",
                    "ask whoever manages this machine",
                )
        line = found.content.get("statusLine")
        if line is not None and not (
            isinstance(line, dict) and context.ours.is_own(line.get("command"))
        ):
            return problem(f"{name} sets another status line", "ask whoever manages this machine")
    return None


def _project_settings(context: Context) -> Iterator[tuple[str, SettingsFile]]:
    """Those of `cwd` and of each folder above it, the strongest first. A session reads those of the folder it was started in (seen in 2.1.330)."""
    home, users = (
        os.path.realpath(context.env.get("HOME", "/")),
        os.path.realpath(context.settings.path),
    )
    folder, below = context.cwd, ""
    while folder != below:
        # ~/.claude is a project's only for who starts in the home directory itself.
        for name in (
            ("settings.local.json", "settings.json")
            if folder == context.cwd or folder != home
            else ()
        ):
            path = os.path.join(folder, ".claude", name)
            if os.path.lexists(path) and os.path.realpath(path) != users:
                yield folder, settings_file(path)
        folder, below = os.path.dirname(folder), folder


def _hook_commands(settings: SettingsFile) -> Iterator[object]:
    hooks = settings.content.get("hooks")
    entries = hooks.get("SessionStart") if isinstance(hooks, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        inner = entry.get("hooks") if isinstance(entry, dict) else None
        for found in inner if isinstance(inner, list) else ():
            yield found.get("command") if isinstance(found, dict) else None
