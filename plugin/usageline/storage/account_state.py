"""What is remembered of one account between two runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from usageline.storage import codec
from usageline.usage.alerts import MOST_ALERTS, Alert
from usageline.usage.model import STATUSES, Reading
from usageline.usage.plausibility import Doubt
from usageline.usage.times import LATEST
from usageline.usage.values import mapping, number, text
from usageline.usage.values import percent as read_percent

CLOCK_SLACK_S = 60
"""A moment further in the future than this was written under another clock."""


@dataclass(frozen=True, slots=True)
class Record:
    """One account's record. Times are epoch seconds, 0 for never.

    reading       the last good one
    good_until    when it should be followed by a newer one
    token         fingerprint of the token that was signed in when it was taken
    confirmed     a later run found that token and this account together again
    requested_at  when the service was asked last, successfully or not
    asked_with    fingerprint of the token that it was asked with
    unfinished    how many requests in a row never came to an end: a run was killed in the middle of each
    cooldown      why the service is left alone, and until when
    doubts        percentages that wait for a second look
    alerts        thresholds that were reached in windows that have not ended
    """

    reading: Reading | None = None
    good_until: int = 0
    token: str = ""
    confirmed: bool = False
    requested_at: int = 0
    asked_with: str = ""
    unfinished: int = 0
    cooldown: Cooldown | None = None
    doubts: tuple[Doubt, ...] = ()
    alerts: tuple[Alert, ...] = ()

    def fresh(self, token: str, now: float, ttl_s: float) -> Reading | None:
        """The reading where it is good still and was taken with this very token."""
        if self.reading is None or self.cooldown is not None or self.token != token:
            return None
        observed_at = self.reading.observed_at
        return (
            self.reading
            if observed_at <= now + CLOCK_SLACK_S
            and now < min(self.good_until, observed_at + 1.1 * ttl_s)
            else None
        )

    def last_good(self, token: str) -> Reading | None:
        """The reading to go on showing when there is no newer one.

        Not one that was taken once with another token: an account's two files are written one after the other, and a reading taken in
        between would be another account's.
        """
        return self.reading if self.confirmed or token in {"", self.token} else None


def as_json(record: Record) -> dict[str, Any]:
    """The record as an object for `json.dumps`."""
    return {**asdict(record), "reading": codec.as_json(record.reading) if record.reading else None}


def from_json(value: object) -> Record:
    """The record that `as_json` gave. What is not as it was written counts as never noted; it is never an error."""
    row = mapping(value)
    doubts = row.get("doubts")
    found = [_doubt(mapping(doubt)) for doubt in doubts] if isinstance(doubts, list) else []
    alerts = row.get("alerts")
    told = (
        [_alert(mapping(alert)) for alert in alerts[:MOST_ALERTS]]
        if isinstance(alerts, list)
        else []
    )
    return Record(
        reading=codec.from_json(row.get("reading")),
        good_until=_moment(row.get("good_until")),
        token=text(row.get("token")) or "",
        confirmed=row.get("confirmed") is True,
        requested_at=_moment(row.get("requested_at")),
        asked_with=text(row.get("asked_with")) or "",
        unfinished=int(number(row.get("unfinished"), 0, 1000) or 0),
        cooldown=_cooldown(mapping(row.get("cooldown"))),
        doubts=tuple(doubt for doubt in found if doubt is not None),
        alerts=tuple(alert for alert in told if alert is not None),
    )


def _cooldown(row: dict[str, Any]) -> Cooldown | None:
    status, until = row.get("status"), _moment(row.get("until"))
    if status not in STATUSES or not until:
        return None
    return Cooldown(
        status,
        text(row.get("detail")) or "",
        until,
        int(number(row.get("failures"), 1, 1000) or 1),
        text(row.get("token")) or "",
    )


def _doubt(row: dict[str, Any]) -> Doubt | None:
    kind, label, resets_at, since = (
        text(row.get("kind")),
        text(row.get("label")),
        _moment(row.get("resets_at")),
        _moment(row.get("since")),
    )
    return Doubt(kind, label, resets_at, since) if kind and label and resets_at and since else None


def _alert(row: dict[str, Any]) -> Alert | None:
    kind, label = text(row.get("kind")), text(row.get("label"))
    threshold, percent = number(row.get("threshold"), 1, 100), read_percent(row.get("percent"))
    if not kind or not label or threshold is None or percent is None:
        return None
    return Alert(
        kind,
        label,
        int(threshold),
        percent,
        _moment(row.get("resets_at")) or None,
        _moment(row.get("at")),
    )


def _moment(value: object) -> int:
    # By this machine's clock, which without a battery begins at 1970: what is noted by it holds by it.
    return int(number(value, 0, LATEST) or 0)


@dataclass(frozen=True, slots=True)
class Cooldown:
    """No request before `until` (epoch seconds), because of `status` and `detail`; the `failures`-th of its kind in a row.

    `token` is the fingerprint of the token that failed.
    """

    status: str
    detail: str
    until: int
    failures: int = 1
    token: str = ""
