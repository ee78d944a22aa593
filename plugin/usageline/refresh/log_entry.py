"""Write one refresh's line in the log: JSON, MAX_LINE_BYTES at most, without a secret.

    {"at":"2026-11-25T09:31:55Z","by":"line","why":"it was due","ended":"refreshed",
     "ms":412,"status":"ok","next":"2026-11-25T09:37:02Z",
     "tried":["claude-cache: unreadable, nothing of this sign-in","oauth: ok"],
     "notes":["sent: session 80%"]}

`ended` is a state of `Outcome` or `cut off`; `status` and `next` are those published, if any.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from usageline.core import freshness
from usageline.core.formatting import utc_time
from usageline.core.paths import SNAPSHOT_VERSION
from usageline.core.text import sanitize
from usageline.core.vocabulary import title
from usageline.storage.refresh_log import MAX_LINE_BYTES
from usageline.system.this_process import SYSTEM_CLOCK

if TYPE_CHECKING:
    from usageline.system.this_process import Clock
    from usageline.usage.alerts import Alert
    from usageline.usage.model import SourceFailure


TRIGGERS = ("line", "hook", "watch", "command", "install")
"""What starts a refresh."""

METRICS = "metrics: "
"""Begins the note on an export of metrics that failed; `usageline doctor` reports it."""

MAX_TEXTS = 8
"""Sources tried, and notes, of one refresh."""

TEXT_LENGTHS = (160, 80, 40, 20, 10)
"""Maximum characters of each text; the first with which the line fits is used."""

SECRET = re.compile(
    r"sk-ant-\S*|\bbearer\s+\S+|\S*@\S*|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{13,}", re.IGNORECASE
)
"""A token, an address with a name or password, or an account's identifier.

No detail contains one; this is the second barrier.
"""


class RunLog:
    """One refresh's line, filled in while it runs.

    by     what started it, one of TRIGGERS, or `unknown`
    began  the time of `clock.monotonic` when it started, that of now unless given
    why    why it was due, "" if it was not
    tried  each source that was asked, and its result
    notes  what else happened
    """

    def __init__(
        self, by: str = "command", began: float | None = None, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.by = by if by in TRIGGERS else "unknown"
        self.why = ""
        self.tried: list[str] = []
        self.notes: list[str] = []
        self.began = clock.monotonic() if began is None else began
        self._clock = clock
        self._at = clock.now()

    def source_ok(self, source: str) -> None:
        """Record that a source returned the reading."""
        self.tried.append(f"{source}: ok")

    def source_failed(self, source: str, failure: SourceFailure) -> None:
        """Record why a source returned none."""
        status = f" ({failure.http_status})" if failure.http_status else ""
        wait = (
            f"asked to wait {failure.retry_after_s:.0f} s"
            if failure.retry_after_s is not None
            else ""
        )
        parts = filter(None, (failure.status + status, failure.detail, wait))
        self.tried.append(f"{source}: " + ", ".join(parts))

    def notified(self, alerts: tuple[Alert, ...], failures: list[str]) -> None:
        """Record the alerts that were sent, and why a notifier failed."""
        names = ", ".join(
            f"{title(alert.kind, alert.label)} "
            + (f"{alert.threshold}%" if alert.threshold else "free")
            for alert in alerts
        )
        self.notes.append(f"sent: {names}")
        self.notes += [f"not sent by {failure}" for failure in failures]

    def not_exported(self, failures: list[str]) -> None:
        """Record why exports of metrics failed."""
        self.notes += [METRICS + failure for failure in failures]

    def finished(self, outcome: Outcome) -> bytes:
        """Return the line of a refresh that ended, with its newline."""
        result: dict[str, Any] = {"ended": outcome.state, "ms": self._ms()}
        detail = None
        if outcome.state in {"refreshed", "failed"} and outcome.snapshot and not outcome.problem:
            result |= {
                "status": outcome.snapshot["status"],
                "next": utc_time(outcome.snapshot["next_refresh_at"]),
            }
            detail = outcome.snapshot["detail"]
        reasons = [
            text
            for text in (outcome.problem, detail)
            if text and not any(text in tried for tried in self.tried)
        ]
        return self._line(result, [*reasons, *self.notes])

    def aborted(self, reason: str) -> bytes:
        """Return the line of a refresh that was cut off."""
        return self._line({"ended": "cut off", "ms": self._ms()}, [reason, *self.notes])

    def _line(self, result: dict[str, Any], notes: list[str]) -> bytes:
        head = {"at": utc_time(self._at), "by": self.by, "why": self.why or None, **result}
        line = b""
        for max_length in TEXT_LENGTHS:
            texts = {
                "tried": _shortened(self.tried, max_length),
                "notes": _shortened(list(dict.fromkeys(notes)), max_length),
            }
            entry = {
                name: value for name, value in {**head, **texts}.items() if value not in (None, [])
            }
            text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
            line = text.encode("utf-8", "replace") + b"\n"
            if len(line) <= MAX_LINE_BYTES:
                break
        return line

    def _ms(self) -> int:
        return round((self._clock.monotonic() - self.began) * 1000)


def why_due(snapshot: Any, fingerprint: str, now: float, *, force: bool) -> str:
    """Return in a few words why a refresh is due, or "" if it is not.

    It agrees with `freshness.is_stale`, which only returns whether. `fingerprint` is that of the
    credentials file.
    """
    if force:
        return "it was asked for"
    if not freshness.is_stale(snapshot, fingerprint, now):
        return ""
    if snapshot is None:
        return "there were no numbers"
    if not isinstance(snapshot, dict) or snapshot.get("version") != SNAPSHOT_VERSION:
        return "the numbers were another version's"
    if snapshot.get("credentials") != fingerprint:
        return "the sign-in changed"
    published_at = snapshot.get("published_at")
    if isinstance(published_at, int | float) and published_at > now + freshness.CLOCK_JUMP_S:
        return "the clock was set back"
    return "it was due"


def _shortened(texts: list[str], max_length: int) -> list[str]:
    cleaned = [SECRET.sub("[left out]", sanitize(text[:1000])) for text in texts[:MAX_TEXTS]]
    return [text if len(text) <= max_length else text[: max_length - 1] + "…" for text in cleaned]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a refresh.

    state      `refreshed` (the snapshot is `ok`), `not-due`, `busy` (another process runs it),
               or `failed`
    snapshot   the object that is published now, None if there is none
    problem    why nothing could be published
    took_over  another refresh hung, and this one killed it
    """

    state: str
    snapshot: dict[str, Any] | None
    problem: str | None = None
    took_over: bool = False
