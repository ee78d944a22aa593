"""The arguments of install.sh, and what the user sees of a failure."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys

from usageline import __version__
from usageline.core.environment import fill_in_home
from usageline.core.errors import UsagelineError
from usageline.setup import streams
from usageline.setup.context import Job
from usageline.setup.install import install
from usageline.setup.packages import EXTRAS
from usageline.setup.uninstall import uninstall
from usageline.system.terminal import adapt_output, sanitize_lines

SECRETS = (
    *(
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_CUSTOM_HEADERS",
        "ANTHROPIC_FOUNDRY_API_KEY",
    ),
    *("AWS_BEARER_TOKEN_BEDROCK", "CLAUDE_CODE_OAUTH_TOKEN"),
)
"""Variables with what a session signs in with. The tools and interpreters that an install starts find `withheld` in their place, as in install.sh."""

SOURCE = os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
)
"""The clone, or the release, that this file belongs to."""

SOLVED_BY = {
    errno.ENOSPC: "Free some space on that disk. ",
    errno.EDQUOT: "Free some of your quota. ",
    errno.EROFS: "That must be writable. ",
}


def run(argv: list[str], program: str = "install.sh") -> int:
    """Do what the arguments say. 0 fine, 1 a problem that was named, 2 wrong usage (argparse leaves by itself)."""
    streams.open_missing()
    adapt_output()
    fill_in_home(os.environ)
    parser = argparse.ArgumentParser(
        prog=program,
        description="Put plan usage into Claude Code's status line. Run again it changes nothing.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--uninstall", action="store_true", help="take everything back: settings, program, cache"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done and change nothing"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="replace another program's status line without asking (--uninstall puts it back)",
    )
    parser.add_argument(
        "--with",
        dest="extras",
        action="append",
        choices=EXTRAS,
        default=[],
        help="install an extra as well, and with every later install: png draws `usageline history --png`",
    )
    parser.add_argument("--version", action="version", version=f"usageline {__version__}")
    chosen = parser.parse_args(argv)
    if chosen.uninstall and chosen.extras:
        parser.error("--with goes with an install")
    os.environ.update({name: "withheld" for name in SECRETS if os.environ.get(name)})
    job = Job(
        env=dict(os.environ),
        source=SOURCE,
        say=_say,
        dry_run=chosen.dry_run,
        yes=chosen.yes,
        extras=tuple(chosen.extras),
        can_ask=sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty(),
    )
    # Whatever is made is for the user alone, whatever the shell's own mask says.
    mask = os.umask(0o077)
    try:
        return uninstall(job) if chosen.uninstall else install(job)
    except UsagelineError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail(
            "Interrupted: run it again, or with --uninstall to take back what it did so far."
        )
    except OSError as error:
        # Of a copy the target: it is there that room is missing.
        name = error.filename2 or error.filename
        where = f"{job.short(str(name))}: " if name else ""
        return _fail(
            f"{where}{error.strerror or error}. {SOLVED_BY.get(error.errno or 0, '')}Run it again when that is solved."
        )
    except Exception as error:  # noqa: BLE001 - the edge of the process: the user gets a sentence, not a traceback
        return _fail(f"Unexpected {type(error).__name__}: {error}. Please report this.")
    finally:
        os.umask(mask)


def _say(text: str) -> None:
    # A terminal that cannot show a character gets a question mark in its place, not a traceback.
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "replace").decode(encoding), flush=True)  # noqa: T201 - its output is its purpose
    except OSError:
        # Nobody reads any more (`install.sh | head`), or the disk of the output is full: what was begun is still done to its end.
        streams.give_up(sys.stdout.fileno())


def _fail(text: str) -> int:
    with contextlib.suppress(OSError):
        _print_error(text)
    return 1


def _print_error(text: str) -> None:
    message = f"usageline: {sanitize_lines(text)}".encode("utf-8", "replace").decode("utf-8")
    print(message, file=sys.stderr)  # noqa: T201 - as above
