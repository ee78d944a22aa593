"""Usage windows: their lengths, the values that are possible, and what follows from them."""

HORIZON_S = {"session": 7 * 86400, "weekly_all": 60 * 86400, "weekly_scoped": 60 * 86400}
"""How far ahead a reset can lie; 400 days for other kinds. The service has had windows longer than their usual
length, so this is far beyond it. A reset further away is a wrong clock or a wrong unit, and is not shown."""


OVERDUE_S = 7 * 86400
"""Up to this long after a reset, a percentage that the service still reports is shown as overdue.
Later than that the clock is wrong."""


MAX_PERCENT = 1_000_000
"""The largest percentage that is believed, on both sides: use can pass 100 (overage, an overdrawn credit).
A number beyond it is something else: a reported bug puts an epoch time (from 1,000,000,000) there."""


NOISE = 1e-9
"""A percentage this close to a whole number is that number, on both sides: n * 100 / 100 can be 28.999999999999996 for 29."""


LENGTH_S = {"session": 5 * 3600, "weekly_all": 7 * 86400, "weekly_scoped": 7 * 86400}
"""How long a window is."""


MAX_LABEL = 48


MAX_ROWS = 256
"""Of a list in the snapshot. The line shows fewer and says how many it leaves out."""


SEVERITIES = ("normal", "warning", "critical")


WARNING_PERCENT = 75


CRITICAL_PERCENT = 90


def percent(value, most=MAX_PERCENT):
    """A percentage from outside without binary noise, or None if it cannot be one. The cold side has the same rule."""
    if type(value) in (int, float) and 0 <= value <= most:
        whole = int(value + 0.5)
        return whole if -NOISE < value - whole < NOISE else value
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


SAME_RESET_S = 60
"""Two reports of one window's reset may differ by a second or so; further apart than this they are two windows."""


def is_same_reset(one: float | None, other: float | None) -> bool:
    """Return whether two reports name the reset of the same window; False if either is None."""
    return one is not None and other is not None and abs(one - other) <= SAME_RESET_S
