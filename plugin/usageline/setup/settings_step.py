"""Change settings.json during an install, and undo the change during an uninstall."""

from __future__ import annotations

import difflib
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import (
    manifest,
    settings_changes,
    settings_entries,
    settings_file,
)
from usageline.setup.outcome import chain_hint
from usageline.setup.settings_changes import parse
from usageline.sources import claude_files
from usageline.system import directories, files
from usageline.system.terminal import sanitize_lines

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
    text = settings_changes.remove_from_settings(
        settings.text, _newest_backup(ctx, entries), entries
    )
    return settings.changed_to(text)


def add(
    ctx: SetupContext, entries: SettingsEntries, current: Manifest, outcome: Outcome
) -> Manifest:
    """Add the status line and the hook. Returns the manifest as it is then.

    If the file cannot be changed, a problem lists what the user can paste.
    """
    latest = current

    def change(settings: SettingsFile) -> bytes | None:
        return settings.changed_to(settings_changes.add_to_settings(settings.text, entries))

    def announce(settings: SettingsFile, data: bytes | None) -> None:
        nonlocal latest
        latest = _record_change(ctx, entries, latest, settings, data or b"")
        directories.make_directory(os.path.dirname(settings.path))

    name = ctx.display_path(ctx.paths.claude_settings)
    try:
        before = settings_file.update(ctx.paths.claude_settings, change, announce)
    except SetupRefused as refusal:
        if not _has_entries(ctx.paths.claude_settings, entries):
            outcome.problems.append(
                f"{name} was left alone: {refusal}. Everything else is in place."
                f" Put this into it yourself:\n\n{entries.snippet()}"
            )
        return latest
    if latest != current:
        backups = latest.backups[len(current.backups) :]
        copy = f"; as it was: {ctx.display_path(backups[-1])}" if backups else ""
        outcome.add_change("settings", f"{name}: statusLine, hooks.SessionStart{copy}")
        other = settings_changes.other_command(before.text, entries)
        if other.strip() and not ctx.keep_both:
            outcome.notes.append(chain_hint(other))
    if parse(before.text).get("disableAllHooks") is True:
        outcome.notes.append(
            f"disableAllHooks is set in {name}:"
            " Claude Code shows no status line until you remove it."
        )
    if len(before.data or b"") > claude_files.MAX_SETTINGS_BYTES:
        outcome.notes.append(
            f"{name} has more than {claude_files.MAX_SETTINGS_BYTES >> 20} MiB:"
            " Claude Code ignores it, and shows no status line until it is shorter."
        )
    return latest


def remove(ctx: SetupContext, previous: Manifest | None, outcome: Outcome) -> None:
    """Remove the status line and the hook.

    Restore the bytes from before the install if nothing else has changed the file.
    """
    data_dir = previous.data_dir if previous else ctx.paths.data_dir
    earlier = previous.commands if previous else ()
    entries = settings_entries.make_entries("", data_dir, earlier)
    is_exact = is_changed = False

    def change(settings: SettingsFile) -> bytes | None:
        nonlocal is_exact
        before = _decode(previous.before_bytes) if previous else _newest_backup(ctx, entries)
        text = settings_changes.remove_from_settings(settings.text, before, entries)
        # Also remove commands of the default place, in case the manifest names another one.
        default = settings_entries.make_entries("", ctx.paths.data_dir)
        text = settings_changes.remove_from_settings(text, before, default)
        # Trust the manifest's copy of the other settings only if the settings agree with it.
        is_exact = previous is not None and (
            settings.data == previous.before_bytes
            or (previous.is_our_output(settings.data) and parse(text) == parse(before))
        )
        if previous and is_exact:
            return previous.before_bytes
        is_created = previous is not None and previous.before is None and bool(previous.after)
        is_emptied = text != settings.text and text.strip() == "{}"
        return None if is_created and is_emptied else settings.changed_to(text)

    def announce(_settings: SettingsFile, _data: bytes | None) -> None:
        nonlocal is_changed
        is_changed = True

    name = ctx.display_path(ctx.paths.claude_settings)
    try:
        if ctx.dry_run:
            settings = settings_file.read(ctx.paths.claude_settings)
            is_changed = settings.data != change(settings)
            if is_changed:
                settings_file.check_writable(settings)
        else:
            settings_file.update(ctx.paths.claude_settings, change, announce)
    except SetupRefused as refusal:
        if _mentions_program(ctx.paths.claude_settings, entries):
            outcome.problems.append(
                f"{name} was left alone: {refusal}."
                " Remove statusLine and usageline's SessionStart hook yourself."
            )
        return
    if is_changed:
        how = "as it was before the install" if is_exact else "without usageline's entries"
        outcome.add_change("settings", f"{name}: {how}")
    _remove_backups(ctx, previous, outcome, is_exact=is_exact)


def preview(ctx: SetupContext, entries: SettingsEntries) -> str:
    """Return the change that `add` would make, as a diff, or why it would make none."""
    try:
        settings = settings_file.read(ctx.paths.claude_settings)
        text = settings_changes.add_to_settings(settings.text, entries)
        if text != settings.text:
            settings_file.check_writable(settings)
    except SetupRefused as refusal:
        return "" if _has_entries(ctx.paths.claude_settings, entries) else f"left alone: {refusal}"
    before, after = settings.text.split("\n"), text.split("\n")
    names = ("as it is", "as it would be")
    return sanitize_lines("\n".join(difflib.unified_diff(before, after, *names, lineterm="", n=1)))


def _record_change(
    ctx: SetupContext,
    entries: SettingsEntries,
    latest: Manifest,
    settings: SettingsFile,
    data: bytes,
) -> Manifest:
    """Write the manifest, and a copy of the settings, for the change that is about to happen."""
    after = manifest.digest(data)
    if latest.is_our_output(settings.data) or settings.data == latest.before_bytes:
        # The file is the original or an install's output, so `before` is exact.
        updated = replace(latest, after=(*latest.after, after)[-manifest.MAX_REMEMBERED :])
    else:
        before = _decode(latest.before_bytes)
        text = settings_changes.remove_from_settings(settings.text, before, entries)
        encoded = manifest.encode_settings(settings.encoded(text))
        updated = replace(latest, before=encoded, after=(after,))
    if settings.data is None or latest.is_our_output(settings.data):
        manifest.save(ctx.paths, updated)
        return updated
    # A killed run may have recorded a copy without writing it, or without changing the settings.
    reusable = (None, settings.data)
    left = next((path for path in updated.backups if settings_file.content(path) in reusable), "")
    backup = left or settings_file.backup_path(_backup_stem(ctx, settings))
    others = (path for path in updated.backups if path != left)
    updated = replace(updated, backups=(*others, backup))
    manifest.save(ctx.paths, updated)
    # Only after its name is recorded: an uninstall removes recorded copies only.
    files.write_atomic(backup, settings.data, 0o600)
    return updated


def _newest_backup(ctx: SetupContext, entries: SettingsEntries) -> str:
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
        if not entries.is_own(settings_changes.command_of(parse(text).get("statusLine"))):
            return text
    return ""


def _backup_stem(ctx: SetupContext, settings: SettingsFile) -> str:
    """Return the start of the copy's path: beside settings.json, else in the state directory."""
    if os.access(os.path.dirname(ctx.paths.claude_settings), os.W_OK):
        return ctx.paths.claude_settings
    return f"{ctx.paths.state_dir}/{os.path.basename(settings.path)}"


def _remove_backups(
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


def _has_entries(path: str, entries: SettingsEntries) -> bool:
    """Return whether Claude Code runs usageline's commands with that file as it is."""
    try:
        text = claude_files.decode_lossy(settings_file.content(path) or b"")
        # Like Claude Code, use the last one of duplicate keys.
        return settings_changes.has_entries(json.loads(text), entries)
    except (OSError, ValueError, RecursionError):
        return False


def _mentions_program(path: str, entries: SettingsEntries) -> bool:
    try:
        text = claude_files.decode(files.read_regular(path, settings_file.MAX_BYTES))
    except (OSError, UnicodeError):
        return False
    script = entries.scripts[0]
    # JSON escapes a backslash in the path.
    return script in text or json.dumps(script, ensure_ascii=False)[1:-1] in text


def _decode(data: bytes | None) -> str:
    return claude_files.decode(data or b"")
