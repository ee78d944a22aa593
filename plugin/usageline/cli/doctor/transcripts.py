"""Check which transcripts are read, and the index of what they cost."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from usageline.cli.doctor.context import Context, Result, ok, problem, warning
from usageline.cli.formatting import local_time, span
from usageline.core import jobs
from usageline.core.errors import ConfigInvalid, UsagelineError
from usageline.sources.transcripts import roots
from usageline.storage.usage_index import checks, database
from usageline.system.lock import hold_existing

if TYPE_CHECKING:
    from usageline.config.local import Local

LOCK_TIMEOUT_S = 0.5
SUMS = "SELECT count(*), min(at), coalesce(sum(cost IS NULL), 0) FROM responses"
TOO_LONG = "SELECT coalesce(sum(too_long), 0) FROM files"
RUN = "run usageline usage, which prints the reason"


def directories(context: Context) -> Result | None:
    """Check that the transcripts of the current directory of Claude Code count."""
    local = _settings(context)
    if isinstance(local, Result):
        return local
    if roots.is_left_out(context.env, local):
        text, _, advice = roots.LEFT_OUT.partition(": ")
        return warning(text, advice)
    if empty := roots.empty(local):
        names = ", ".join(map(context.short, empty))
        return warning(
            f"local.roots: {names} has no projects/", "correct it: usageline config edit"
        )
    listed = roots.directories(context.env, local)
    if not listed:
        return None
    return ok("transcripts of " + ", ".join(map(context.short, listed)))


# tried by: tests/cli
def index(context: Context) -> Result | None:
    """Check that the index is kept up to date, and report its content."""
    local = _settings(context)
    if isinstance(local, Result) or not roots.directories(context.env, local):
        return None
    result = jobs.result(context.env, jobs.LOCAL, jobs.LOCAL_KEY, jobs.MAX_LOCAL_BYTES) or {}
    place = context.paths.usage_dir
    if result.get("failed") is True:
        return problem(f"{context.short(place)} cannot be kept up to date", RUN)
    path = os.path.join(place, checks.NAME)
    if not os.path.lexists(path):
        return ok("the next refresh begins to read the transcripts")
    with hold_existing(place, LOCK_TIMEOUT_S) as is_free:
        opened = database.open_for_reading(place) if is_free else None
        if opened is None:
            if not is_free:
                return ok("the transcripts are being read")
            return warning(
                f"{context.short(path)} is damaged or of another version", "run usageline usage"
            )
        try:
            (responses, first_ms, unpriced) = opened.connection.execute(SUMS).fetchone()
            (too_long,) = opened.connection.execute(TOO_LONG).fetchone()
        finally:
            opened.close()
    facts = [
        f"{responses:,} responses"
        + (f" since {local_time(first_ms / 1000)[:10]}" if responses else "")
    ]
    facts += [f"{unpriced:,} unpriced"] if unpriced else []
    facts += [f"{too_long:,} lines too long to read"] if too_long else []
    age_s = time.time() - os.stat(path).st_mtime
    return ok(f"{', '.join(facts)}; last change {span(age_s)} ago")


def _settings(context: Context) -> Local | Result:
    """Return the settings, or the result if they forbid reading transcripts."""
    try:
        return roots.settings(context.env)
    except ConfigInvalid as invalid:
        return warning(f"no transcript is read: {invalid}", "correct it: usageline config edit")
    except UsagelineError as refused:
        text, _, advice = str(refused).partition(": ")
        return ok(text) if text in roots.DISABLED else warning(text, advice)
