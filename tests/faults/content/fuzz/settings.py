"""Read settings.json: what an install adds and what an uninstall removes."""

from __future__ import annotations

import json
import os

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.scratch import scratch
from usageline.setup import settings_changes, settings_entries, settings_step
from usageline.setup.context import SetupContext
from usageline.setup.manifest import Manifest
from usageline.setup.outcome import Outcome
from usageline.sources import claude_files

HOME = scratch()
ENV = {"HOME": HOME}
CTX = SetupContext(ENV, HOME, lambda _text: None, yes=True)
OURS = settings_entries.make_entries("/usr/bin/python3", CTX.paths.data_dir)
NOTHING = Manifest(
    "1", CTX.paths.data_dir, "/usr/bin/python3", "/usr/bin/python3", commands=(OURS.line, OURS.hook)
)
os.makedirs(os.path.dirname(CTX.paths.claude_settings), 0o700, exist_ok=True)


def check(data: bytes) -> None:
    """Assert that valid settings get one entry, and that an uninstall restores each byte.

    Assert that invalid ones stay unchanged.
    """
    given = Input(data)
    forgotten = given.choice((False, True))
    content = given.left
    _put(content)
    settings_step.original_settings(CTX)
    settings_step.preview(CTX, OURS)
    outcome = Outcome()
    made = settings_step.add(CTX, OURS, NOTHING, outcome)
    wired = _get()
    if outcome.problems:
        assert wired == content
        assert made.after == ()
        return
    value = json.loads(claude_files.decode(wired))
    before = (
        json.loads(claude_files.decode(content)) if claude_files.decode(content).strip() else {}
    )
    assert value["statusLine"]["command"] == OURS.line
    assert _others(value) == _others(before)
    assert settings_changes.add_to_settings(_text(wired), OURS) == _text(wired)
    _put(wired)
    if forgotten:
        assert _others(
            json.loads(settings_changes.remove_from_settings(_text(wired), "", OURS))
        ) == _others(before)
        return
    settings_step.remove(CTX, made, Outcome())
    assert _get() == content
    for path in made.backups:
        assert not os.path.exists(path)


def _put(content: bytes) -> None:
    with open(CTX.paths.claude_settings, "wb") as file:
        file.write(content)


def _get() -> bytes:
    with open(CTX.paths.claude_settings, "rb") as file:
        return file.read()


def _text(content: bytes) -> str:
    return claude_files.decode(content)


def _others(value: dict[str, object]) -> dict[str, object]:
    """Return all but the status line and hooks."""
    return {key: member for key, member in value.items() if key not in {"statusLine", "hooks"}}
