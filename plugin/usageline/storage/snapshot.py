"""Write the snapshot, version 1, which the status line reads and `usageline --json` prints.

Read those of all profiles.

    version         1
    account         16 hex digits that stand for the account, or null without a sign-in
    plan            "Pro", "Max 5x", "Team Premium", …, or null
    source          source of the reading: claude-cache, oauth, client, shared; null without one
    observed_at     time of the reading; null without one
    published_at    time of this file
    next_refresh_at time of the next refresh
    status          ok, or why the last refresh failed (`usageline.usage.model.STATUSES`)
    until           when that ends, if it is known (rate-limited), or null
    detail          a few words on the status, or null
    credentials     fingerprint of the credentials file: "<mtime ns>-<size>-<inode>", or ""
    signed_in_since since when, at the latest, this account and organization are signed in, or null
    readings_since  readings that Claude Code took before may be of another sign-in, whose files
                    changed then; null if they did not change
    appearance      dark or light, by Claude Code's own theme, or null
    palette         ansi or daltonized, if Claude Code's own theme is one of these, or null
    settings        fingerprint of Claude Code's settings.json that named that theme, as above
    default_theme   Claude Code's theme if settings.json names none, or ""
    declined_keys   digests of API keys that the user declined in Claude Code
                    (`usageline.core.other_sign_ins.key_digest`)
    unused_reset    whether Claude Code knows of an unused limit reset that the account holds
    cost_alerts     whether a session's start shows the alerts on cost, which the job of the
                    transcripts publishes
    incident        {title, impact, id, checked_at}, if the segment `service` is configured and an
                    incident affects Claude Code, else null
    requests        {status: how many requests of this machine for the account ended with it}
    limits          [{kind, label, percent, resets_at, severity, pace, rate, exhausts_at,
                    exhausts_from, exhausts_to, lowered, chance}], in the server's order;
                    `chance` that the limit is reached before its reset, 0 to 1; the
                    `exhausts_…` only if it is at least one half
    credits         [{label, used_minor, limit_minor, exponent, currency, percent, ends_at,
                    expires, enabled, disabled_reason, reached, terms}]
    alerts          [{kind, label, threshold, percent, resets_at, at, line, session_start}]:
                    thresholds reached in windows that had not ended, at the time `at`, or 0 for
                    a limit that was reached and is free again; `line` and `session_start` are
                    whether each of these shows the alert

Times are epoch seconds. Percentages begin at 0 and can exceed 100. A failed refresh keeps the last
good limits and credits of the account.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from usageline.core.json_file import json_file
from usageline.core.paths import SNAPSHOT_VERSION
from usageline.core.windows import moment
from usageline.system.files import write_atomic
from usageline.usage.values import string
from usageline.usage.whose import Held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.system.paths import Paths
    from usageline.usage.alerts import Alert
    from usageline.usage.model import Reading

ALERT_PLACES = ("line", "session_start")
"""What reads the snapshot and shows alerts."""

PROFILE_KEY = re.compile(r"default|[0-9a-f]{16}", re.ASCII)
MAX_PROFILES = 32


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot. `reading` is None if the account has no good reading yet.

    `alerts_in` names what shows the alerts: `line`, `session_start`.
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
    settings: str = ""
    default_theme: str = ""
    alerts: tuple[Alert, ...] = ()
    alerts_in: frozenset[str] = frozenset()
    held: Held = field(default_factory=Held)
    declined_keys: tuple[str, ...] = ()
    unused_reset: bool = False
    cost_alerts: bool = False
    incident: Mapping[str, Any] | None = None
    requests: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the documented object, ready for `json.dumps`."""
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
            "settings": self.settings,
            "default_theme": self.default_theme,
            "declined_keys": list(self.declined_keys),
            "unused_reset": self.unused_reset,
            "cost_alerts": self.cost_alerts,
            "incident": dict(self.incident) if self.incident else None,
            "requests": dict(self.requests),
            "limits": [asdict(limit) for limit in reading.limits] if reading else [],
            "credits": [asdict(credit) for credit in reading.credits] if reading else [],
            "alerts": [
                {**asdict(alert), **{place: place in self.alerts_in for place in ALERT_PLACES}}
                for alert in self.alerts
            ],
        }


def write(paths: Paths, snapshot: Snapshot) -> None:
    """Replace the published snapshot. Raise OSError if it cannot be written."""
    text = json.dumps(
        snapshot.as_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    write_atomic(paths.snapshot, text.encode("utf-8", "replace") + b"\n", 0o600)


def profile_keys(paths: Paths) -> list[str]:
    """Return the names of the profiles' cache directories, the current profile first."""
    own = paths.profile
    try:
        names = sorted(os.listdir(os.path.dirname(paths.cache_dir)))
    except OSError:
        return []
    keys = [name for name in names if PROFILE_KEY.fullmatch(name) and name != own]
    return [*([own] if own in names else []), *keys[:MAX_PROFILES]]


# tried by: snapshot
def snapshot_of(paths: Paths, key: str) -> dict[str, Any] | None:
    """Return the snapshot of a profile by its key, None without a usable one."""
    cache = os.path.dirname(paths.cache_dir)
    snapshot = json_file(f"{cache}/{key}/snapshot.json")
    if snapshot is None or snapshot.get("version") != SNAPSHOT_VERSION:
        return None
    return snapshot


def of_accounts(paths: Paths) -> list[dict[str, Any]]:
    """Return one snapshot of each account, that of the profile with the newest numbers."""
    newest: dict[str, dict[str, Any]] = {}
    for key in profile_keys(paths):
        snapshot = snapshot_of(paths, key)
        if snapshot is None:
            continue
        account = string(snapshot.get("account"))
        if account not in newest or _times(snapshot) > _times(newest[account]):
            newest[account] = snapshot
    return list(newest.values())


def _times(snapshot: dict[str, Any]) -> tuple[float, float]:
    return moment(snapshot.get("observed_at")) or 0, moment(snapshot.get("published_at")) or 0
