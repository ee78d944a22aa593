"""What install and uninstall work with: the environment, the source, and the user's choices."""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.core.errors import SetupRefused
from usageline.setup import settings_changes, settings_entries, settings_file
from usageline.setup.packages import unsupported_platform
from usageline.system.paths import Paths
from usageline.system.terminal import sanitize_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from usageline.setup.manifest import Manifest

ROOT = 0
MAX_SHOWN_CHARS = 2000
"""Of another program's command, in a question."""


def _ask(question: str) -> str:
    """Return the user's answer in lower case, "" if the input has ended."""
    try:
        return input(question).strip().lower()
    except EOFError:
        return ""


@dataclass(frozen=True, slots=True)
class SetupContext:
    """One run of setup.

    `source` is a clone, the release that runs this, or an installed package
    (`program_files.own_source`). `show` prints a text, `wait` one that the next text replaces,
    and `ask` returns the answer to a question. `extras` are the extras that this run requests.
    `keep_both` shows another program's status line beside usageline's. `purge` removes the
    history during an uninstall, unless it is None, which leaves that to the user.
    """

    env: dict[str, str]
    source: str
    show: Callable[[str], None]
    dry_run: bool = False
    yes: bool = False
    is_interactive: bool = False
    extras: tuple[str, ...] = ()
    keep_both: bool = False
    purge: bool | None = None
    wait: Callable[[str], None] = lambda _text: None
    ask: Callable[[str], str] = _ask

    @property
    def paths(self) -> Paths:
        """Return the paths of its environment."""
        return Paths(self.env)

    @property
    def config_dir(self) -> str:
        """The directory of config.toml."""
        return os.path.dirname(self.paths.config_file)

    def display_path(self, path: str) -> str:
        """Return `path` with the home directory abbreviated to ~."""
        return self.paths.abbreviate(path)

    def validate(self) -> None:
        """Raise `SetupRefused` if nothing can be installed in this environment."""
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
        if os.pathsep in self.paths.data_dir:
            raise SetupRefused(
                f"{self.paths.data_dir} contains {os.pathsep}, which Python's environments do not"
                " support: choose another directory."
            )
        try:
            self.paths.data_dir.encode()
        except UnicodeEncodeError:
            raise SetupRefused(
                f"{self.paths.data_dir} is not UTF-8, which Python's environments require:"
                " set XDG_DATA_HOME to another directory."
            ) from None
        self._refuse_other_owners(os.geteuid())

    def _refuse_other_owners(self, user: int) -> None:
        """Raise `SetupRefused` if HOME or a directory to be written belongs to another user.

        Files that root or another user writes there would lock the owner out.
        Some systems mount /home/NAME as root's: that is allowed if the user may write below it.
        """
        home, settings = self.env["HOME"], os.path.dirname(self.paths.claude_settings)
        owner = os.stat(home).st_uid
        if owner not in {user, ROOT}:
            raise SetupRefused(
                f"{home} belongs to {_user_name(owner)}, and this runs as {_user_name(user)}:"
                f" run it as {_user_name(owner)}, without sudo, su, doas or"
                f" `docker exec -u {_user_name(user)}`. Or set HOME to a directory of your own."
                " Nothing was changed."
            )
        written = (
            self.paths.data_dir,
            self.paths.state_dir,
            self.paths.cache_dir,
            os.path.dirname(self.paths.command),
        )
        for path in (settings, *written):
            directory = _nearest_existing(path)
            owner = os.stat(directory).st_uid
            # Settings that cannot be written are left alone, and may need no change.
            is_usable = directory == settings or os.access(directory, os.W_OK)
            if owner == user or (owner == ROOT and is_usable):
                continue
            if owner == ROOT:
                raise SetupRefused(
                    f"{directory} belongs to root and cannot be written by {_user_name(user)}:"
                    f" run `sudo chown -R {_user_name(user)} {directory}` and try again."
                    " Nothing was changed."
                )
            raise SetupRefused(
                f"{directory} belongs to {_user_name(owner)}, and this runs as {_user_name(user)}:"
                f" run it as {_user_name(owner)}, or choose another directory."
                " Nothing was changed."
            )


def choose_line(ctx: SetupContext, previous: Manifest | None) -> SetupContext:
    """Ask what to do with another program's status line: replace it, or show both.

    Return the context with the user's choice. Raise `SetupRefused` if it must stay.
    """
    other = _other_status_line(ctx, previous)
    if not other:
        return replace(ctx, keep_both=False)
    if ctx.yes or ctx.keep_both or ctx.dry_run:
        return ctx
    shown = other
    if len(other) > MAX_SHOWN_CHARS:
        shown = f"{other[:MAX_SHOWN_CHARS]} … ({len(other)} characters in all)"
    name = ctx.display_path(ctx.paths.claude_settings)
    message = f"{name} has another status line:\n\n  {shown}\n"
    if not ctx.is_interactive:
        raise SetupRefused(
            f"{message}\nTo show it beside usageline's, add --keep-both. To replace it, add --yes:"
            " it is kept, and --uninstall restores it. Nothing was changed."
        )
    ctx.show(sanitize_lines(message))
    answer = ctx.ask("An uninstall restores it. [r]eplace it, [k]eep both, [n]o change? ")
    if answer in ("r", "replace", "y", "yes"):
        return ctx
    if answer in ("k", "keep", "keep both", "b", "both"):
        return replace(ctx, keep_both=True)
    raise SetupRefused("Nothing was changed.")


def _other_status_line(ctx: SetupContext, previous: Manifest | None) -> str:
    """Return what another program's status line runs; "" if it cannot or need not be replaced."""
    try:
        settings = settings_file.read(ctx.paths.claude_settings)
        settings_file.check_writable(settings)
    except SetupRefused:
        return ""
    earlier = previous.commands if previous else ()
    entries = settings_entries.make_entries("", ctx.paths.data_dir, earlier)
    return settings_changes.describe_other_status_line(settings.text, entries)


def check_directories(ctx: SetupContext) -> None:
    """Raise `SetupRefused` if a file stands at the place of a directory."""
    for path in (ctx.paths.data_dir, ctx.paths.state_dir, os.path.dirname(ctx.paths.cache_dir)):
        if os.path.lexists(path) and not os.path.isdir(path):
            raise SetupRefused(
                f"{ctx.display_path(path)} is not a directory: move it away and try again."
                " Nothing was changed."
            )


def check_extras(ctx: SetupContext) -> None:
    """Raise `SetupRefused` if this system cannot have a requested extra."""
    abi = " ".join(str(sysconfig.get_config_var(name)) for name in ("SOABI", "HOST_GNU_TYPE"))
    for extra in ctx.extras:
        advice = f"install without --with {extra}"
        platform = unsupported_platform(extra, os.uname().machine, abi)
        if platform:
            raise SetupRefused(
                f"The extra {extra} has no package for {platform}: {advice};"
                " everything else works. Nothing was changed."
            )
        if is_noexec(ctx.paths.data_dir):
            raise SetupRefused(
                f"The extra {extra} cannot be loaded from a directory that is mounted noexec:"
                f" {advice}. Nothing was changed."
            )


def is_noexec(path: str) -> bool:
    """Return whether `path` is mounted noexec, False if the system does not report it."""
    try:
        return bool(os.statvfs(_nearest_existing(path)).f_flag & getattr(os, "ST_NOEXEC", 0))
    except OSError:
        return False


def _nearest_existing(path: str) -> str:
    """Return `path`, or its nearest parent that exists."""
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _user_name(user: int) -> str:
    try:
        import pwd  # noqa: PLC0415 - Windows has none

        return pwd.getpwuid(user).pw_name
    except (ImportError, KeyError):
        return f"uid {user}"
