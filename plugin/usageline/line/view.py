"""What is known at this moment: payload and snapshot merged into one view. Pure; the clock and the environment are arguments."""

from usageline.line.default import GLYPHS
from usageline.line.due import CLOCK_JUMP_S
from usageline.paths import SNAPSHOT_VERSION

SAME_RESET_S = 60
"""Two reports of one window's reset may differ by a second or so; further apart than this they are two windows."""

HORIZON_S = {"session": 5 * 3600 + 600, "weekly_all": 7 * 86400 + 3600, "weekly_scoped": 7 * 86400 + 3600}
"""How far ahead a reset can lie. One beyond it is a clock that is wrong, here or there, and is not shown."""

PAYLOAD_WINDOWS = (("five_hour", "session"), ("seven_day", "weekly_all"))
"""The payload's names for the two windows that it reports."""

LENGTH_S = {"session": 5 * 3600, "weekly_all": 7 * 86400, "weekly_scoped": 7 * 86400}
"""How long a window is."""

LONGEST_LABEL = 48
LONGEST_PATH = 4096
MOST_ROWS = 16
SEVERITIES = ("normal", "warning", "critical")
WARNING_PERCENT = 75
CRITICAL_PERCENT = 90

FORECAST = ("exhausts_at", "exhausts_from", "exhausts_to")

OTHER_SIGN_INS = (
    ("ANTHROPIC_API_KEY", "API key"),
    ("ANTHROPIC_AUTH_TOKEN", "auth token"),
    ("CLAUDE_CODE_USE_BEDROCK", "Bedrock"),
    ("CLAUDE_CODE_USE_VERTEX", "Vertex"),
    ("CLAUDE_CODE_USE_FOUNDRY", "Foundry"),
)
"""Sign-ins that have no plan limits, by the variable that chooses them for this session (FACTS: signing in)."""


class Window:
    """One limit: `kind`, `label`, `percent` (0–100, None unknown), `resets_at` (epoch s or None), `severity` (one of SEVERITIES).

    `claimed` is the server's own word for its severity; `lowered`: the service has taken use back in this window, so a higher percentage of
    the same window may be from before. `exhausts_at` is when it is used up if that is before its reset (epoch s, likely from `exhausts_from`
    to `exhausts_to`), each None where nothing is said.
    """

    __slots__ = ("claimed", "exhausts_at", "exhausts_from", "exhausts_to", "kind", "label", "lowered", "percent", "resets_at", "severity")

    def __init__(self, kind, label, percent, resets_at, claimed=None):
        self.kind = kind
        self.label = label
        self.percent = percent
        self.resets_at = resets_at
        self.claimed = claimed
        self.severity = severity(percent, claimed)
        self.lowered = False
        self.exhausts_at = self.exhausts_from = self.exhausts_to = None


class View:
    """All that a segment may look at.

    `now` epoch s; `payload` the client's object; `windows` and `credits` (snapshot objects) in the order to show; `alerts` (snapshot objects);
    `status` one of the snapshot's or `loading`, `detail` text, `until` epoch s or None; `age_s` of the oldest number shown, None where none is, negative where it was seen under another clock;
    `problem` a text that outranks the status, or ""; `other_sign_in` what this session uses instead of a plan, or ""; `plan` text or "";
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
            "home",
            "has_forecast",
            "is_light",
            "palette",
            "now",
            "other_sign_in",
            "payload",
            "plan",
        ),
        *("problem", "status", "until", "windows"),
    )

    def __init__(self, now, payload=None):
        self.now = now
        self.payload = payload or {}
        self.windows, self.credits, self.alerts = [], [], []
        self.status, self.detail, self.until = "loading", "", None
        self.age_s = None
        self.problem = self.other_sign_in = self.plan = self.home = ""
        self.git = None
        self.has_forecast, self.is_light, self.palette = False, None, ""
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

    def number(self, *path):
        """The payload's number at that path, from 0 to 10^15, or None."""
        return percent(self.value(*path), 1e15)


def build(payload, snapshot, credentials, env, now):
    """The view. `payload` and `snapshot` are parsed objects or None, `credentials` the file's stamp, `env` the environment's strings."""
    view = View(now, payload)
    view.home = env.get("HOME", "")
    reported = _dict(view.payload, "rate_limits")
    if isinstance(snapshot, dict):
        view.is_light = {"light": True, "dark": False}.get(_text(snapshot.get("appearance")))
        view.palette = _text(snapshot.get("palette"))

    # Windows in the payload prove a plan, whatever the environment says.
    view.other_sign_in = "" if any(_dict(reported, name) for name, _ in PAYLOAD_WINDOWS) else other_sign_in(env)
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

    windows = [_window(row, now) for row in _rows(snapshot, "limits")]
    for name, kind in reversed(PAYLOAD_WINDOWS):
        row = _dict(reported, name)
        seen = percent(row.get("used_percentage"))
        if seen is not None:
            _merge(windows, Window(kind, "", seen, _reset(kind, row.get("resets_at"), now)), now)
    for window in windows:
        if window.resets_at is not None and window.resets_at <= now:
            window.percent = None
        window.severity = severity(window.percent, window.claimed)
    view.windows, view.has_forecast = windows, any(window.exhausts_at for window in windows)
    view.credits = _rows(snapshot, "credits")
    view.alerts = _rows(snapshot, "alerts")
    if "spend_limit" in reported:
        view.credits = [*view.credits, *_spend_limit(_dict(reported, "spend_limit"))]

    observed_at = moment(snapshot.get("observed_at")) if snapshot else None
    age_s = None if observed_at is None or not (windows or view.credits) else now - observed_at
    view.age_s = 0 if age_s is not None and -CLOCK_JUMP_S <= age_s < 0 else age_s
    return view


def other_sign_in(env):
    """What this session's environment signs in with instead of a plan: "API key", "Bedrock", …, or ""."""
    for name, text in OTHER_SIGN_INS:
        if env.get(name, "0").lower() not in ("", "0", "false"):
            return text
    address = env.get("ANTHROPIC_BASE_URL", "")
    if address and address.split("://")[-1].split("/")[0] != "api.anthropic.com":
        return "gateway"
    return ""


def percent(value, most=100):
    """A percentage from outside, or None where it is none: a reported bug puts an epoch time there."""
    if type(value) in (int, float) and 0 <= value <= most:
        return value
    return None


def moment(value):
    """A time from outside in epoch seconds (2001 to 2286), or None."""
    if type(value) in (int, float) and 1_000_000_000 <= value < 10_000_000_000:
        return value
    return None


def severity(used, claimed=None, warning=WARNING_PERCENT, critical=CRITICAL_PERCENT):
    """The graver of what the server claims and what the percentage says."""
    if used is None:
        return "normal"
    own = "critical" if used >= critical else "warning" if used >= warning else "normal"
    return claimed if claimed in SEVERITIES[SEVERITIES.index(own) :] else own


def even_percent(window, now):
    """What would have been used by now, had use been even since the window began; None for a window of unknown length or none that runs."""
    length_s = LENGTH_S.get(window.kind)
    if length_s is None or window.resets_at is None or not 0 < window.resets_at - now < length_s:
        return None
    return 100 - (window.resets_at - now) * 100 / length_s


def exhausted_at(window, now):
    """When the window is used up, where that is foretold, ahead, and before its reset; None otherwise."""
    at, resets_at = window.exhausts_at, window.resets_at
    if at is None or resets_at is None or window.percent is None or window.percent >= 100:
        return None
    return at if now < at < resets_at else None


def _merge(windows, reported, now):
    for index, window in enumerate(windows):
        if window.kind == reported.kind:
            windows[index] = _newer(window, reported, now)
            return
    windows.insert(0, reported)


def _newer(known, reported, now):
    """Of one limit as the snapshot and as the payload have it: use only grows in a window, and a later window has replaced an earlier."""
    reported.label = known.label
    if known.resets_at is None or known.resets_at <= now:
        live = reported.resets_at is not None and reported.resets_at > now
        return reported if live or known.percent is None else known
    if reported.resets_at is None or reported.resets_at < known.resets_at - SAME_RESET_S:
        return known
    if reported.resets_at <= known.resets_at + SAME_RESET_S:
        if known.percent is None or (known.percent < reported.percent and not known.lowered):
            known.percent = reported.percent
        return known
    return reported


def _window(row, now):
    kind = _text(row.get("kind"))
    label, at = _text(row.get("label")) or kind, _reset(kind, row.get("resets_at"), now)
    window = Window(kind, label, percent(row.get("percent")), at, row.get("severity"))
    window.lowered = row.get("lowered") is True
    window.exhausts_at, window.exhausts_from, window.exhausts_to = (moment(row.get(name)) for name in FORECAST)
    return window


def _reset(kind, value, now):
    at = moment(value)
    return at if at is not None and at <= now + HORIZON_S.get(kind, 400 * 86400) else None


def _spend_limit(row):
    # What a gateway reports of its own limit; its percentage may pass 100.
    used, limit = row.get("used_usd"), row.get("limit_usd")
    if percent(used, 1e9) is None or percent(limit, 1e9) is None:
        return []
    share = percent(row.get("used_percentage"), 1e6)
    return [
        {
            "label": "spend limit",
            "used_minor": round(used * 100),
            "limit_minor": round(limit * 100),
            "exponent": 2,
            "currency": "USD",
            "percent": share,
        }
    ]


def _rows(snapshot, name):
    found = snapshot.get(name) if snapshot else None
    return [row for row in found[:MOST_ROWS] if isinstance(row, dict)] if isinstance(found, list) else []


def _dict(mapping, name):
    found = mapping.get(name)
    return found if isinstance(found, dict) else {}


def _text(value):
    return value[:LONGEST_LABEL] if isinstance(value, str) else ""
