"""Parse the arguments of setup, run install or uninstall, and report errors to the user."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import errno
import os
import re
import shutil
import sys

from usageline import __version__
from usageline.core.errors import UsagelineError
from usageline.core.paths import fill_in_home
from usageline.setup.context import SetupContext
from usageline.setup.install import install
from usageline.setup.packages import EXTRAS
from usageline.setup.program_files import own_source
from usageline.setup.uninstall import uninstall
from usageline.system.terminal import adapt_output, sanitize_lines

SECRET_VARIABLES = (
    "ANTHROPIC_ADMIN_KEY",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
    "ANTHROPIC_FOUNDRY_API_KEY",
    "AWS_BEARER_TOKEN_BEDROCK",
    "CLAUDE_CODE_OAUTH_TOKEN",
)
"""Credentials: pip, uv and the interpreters get `withheld` instead, as in install.sh."""

ERASE = "\r\x1b[K"
"""Go to the start of the line and clear it."""

_ADVICE = {
    errno.ENOSPC: "Free some space on that disk. ",
    errno.EDQUOT: "Free some of your quota. ",
    errno.EROFS: "That must be writable. ",
}


INSTALL_SH, INSTALL, UNINSTALL = "install.sh", "usageline install", "usageline uninstall"
"""The programs, as the user types them. install.sh can do both."""

_AGAIN = " It is safe to run this again: it changes only what is out of date."
_DESCRIPTIONS = {
    INSTALL_SH: "Install usageline from this clone, or uninstall it." + _AGAIN,
    INSTALL: "Add usageline to Claude Code: the status line, and a hook that keeps it fresh."
    + _AGAIN,
    UNINSTALL: "Take usageline out of Claude Code: settings.json is as it was before, and the"
    " program and its cache are removed. config.toml stays.",
}
_YES = {
    INSTALL_SH: "ask nothing: replace another program's status line (--uninstall restores it);"
    " an uninstall keeps the history",
    INSTALL: "ask nothing: replace another program's status line (an uninstall restores it)",
    UNINSTALL: "ask nothing: keep the history",
}


def run(argv: list[str], program: str = INSTALL_SH) -> int:
    """Install or uninstall as `argv` demands.

    Returns 0 on success and 1 after a reported problem; argparse exits with 2 on wrong usage.
    """
    _open_closed_streams()
    adapt_output()
    fill_in_home(os.environ)
    arguments = _parse(argv, program)
    os.environ.update({name: "withheld" for name in SECRET_VARIABLES if os.environ.get(name)})
    is_interactive = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    screen = Screen(is_interactive=is_interactive)
    ctx = SetupContext(
        env=dict(os.environ),
        source=own_source(),
        show=screen.show,
        wait=screen.wait,
        dry_run=arguments.dry_run,
        yes=arguments.yes,
        keep_both=arguments.keep_both,
        purge=arguments.purge,
        extras=tuple(arguments.extras),
        is_interactive=is_interactive,
    )
    # Every file is for the user alone, even if the shell's umask is wider.
    mask = os.umask(0o077)
    try:
        return uninstall(ctx) if arguments.uninstall else install(ctx)
    except UsagelineError as error:
        return _fail(screen, str(error))
    except KeyboardInterrupt:
        again = f"{program} {' '.join(argv)}".rstrip()
        undo = f"./{INSTALL_SH} --uninstall" if program == INSTALL_SH else UNINSTALL
        return _fail(screen, f"Interrupted. Run `{again}` again, or `{undo}`.")
    except OSError as error:
        return _fail(screen, _describe(ctx, error))
    except Exception as error:  # noqa: BLE001 - the user gets a sentence, not a traceback
        return _fail(screen, f"Unexpected {type(error).__name__}: {error}. Please report this.")
    finally:
        os.umask(mask)


def _parse(argv: list[str], program: str) -> argparse.Namespace:
    """Return the options. Each program's help describes what that program does."""
    installs, uninstalls = program != UNINSTALL, program != INSTALL
    parser = argparse.ArgumentParser(
        prog=program, description=_DESCRIPTIONS[program], allow_abbrev=False
    )
    parser.set_defaults(keep_both=False, extras=[], purge=None)
    parser.add_argument(
        "--uninstall",
        action="store_true",
        default=not installs,
        help="undo the install" if program == INSTALL_SH else argparse.SUPPRESS,
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the changes without making them"
    )
    parser.add_argument("--yes", action="store_true", help=_YES[program])
    if installs:
        parser.add_argument(
            "--keep-both",
            action="store_true",
            help="show another program's status line beside usageline's",
        )
        parser.add_argument(
            "--with",
            dest="extras",
            action="append",
            choices=EXTRAS,
            help="also install an extra, now and with every later install:"
            " png for `usageline history --png`, redis for a shared reading, otlp for metrics",
        )
    if uninstalls:
        only = "with --uninstall: " if installs else ""
        history = parser.add_mutually_exclusive_group()
        history.add_argument(
            "--purge",
            action="store_true",
            default=None,
            help=f"{only}remove the history of your usage as well",
        )
        history.add_argument(
            "--keep-history",
            dest="purge",
            action="store_false",
            help=f"{only}keep the history, without asking",
        )
    parser.add_argument(
        "-V",
        "--version",
        action="version",
        version=f"usageline {__version__}",
        help="print the version",
    )
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        options = re.findall(r"--[a-z-]+", parser.format_help())
        close = difflib.get_close_matches(unknown[0], options, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    if arguments.uninstall and (arguments.extras or arguments.keep_both):
        parser.error("--with and --keep-both cannot be used with --uninstall")
    if arguments.purge is not None and not arguments.uninstall:
        parser.error("--purge and --keep-history need --uninstall")
    return arguments


def _describe(ctx: SetupContext, error: OSError) -> str:
    # Of a copy the second name is the target, which is the one that lacks space.
    name = error.filename2 or error.filename
    place = f"{ctx.display_path(str(name))}: " if name else ""
    advice = _ADVICE.get(error.errno or 0, "")
    return f"{place}{error.strerror or error}. {advice}Run it again when that is solved."


class Screen:
    """Print lines, and in a terminal what the program waits for, until the next line."""

    def __init__(self, *, is_interactive: bool) -> None:
        self._is_interactive = is_interactive and os.environ.get("TERM", "dumb") != "dumb"
        self._is_waiting = False

    def show(self, text: str) -> None:
        """Print `text` in the characters that the terminal can show."""
        self._print(text, "\n")

    def wait(self, text: str) -> None:
        """Print `text` until the next one, in a terminal only."""
        if self._is_interactive:
            # Only the last line of the screen can be removed again.
            self._print(text[: max(shutil.get_terminal_size().columns - 1, 1)], "")
            self._is_waiting = True

    def end(self) -> None:
        """Remove what `wait` printed."""
        if self._is_waiting:
            self._print("", "")

    def _print(self, text: str, end: str) -> None:
        start = ERASE if self._is_waiting else ""
        self._is_waiting = False
        try:
            print(start + text, end=end, flush=True)  # noqa: T201 - its output is its purpose
        except OSError:
            # The reader has closed the pipe (`install.sh | head`) or the disk is full: go on.
            with contextlib.suppress(OSError), open(os.devnull, "wb") as null:
                os.dup2(null.fileno(), sys.stdout.fileno())


def _fail(screen: Screen, text: str) -> int:
    screen.end()
    with contextlib.suppress(OSError):
        message = f"usageline: {sanitize_lines(text)}".encode("utf-8", "replace").decode("utf-8")
        print(message, file=sys.stderr)  # noqa: T201 - as above
    return 1


def _open_closed_streams() -> None:
    """Open /dev/null for each closed standard stream; the next opened file would get its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest free number, which is this one
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - kept
            setattr(sys, name, stream)
