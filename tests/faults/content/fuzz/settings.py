"""Read settings.json: what an install adds and what an uninstall removes."""

from __future__ import annotations

import json
import os

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.scratch import scratch
from usageline.setup import settings_changes, settings_step
from usageline.setup.context import Job, Outcome
from usageline.setup.manifest import Record
from usageline.system import client_text

HOME = scratch()
ENV = {"HOME": HOME}
JOB = Job(ENV, HOME, lambda _text: None, yes=True)
OURS = settings_changes.wiring("/usr/bin/python3", JOB.data_dir)
NOTHING = Record(
    "1", JOB.data_dir, "/usr/bin/python3", "/usr/bin/python3", commands=(OURS.line, OURS.hook)
)
os.makedirs(os.path.dirname(JOB.settings), 0o700, exist_ok=True)


def check(data: bytes) -> None:
    """Assert that valid settings get one entry, and that an uninstall restores each byte.

    Assert that invalid ones stay unchanged.
    """
    given = Input(data)
    forgotten = given.choice((False, True))
    content = given.left
    _put(content)
    settings_step.without_us(JOB)
    settings_step.preview(JOB, OURS)
    outcome = Outcome()
    made = settings_step.wire(JOB, OURS, NOTHING, outcome)
    wired = _get()
    if outcome.problems:
        assert wired == content
        assert made.after == ()
        return
    value = json.loads(client_text.decoded(wired))
    before = (
        json.loads(client_text.decoded(content)) if client_text.decoded(content).strip() else {}
    )
    assert value["statusLine"]["command"] == OURS.line
    assert _others(value) == _others(before)
    assert settings_changes.wire(_text(wired), OURS) == _text(wired)
    _put(wired)
    if forgotten:
        assert _others(json.loads(settings_changes.unwire(_text(wired), "", OURS))) == _others(
            before
        )
        return
    settings_step.unwire(JOB, made, Outcome())
    assert _get() == content
    for path in made.backups:
        assert not os.path.exists(path)


def _put(content: bytes) -> None:
    with open(JOB.settings, "wb") as file:
        file.write(content)


def _get() -> bytes:
    with open(JOB.settings, "rb") as file:
        return file.read()


def _text(content: bytes) -> str:
    return client_text.decoded(content)


def _others(value: dict[str, object]) -> dict[str, object]:
    """Return all but the status line and hooks."""
    return {key: found for key, found in value.items() if key not in {"statusLine", "hooks"}}
