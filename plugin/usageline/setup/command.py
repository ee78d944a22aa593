"""Parse the arguments of install.sh, run install or uninstall, and report errors to the user."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys

from usageline import __version__
from usageline.core.environment import fill_in_home
from usageline.core.errors import UsagelineError
from usageline.setup.context import SetupContext
from usageline.setup.install import install
from usageline.setup.packages import EXTRAS
from usageline.setup.uninstall import uninstall
from usageline.system.terminal import adapt_output, sanitize_lines

SECRET_VARIABLES = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
    "ANTHROPIC_FOUNDRY_API_KEY",
    "AWS_BEARER_TOKEN_BEDROCK",
    "CLAUDE_CODE_OAUTH_TOKEN",
)
"""Credentials: pip, uv and the interpreters get `withheld` instead, as in install.sh."""

SOURCE = os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
)
"""The clone, or the release, that this file belongs to."""

_ADVICE = {
    errno.ENOSPC: "Free some space on that disk. ",
    errno.EDQUOT: "Free some of your quota. ",
    errno.EROFS: "That must be writable. ",
}


def run(argv: list[str], program: str = "install.sh") -> int:
    """Install or uninstall as `argv` demands.

    Returns 0 on success and 1 after a reported problem; argparse exits with 2 on wrong usage.
    """
    _open_closed_streams()
    adapt_output()
    fill_in_home(os.environ)
    arguments = _parse(argv, program)
    os.environ.update({name: "withheld" for name in SECRET_VARIABLES if os.environ.get(name)})
    ctx = SetupContext(
        env=dict(os.environ),
        source=SOURCE,
        show=_show,
        dry_run=arguments.dry_run,
        yes=arguments.yes,
        extras=tuple(arguments.extras),
        is_interactive=sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty(),
    )
    # Every file is for the user alone, even if the shell's umask is wider.
    mask = os.umask(0o077)
    try:
        return uninstall(ctx) if arguments.uninstall else install(ctx)
    except UsagelineError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("Interrupted: run it again, or run it with --uninstall to undo its changes.")
    except OSError as error:
        return _fail(_describe(ctx, error))
    except Exception as error:  # noqa: BLE001 - the user gets a sentence, not a traceback
        return _fail(f"Unexpected {type(error).__name__}: {error}. Please report this.")
    finally:
        os.umask(mask)


def _parse(argv: list[str], program: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=program,
        description=(
            "Show plan usage in Claude Code's status line."
            " It is safe to run this again: it changes only what is out of date."
        ),
        allow_abbrev=False,
    )
    parser.add_argument(
        "--uninstall", action="store_true", help="undo the install: settings, program and cache"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the changes without making them"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="replace another program's status line without asking (--uninstall restores it)",
    )
    parser.add_argument(
        "--with",
        dest="extras",
        action="append",
        choices=EXTRAS,
        default=[],
        help="also install an extra, now and with every later install:"
        " png is for `usageline history --png`",
    )
    parser.add_argument("--version", action="version", version=f"usageline {__version__}")
    arguments = parser.parse_args(argv)
    if arguments.uninstall and arguments.extras:
        parser.error("--with cannot be used with --uninstall")
    return arguments


def _describe(ctx: SetupContext, error: OSError) -> str:
    # Of a copy the second name is the target, which is the one that lacks space.
    name = error.filename2 or error.filename
    place = f"{ctx.display_path(str(name))}: " if name else ""
    advice = _ADVICE.get(error.errno or 0, "")
    return f"{place}{error.strerror or error}. {advice}Run it again when that is solved."


def _show(text: str) -> None:
    # Print ? for a character that the terminal cannot show, instead of a traceback.
    encoding = sys.stdout.encoding or "utf-8"
    text = text.encode(encoding, "replace").decode(encoding)
    try:
        print(text, flush=True)  # noqa: T201 - its output is its purpose
    except OSError:
        # The reader has closed the pipe (`install.sh | head`) or the disk is full: finish anyway.
        _discard_output(sys.stdout.fileno())


def _fail(text: str) -> int:
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
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - kept
            setattr(sys, name, stream)


def _discard_output(number: int) -> None:
    """Redirect that descriptor to /dev/null."""
    with contextlib.suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)
