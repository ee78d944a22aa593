"""What a segment may read: the status context, and the limits in it."""

from __future__ import annotations

from usageline.core.vocabulary import GLYPHS
from usageline.core.windows import MAX_LABEL, moment, percent, severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    ModifiedAt = Callable[[object], float | None]

MAX_PATH = 4096

CACHE_TTL_S = {"5m": 300, "1h": 3600}
"""How long after a request its prompt cache expires."""


class Window:
    """One limit.

    `percent` is from 0 up, None if unknown. `resets_at` is in epoch seconds or None. `severity` is
    one of SEVERITIES, and `claimed` the service's own. `lowered`: the service decreased the
    percentage in this window, so a higher one may be from before. `overdue`: the service reported
    the percentage after the reset had passed. `exhausts_at` is the forecast exhaustion if that is
    before the reset (epoch s, likely from `exhausts_from` to `exhausts_to`), each None without a
    forecast. `chance` is its probability (0 to 1), None in a snapshot of 0.1.0.
    """

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
    """All that a segment may read. Only `view.build` changes it.

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
        self.emphasized: dict[tuple[str, str], bool] = {}
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
        copy.__dict__.update(self.__dict__, **fields)
        return copy

    def add_alerts(self, rows: list[dict[str, Any]]) -> None:
        """Add alerts that are not of the snapshot."""
        self.alerts = [*self.alerts, *rows]

    def text(self, *path: str) -> str:
        """Return the payload's text at that path of keys, or ""."""
        return text(self.value(*path))

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

        It is the modification time of the transcript, read once. Without one it is the time of the
        last request that the payload names with its prompt cache.
        """
        if callable(self._modified_at):
            at = self._modified_at(self.value("transcript_path"))
            expires_at = moment(self.value("prompt_cache", "expires_at"))
            ttl_s = CACHE_TTL_S.get(self.text("prompt_cache", "ttl"))
            if at is None and expires_at is not None and ttl_s:
                at = expires_at - ttl_s
            self._modified_at = at
        return self._modified_at

    def answered(self) -> tuple[float | None, float | None]:
        """Return the earliest and latest time of the last answer, each None if it is unknown."""
        at = self.answered_at()
        if at is None and self.number("cost", "total_api_duration_ms"):
            lasted_ms = self.number("cost", "total_duration_ms")
            return None if lasted_ms is None else self.now - lasted_ms / 1000, None
        return at, at

    def number(self, *path: str) -> float | None:
        """Return the payload's number at that path, from 0 to 10^15, or None."""
        return percent(self.value(*path), 1e15)


def text(value: Any) -> str:
    """Return a text of at most the length of a label, "" for anything else and for blanks."""
    return value[:MAX_LABEL].strip() if isinstance(value, str) else ""
