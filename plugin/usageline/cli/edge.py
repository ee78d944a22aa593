"""The edge of the process: run a command, and report its errors without a traceback.

Exit statuses: 0 success, 1 a problem that is reported, 2 wrong usage. `usageline check` has a 3.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from usageline.core.errors import UsagelineError
from usageline.core.paths import fill_in_home
from usageline.system.terminal import adapt_output, sanitize_lines, wrap_words

if TYPE_CHECKING:
    from collections.abc import Callable


def run(command: Callable[[], object]) -> NoReturn:
    """Run the command and exit. Report errors without a traceback."""
    _open_closed_streams()
    adapt_output()
    fill_in_home(os.environ)
    status = 1
    try:
        try:
            command()
            status = 0
        finally:
            sys.stdout.flush()
            gc.freeze()  # The interpreter's last collection takes as long as the imports of click.
    except UsagelineError as problem:
        report(str(problem))
    except LookupError as problem:  # no HOME
        report(str(problem.args[0]))
    except ImportError as error:
        report(f"{error}: the program is incomplete: install it again")
    except OSError as error:  # mostly a full or missing disk
        where = f"{error.filename}: " if error.filename else ""
        if not isinstance(error, BrokenPipeError):  # a closed pipe (`usageline | head`)
            report(f"{where}{error.strerror or error}")
        # Python flushes stdout again at exit, and a second failure would print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.stderr.write("\nAborted!\n")
    except Exception as error:  # noqa: BLE001 - the edge of the process
        report(f"{type(error).__name__}: {error}; please report it")
    sys.exit(status)


# tried by: tests/cli
def _open_closed_streams() -> None:
    """Let commands write to nowhere if the caller closed stdout or stderr."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def report(problem: str) -> None:
    """Print `usageline: ` and a sanitized text to stderr, on a terminal without broken words."""
    message = sanitize_lines(f"usageline: {problem}")
    if sys.stderr.isatty():
        from shutil import get_terminal_size  # noqa: PLC0415 - slow to import

        columns = get_terminal_size().columns
        message = "\n".join(wrap_words(line, columns) for line in message.split("\n"))
    sys.stderr.write(f"{message}\n")
