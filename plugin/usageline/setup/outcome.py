"""Print each change as it is made, and the user's next step."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from usageline.setup.program_files import is_packaged, package_of, package_tool
from usageline.system.terminal import sanitize_lines, wrap_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from usageline.setup.context import SetupContext

DONE, WAITING = "✓", "…"
WIDTH = len("settings")
"""Of the longest name of a change."""

MAX_TYPED_CHARS = 1000
"""A longer command is not printed for the user to type."""

MAX_STEP_COLUMNS = 60
"""A longer command does not move what the others do to the right."""

PROFILES = {"bash": "~/.bashrc", "zsh": "~/.zshrc"}
"""Files in which a shell's user sets PATH."""


def waiting(what: str, text: str) -> str:
    """Return the row of a change that is being made."""
    return f"  {WAITING} {what:<{WIDTH}}  {text}"


@dataclass(slots=True)
class Outcome:
    """What a run did: `changes` (what, and its path), `notes` for the user, and `problems`.

    A problem is left for the user to solve. With `live`, each change is printed as it is made,
    the first one below `heading`.
    """

    live: Callable[[str], None] | None = None
    heading: str = ""
    changes: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _has_begun: bool = False

    def begin(self) -> None:
        """Print the heading, once."""
        if self.live and not self._has_begun:
            self.live(f"{self.heading}\n")
        self._has_begun = True

    def add_change(self, what: str, path: str) -> None:
        """Record a change that was made, or would be."""
        self.begin()
        self.changes.append((what, path))
        if self.live:
            self.live(_row(f"  {DONE} {what:<{WIDTH}}  ", path))

    def show(self, show: Callable[[str], None]) -> None:
        """Print what is not printed yet: notes, problems, and the changes of a dry run."""
        for what, path in () if self.live else self.changes:
            show(_row(f"  {what:<{WIDTH}}  ", path))
        for text in (*self.notes, *self.problems):
            show("\n" + _prose(text))


def _row(margin: str, text: str) -> str:
    """Return the row of a change; on a terminal no word is broken."""
    return wrap_words(sanitize_lines(text), _columns(), margin)


def _prose(text: str) -> str:
    """Return a note, on a terminal without broken words in its first line.

    A command, a difference or a part of settings.json that is to be copied stays as it is.
    """
    first, end, rest = sanitize_lines(text).partition("\n")
    return wrap_words(first, _columns()) + end + rest


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def chain_hint(other: str) -> str:
    """Return the command that shows the previous status line beside usageline's."""
    # A terminal may change pasted lines, and TOML would take quotes around the whole as its own.
    is_typable = (
        other.isprintable() and len(other) <= MAX_TYPED_CHARS and other[:1] not in ("'", '"')
    )
    value = shlex.quote(other) if is_typable else "--previous"
    return (
        "To show your previous status line beside this one:\n\n"
        f"  usageline config set chain.command {value}"
    )


def next_steps(ctx: SetupContext) -> str:
    """Return what a user can do after an install: see, choose, upgrade, undo."""
    command = _typed_command(ctx)
    steps = (
        (f"{command} config", "choose theme, segments and rows"),
        (command, "every limit as a table"),
        (upgrade_command(ctx), "upgrade"),
        (f"{command} uninstall", "undo all of this"),
    )
    width = max((len(step) for step, _ in steps if len(step) <= MAX_STEP_COLUMNS), default=0)
    rows = "\n".join(f"  {step:<{width}}  {about}" for step, about in steps)
    return f"Open sessions of Claude Code show the line now. Next:\n\n{sanitize_lines(rows)}"


def upgrade_command(ctx: SetupContext) -> str:
    """Return the command that installs a newer version in the way of this one."""
    if is_packaged(ctx.source):
        upgrade = package_tool().upgrade
        if upgrade.endswith(" install"):
            return upgrade
        return f"{_of_this_package(ctx, upgrade)} && {_package_command(ctx)} install"
    if ctx.source.startswith(ctx.paths.claude_dir + "/plugins/"):
        return "/plugin update usageline, then /usageline:setup"
    if os.path.exists(ctx.source + "/.git"):
        return f"cd {ctx.display_path(ctx.source)} && git pull && ./install.sh"
    return "./install.sh of a newer version"


def remove_command(ctx: SetupContext) -> str:
    """Return the command that removes the package, "" if there is none or its tool forgets it."""
    remove = package_tool().remove if is_packaged(ctx.source) else ""
    return remove and _of_this_package(ctx, remove)


def upgrade_hint(ctx: SetupContext) -> str:
    """Return how to upgrade, for a user who runs the installed copy to do that."""
    directories = filter(os.path.isabs, ctx.env.get("PATH", "").split(os.pathsep))
    commands = (f"{directory}/usageline" for directory in directories)
    package = next(filter(package_of, commands), "")
    installer = f"{ctx.display_path(package)} install" if package else "that version's installer"
    return sanitize_lines(
        f"This is the installed program itself. To install another version, run {installer}."
    )


def path_advice(ctx: SetupContext) -> str:
    """Return how to put the command's directory on the PATH of the user's shell, "" if it is."""
    directory = os.path.dirname(ctx.paths.command)
    if directory in ctx.env.get("PATH", "").split(os.pathsep):
        return ""
    name = ctx.display_path(directory)
    shell = os.path.basename(ctx.env.get("SHELL", ""))
    place = name.replace("~", "$HOME", 1)
    if shell == "fish":
        line = f"fish_add_path {name}"
    elif shell in PROFILES:
        profile = PROFILES[shell]
        if shell == "zsh" and ctx.env.get("ZDOTDIR"):
            profile = '"$ZDOTDIR/.zshrc"'
        line = f"echo 'export PATH=\"{place}:$PATH\"' >> {profile}"
    else:
        line = f'export PATH="{place}:$PATH"'
    return (
        f"{name} is not on your PATH. For the command `usageline`, run this once and open a new"
        f" terminal:\n\n  {line}"
    )


def _typed_command(ctx: SetupContext) -> str:
    """Return what the user types to run the command."""
    if shutil.which("usageline", path=ctx.env.get("PATH", "")):
        return "usageline"
    own = ctx.paths.data_dir + "/current/bin/usageline"
    return ctx.display_path(ctx.paths.command if os.path.lexists(ctx.paths.command) else own)


def _of_this_package(ctx: SetupContext, command: str) -> str:
    """Return a command of the package's tool. Another pip than its own may come first on PATH."""
    if package_tool().name == "pip" and _package_command(ctx) != "usageline":
        return f"{ctx.display_path(sys.executable)} -m {command}"
    return command


def _package_command(ctx: SetupContext) -> str:
    """Return what the user types to run the package's own command.

    Another `usageline` may come first on PATH, such as the one of the release.
    """
    first = shutil.which("usageline", path=ctx.env.get("PATH", "")) or ""
    own = sys.prefix + "/bin/usageline"
    is_first = os.path.realpath(first) == os.path.realpath(own)
    return "usageline" if is_first or not os.path.exists(own) else ctx.display_path(own)
