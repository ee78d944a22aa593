"""Merge the payload and the snapshot into the status context. The clock and env are arguments."""

from __future__ import annotations

from usageline.core.freshness import CLOCK_JUMP_S
from usageline.core.paths import SNAPSHOT_VERSION
from usageline.core.windows import (
    HORIZON_S,
    MAX_ROWS,
    OVERDUE_S,
    SAME_RESET_S,
    moment,
    percent,
    severity,
)
from usageline.line import whose
from usageline.line.context import StatusContext, Window, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from usageline.line.context import ModifiedAt

PAYLOAD_WINDOWS = (("five_hour", "session"), ("seven_day", "weekly_all"))
"""The payload's names for the two windows that it reports."""

FORECAST = ("exhausts_at", "exhausts_from", "exhausts_to")

SPEND_PERIODS = ("daily", "weekly", "monthly")
"""Of the spend limit of a gateway, which stands between Claude Code and the service."""

SIGN_IN_VARIABLES = (
    *("CLAUDE_CODE_USE_GATEWAY", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_FOUNDRY"),
    *("CLAUDE_CODE_USE_ANTHROPIC_AWS", "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD"),
    *("CLAUDE_CODE_USE_MANTLE", "CLAUDE_CODE_USE_VERTEX", "ANTHROPIC_API_KEY"),
    *("ANTHROPIC_UNIX_SOCKET", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE"),
    *("CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR", "ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_BASE_URL"),
)
"""A session without any of these signs in with a plan. `core/other_sign_ins.py` evaluates them."""


def build(  # noqa: PLR0913 - all inputs, and the clock
    payload: dict[str, Any] | None,
    snapshot: dict[str, Any] | None,
    credentials: str | None,
    env: Mapping[str, str],
    now: float,
    *,
    modified_at: ModifiedAt | None = None,
) -> StatusContext:
    """Return the status context of the parsed `payload` and `snapshot`.

    `credentials` is the fingerprint of the credentials file. `modified_at` returns a path's
    modification time or None. Without it the time of the session's last answer is unknown.
    """
    ctx = StatusContext(now, payload, modified_at)
    ctx.home = env.get("HOME", "")
    reported = _dict(ctx.payload, "rate_limits")
    if isinstance(snapshot, dict):
        ctx.is_light = {"light": True, "dark": False}.get(text(snapshot.get("appearance")))
        ctx.palette = text(snapshot.get("palette"))
        ctx.incident = _dict(snapshot, "incident")

    ctx.other_sign_in = _other_sign_in(reported, env, snapshot)
    if ctx.other_sign_in:
        snapshot = None
        ctx.status, ctx.detail = "no-plan", ctx.other_sign_in
    elif (
        not isinstance(snapshot, dict)
        or snapshot.get("version") != SNAPSHOT_VERSION
        # The sign-in changed since. Until a refresh reads it, these may be another account's.
        or snapshot.get("credentials") != credentials
    ):
        snapshot = None
    else:
        ctx.status = text(snapshot.get("status")) or "loading"
        ctx.detail = text(snapshot.get("detail"))
        ctx.until = moment(snapshot.get("until"))
        ctx.plan = text(snapshot.get("plan"))
        ctx.unused_reset = snapshot.get("unused_reset") is True

    observed_at = moment(snapshot.get("observed_at")) if snapshot else None
    windows = [_window(row, now, observed_at) for row in _rows(snapshot, "limits")]
    payload_windows = _payload_windows(reported, now)
    if payload_windows:
        windows, snapshot = _with_payload(ctx, payload_windows, windows, snapshot, credentials)
    for window in windows:
        if window.resets_at is not None and window.resets_at <= now and not window.overdue:
            window.percent = None
        window.severity = severity(window.percent, window.claimed)
    ctx.windows, ctx.has_forecast = windows, any(window.exhausts_at for window in windows)
    ctx.credits = _rows(snapshot, "credits")
    ctx.alerts = _rows(snapshot, "alerts")
    if "spend_limit" in reported:
        ctx.credits = [*ctx.credits, *_spend_limit(_dict(reported, "spend_limit"), now)]

    if snapshot and observed_at is not None and (windows or ctx.credits):
        age_s = now - observed_at
        ctx.age_s = 0 if -CLOCK_JUMP_S <= age_s < 0 else age_s
    return ctx


def _other_sign_in(
    reported: dict[str, Any], env: Mapping[str, str], snapshot: dict[str, Any] | None
) -> str:
    # Windows in the payload prove a plan, and a spend limit a gateway, whatever the environment is.
    if any(_dict(reported, name) for name, _ in PAYLOAD_WINDOWS):
        return ""
    return "gateway" if _dict(reported, "spend_limit") else other_sign_in(env, snapshot)


def other_sign_in(env: Mapping[str, str], snapshot: dict[str, Any] | None = None) -> str:
    """Return the sign-in that `env` uses instead of a plan: "API key", "Bedrock", …, or ""."""
    for name in SIGN_IN_VARIABLES:
        if name in env:
            from usageline.core import other_sign_ins  # noqa: PLC0415 - seldom

            return other_sign_ins.chosen(env, other_sign_ins.declined_keys(snapshot))
    return ""


def _payload_windows(reported: dict[str, Any], now: float) -> list[Window]:
    windows = []
    for name, kind in PAYLOAD_WINDOWS:
        row = _dict(reported, name)
        used = percent(row.get("used_percentage"))
        if used is not None:
            windows.append(Window(kind, "", used, _reset(kind, row.get("resets_at"), now)))
    return windows


def _with_payload(
    ctx: StatusContext,
    reported: list[Window],
    windows: list[Window],
    snapshot: dict[str, Any] | None,
    credentials: str | None,
) -> tuple[list[Window], dict[str, Any] | None]:
    """Return the windows to show, and the snapshot unless it is another account's.

    docs/WHOSE.md has the rules.
    """
    now, observed_at = ctx.now, moment(snapshot.get("observed_at")) if snapshot else None
    # Without a sign-in in the file, none can be newer than the payload.
    has_sign_in = ctx.status not in ("signed-out", "no-plan")
    since = whose.signed_in_since(snapshot, credentials) if has_sign_in else None
    verdict = whose.of_payload(reported, windows, (since, observed_at), now, ctx.answered)
    if verdict == whose.BEFORE:
        return windows, snapshot
    if verdict == whose.OTHER:
        ctx.status, ctx.detail, ctx.until, ctx.plan = "another-sign-in", "", None, ""
        return reported, None
    for window in reversed(reported):
        _merge(windows, window, now, verdict)
    ctx.is_signed_in = any(
        window.resets_at is not None and window.resets_at > now for window in reported
    )
    if ctx.is_signed_in and snapshot and ctx.status == "expired":
        published_at = moment(snapshot.get("published_at"))
        ctx.has_answered = published_at is not None and (ctx.answered_at() or 0) > published_at
    return windows, snapshot


def _merge(windows: list[Window], reported: Window, now: float, verdict: str) -> None:
    for index, window in enumerate(windows):
        if window.kind == reported.kind:
            windows[index] = _newer(window, reported, now, verdict)
            return
    windows.insert(0, reported)


def _newer(previous: Window, reported: Window, now: float, verdict: str) -> Window:
    """Choose between the snapshot's and the payload's state of one limit.

    Use only grows in a window, and a later window replaces an earlier one.
    """
    reported.label = previous.label
    if verdict == whose.READING and previous.percent is not None:
        return previous
    if previous.resets_at is None or previous.resets_at <= now:
        live = reported.resets_at is not None and reported.resets_at > now
        return reported if live or previous.percent is None else previous
    if reported.resets_at is None or reported.resets_at < previous.resets_at - SAME_RESET_S:
        return previous
    if reported.resets_at <= previous.resets_at + SAME_RESET_S:
        if previous.percent is None or (
            previous.percent < (reported.percent or 0)
            and (verdict == whose.NEWER or not previous.lowered)
        ):
            previous.percent = reported.percent
        return previous
    return reported


def _window(row: dict[str, Any], now: float, observed_at: float | None) -> Window:
    kind = text(row.get("kind"))
    label, at = text(row.get("label")) or kind, _reset(kind, row.get("resets_at"), now)
    window = Window(kind, label, percent(row.get("percent")), at, row.get("severity"))
    window.lowered = row.get("lowered") is True
    # A number from before its reset is outdated; one reported after it is the service's own.
    window.overdue = (
        at is not None
        and observed_at is not None
        and at <= now
        and 0 < observed_at - at <= OVERDUE_S
    )
    window.exhausts_at, window.exhausts_from, window.exhausts_to = (
        moment(row.get(name)) for name in FORECAST
    )
    window.chance = percent(row.get("chance"), 1)
    return window


def _reset(kind: str, value: Any, now: float) -> float | None:
    at = moment(value)
    return at if at is not None and at <= now + HORIZON_S.get(kind, 400 * 86400) else None


def _spend_limit(row: dict[str, Any], now: float) -> list[dict[str, Any]]:
    """Return a gateway's own limit as a snapshot's credits.

    Its percentage may pass 100. Only a newer gateway reports amounts.
    """
    share, resets_at = percent(row.get("used_percentage")), _reset("", row.get("resets_at"), now)
    used, limit = (_cents(row.get(name)) for name in ("used_usd", "limit_usd"))
    if (resets_at is not None and resets_at <= now) or (share is None and used is None):
        return []
    period = row.get("period")
    return [
        {
            "label": f"{period} spend limit" if period in SPEND_PERIODS else "spend limit",
            "used_minor": used,
            "limit_minor": limit,
            "exponent": 2,
            "currency": "USD",
            "percent": share,
            "ends_at": resets_at,
        }
    ]


def _cents(dollars: Any) -> int | None:
    # Round halves up, as the cold side does.
    return None if percent(dollars, 1e9) is None else int(dollars * 100 + 0.5)


def _rows(snapshot: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    rows = snapshot.get(name) if snapshot else None
    listed = rows[:MAX_ROWS] if isinstance(rows, list) else []
    return [row for row in listed if isinstance(row, dict)]


def _dict(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    value = mapping.get(name)
    return value if isinstance(value, dict) else {}
