"""The published snapshot, version 1: what the status line reads and `usageline --json` prints.

    version         1
    account         16 hex digits that stand for the account, or null where nobody is signed in
    plan            "Pro", "Max 5x", "Team Premium", …, or null
    source          where the reading comes from: claude-cache, oauth, client; null where there is none
    observed_at     when the source saw these numbers; null where there are none
    published_at    when this file was written
    next_refresh_at when the next refresh is due
    status          ok, or why the newest try gave nothing (`usageline.usage.model.STATUSES`)
    until           when that ends, where it is known (rate-limited), or null
    detail          a few words more on the status, or null
    credentials     the credentials file as it was: "<mtime ns>-<size>-<inode>", or "" where there is none
    signed_in_since from when on, at the latest, the account and organization have been signed in, or null
    readings_since  what Claude Code itself fetched before may be of another sign-in, whose files changed then; null if none did
    appearance      dark or light, as Claude Code's own theme says of the terminal, or null
    palette         ansi or daltonized, where Claude Code's own theme is such a one, or null
    declined_keys   digests that stand for API keys which the user told Claude Code not to use (`usageline.core.other_sign_ins.key_digest`)
    limits          [{kind, label, percent, resets_at, severity, pace, rate, exhausts_at, exhausts_from, exhausts_to, lowered, chance}], in the
                    server's order; `chance` that the limit is reached before its reset, 0 to 1, and the `exhausts_…` only from one half on
    credits         [{label, used_minor, limit_minor, exponent, currency, percent, ends_at, expires, enabled, disabled_reason, reached, terms}]
    alerts          [{kind, label, threshold, percent, resets_at, at, line, session_start}]: thresholds that were reached in windows that had not
                    ended, at the time `at`; `line` and `session_start` say whether the status line and a session's start are to tell of it

Times are epoch seconds. Percentages begin at 0 and can pass 100: what the service says is not cut off. A failed refresh keeps the last good limits and credits of the account.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from usageline.core import paths
from usageline.core.paths import SNAPSHOT_VERSION
from usageline.system.files import write_atomic
from usageline.usage.whose import Held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.usage.alerts import Alert
    from usageline.usage.model import Reading


ALERT_PLACES = ("line", "session_start")
"""Where alerts are told of by those who read the snapshot."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot. `reading` is None where the account has no good reading yet.

    `alerts_in` names where alerts are told of from this file: `line`, `session_start`.
    """

    account: str | None
    plan: str | None
    reading: Reading | None
    published_at: int
    next_refresh_at: int
    status: str
    until: int | None = None
    detail: str | None = None
    credentials: str = ""
    appearance: str | None = None
    palette: str | None = None
    alerts: tuple[Alert, ...] = ()
    alerts_in: frozenset[str] = frozenset()
    held: Held = field(default_factory=Held)
    declined_keys: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The documented object, ready for `json.dumps`."""
        reading = self.reading
        return {
            "version": SNAPSHOT_VERSION,
            "account": self.account,
            "plan": self.plan,
            "source": reading.source if reading else None,
            "observed_at": reading.observed_at if reading else None,
            "published_at": self.published_at,
            "next_refresh_at": self.next_refresh_at,
            "status": self.status,
            "until": self.until,
            "detail": self.detail,
            "credentials": self.credentials,
            "signed_in_since": round(self.held.since, 3) or None,
            "readings_since": round(self.held.readings_since, 3) or None,
            "appearance": self.appearance,
            "palette": self.palette,
            "declined_keys": list(self.declined_keys),
            "limits": [asdict(limit) for limit in reading.limits] if reading else [],
            "credits": [asdict(credit) for credit in reading.credits] if reading else [],
            "alerts": [
                {**asdict(alert), **{place: place in self.alerts_in for place in ALERT_PLACES}}
                for alert in self.alerts
            ],
        }


def write(env: Mapping[str, str], snapshot: Snapshot) -> None:
    """Replace the snapshot that the status line reads. OSError where it cannot be written."""
    text = json.dumps(
        snapshot.as_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    write_atomic(paths.snapshot(env), text.encode("utf-8", "replace") + b"\n", 0o600)
