"""All that the checks look at, each part read once, when the first check asks for it. Nothing here writes or asks the service."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from usageline import config
from usageline.cli import formatting
from usageline.config.sources import reads_token
from usageline.core import freshness, json_file, paths
from usageline.setup import manifest, releases, settings_changes
from usageline.sources.auth import sign_in
from usageline.sources.claude_files import read_bytes
from usageline.system import client_text
from usageline.usage.model import SourceFailure

if TYPE_CHECKING:
    from usageline.core.errors import ConfigInvalid
    from usageline.setup.manifest import Manifest
    from usageline.setup.releases import Release
    from usageline.setup.settings_changes import SettingsEntries
    from usageline.sources.auth.sign_in import SignIn

LONGEST_S = 10.0
SETTINGS_MOST_BYTES = 4 << 20
MANAGED = (
    "/Library/Application Support/ClaudeCode" if sys.platform == "darwin" else "/etc/claude-code"
)
"""Where an organisation's settings lie (Claude Code's documentation: settings)."""

OWN_ROOT = os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
)
"""The installation that this program runs from."""


@dataclass(frozen=True)
class SettingsFile:
    """One settings.json: the object in it, empty where `fault` says why it cannot be used. `exists` says that there is such a file."""

    path: str
    content: dict[str, Any]
    exists: bool = True
    fault: str = ""


@dataclass(frozen=True)
class Context:
    """`cwd` is the folder that is asked about, `deadline` a value of `time.monotonic()`; the rest is where things are looked for."""

    env: dict[str, str]
    cwd: str
    now: float = field(default_factory=time.time)
    deadline: float = field(default_factory=lambda: time.monotonic() + LONGEST_S)
    managed: str = MANAGED
    own_root: str = OWN_ROOT

    @cached_property
    def settings(self) -> SettingsFile:
        """The user's settings.json."""
        return settings_file(paths.claude_settings(self.env))

    @cached_property
    def record(self) -> Manifest | None:
        """The install record, where there is one that can be read."""
        return manifest.load_from(manifest.path(self.env))

    @cached_property
    def data_dir(self) -> str:
        """Where the installed program is."""
        return self.record.data_dir if self.record else str(paths.data_dir(self.env))

    @cached_property
    def ours(self) -> SettingsEntries:
        """What is recognised as our own commands."""
        return settings_changes.make_entries(
            "", self.data_dir, frozenset(self.record.commands if self.record else ())
        )

    @cached_property
    def command(self) -> str:
        """The status line's command where it is ours or calls ours, else ""."""
        line = self.settings.content.get("statusLine")
        command = (
            line.get("command")
            if isinstance(line, dict) and line.get("type") == "command"
            else None
        )
        return (
            command
            if isinstance(command, str)
            and (self.ours.is_own(command) or self.ours.scripts[0] in command)
            else ""
        )

    @cached_property
    def release(self) -> Release | None:
        """The release in use, whole or not; None where `current` names none."""
        try:
            return releases.Release(
                self.data_dir, os.path.basename(os.readlink(self.data_dir + "/current"))
            )
        except OSError:
            return None

    @cached_property
    def config(self) -> tuple[config.Config, ConfigInvalid | None]:
        """The configuration, and what is wrong with it."""
        return config.load_lenient(self.env)

    @property
    def reads_the_token(self) -> bool:
        """Whether a source is configured that needs the credentials. Without one nobody opens them, this program neither."""
        return reads_token(self.config[0].sources)

    @cached_property
    def sign_in(self) -> SignIn | SourceFailure:
        """Who is signed in with a plan, or why nobody is."""
        try:
            return sign_in.read(self.env, with_token=self.reads_the_token)
        except SourceFailure as failure:
            return failure

    @cached_property
    def snapshot(self) -> dict[str, Any] | None:
        """What the status line reads."""
        found: dict[str, Any] | None = json_file.json_file(paths.snapshot(self.env))
        return found

    @cached_property
    def is_due(self) -> bool:
        """Whether a refresh is due."""
        return bool(
            freshness.is_due(
                self.snapshot, freshness.file_stamp(paths.claude_credentials(self.env)), self.now
            )
        )

    def short(self, path: str) -> str:
        """The path as a person would write it."""
        return formatting.short(path, self.env)


def settings_file(path: str) -> SettingsFile:
    """The settings at `path`, read as the client reads them."""
    content = read_bytes(path, SETTINGS_MOST_BYTES)
    if content is None:
        return SettingsFile(
            path, {}, os.path.lexists(path), "it cannot be read" if os.path.lexists(path) else ""
        )
    if fault := client_text.encoding_error(content):
        return SettingsFile(path, {}, fault=fault)
    try:
        text = client_text.decode_lossy(content)
        if not text.strip():
            return SettingsFile(path, {})
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return SettingsFile(
            path, {}, fault=f"line {error.lineno}, column {error.colno}: {error.msg}"
        )
    except (ValueError, RecursionError):
        return SettingsFile(path, {}, fault="it is not JSON")
    return (
        SettingsFile(path, value)
        if isinstance(value, dict)
        else SettingsFile(path, {}, fault="it holds no JSON object")
    )
