"""Check where the numbers go as metrics, if they go anywhere."""

from __future__ import annotations

from usageline.cli.doctor import log
from usageline.cli.doctor.context import Context, Result, ok, warning
from usageline.core.errors import CacheUnsafe
from usageline.refresh.log_entry import METRICS
from usageline.refresh.metrics import otlp
from usageline.storage import refresh_log, textfiles

MAX_LINES = 20
REPEAT = "then run usageline refresh --force"


def exports(context: Context) -> Result | None:
    """Check that the last refresh wrote the text file, and that the collector took the points."""
    settings = context.config[0].metrics
    if not settings.is_configured:
        return None
    if settings.otlp and not otlp.is_installed():
        return warning(
            "metrics are not sent: the OpenTelemetry SDK is not installed",
            "run ./install.sh --with otlp, or install usageline[otlp]",
        )
    failure = _last_failure(context)
    if failure:
        return warning(f"the last refresh could not export metrics: {failure}", _advice(failure))
    path = textfiles.place(settings.textfile) if settings.textfile else ""
    if path and path not in textfiles.written(context.paths):
        return warning(f"{context.short(path)} is not written yet", "run usageline refresh --force")
    places = [context.short(path) if path else "", settings.otlp or ""]
    return ok("metrics go to " + " and ".join(filter(None, places)))


def _advice(failure: str) -> str:
    if failure.startswith("textfile"):
        return f"let this user write there, or change metrics.textfile; {REPEAT}"
    if failure.startswith("otlp"):
        return f"see whether the collector runs, or change metrics.otlp; {REPEAT}"
    return "run ./install.sh again from this shell"


# tried by: tests/cli
def _last_failure(context: Context) -> str:
    """Return why the last refresh that published could not export, "" if it could."""
    try:
        lines = refresh_log.read_last(context.paths, MAX_LINES)
    except (OSError, ValueError, CacheUnsafe):
        return ""
    for entry in map(log.parse, reversed(lines)):
        if entry and entry.get("ended") in {"refreshed", "failed"}:
            notes = [note for note in log.texts(entry.get("notes")) if note.startswith(METRICS)]
            return notes[0].removeprefix(METRICS) if notes else ""
    return ""
