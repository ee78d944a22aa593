"""Show alerts at a session's start, each once across all sessions.

The hook imports it only if the snapshot has alerts, or if those on cost are configured. It prints a
JSON object with a `systemMessage` or nothing, because any other text on the hook's stdout would go
into the model's context.
"""

from __future__ import annotations

from usageline.core import freshness, ownership, paths, throttle
from usageline.core.alert_text import alert_id, alert_text
from usageline.line import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAX_SHOWN = 8
"""In one message. The next session shows the rest."""

MAX_COST_AGE_S = 7 * 86400
"""The marks of shown alerts are kept for a day more."""

MAX_ALERTS = 64
"""Of a snapshot."""


def notify(snapshot: dict[str, Any], env: Mapping[str, str], now: float) -> None:
    """Print the alerts that no session has shown. Never raises, and never shows one twice."""
    try:
        emit(message(snapshot, env, now).encode("ascii"))
    # A time may be out of range for the local clock, and the environment may have no home.
    except (OSError, ValueError, LookupError):
        return


def message(snapshot: dict[str, Any], env: Mapping[str, str], now: float) -> str:
    """Return the JSON line to print, or "". Its alerts are marked as shown."""
    if "USAGELINE_REFRESH" in env:  # a refresh started this Claude Code, so no user reads it
        return ""
    rows = pending_alerts(snapshot, now)
    if rows and (
        snapshot.get("credentials") != freshness.file_fingerprint(paths.claude_credentials(env))
        or _has_no_plan(env, snapshot)
    ):
        rows = []
    if snapshot.get("cost_alerts") is True:
        rows += cost_alerts(env, now)
    texts = []
    for row in rows:
        if claim(env, row):
            texts.append(alert_text(row, now))
        if len(texts) == MAX_SHOWN:
            break
    return '{"systemMessage": ' + _quoted("usageline: " + "; ".join(texts)) + "}\n" if texts else ""


def pending_alerts(snapshot: dict[str, Any], now: float) -> list[dict[str, Any]]:
    """Return the snapshot's alerts for a session's start, with the current `percent`."""
    alerts = snapshot.get("alerts")
    if snapshot.get("version") != paths.SNAPSHOT_VERSION or not isinstance(alerts, list):
        return []
    return [
        {**row, "percent": _percent_now(snapshot, row)}
        for row in alerts[:MAX_ALERTS]
        if isinstance(row, dict) and row.get("session_start") is True and _is_pending(row, now)
    ]


def cost_alerts(env: Mapping[str, str], now: float) -> list[dict[str, Any]]:
    """Return the alerts on cost for a session's start, whatever account is signed in."""
    from usageline.core import jobs  # noqa: PLC0415 - only if configured
    from usageline.core.windows import moment, percent  # noqa: PLC0415 - as above
    from usageline.line import local  # noqa: PLC0415 - as above

    result = jobs.result(env, jobs.LOCAL, jobs.LOCAL_KEY, jobs.MAX_LOCAL_BYTES) or {}
    if result.get("version") != jobs.LOCAL_VERSION:
        return []
    return [
        row
        for row in local.current(result, now).get("alerts", ())
        if row.get("session_start") is True
        and isinstance(row.get("label"), str)
        and moment(row.get("at")) is not None
        and now - row["at"] < MAX_COST_AGE_S
        and None not in (percent(row.get("threshold")), percent(row.get("cost")))
    ]


def claim(env: Mapping[str, str], row: Mapping[str, Any]) -> bool:
    """Return whether this session may show an alert. False as well if it cannot be marked."""
    shown, cache = paths.shown_alerts_dir(env), paths.cache_dir(env)
    if freshness.stat_of(cache) is None:
        return False
    used = (shown, cache, cache.rpartition("/")[0])
    is_private = all(map(ownership.is_private_directory, used))
    return is_private and throttle.create_stamp(f"{shown}/{alert_id(row)}") == ""


def _is_pending(alert: dict[str, Any], now: float) -> bool:
    """Return whether an alert is valid, and its window runs."""
    from usageline.core.windows import moment, percent  # noqa: PLC0415 - only with alerts

    texts, at = (alert.get("kind"), alert.get("label")), moment(alert.get("at"))
    numbers = (percent(alert.get("threshold")), percent(alert.get("percent")), at)
    if not all(isinstance(text, str) for text in texts) or None in numbers:
        return False
    resets_at = alert.get("resets_at", "")
    # The service may go on reporting a window after its reset, so an alert may be newer.
    return resets_at is None or (
        moment(resets_at) is not None and (resets_at > now or alert["at"] > resets_at)
    )


def _percent_now(snapshot: dict[str, Any], alert: dict[str, Any]) -> float:
    # Use may have grown since the alert.
    from usageline.core.windows import percent  # noqa: PLC0415 - as above

    alert_percent: float = alert["percent"]
    name = "credits" if alert["kind"] == "credits" else "limits"
    rows = snapshot.get(name)
    for row in rows if isinstance(rows, list) else []:
        if (
            isinstance(row, dict)
            and row.get("label") == alert["label"]
            and (name == "credits" or row.get("kind") == alert["kind"])
        ):
            return max(percent(row.get("percent")) or 0, alert_percent)
    return alert_percent


def _has_no_plan(env: Mapping[str, str], snapshot: dict[str, Any]) -> bool:
    from usageline.line.view import other_sign_in  # noqa: PLC0415 - as above

    return bool(other_sign_in(env, snapshot))


def _quoted(text: str) -> str:
    # The json package takes as long to import as the interpreter to start.
    try:
        from _json import encode_basestring_ascii  # noqa: PLC0415 - as above
    except ImportError:
        from json.encoder import encode_basestring_ascii  # noqa: PLC0415
    return encode_basestring_ascii(text)
