"""Start the job that reads the transcripts, and do not wait for it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from usageline.core import jobs
from usageline.core.background import PYTHON_FLAGS, refresh_environment
from usageline.core.errors import UsagelineError
from usageline.core.jobs import LOCAL, LOCAL_KEY
from usageline.sources.transcripts.roots import directories, settings
from usageline.system.process import start_detached

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR_S = 3600
"""If nothing shows the cost, transcripts need to be read long before Claude Code deletes them."""

SHOWN_S = 240
"""If something shows it: less than the time between two refreshes."""


def start_if_due(
    python: str, env: Mapping[str, str], now: float, *, is_shown: bool = False
) -> bool:
    """Start the job with an interpreter, and return whether it was started.

    It is not if another process started it lately, if there are no transcripts, or if the user's
    settings forbid it.
    """
    with contextlib.suppress(UsagelineError, OSError, LookupError, ValueError):
        if directories(env, settings(env)) and jobs.claim(
            env, LOCAL, LOCAL_KEY, now, SHOWN_S if is_shown else HOUR_S
        ):
            command = [python, *PYTHON_FLAGS, "-m", "usageline.jobs", LOCAL]
            start_detached(command, refresh_environment(env))
            return True
    return False
