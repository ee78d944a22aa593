"""What is remembered of one account between two refreshes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from usageline.core.freshness import CLOCK_JUMP_S
from usageline.storage import codec
from usageline.storage.codec import Codec, moment
from usageline.usage.alerts import MAX_ALERTS, Alert
from usageline.usage.model import STATUSES, Reading
from usageline.usage.plausibility import Unconfirmed
from usageline.usage.values import integer, mapping, number, percent, text

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TTL_FACTOR = 1.1
"""A reading older than this many TTLs is not fresh, whatever `fresh_until` is."""

MAX_COUNT = 1000
MAX_REQUESTS = 10**9

KEYS = {
    "fresh_until": "good_until",
    "requested_with": "asked_with",
    "interrupted_requests": "unfinished",
    "unconfirmed": "doubts",
}
"""Fields whose key on disk is another: version 0.1.0 reads and writes these."""


@dataclass(frozen=True, slots=True)
class Cooldown:
    """No request before `until` (epoch seconds), because of `status` and `detail`.

    `failures` counts the failures of this kind in a row. `token` is the fingerprint of the token
    that failed.
    """

    status: str
    detail: str
    until: int
    failures: int = 1
    token: str = ""


@dataclass(frozen=True, slots=True)
class AccountState:
    """The state of one account. Times are epoch seconds, 0 for never.

    reading               the last good reading
    fresh_until           when a newer reading is due
    token                 fingerprint of the token that was signed in when it was taken
    confirmed             a later refresh found that token and this account together again
    requested_at          when the service was asked last, successfully or not
    requested_with        fingerprint of the token of that request
    interrupted_requests  requests in a row that never ended: each refresh was killed
    cooldown              why the service must not be asked, and until when
    unconfirmed           percentages that wait for a second reading
    alerts                thresholds that were reached in windows that have not ended
    requests              how many requests ended with each status, since this state began
    """

    reading: Reading | None = None
    fresh_until: int = 0
    token: str = ""
    confirmed: bool = False
    requested_at: int = 0
    requested_with: str = ""
    interrupted_requests: int = 0
    cooldown: Cooldown | None = None
    unconfirmed: tuple[Unconfirmed, ...] = ()
    alerts: tuple[Alert, ...] = ()
    requests: Mapping[str, int] = field(default_factory=dict, hash=False)

    def with_request(self, status: str) -> AccountState:
        """Return the state after one more request, which ended with `status`."""
        return replace(self, requests={**self.requests, status: self.requests.get(status, 0) + 1})

    def fresh(self, token: str, now: float, ttl_s: float) -> Reading | None:
        """Return the reading if it is still fresh and was taken with this very token."""
        if self.reading is None or self.cooldown is not None or self.token != token:
            return None
        observed_at = self.reading.observed_at
        expires_at = min(self.fresh_until, observed_at + MAX_TTL_FACTOR * ttl_s)
        is_fresh = observed_at <= now + CLOCK_JUMP_S and now < expires_at
        return self.reading if is_fresh else None

    def last_good(self, token: str) -> Reading | None:
        """Return the reading to show if there is no newer one, or None.

        A reading taken once with another token may be another account's: Claude Code writes the
        two files of a sign-in one after the other.
        """
        return self.reading if self.confirmed or token in {"", self.token} else None


def as_json(state: AccountState) -> dict[str, Any]:
    """Return the state as an object for `json.dumps`."""
    return {KEYS.get(name, name): value for name, value in asdict(state).items()}


def from_json(value: object) -> AccountState:
    """Return the state that `as_json` turned into `value`. Treat invalid fields as missing."""
    row = mapping(value)
    return AccountState(
        reading=codec.from_json(row.get("reading")),
        fresh_until=moment(row.get("good_until")) or 0,
        token=text(row.get("token")) or "",
        confirmed=row.get("confirmed") is True,
        requested_at=moment(row.get("requested_at")) or 0,
        requested_with=text(row.get("asked_with")) or "",
        interrupted_requests=int(number(row.get("unfinished"), 0, MAX_COUNT) or 0),
        cooldown=COOLDOWN.decode(row.get("cooldown")),
        unconfirmed=UNCONFIRMED.decode_valid(row.get("doubts")),
        alerts=ALERT.decode_valid(row.get("alerts"), MAX_ALERTS),
        requests={
            status: count
            for status in STATUSES
            if (count := integer(mapping(row.get("requests")).get(status), 1, MAX_REQUESTS))
        },
    )


COOLDOWN = Codec(
    Cooldown,
    {
        "status": lambda value: value if value in STATUSES else None,
        "detail": lambda value: text(value) or "",
        "until": moment,
        "failures": lambda value: int(number(value, 1, MAX_COUNT) or 1),
        "token": lambda value: text(value) or "",
    },
    ("status", "until"),
)
UNCONFIRMED = Codec(
    Unconfirmed,
    {"kind": text, "label": text, "resets_at": moment, "since": moment},
    ("kind", "label", "resets_at", "since"),
)


def _threshold(value: object) -> int | None:
    threshold = number(value, 0, 100)  # 0: free again
    return None if threshold is None else int(threshold)


ALERT = Codec(
    Alert,
    {
        "kind": text,
        "label": text,
        "threshold": _threshold,
        "percent": percent,
        "resets_at": moment,
        "at": lambda value: moment(value) or 0,
    },
    ("kind", "label", "threshold", "percent"),
)
