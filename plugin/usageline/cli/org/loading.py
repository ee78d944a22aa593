"""Load what a command of `usageline org` shows, and say on the terminal what is being loaded."""

from __future__ import annotations

import os
import sys
from datetime import timezone
from typing import TYPE_CHECKING, Any, TypeVar

from usageline.cli.days import read_day
from usageline.cli.edge import report
from usageline.core.text import display_width, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from usageline.jobs.org_access import Org

Loaded = TypeVar("Loaded")
MAX_CELLS = 78


class Progress:
    """One line on stderr that replaces itself. Without a terminal there is none."""

    def __init__(self) -> None:
        self._is_active = bool(sys.stderr and sys.stderr.isatty())
        self._cells = 0

    def __call__(self, message: str) -> None:
        """Show a message instead of the one before."""
        if self._is_active:
            text = sanitize(message)[:MAX_CELLS]
            sys.stderr.write(f"\r{text}…{' ' * max(self._cells - display_width(text) - 1, 0)}")
            sys.stderr.flush()
            self._cells = display_width(text) + 1

    def end(self) -> None:
        """Remove the line."""
        if self._cells:
            sys.stderr.write(f"\r{' ' * self._cells}\r")
            sys.stderr.flush()
            self._cells = 0

    def report(self, problem: str) -> None:
        """Remove the line, and report a problem."""
        self.end()
        report(problem)


def with_progress(work: Callable[[Progress], Loaded], *, resumes: bool = False) -> Loaded:
    """Show the progress while `work` runs. `resumes`: the next run goes on from there."""
    progress = Progress()
    try:
        return work(progress)
    except KeyboardInterrupt:
        progress.report("stopped: run it again to go on from there" if resumes else "stopped")
        sys.exit(130)
    finally:
        progress.end()


def with_org(
    work: Callable[[Org], Loaded], options: Mapping[str, Any], *, resumes: bool = False
) -> Loaded:
    """Open the organization for the options of a command, and show the progress of `work`."""
    from usageline.jobs.org_access import Request, open_org  # noqa: PLC0415 - slow to import
    from usageline.sources.org.client import MAX_PAGES  # noqa: PLC0415 - as above

    request = Request(
        options.get("by", "person"),
        read_day(options.get("since"), timezone.utc),
        read_day(options.get("until"), timezone.utc),
        options.get("anonymous", False),
        options.get("pages") or MAX_PAGES,
    )
    return with_progress(
        lambda progress: work(open_org(dict(os.environ), request, progress)), resumes=resumes
    )
