"""What one refresh says of itself in the log: one line of JSON, of LONGEST_LINE bytes at most, without a secret.

    {"at":"2026-11-25T09:31:55Z","by":"line","why":"its time had come","ended":"refreshed","ms":412,"status":"ok","next":"2026-11-25T09:37:02Z",
     "tried":["claude-cache: unreadable, nothing of this sign-in", "oauth: ok"],"notes":["told of: session 80%"]}

`ended` is a state of `run.Outcome` or `cut off`; `status` and `next` are those that were published, where something was.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from usageline.core import freshness, paths
from usageline.core.text import sanitize
from usageline.storage.refresh_log import MAX_LINE_BYTES

if TYPE_CHECKING:
    from usageline.refresh.outcome import Outcome
    from usageline.usage.alerts import Alert
    from usageline.usage.model import SourceFailure


STARTERS = ("line", "hook", "watch", "command", "install")
"""Who starts a refresh."""

MOST_TEXTS = 8
"""Sources tried, and notes, of one refresh."""

LENGTHS = (160, 80, 40, 20, 10)
"""Characters of each text: so many as the line has room for."""

SECRET = re.compile(
    r"sk-ant-\S*|\bbearer\s+\S+|\S*@\S*|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{13,}", re.IGNORECASE
)
"""A token, an address with a name or a password, an account's identifier. No detail has one; if ever one does, it ends here."""


class Entry:
    """One refresh's line, filled in while it runs. `by` is one of STARTERS, `began` a value of `time.monotonic()`, by default that of now.

    why     why it was due, "" where it was not
    tried   each source that was tried, and what it gave
    notes   what else happened
    """

    def __init__(self, by: str = "command", began: float | None = None) -> None:
        self.by = by if by in STARTERS else "unknown"
        self.why = ""
        self.tried: list[str] = []
        self.notes: list[str] = []
        self._at = time.time()
        self.began = time.monotonic() if began is None else began

    def gave(self, source: str) -> None:
        """That source gave the reading."""
        self.tried.append(f"{source}: ok")

    def failed(self, source: str, failure: SourceFailure) -> None:
        """That source gave none."""
        status = f" ({failure.http_status})" if failure.http_status else ""
        wait = (
            f"asked to wait {failure.retry_after_s:.0f} s"
            if failure.retry_after_s is not None
            else ""
        )
        self.tried.append(
            f"{source}: " + ", ".join(filter(None, (failure.status + status, failure.detail, wait)))
        )

    def told(self, alerts: tuple[Alert, ...], failures: list[str]) -> None:
        """Those alerts were told of; `failures` says where that went wrong."""
        self.notes.append(
            "told of: " + ", ".join(f"{alert.label} {alert.threshold}%" for alert in alerts)
        )
        self.notes += [f"not told by {failure}" for failure in failures]

    def ended(self, outcome: Outcome) -> bytes:
        """The line, its end included, of a refresh that ended so."""
        found: dict[str, Any] = {"ended": outcome.state, "ms": self._ms()}
        if outcome.state in {"refreshed", "failed"} and outcome.snapshot and not outcome.problem:
            found |= {
                "status": outcome.snapshot["status"],
                "next": _utc(outcome.snapshot["next_refresh_at"]),
            }
            detail = outcome.snapshot["detail"]
        else:
            detail = None
        said = dict.fromkeys(
            text
            for text in (outcome.problem, detail)
            if text and not any(text in tried for tried in self.tried)
        )
        return self._line(found, [*said, *self.notes])

    def cut_off(self, reason: str) -> bytes:
        """The line of a refresh that came to no end of its own."""
        return self._line({"ended": "cut off", "ms": self._ms()}, [reason, *self.notes])

    def _line(self, found: dict[str, Any], notes: list[str]) -> bytes:
        head = {"at": _utc(self._at), "by": self.by, "why": self.why or None, **found}
        line = b""
        for most in LENGTHS:
            texts = {
                "tried": _bounded(self.tried, most),
                "notes": _bounded(list(dict.fromkeys(notes)), most),
            }
            whole = {
                name: value for name, value in {**head, **texts}.items() if value not in (None, [])
            }
            line = (
                json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode(
                    "utf-8", "replace"
                )
                + b"\n"
            )
            if len(line) <= MAX_LINE_BYTES:
                break
        return line

    def _ms(self) -> int:
        return round((time.monotonic() - self.began) * 1000)


def why_due(snapshot: Any, credentials: str, now: float, *, force: bool) -> str:
    """Why a refresh is due, in a few words, "" where it is not: `due.is_due`, which only says whether."""
    if force:
        return "it was asked for"
    if not freshness.is_due(snapshot, credentials, now):
        return ""
    if snapshot is None:
        return "there were no numbers"
    if not isinstance(snapshot, dict) or snapshot.get("version") != paths.SNAPSHOT_VERSION:
        return "the numbers were another version's"
    if snapshot.get("credentials") != credentials:
        return "the sign-in changed"
    published_at = snapshot.get("published_at")
    if isinstance(published_at, int | float) and published_at > now + freshness.CLOCK_JUMP_S:
        return "the clock was set back"
    return "its time had come"


def _bounded(texts: list[str], most: int) -> list[str]:
    found = [SECRET.sub("[left out]", sanitize(text[:1000])) for text in texts[:MOST_TEXTS]]
    return [text if len(text) <= most else text[: most - 1] + "…" for text in found]


def _utc(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
