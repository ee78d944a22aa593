"""Copies of settings.json from before an install."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import json_edit, settings_changes, settings_entries, settings_file
from usageline.system import files

if TYPE_CHECKING:
    from usageline.setup.context import SetupContext
    from usageline.setup.manifest import Manifest
    from usageline.setup.outcome import Outcome
    from usageline.setup.settings_entries import SettingsEntries
    from usageline.setup.settings_file import SettingsFile

BACKUP_INFIX = ".usageline-"
"""Follows settings.json in the names of its copies (`settings_file.backup_path`)."""


def original_settings(ctx: SetupContext) -> bytes | None:
    """Return settings.json without the entries of an install whose manifest is lost.

    None if it is missing or cannot be read.
    """
    try:
        settings = settings_file.read(ctx.paths.claude_settings)
    except SetupRefused:
        return None
    entries = settings_entries.make_entries("", ctx.paths.data_dir)
    before = read_backup(ctx, entries)
    text = settings_changes.remove_from_settings(settings.text, before, entries)
    return settings.data if text == settings.text else settings.encoded(text)


def read_backup(ctx: SetupContext, entries: SettingsEntries) -> str:
    """Return the newest copy of settings.json without usageline's status line, or "".

    It replaces `before` if there is no manifest.
    """
    directory, name = os.path.split(ctx.paths.claude_settings)
    try:
        copies = [entry for entry in os.listdir(directory) if entry.startswith(name + BACKUP_INFIX)]
    except OSError:
        return ""
    for copy in sorted(copies, reverse=True):
        try:
            text = settings_file.read(f"{directory}/{copy}").text
        except SetupRefused:
            continue
        line = json_edit.parse(text).get("statusLine") if text.strip() else None
        if not isinstance(line, dict) or not entries.is_own(line.get("command")):
            return text
    return ""


def backup_stem(ctx: SetupContext, settings: SettingsFile) -> str:
    """Return the start of the copy's path: beside settings.json, else in the state directory."""
    if os.access(os.path.dirname(ctx.paths.claude_settings), os.W_OK):
        return ctx.paths.claude_settings
    return f"{ctx.paths.state_dir}/{os.path.basename(settings.path)}"


def remove_backups(
    ctx: SetupContext, previous: Manifest | None, outcome: Outcome, *, is_exact: bool
) -> None:
    """Remove the recorded copies, or note why they are kept."""
    for path in previous.backups if previous else ():
        if not path.startswith(
            (ctx.paths.claude_settings + BACKUP_INFIX, ctx.paths.state_dir + "/")
        ):
            continue  # the manifest may be forged
        if is_exact and not ctx.dry_run:
            files.remove_file(path)
        elif not is_exact and os.path.exists(path):
            outcome.notes.append(
                f"{ctx.display_path(path)} was kept, because settings.json has changed since the"
                " install: it holds your settings from before."
            )
