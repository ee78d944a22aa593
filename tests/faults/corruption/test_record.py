"""Damage the install manifest: the user's settings and earlier status line still come back."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.corruption.damage import contents, cuts, flips, spoilt
from tests.faults.promises import promise
from tests.world import World
from usageline.core.errors import SetupRefused
from usageline.setup import install, manifest, settings_entries, settings_step, uninstall
from usageline.setup.context import SetupContext
from usageline.setup.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

BEFORE = {
    "model": "opus",
    "statusLine": {"type": "command", "command": "mine.sh"},
    "hooks": {"Stop": []},
    "note": "Übung",
}


class Installed:
    """A world with wired settings as after an install; it needs no program."""

    def __init__(self, root: Path) -> None:
        self.world = World(root)
        self.messages: list[str] = []
        self.ctx = SetupContext(self.world.env, "", self.messages.append, yes=True)
        self.settings = Path(self.ctx.paths.claude_settings)
        self.record = Path(self.world.paths.install_manifest)
        self.text = json.dumps(BEFORE, indent=2, ensure_ascii=False)
        self.settings.parent.mkdir(parents=True, exist_ok=True)
        self.settings.write_text(self.text)
        self.wire()
        self.originals = {
            path: path.read_bytes()
            for path in (
                self.settings,
                self.record,
                *self.settings.parent.glob("settings.json.usageline-*"),
            )
        }
        assert len(self.originals) == 3
        assert "mine.sh" not in self.settings.read_text()

    def wire(self) -> None:
        """The part of an install that changes the record and the settings."""
        new = install._prepare_manifest(self.ctx, manifest.load(self.world.paths), [])
        settings_step.add(
            self.ctx,
            settings_entries.make_entries("/usr/bin/python3", self.ctx.paths.data_dir),
            new,
            Outcome(),
        )

    def again(self) -> None:
        """Restore the state after the install."""
        self.messages.clear()
        shutil.rmtree(self.record.parent, ignore_errors=True)
        self.record.parent.mkdir(parents=True, mode=0o700)
        for path in self.settings.parent.glob("settings.json*"):
            path.unlink()
        for path, content in self.originals.items():
            path.write_bytes(content)

    def assert_as_before(self, what: object) -> None:
        """Assert that the settings are as before, without usageline."""
        assert json.loads(self.settings.read_text()) == BEFORE, what


@pytest.fixture
def installed(in_memory: Path) -> Installed:
    return Installed(in_memory / "world")


@promise(
    "With a damaged install record, an uninstall restores the previous settings and the "
    "previous status line. So does an install over it and the uninstall after that. "
    "Tried: truncated at any byte, any bit flipped, any value replaced.",
    sees=("`The install record cannot be read …`, and that the copies of settings.json stay."),
    topic="setup",
)
def test_a_damaged_install_record_loses_no_settings(
    installed: Installed,
    tmp_path: Path,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    good = installed.originals[installed.record]
    value = json.loads(good)
    value.pop("digest")
    variants = [
        (f"cut {number}", content) for number, content in enumerate(cuts(good, size(97, 1)))
    ]
    variants += [
        (f"bit {number}", content) for number, content in enumerate(flips(good, size(401, 1)))
    ]
    variants += list(contents(good, tmp_path / "ran").items())[:: size(3, 1)]
    for number, (what, content) in enumerate(variants):
        installed.again()
        installed.record.write_bytes(content)
        broken = manifest.is_unreadable(installed.world.paths)
        if number % 2:
            installed.wire()
        assert uninstall.uninstall(installed.ctx) == 0, what
        installed.assert_as_before(what)
        assert not broken or any("cannot be read" in text for text in installed.messages), what
    assert not (tmp_path / "ran").exists()
    figure(f"{len(variants)} damaged records")


@promise(
    "A forged install record, with paths that lead elsewhere, makes usageline remove only "
    "its own files. usageline does not wait for such a record.",
    sees="`usageline is uninstalled`, or what is left to do.",
    topic="setup",
)
def test_a_hostile_record_has_nothing_elsewhere_removed(
    installed: Installed,
    tmp_path: Path,
    size: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    precious = tmp_path / "precious"
    (precious / "releases").mkdir(parents=True)
    (precious / "releases" / "file").write_text("x")
    (precious / "releases" / "usageline").write_text("x")
    good = json.loads(installed.originals[installed.record])
    good.pop("digest")  # as before there was a digest: its content must be checked
    made = {
        "elsewhere": {
            **good,
            "data_dir": str(precious),
            "backups": [str(precious / "releases" / "file")],
            "made": [str(precious)],
        },
        "upwards": {
            **good,
            "data_dir": f"{installed.ctx.paths.data_dir}/../../../../../..{precious}",
        },
        "another file": {
            **good,
            "shell_files": {
                str(precious / "releases" / "file"): [manifest.digest(b"x")],
                str(precious / "releases" / "usageline"): [manifest.digest(b"x")],
            },
        },
        "relative": {
            **good,
            "data_dir": "../precious",
            "made": ["."],
            "backups": ["../precious/releases/file"],
        },
    }
    cases = [(name, json.dumps(value).encode()) for name, value in made.items()]
    cases += list(
        spoilt({**good, "made": [str(precious)], "backups": [str(precious / "releases" / "file")]})
    )[:: size(7, 1)]
    for what, content in cases:
        installed.again()
        installed.record.write_bytes(content)
        try:
            uninstall.uninstall(installed.ctx)
        except SetupRefused:  # it says that it is of a later version
            assert installed.settings.read_bytes() == installed.originals[installed.settings], what
            continue
        for name in ("file", "usageline"):
            assert (precious / "releases" / name).read_text() == "x", what
        document = json.loads(installed.settings.read_text())
        assert {**document, "statusLine": None} == {**BEFORE, "statusLine": None}, what
    for make in (os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)):
        installed.again()
        installed.record.unlink()
        make(str(installed.record))
        installed.wire()
        assert uninstall.uninstall(installed.ctx) == 0
        installed.assert_as_before(make)
    figure(f"{len(cases)} hostile records, and 3 that are not files")
