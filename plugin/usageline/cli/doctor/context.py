"""What the checks read and return. Each part is read once, when the first check needs it.

This module writes nothing and sends no request.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from usageline.cli import formatting
from usageline.config import loader
from usageline.config.sources import reads_token
from usageline.core import freshness, json_file
from usageline.core.errors import error_text
from usageline.core.text import sanitize
from usageline.setup import manifest, releases, settings_entries
from usageline.setup.program_files import is_packaged, own_source
from usageline.sources import claude_files
from usageline.sources.auth import sign_in
from usageline.sources.claude_files import MANAGED, read_bytes
from usageline.system import process
from usageline.system.paths import Paths
from usageline.usage.model import SourceFailure
from usageline.usage.values import mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from usageline.core.errors import ConfigInvalid
    from usageline.setup.releases import Release
    from usageline.setup.settings_entries import SettingsEntries
    from usageline.sources.auth.sign_in import SignIn

    Check: TypeAlias = Callable[["Context"], "Result | None"]
    """It returns None if it does not apply, or if an earlier check reported its cause."""

TIMEOUT_S = 10.0
MAX_SETTINGS_BYTES = 4 << 20
OWN_ROOT = os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
)
"""The root of the installation that this program runs from."""

OWN_PACKAGE = own_source() if is_packaged(own_source()) else ""
"""The package that uv, pipx or pip installed and this program runs from, "" for another one."""

INSTALL_AGAIN = "install it again"
MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}

PROGRAM_TIMEOUT_S = 3.0
MIN_PROGRAM_TIMEOUT_S = 0.5
MAX_OUTPUT_BYTES = 1 << 20
MAX_MESSAGE = 160


@dataclass(frozen=True, slots=True)
class Result:
    """`level` is a key of `MARKS`, `text` what is the case, `advice` what to do about it."""

    level: str
    text: str
    advice: str = ""


def ok(text: str) -> Result:
    """Return the result of a step that works."""
    return Result("ok", text)


def warning(text: str, advice: str = "") -> Result:
    """Return a result for something wrong that the status line works with."""
    return Result("warning", text, advice)


def problem(text: str, advice: str) -> Result:
    """Return a result for what breaks the status line or its numbers."""
    return Result("problem", text, advice)


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """How a program ended. `error` describes a failure, "" if there was none.

    `was_slow`: it had too little time, so nothing is known of it.
    """

    output: str
    error: str
    took_s: float
    was_slow: bool = False


@dataclass(frozen=True)
class SettingsFile:
    """The object in one settings.json.

    It is empty if the file does not exist or cannot be used; `fault` is the reason.
    """

    path: str
    content: dict[str, Any]
    exists: bool = True
    fault: str = ""


@dataclass(frozen=True)
class Context:
    """What the checks read.

    `cwd` is the folder to check. `deadline` is a value of `time.monotonic()`, `now` epoch seconds.
    """

    env: dict[str, str]
    cwd: str
    now: float = field(default_factory=time.time)
    deadline: float = field(default_factory=lambda: time.monotonic() + TIMEOUT_S)
    managed: str = MANAGED
    own_root: str = OWN_ROOT
    own_package: str = OWN_PACKAGE

    @property
    def paths(self) -> Paths:
        """Return the paths of its environment."""
        return Paths(self.env)

    @cached_property
    def settings(self) -> SettingsFile:
        """Return the user's settings.json."""
        return settings_file(self.paths.claude_settings)

    @cached_property
    def manifest(self) -> manifest.Manifest | None:
        """Return the install manifest, None if it cannot be read."""
        return manifest.load_from(self.paths.install_manifest)

    @cached_property
    def data_dir(self) -> str:
        """Return the folder of the installed program."""
        return self.manifest.data_dir if self.manifest else self.paths.data_dir

    @cached_property
    def own_commands(self) -> SettingsEntries:
        """Return what recognizes usageline's own commands."""
        return settings_entries.make_entries(
            "", self.data_dir, frozenset(self.manifest.commands if self.manifest else ())
        )

    @cached_property
    def command(self) -> str:
        """Return the status line's command if it is or calls usageline's, else ""."""
        line = mapping(self.settings.content.get("statusLine"))
        command = line.get("command") if line.get("type") == "command" else None
        if not isinstance(command, str):
            return ""
        own = self.own_commands
        return command if own.is_own(command) or own.scripts[0] in command else ""

    @cached_property
    def release(self) -> Release | None:
        """Return the current release, complete or not; None if there is none."""
        try:
            name = os.path.basename(os.readlink(self.data_dir + "/current"))
            return releases.Release(self.data_dir, name)
        except OSError:
            return None

    @cached_property
    def config(self) -> tuple[loader.Config, ConfigInvalid | None]:
        """Return the configuration, and the error if it is invalid."""
        return loader.load_lenient(self.env)

    @property
    def reads_the_token(self) -> bool:
        """Return whether a configured source needs the credentials; if not, do not read them."""
        return reads_token(self.config[0].sources)

    @cached_property
    def sign_in(self) -> SignIn | SourceFailure:
        """Return the sign-in to a plan, or why there is none."""
        try:
            return sign_in.read(self.env, with_token=self.reads_the_token)
        except SourceFailure as failure:
            return failure

    @cached_property
    def snapshot(self) -> dict[str, Any] | None:
        """Return the snapshot that the status line reads."""
        return json_file.json_file(self.paths.snapshot)

    @cached_property
    def is_due(self) -> bool:
        """Return whether a refresh is due."""
        return freshness.is_stale(
            self.snapshot,
            freshness.file_fingerprint(self.paths.claude_credentials),
            self.now,
        )

    def short(self, path: str) -> str:
        """Return the path as text to print, with `~` for the home directory."""
        return formatting.short(path, self.paths)


def settings_file(path: str) -> SettingsFile:
    """Read the settings at `path` as Claude Code reads them."""
    content = read_bytes(path, MAX_SETTINGS_BYTES)
    if content is None:
        exists = os.path.lexists(path)
        return SettingsFile(path, {}, exists, "it cannot be read" if exists else "")
    settings, fault = _parse(content)
    return SettingsFile(path, settings, fault=fault)


# tried by: sign_in
def _parse(content: bytes) -> tuple[dict[str, Any], str]:
    """Return the object in a settings file, or an empty one and what is wrong with the file."""
    if len(content) > claude_files.MAX_SETTINGS_BYTES:
        return {}, f"it has more than {claude_files.MAX_SETTINGS_BYTES >> 20} MiB"
    if fault := claude_files.encoding_error(content):
        return {}, fault
    text = claude_files.decode_lossy(content)
    try:
        value = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        return {}, f"line {error.lineno}, column {error.colno}: {error.msg}"
    except (ValueError, RecursionError):
        return {}, "it is not JSON"
    return (value, "") if isinstance(value, dict) else ({}, "it does not contain a JSON object")


# tried by: tests/cli
def run(
    context: Context,
    command: Sequence[str],
    env: Mapping[str, str],
    stdin: bytes = b"",
    timeout_s: float = PROGRAM_TIMEOUT_S,
) -> ProgramResult:
    """Run `command` in the root directory, which contains no project's files."""
    began = time.monotonic()
    timeout_s = min(timeout_s, context.deadline - began)
    if timeout_s < MIN_PROGRAM_TIMEOUT_S:
        return ProgramResult("", "no time was left to try it", 0, was_slow=True)
    try:
        done = process.run(
            command,
            env,
            "/",
            stdin,
            deadline=began + timeout_s,
            max_bytes=MAX_OUTPUT_BYTES,
            keep_errors=True,
        )
    except (OSError, ValueError) as error:
        return ProgramResult("", f"it does not start: {error_text(error)}", 0)
    took_s = time.monotonic() - began
    if done.stop_reason:
        timed_out = done.stop_reason == "timeout"
        fault = f"it timed out after {timeout_s:.0f} s" if timed_out else "it printed too much"
        return ProgramResult("", fault, took_s, was_slow=timed_out)
    fault = ""
    if done.status:
        last_line = done.errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
        message = sanitize(last_line)[:MAX_MESSAGE]
        fault = f"it exited with status {done.status}" + (f": {message}" if message else "")
    return ProgramResult(done.output.decode("utf-8", "replace"), fault, took_s)
