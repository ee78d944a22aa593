"""What install and uninstall are told: the environment, where the program comes from, and how to talk to the user."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from usageline.core import paths
from usageline.core.errors import SetupRefused
from usageline.setup import home_owner
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Job:
    """One run of setup. `source` holds `plugin/` and `hooks/`: a clone, or the release that runs this.

    `extras` are those that were asked for now.
    """

    env: dict[str, str]
    source: str
    say: Callable[[str], None]
    dry_run: bool = False
    yes: bool = False
    can_ask: bool = False
    extras: tuple[str, ...] = ()

    @property
    def settings(self) -> str:
        """The user's settings.json."""
        found: str = paths.claude_settings(self.env)
        return found

    @property
    def data_dir(self) -> str:
        """Where the program goes."""
        found: str = paths.data_dir(self.env)
        return found

    @property
    def cache_dir(self) -> str:
        """The profile's snapshot and lock."""
        found: str = paths.cache_dir(self.env)
        return found

    @property
    def state_dir(self) -> str:
        """History and records of all profiles."""
        found: str = paths.state_dir(self.env)
        return found

    @property
    def config_dir(self) -> str:
        """The directory of config.toml."""
        file: str = paths.config_file(self.env)
        return os.path.dirname(file)

    @property
    def command(self) -> str:
        """The `usageline` command."""
        found: str = paths.command(self.env)
        return found

    def short(self, path: str) -> str:
        """The path as a person would write it."""
        home = self.env["HOME"].rstrip("/")
        return "~" + path[len(home) :] if home and path.startswith(home + "/") else path

    def check(self) -> None:
        """`SetupRefused` where the environment is one that nothing can be installed under."""
        if sys.platform == "win32":
            raise SetupRefused("Windows is not supported yet.")
        home = self.env.get("HOME", "")
        if not os.path.isabs(home) or not os.path.isdir(home):
            raise SetupRefused(
                "HOME does not name a directory: set it to your home directory and try again."
            )
        if not os.path.isabs(self.env.get("CLAUDE_CONFIG_DIR") or "/"):
            raise SetupRefused(
                "CLAUDE_CONFIG_DIR is not an absolute path: set it to one and try again."
            )
        if os.pathsep in self.data_dir:
            raise SetupRefused(
                f"{self.data_dir} has a {os.pathsep} in it, and Python makes no environment there: choose another directory."
            )
        try:
            self.data_dir.encode()
        except UnicodeEncodeError:
            raise SetupRefused(
                f"{self.data_dir} is not UTF-8, and Python makes no environment there: set XDG_DATA_HOME to another directory."
            ) from None
        written = (self.data_dir, self.state_dir, self.cache_dir, os.path.dirname(self.command))
        home_owner.refuse_others(home, os.path.dirname(self.settings), written, os.geteuid())


@dataclass(slots=True)
class Outcome:
    """What a run did (`changes`: what and where), what the user should know (`notes`), and what is left to the user (`problems`)."""

    changes: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def did(self, what: str, where: str) -> None:
        """Add a change."""
        self.changes.append((what, where))

    def tell(self, say: Callable[[str], None]) -> None:
        """Say all of it."""
        width = max((len(what) for what, _ in self.changes), default=0)
        for what, where in self.changes:
            say(sanitize_lines(f"  {what:<{width}}  {where}"))
        for text in (*self.notes, *self.problems):
            say(sanitize_lines(f"\n{text}"))
