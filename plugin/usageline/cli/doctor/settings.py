"""Check the settings: whether Claude Code runs usageline's commands."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from usageline.cli.doctor.context import (
    Context,
    Result,
    SettingsFile,
    ok,
    problem,
    settings_file,
    warning,
)
from usageline.core.text import sanitize
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator


INSTALL = "run `usageline install` or ./install.sh"
ASK_ADMINISTRATOR = "ask the administrator of this machine"
MAX_COMMAND = 80


def settings_parse(context: Context) -> Result:
    """Check that settings.json is valid: Claude Code ignores a file that is not JSON."""
    name = context.short(context.settings.path)
    if not context.settings.exists:
        return problem(f"{name} does not exist, so there is no status line", INSTALL)
    if context.settings.fault:
        return problem(
            f"{name} cannot be used: {context.settings.fault}",
            "fix it; until then Claude Code ignores it",
        )
    return ok(f"{name} is valid")


def status_line(context: Context) -> Result | None:
    """Check that statusLine is usageline's command."""
    if not context.settings.exists or context.settings.fault:
        return None
    if context.command:
        if context.own_commands.is_own(context.command):
            return ok("statusLine is set to usageline")
        return ok("statusLine is set to a command of yours that calls usageline")
    line = context.settings.content.get("statusLine")
    if line is None:
        return problem("statusLine is not set", INSTALL)
    command = mapping(line).get("command")
    name = sanitize(command if isinstance(command, str) else str(line))[:MAX_COMMAND]
    return problem(
        f"statusLine is set to another program: {name}",
        f"{INSTALL}; an uninstall restores the other program",
    )


def hook(context: Context) -> Result | None:
    """Check for usageline's SessionStart hook, which refreshes old numbers early."""
    if not context.command:
        return None
    if any(context.own_commands.is_own(command) for command in _hook_commands(context.settings)):
        return ok("the SessionStart hook is set to usageline")
    return warning(
        "the SessionStart hook is not set: a session may start with old numbers",
        f"{INSTALL} again",
    )


def hooks_enabled(context: Context) -> Result | None:
    """Check that disableAllHooks, which also disables the status line, is not set.

    Source: FACTS, the statusLine command.
    """
    if context.settings.content.get("disableAllHooks") is True:
        name = context.short(context.settings.path)
        return problem(
            f"disableAllHooks is set in {name}: no status line is shown", "remove that key"
        )
    for folder, file in _project_settings(context):
        if file.content.get("disableAllHooks") is True:
            level = problem if folder == context.cwd else warning
            name = context.short(file.path)
            return level(
                f"disableAllHooks is set in {name}: no status line is shown there",
                "remove that key",
            )
    return ok("hooks and status line are enabled") if context.command else None


def project_settings(context: Context) -> Result | None:
    """Check that no settings of this folder or one above replace the status line.

    This runs nothing that they name.
    """
    for _, file in _project_settings(context):
        name = context.short(file.path)
        if _has_other_status_line(context, file):
            return warning(
                f"{name} sets its own statusLine, which replaces usageline there",
                "remove it if you do not want that",
            )
        if file.fault:
            return warning(f"{name} cannot be used: {file.fault}", "fix it")
    if not context.command:
        return None
    return ok(f"no settings of {context.short(context.cwd)} replace statusLine")


def managed_settings(context: Context) -> Result | None:
    """Check that an organization's settings, which outrank the user's, allow it."""
    files = [
        context.managed + "/managed-settings.json",
        *sorted(glob.glob(glob.escape(context.managed) + "/managed-settings.d/*.json")),
    ]
    for file in map(settings_file, files):
        # With either key, only a managed status line is shown (seen in 2.1.330).
        for key in ("disableAllHooks", "allowManagedHooksOnly"):
            if file.content.get(key) is True:
                return problem(
                    f"{key} is set in {file.path}: your status line is not shown",
                    ASK_ADMINISTRATOR,
                )
        if _has_other_status_line(context, file):
            return problem(f"{file.path} sets another statusLine", ASK_ADMINISTRATOR)
    return None


def _has_other_status_line(context: Context, file: SettingsFile) -> bool:
    line = file.content.get("statusLine")
    return line is not None and not context.own_commands.is_own(mapping(line).get("command"))


def _project_settings(context: Context) -> Iterator[tuple[str, SettingsFile]]:
    """Yield folder and settings for `cwd` and each folder above it, the strongest first.

    A session reads those of the folder that it was started in (seen in 2.1.330).
    """
    home = os.path.realpath(context.env.get("HOME", "/"))
    user_settings = os.path.realpath(context.settings.path)
    folder, below = context.cwd, ""
    while folder != below:
        # ~/.claude holds a project's settings only for sessions started in the home directory.
        if folder == context.cwd or folder != home:
            for name in ("settings.local.json", "settings.json"):
                path = os.path.join(folder, ".claude", name)
                if os.path.lexists(path) and os.path.realpath(path) != user_settings:
                    yield folder, settings_file(path)
        folder, below = os.path.dirname(folder), folder


def _hook_commands(settings: SettingsFile) -> Iterator[object]:
    for entry in _listed(mapping(settings.content.get("hooks")).get("SessionStart")):
        for hook in _listed(mapping(entry).get("hooks")):
            yield mapping(hook).get("command")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
