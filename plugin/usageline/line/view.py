"""What is known at this moment: payload and snapshot merged into one view. Pure; the clock and the environment are arguments."""

from usageline.core.appearance import GLYPHS
from usageline.core.freshness import CLOCK_JUMP_S
from usageline.core.paths import SNAPSHOT_VERSION
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

PAYLOAD_WINDOWS = (("five_hour", "session"), ("seven_day", "weekly_all"))
"""The payload's names for the two windows that it reports."""


LONGEST_PATH = 4096

PERIODS = ("daily", "weekly", "monthly")
"""Of a gateway's spend limit."""

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
"""Without one of these a session signs in with a plan; what one says is `core/other_sign_ins.py`'s to tell."""


class Window:
    """One limit: `kind`, `label`, `percent` (from 0, None unknown), `resets_at` (epoch s or None), `severity` (one of SEVERITIES).

    `claimed` is the server's own word for its severity; `lowered`: the service has taken use back in this window, so a higher percentage of
    the same window may be from before. `overdue`: the service reported the percentage after the reset had passed. `exhausts_at` is
    when it is used up if that is before its reset (epoch s, likely from `exhausts_from` to `exhausts_to`), each None where nothing is
    said; `chance` how likely that is (0 to 1), None in a snapshot of 0.1.0.
    """

    __slots__ = (
        *(
            "chance",
            "claimed",
            "exhausts_at",
            "exhausts_from",
            "exhausts_to",
            "kind",
            "label",
            "lowered",
            "overdue",
        ),
        *("percent", "resets_at", "severity"),
    )

    def __init__(self, kind, label, percent, resets_at, claimed=None):
        self.kind = kind
        self.label = label
        self.percent = percent
        self.resets_at = resets_at
        self.claimed = claimed
        self.severity = severity(percent, claimed)
        self.lowered = self.overdue = False
        self.exhausts_at = self.exhausts_from = self.exhausts_to = self.chance = None


class View:
    """All that a segment may look at.

    `now` epoch s; `payload` the client's object; `windows` and `credits` (snapshot objects) in the order to show; `alerts` (snapshot objects);
    `status` one of the snapshot's, `loading` or `another-sign-in`, `detail` text, `until` epoch s or None; `age_s` of the oldest number shown, None where none is, negative where it was seen under another clock;
    `is_signed_in`: the payload proves that this session is, whatever the status says; `has_answered`: it has had an answer since the status was
    published; `problem` a text that outranks the status, or ""; `other_sign_in` what this session uses instead of a plan, or ""; `plan` text or "";
    `has_forecast`: a window has one; `is_light`: Claude Code's own theme is a light one (None: nobody knows), `palette` what else it says of colors: `ansi`, `daltonized` or ""; `home` the home directory or ""; `git` what `git.py` found of the repository, or None.
    How to write: `glyphs` by their names in a theme, `half_days` for 4:05pm in place of 16:05.
    """

    __slots__ = (
        *(
            "age_s",
            "alerts",
            "credits",
            "detail",
            "git",
            "glyphs",
            "half_days",
            "has_answered",
            "home",
            "has_forecast",
            "is_light",
            "is_signed_in",
            "palette",
            "now",
            "other_sign_in",
            "payload",
            "plan",
        ),
        *("_modified_at", "problem", "status", "until", "windows"),
    )

    def __init__(self, now, payload=None, modified_at=None):
        self.now = now
        self._modified_at = modified_at
        self.payload = payload or {}
        self.windows, self.credits, self.alerts = [], [], []
        self.status, self.detail, self.until = "loading", "", None
        self.age_s = None
        self.problem = self.other_sign_in = self.plan = self.home = ""
        self.git = None
        self.has_forecast, self.is_light, self.palette = False, None, ""
        self.is_signed_in = self.has_answered = False
        self.glyphs = GLYPHS
        self.half_days = False

    def text(self, *path):
        """The payload's text at that path of keys, or ""."""
        return _text(self.value(*path))

    def text_at_length(self, *path):
        """The same for what may be longer than a label: a path, an address."""
        found = self.value(*path)
        return found[:LONGEST_PATH] if isinstance(found, str) else ""

    def value(self, *path):
        """The payload's value at that path of keys, or None."""
        found = self.payload
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def answered_at(self):
        """When this session had its last answer, as its transcript's time of change says (epoch s), or None. It is looked at once."""
        if callable(self._modified_at):
            self._modified_at = self._modified_at(self.value("transcript_path"))
        return self._modified_at

    def number(self, *path):
        """The payload's number at that path, from 0 to 10^15, or None."""
        return percent(self.value(*path), 1e15)


def build(payload, snapshot, credentials, env, now, *, modified_at=None):  # noqa: PLR0913 - all that is known, and the clock
    """The view. `payload` and `snapshot` are parsed objects or None, `credentials` the file's stamp, `env` the environment's strings.

    `modified_at` gives a path's time of change or None; without it nothing is known of when the session had its last answer.
    """
    view = View(now, payload, modified_at)
    view.home = env.get("HOME", "")
    reported = _dict(view.payload, "rate_limits")
    if isinstance(snapshot, dict):
        view.is_light = {"light": True, "dark": False}.get(_text(snapshot.get("appearance")))
        view.palette = _text(snapshot.get("palette"))

    # Windows in the payload prove a plan, whatever the environment says.
    proven = any(_dict(reported, name) for name, _ in PAYLOAD_WINDOWS)
    view.other_sign_in = "" if proven else other_sign_in(env, snapshot)
    if view.other_sign_in:
        snapshot = None
        view.status, view.detail = "no-plan", view.other_sign_in
    elif not isinstance(snapshot, dict) or snapshot.get("version") != SNAPSHOT_VERSION:
        snapshot = None
    elif snapshot.get("credentials") != credentials:
        # Somebody signed in, out or anew since: until the refresh has looked, these may be another account's numbers.
        snapshot = None
    else:
        view.status = _text(snapshot.get("status")) or "loading"
        view.detail = _text(snapshot.get("detail"))
        view.until = moment(snapshot.get("until"))
        view.plan = _text(snapshot.get("plan"))

    observed_at = moment(snapshot.get("observed_at")) if snapshot else None
    windows = [_window(row, now, observed_at) for row in _rows(snapshot, "limits")]
    told = _told(reported, now)
    if told:
        windows, snapshot = _with_payload(view, told, windows, snapshot, credentials)
    for window in windows:
        if window.resets_at is not None and window.resets_at <= now and not window.overdue:
            window.percent = None
        window.severity = severity(window.percent, window.claimed)
    view.windows, view.has_forecast = windows, any(window.exhausts_at for window in windows)
    view.credits = _rows(snapshot, "credits")
    view.alerts = _rows(snapshot, "alerts")
    if "spend_limit" in reported:
        view.credits = [*view.credits, *_spend_limit(_dict(reported, "spend_limit"), now)]

    is_seen = snapshot and observed_at is not None and (windows or view.credits)
    age_s = now - observed_at if is_seen else None
    view.age_s = 0 if age_s is not None and -CLOCK_JUMP_S <= age_s < 0 else age_s
    return view


def other_sign_in(env, snapshot=None):
    """What this session's environment signs in with instead of a plan: "API key", "Bedrock", …, or ""."""
    for name in SIGN_IN_VARIABLES:
        if name in env:
            from usageline.core import other_sign_ins  # noqa: PLC0415 - seldom

            return other_sign_ins.chosen(env, other_sign_ins.declined_keys(snapshot))
    return ""


def _told(reported, now):
    """The windows that the payload has."""
    windows = []
    for name, kind in PAYLOAD_WINDOWS:
        row = _dict(reported, name)
        used = percent(row.get("used_percentage"))
        if used is not None:
            windows.append(Window(kind, "", used, _reset(kind, row.get("resets_at"), now)))
    return windows


def _with_payload(view, told, windows, snapshot, credentials):
    """The windows to show, and the snapshot to go on with: whose the payload's are decides (docs/WHOSE.md)."""
    now, observed_at = view.now, moment(snapshot.get("observed_at")) if snapshot else None
    nobody = view.status in (
        "signed-out",
        "no-plan",
    )  # then no sign-in of the file's is newer than the payload
    times = (None if nobody else whose.signed_in_since(snapshot, credentials), observed_at)
    verdict = whose.of_payload(told, windows, times, now, view.answered_at)
    if verdict == whose.BEFORE:
        return windows, snapshot
    if verdict == whose.OTHER:
        view.status, view.detail, view.until, view.plan = "another-sign-in", "", None, ""
        return told, None
    for window in reversed(told):
        _merge(windows, window, now, verdict)
    view.is_signed_in = any(
        window.resets_at is not None and window.resets_at > now for window in told
    )
    if view.is_signed_in and view.status == "expired":
        published_at = moment(snapshot.get("published_at"))
        view.has_answered = published_at is not None and (view.answered_at() or 0) > published_at
    return windows, snapshot


def _merge(windows, reported, now, verdict):
    for index, window in enumerate(windows):
        if window.kind == reported.kind:
            windows[index] = _newer(window, reported, now, verdict)
            return
    windows.insert(0, reported)


def _newer(known, reported, now, verdict):
    """Of one limit as the snapshot and as the payload have it: use only grows in a window, and a later window has replaced an earlier."""
    reported.label = known.label
    if verdict == whose.READING and known.percent is not None:
        return known
    if known.resets_at is None or known.resets_at <= now:
        live = reported.resets_at is not None and reported.resets_at > now
        return reported if live or known.percent is None else known
    if reported.resets_at is None or reported.resets_at < known.resets_at - SAME_RESET_S:
        return known
    if reported.resets_at <= known.resets_at + SAME_RESET_S:
        if known.percent is None or (
            known.percent < reported.percent and (verdict == whose.NEWER or not known.lowered)
        ):
            known.percent = reported.percent
        return known
    return reported


def _window(row, now, observed_at=None):
    kind = _text(row.get("kind"))
    label, at = _text(row.get("label")) or kind, _reset(kind, row.get("resets_at"), now)
    window = Window(kind, label, percent(row.get("percent")), at, row.get("severity"))
    window.lowered = row.get("lowered") is True
    # A number from before its reset is over; one that the service gave after it is the service's word.
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


def _reset(kind, value, now):
    at = moment(value)
    return at if at is not None and at <= now + HORIZON_S.get(kind, 400 * 86400) else None


def _spend_limit(row, now):
    # What a gateway reports of its own limit: a percentage, which may pass 100, and amounts only from a newer gateway.
    share, resets_at = percent(row.get("used_percentage")), _reset("", row.get("resets_at"), now)
    used, limit = (_cents(row.get(name)) for name in ("used_usd", "limit_usd"))
    if (resets_at is not None and resets_at <= now) or (share is None and used is None):
        return []
    period = row.get("period")
    return [
        {
            "label": f"{period} spend limit" if period in PERIODS else "spend limit",
            "used_minor": used,
            "limit_minor": limit,
            "exponent": 2,
            "currency": "USD",
            "percent": share,
            "ends_at": resets_at,
        }
    ]


def _cents(dollars):
    # Halves go up, as in the amounts of the cold side.
    return None if percent(dollars, 1e9) is None else int(dollars * 100 + 0.5)


def _rows(snapshot, name):
    found = snapshot.get(name) if snapshot else None
    return (
        [row for row in found[:MAX_ROWS] if isinstance(row, dict)]
        if isinstance(found, list)
        else []
    )


def _dict(mapping, name):
    found = mapping.get(name)
    return found if isinstance(found, dict) else {}


def _text(value):
    return value[:MAX_LABEL] if isinstance(value, str) else ""
