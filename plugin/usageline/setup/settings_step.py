"""The step that changes settings.json, and the one that takes the change back."""

from __future__ import annotations

import difflib
import json
import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import json_edit, manifest, settings_changes, settings_file
from usageline.system import client_text, directories
from usageline.system import files as files_
from usageline.system.files import read_regular
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from usageline.setup.context import Job, Outcome
    from usageline.setup.manifest import Record
    from usageline.setup.settings_changes import Wiring
    from usageline.setup.settings_file import Settings

MAX_TYPED = 1000
"""Characters of a command that a user may be asked to type."""

MAX_SHOWN = 2000
BACKUP = ".usageline-"
"""Follows the name of settings.json in those of its copies (settings.back_up)."""


def ask(job: Job, old: Record | None) -> None:
    """`SetupRefused` where the user has a status line of another program and did not agree to have it replaced."""
    try:
        found = settings_file.read(job.settings)
        settings_file.refuse_unwritable(found)
        text = found.text
    except SetupRefused:
        return
    ours = settings_changes.wiring("", job.data_dir, frozenset(old.commands if old else ()))
    foreign = settings_changes.foreign_status_line(text, ours)
    if not foreign or job.yes or job.dry_run:
        return
    shown = f"{job.short(job.settings)} has another status line:\n\n  {_begun(foreign)}\n"
    if not job.can_ask:
        raise SetupRefused(
            f"{shown}\nWith --yes it is replaced; it is kept, and --uninstall puts it back. Nothing was changed."
        )
    job.say(sanitize_lines(shown))
    if input(
        "Replace it? It is kept, and --uninstall puts it back. [y/N] "
    ).strip().lower() not in ("y", "yes"):
        raise SetupRefused("Nothing was changed.")


def wire(job: Job, ours: Wiring, current: Record, outcome: Outcome) -> Record:
    """Put our status line and hook in; gives the record as it is then. Where the file cannot be changed the user is told what to paste."""
    latest = current

    def change(found: Settings) -> bytes | None:
        text = settings_changes.wire(found.text, ours)
        return found.data if text == found.text else found.encoded(text)

    def announce(found: Settings, data: bytes | None) -> None:
        nonlocal latest
        latest = _recorded(job, ours, latest, found, data or b"")
        directories.make_directory(os.path.dirname(found.path))

    try:
        found = settings_file.replace(job.settings, change, announce)
    except SetupRefused as refusal:
        if _is_wired(job.settings, ours):
            return latest
        outcome.problems.append(
            f"{job.short(job.settings)} was left alone: {refusal}. Everything else is in place. Put this into it yourself:\n\n{ours.snippet()}"
        )
        return latest
    if latest != current:
        kept = latest.backups[len(current.backups) :]
        as_was = f"; as it was: {job.short(kept[-1])}" if kept else ""
        outcome.did(
            "settings", f"{job.short(job.settings)}: statusLine, hooks.SessionStart{as_was}"
        )
        foreign = settings_changes.foreign_command(found.text, ours)
        if foreign.strip():
            outcome.notes.append(_how_to_keep(foreign))
    if found.text.strip() and json_edit.parse(found.text).get("disableAllHooks") is True:
        outcome.notes.append(
            f"disableAllHooks is set in {job.short(job.settings)}: Claude Code shows no status line until that is gone."
        )
    return latest


def _how_to_keep(foreign: str) -> str:
    """Return what to type so that the status line of before is shown beside ours."""
    # A terminal may change what is typed of several lines, and quotes around all of it are TOML's.
    plain = foreign.isprintable() and len(foreign) <= MAX_TYPED and foreign[:1] not in ("'", '"')
    value = shlex.quote(foreign) if plain else "--previous"
    return f"To keep the status line that you had beside this one: usageline config set chain.command {value}"


def _begun(foreign: str) -> str:
    """Return a command as far as a question can show it."""
    if len(foreign) <= MAX_SHOWN:
        return foreign
    return f"{foreign[:MAX_SHOWN]} … ({len(foreign)} characters in all)"


def without_us(job: Job) -> bytes | None:
    """settings.json as it is, or as it would be without what an install left whose record is lost; None where there is none to read."""
    try:
        found = settings_file.read(job.settings)
    except SetupRefused:
        return None
    ours = settings_changes.wiring("", job.data_dir)
    text = settings_changes.unwire(found.text, from_backup(job, ours), ours)
    return found.data if text == found.text else found.encoded(text)


def from_backup(job: Job, ours: Wiring) -> str:
    """settings.json as the newest of our copies beside it has it that knows nothing of us; "" where there is none. For where no record tells."""
    directory, name = os.path.split(job.settings)
    try:
        names = sorted(
            (found for found in os.listdir(directory) if found.startswith(name + BACKUP)),
            reverse=True,
        )
    except OSError:
        return ""
    for found in names:
        try:
            text = settings_file.read(f"{directory}/{found}").text
        except SetupRefused:
            continue
        line = json_edit.parse(text).get("statusLine") if text.strip() else None
        if not isinstance(line, dict) or not ours.is_ours(line.get("command")):
            return text
    return ""


def unwire(job: Job, old: Record | None, outcome: Outcome) -> None:
    """Take our status line and hook out: byte for byte what was there before, if nobody else changed the file since."""
    ours = settings_changes.wiring(
        "", old.data_dir if old else job.data_dir, frozenset(old.commands if old else ())
    )
    exact = False

    def change(found: Settings) -> bytes | None:
        nonlocal exact
        before = _text(old.before_bytes) if old else from_backup(job, ours)
        # What names our program where it would be now goes, too, should the record name another place.
        text = settings_changes.unwire(
            settings_changes.unwire(found.text, before, ours),
            before,
            settings_changes.wiring("", job.data_dir),
        )
        # What a record says of the rest of the settings is believed only where the settings themselves say the same.
        exact = bool(
            old
            and (
                found.data == old.before_bytes
                or (old.made_it(found.data) and _value(text) == _value(before))
            )
        )
        if old and exact:
            return old.before_bytes
        if text == found.text:
            return found.data
        created = old is not None and old.before is None and bool(old.after)
        return None if created and text.strip() == "{}" else found.encoded(text)

    changed = False

    def announce(_found: Settings, _data: bytes | None) -> None:
        nonlocal changed
        changed = True

    try:
        if job.dry_run:
            found = settings_file.read(job.settings)
            changed = found.data != change(found)
            if changed:
                settings_file.refuse_unwritable(found)
        else:
            settings_file.replace(job.settings, change, announce)
    except SetupRefused as refusal:
        if _names_us(job.settings, ours):
            outcome.problems.append(
                f"{job.short(job.settings)} was left alone: {refusal}. Take statusLine and our SessionStart hook out yourself."
            )
        return
    if changed:
        how = "just as it was before" if exact else "without our statusLine and hook"
        outcome.did("settings", f"{job.short(job.settings)}: {how}")
    _remove_backups(job, old, outcome, exact=exact)


def preview(job: Job, ours: Wiring) -> str:
    """The change that `wire` would make, as a diff; or why it would make none."""
    try:
        found = settings_file.read(job.settings)
        text = settings_changes.wire(found.text, ours)
        if text != found.text:
            settings_file.refuse_unwritable(found)
    except SetupRefused as refusal:
        return "" if _is_wired(job.settings, ours) else f"left alone: {refusal}"
    changes = difflib.unified_diff(
        found.text.split("\n"), text.split("\n"), "as it is", "as it would be", lineterm="", n=1
    )
    return sanitize_lines("\n".join(changes))


def _recorded(job: Job, ours: Wiring, latest: Record, found: Settings, data: bytes) -> Record:
    """The record with what is about to happen to settings.json, on disk."""
    after = manifest.digest(data)
    if latest.made_it(found.data) or found.data == latest.before_bytes:
        # Still our own work (or the original): what was there before it is known to the byte.
        new = replace(latest, after=(*latest.after, after)[-manifest.REMEMBERED :])
    else:
        text = settings_changes.unwire(found.text, _text(latest.before_bytes), ours)
        new = replace(latest, before=manifest.encode(found.encoded(text)), after=(after,))
    if found.data is None or latest.made_it(found.data):
        manifest.save(job.env, new)
        return new
    # A run that was killed has put a copy on record that it had not written, or has written it and not come to the settings.
    left = next(
        (path for path in new.backups if settings_file.bytes_at(path) in (None, found.data)), ""
    )
    backup = left or settings_file.backup_path(_beside(job, found))
    new = replace(new, backups=(*(path for path in new.backups if path != left), backup))
    manifest.save(job.env, new)
    # Not before its name is on record: nobody would ever remove it.
    files_.write_atomic(backup, found.data, 0o600)
    return new


def _beside(job: Job, found: Settings) -> str:
    """Return what the copy's name begins with: beside settings.json, or in the state directory if nothing can be put there."""
    if os.access(os.path.dirname(job.settings), os.W_OK):
        return job.settings
    return f"{job.state_dir}/{os.path.basename(found.path)}"


def _remove_backups(job: Job, old: Record | None, outcome: Outcome, *, exact: bool) -> None:
    for path in old.backups if old else ():
        if not path.startswith((job.settings + BACKUP, job.state_dir + "/")):
            continue  # of a record that is none of ours
        if exact and not job.dry_run:
            files_.remove_file(path)
        elif not exact and os.path.exists(path):
            outcome.notes.append(
                f"Kept, because the file was changed since: {job.short(path)} (your settings before the install)."
            )


def _is_wired(path: str, ours: Wiring) -> bool:
    """Return whether Claude Code runs our commands by that file as it is, with interpreters that are there."""
    try:
        text = client_text.decode_lossy(settings_file.bytes_at(path) or b"")
        # As Claude Code reads it: of a key that is there twice the last one counts.
        return settings_changes.is_wired(json.loads(text), ours)
    except (OSError, ValueError, RecursionError):
        return False


def _names_us(path: str, ours: Wiring) -> bool:
    try:
        text = client_text.decode(read_regular(path, settings_file.SIZE_LIMIT))
    except (OSError, UnicodeError):
        return False
    # A backslash in the path is two in JSON.
    return any(
        script in text
        for script in (ours.scripts[0], json.dumps(ours.scripts[0], ensure_ascii=False)[1:-1])
    )


def _value(text: str) -> object:
    return json_edit.parse(text) if text.strip() else {}


def _text(data: bytes | None) -> str:
    return client_text.decode(data or b"")
