"""Merge the payload and the snapshot into the status context. The clock and env are arguments."""

from __future__ import annotations

from usageline.core.freshness import CLOCK_JUMP_S
from usageline.core.paths import SNAPSHOT_VERSION
from usageline.core.vocabulary import GLYPHS
from usageline.core.windows import (
    HORIZON_S,
    MAX_LABEL,
    MAX_ROWS,
    OVERDUE_S,
    SAME_RESET_S,
    moment,
    percent,
    severity,
)
from usageline.line import whose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    ModifiedAt = Callable[[object], float | None]

PAYLOAD_WINDOWS = (("five_hour", "session"), ("seven_day", "weekly_all"))
"""The payload's names for the two windows that it reports."""

MAX_PATH = 4096

FORECAST = ("exhausts_at", "exhausts_from", "exhausts_to")

SIGN_IN_VARIABLES = (
    *(
        "CLAUDE_CODE_USE_GATEWAY",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_USE_FOUNDRY",
        "CLAUDE_CODE_USE_ANTHROPIC_AWS",
    ),
    *(
        "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD",
        "CLAUDE_CODE_USE_MANTLE",
        "CLAUDE_CODE_USE_VERTEX",
        "ANTHROPIC_API_KEY",
    ),
    *(
        "ANTHROPIC_UNIX_SOCKET",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_PROFILE",
        "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
    ),
    *("ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_BASE_URL"),
)
"""A session without any of these signs in with a plan. `core/other_sign_ins.py` evaluates them."""


class Window:
    """One limit.

    `percent` is from 0 up, None if unknown. `resets_at` is in epoch seconds or None. `severity` is
    one of SEVERITIES, and `claimed` the service's own. `lowered`: the service decreased the
    percentage in this window, so a higher one may be from before. `overdue`: the service reported
    the percentage after the reset had passed. `exhausts_at` is the forecast exhaustion if that is
    before the reset (epoch s, likely from `exhausts_from` to `exhausts_to`), each None without a
    forecast. `chance` is its probability (0 to 1), None in a snapshot of 0.1.0.
    """

    __slots__ = (
        *("chance", "claimed", "exhausts_at", "exhausts_from", "exhausts_to", "kind", "label"),
        *("lowered", "overdue", "percent", "resets_at", "severity"),
    )

    def __init__(
        self,
        kind: str,
        label: str,
        percent: float | None,
        resets_at: float | None,
        claimed: object = None,
    ) -> None:
        self.kind = kind
        self.label = label
        self.percent = percent
        self.resets_at = resets_at
        self.claimed = claimed
        self.severity = severity(percent, claimed)
        self.lowered = self.overdue = False
        self.exhausts_at: float | None = None
        self.exhausts_from: float | None = None
        self.exhausts_to: float | None = None
        self.chance: float | None = None


class StatusContext:
    """All that a segment may read. Nothing outside this module changes it.

    now             epoch s
    payload         Claude Code's object
    windows         Windows in the order to show
    credits         snapshot objects in the order to show
    alerts          snapshot objects, and those on the cost of local usage
    emphasized      by each limit with a fresh alert, whether its number is emphasized
    status          the snapshot's, `loading` or `another-sign-in`
    detail          text
    until           epoch s or None
    unused_reset    the account holds a limit reset that it has not used
    age_s           of the oldest number shown, None without one, negative if the clock changed
    is_signed_in    the payload proves that this session is, whatever the status is
    has_answered    the session had an answer since the status was published
    problem         a text that outranks the status, or ""
    other_sign_in   what this session uses instead of a plan, or ""
    plan            text or ""
    has_forecast    a window has one
    is_light        Claude Code's own theme is a light one, None if unknown
    incident        the service's, as in the snapshot, or {}
    palette         `ansi`, `daltonized` or "", after Claude Code's own theme
    home            the home directory or ""
    git             the repository as `git.py` returns it, or None
    local           the cost of the transcripts as `local.py` returns it, or {}
    glyphs          by their names in a theme
    half_days       show 4:05pm instead of 16:05
    """

    __slots__ = (
        *("_modified_at", "age_s", "alerts", "credits", "detail", "git", "glyphs", "half_days"),
        *("emphasized", "has_answered", "has_forecast", "home", "incident", "is_light"),
        *("is_signed_in", "local", "now", "other_sign_in", "palette", "payload", "plan", "problem"),
        *("status", "unused_reset", "until", "windows"),
    )

    def __init__(
        self,
        now: float,
        payload: dict[str, Any] | None = None,
        modified_at: ModifiedAt | float | None = None,
    ) -> None:
        self.now = now
        self._modified_at = modified_at
        self.payload = payload or {}
        self.windows: list[Window] = []
        self.credits: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []
        self.emphasized: dict[tuple[object, object], bool] = {}
        self.status, self.detail = "loading", ""
        self.until: float | None = None
        self.age_s: float | None = None
        self.problem = self.other_sign_in = self.plan = self.home = self.palette = ""
        self.git: dict[str, Any] | None = None
        self.local: dict[str, Any] = {}
        self.incident: dict[str, Any] = {}
        self.has_forecast = self.is_signed_in = self.has_answered = self.unused_reset = False
        self.is_light: bool | None = None
        self.glyphs: dict[str, str] = GLYPHS
        self.half_days = False

    def replaced(self, **fields: Any) -> StatusContext:
        """Return a copy with other values of some fields."""
        copy = StatusContext(self.now)
        for name in self.__slots__:
            setattr(copy, name, fields[name] if name in fields else getattr(self, name))
        return copy

    def add_alerts(self, rows: list[dict[str, Any]]) -> None:
        """Add alerts that are not of the snapshot."""
        self.alerts = [*self.alerts, *rows]

    def text(self, *path: str) -> str:
        """Return the payload's text at that path of keys, or ""."""
        return _text(self.value(*path))

    def text_at_length(self, *path: str) -> str:
        """Return a text that may be longer than a label: a path, an address."""
        value = self.value(*path)
        return value[:MAX_PATH] if isinstance(value, str) else ""

    def value(self, *path: str) -> Any:
        """Return the payload's value at that path of keys, or None."""
        value: Any = self.payload
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def answered_at(self) -> float | None:
        """Return when this session had its last answer (epoch s), or None.

        It is the modification time of the transcript, read once.
        """
        if callable(self._modified_at):
            self._modified_at = self._modified_at(self.value("transcript_path"))
        return self._modified_at

    def number(self, *path: str) -> float | None:
        """Return the payload's number at that path, from 0 to 10^15, or None."""
        return percent(self.value(*path), 1e15)


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
        ctx.is_light = {"light": True, "dark": False}.get(_text(snapshot.get("appearance")))
        ctx.palette = _text(snapshot.get("palette"))
        ctx.incident = _dict(snapshot, "incident")

    # Windows in the payload prove a plan, whatever the environment is.
    proven = any(_dict(reported, name) for name, _ in PAYLOAD_WINDOWS)
    ctx.other_sign_in = "" if proven else other_sign_in(env, snapshot)
    if ctx.other_sign_in:
        snapshot = None
        ctx.status, ctx.detail = "no-plan", ctx.other_sign_in
    elif not isinstance(snapshot, dict) or snapshot.get("version") != SNAPSHOT_VERSION:
        snapshot = None
    elif snapshot.get("credentials") != credentials:
        # The sign-in changed since. Until a refresh reads it, these may be another account's.
        snapshot = None
    else:
        ctx.status = _text(snapshot.get("status")) or "loading"
        ctx.detail = _text(snapshot.get("detail"))
        ctx.until = moment(snapshot.get("until"))
        ctx.plan = _text(snapshot.get("plan"))
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
        from usageline.line import gateway  # noqa: PLC0415 - only behind a gateway

        limit = _dict(reported, "spend_limit")
        limit = {**limit, "resets_at": _reset("", limit.get("resets_at"), now)}
        ctx.credits = [*ctx.credits, *gateway.spend_limit(limit, now)]

    age_s = None
    if snapshot and observed_at is not None and (windows or ctx.credits):
        age_s = now - observed_at
    ctx.age_s = 0 if age_s is not None and -CLOCK_JUMP_S <= age_s < 0 else age_s
    return ctx


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
    verdict = whose.of_payload(reported, windows, (since, observed_at), now, ctx.answered_at)
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


def _window(row: dict[str, Any], now: float, observed_at: float | None = None) -> Window:
    kind = _text(row.get("kind"))
    label, at = _text(row.get("label")) or kind, _reset(kind, row.get("resets_at"), now)
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


def _rows(snapshot: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    rows = snapshot.get(name) if snapshot else None
    return (
        [row for row in rows[:MAX_ROWS] if isinstance(row, dict)] if isinstance(rows, list) else []
    )


def _dict(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    value = mapping.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value[:MAX_LABEL] if isinstance(value, str) else ""
