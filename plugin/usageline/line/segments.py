"""The pieces of the line, each a function from the view to its forms (layout.py says what those are) or to None.

Ranks, lowest given up first: 10–29 ornaments, 30–49 what the client shows elsewhere, 50–69 money and models, 70–99 the limits
and why they are missing.
"""

import time

BLOCKS = " ▏▎▍▌▋▊▉"
BAR_CELLS = 10
STALE_S = 600
"""A number older than this, two refreshes, is shown with its age."""

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

REASONS = {
    "loading": "usage: loading…",
    "signed-out": "sign in: /login",
    "expired": "sign-in expired: any message renews it",
    "no-scope": "token without user:profile: /login",
    "rate-limited": "rate-limited",
    "offline": "offline",
    "unreadable": "usage unreadable",
    "no-plan": "no plan limits",
}


def model(view):
    """The model's name."""
    return [(40, [("name", view.model)])] if view.model else None


def context(view):
    """How full the context window is."""
    used = view.context_percent
    if used is None:
        return None
    return [(35, [("plain", "ctx "), ("plain" if used < 75 else "warning", f"{int(used)}%")])]


def session(view):
    """The 5-hour limit."""
    return _window(view, "session", "5h", 20)


def weekly(view):
    """The weekly limit over all models."""
    return _window(view, "weekly_all", "7d", 15)


def scoped(view):
    """Every other limit: a model's week, and kinds that are new; one segment each."""
    others = [window for window in view.windows if window.kind not in ("session", "weekly_all")]
    return [[(60, [("plain", window.label + " "), _percent(window)])] for window in others]


def credits(view):  # noqa: A001 - the glossary's word
    """The money meters, one segment each; one that is switched off is not shown unless it has run out."""
    return [forms for row in view.credits if (forms := _credit(row, view.now))]


def status(view):
    """Why numbers are missing or old, and how old they are."""
    why = view.problem or reason(view)
    old = view.age_s is not None and (why or view.age_s >= STALE_S)
    texts = [text for text in (why, f"{ago(view.age_s)} ago" if old else "") if text]
    return [(90, [("warning" if why else "plain", " · ".join(texts))])] if texts else None


def reason(view):
    """Why numbers are missing, in the words of the line; "" where nothing is wrong."""
    if view.status == "ok":
        return "" if view.windows or view.credits else "usage: none reported"
    if view.status == "loading" and view.windows:
        return ""  # the payload's own numbers are there; the rest comes with a later line
    if view.status == "no-plan" and view.detail:
        return f"{view.detail}: no plan limits"
    if view.status == "rate-limited" and view.until and view.until > view.now:
        return "rate-limited until " + clock(view.until, view.now)
    return REASONS.get(view.status, "")


def clock(at, now):
    """A local time of day for `at`, cut to the minute as the client cuts it, with the weekday from a day off on, the date from a week off on."""
    local = time.localtime(at)
    of_day = f"{local.tm_hour:02d}:{local.tm_min:02d}"
    if abs(at - now) < 86400:
        return of_day
    if abs(at - now) < 7 * 86400 + 60:
        return f"{DAYS[local.tm_wday]} {of_day}"
    return f"{MONTHS[local.tm_mon - 1]} {local.tm_mday}"


def ago(seconds):
    """A length of time in its largest unit: <1m, 12m, 1h59m, 3d4h."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes}m" if minutes else "<1m"
    if minutes < 1440:
        return f"{minutes // 60}h{minutes % 60:02d}m"
    return f"{minutes // 1440}d{minutes % 1440 // 60}h"


def money(minor, exponent, currency):
    """An amount in minor units as people write it: $12.34, €50, CHF 3.50. Whole amounts lose their decimals."""
    whole, rest = divmod(abs(minor), 10**exponent)
    digits = f"{whole:,}" + (f".{rest:0{exponent}d}" if rest else "")
    return ("-" if minor < 0 else "") + SYMBOLS.get(currency, currency + " ") + digits


def bar(used, width=BAR_CELLS):
    """The filled and the empty part of a bar for 0–100 percent, to an eighth of a cell; anything above zero shows."""
    eighths = max(int(used / 100 * width * 8), 1 if used > 0 else 0)
    full, part = divmod(eighths, 8)
    filled = "█" * full + (BLOCKS[part] if part else "")
    return filled, "░" * (width - len(filled))


def _window(view, kind, name, ornament_rank):
    window = next((window for window in view.windows if window.kind == kind), None)
    if window is None:
        return None
    label, value = ("plain", name + " "), _percent(window)
    at = window.resets_at
    if at is None:
        reset = []
    elif at <= view.now:
        reset = [("plain", " reset " + clock(at, view.now))]
    elif at - view.now < 86400:
        reset = [("plain", " ↻ " + ago(at - view.now))]
    else:
        reset = [("plain", " ↻ " + clock(at, view.now))]
    forms = [(80, [label, value, *reset]), (100, [label, value])]
    if window.percent is None:
        return forms

    def drawn(width):
        filled, empty = bar(window.percent, width)
        return [label, (window.severity, filled), ("dim", empty + " "), value, *reset]

    return [(ornament_rank, drawn(BAR_CELLS)), (ornament_rank + 30, drawn(BAR_CELLS // 2)), *forms]


def _percent(window):
    return (window.severity, f"{int(window.percent)}%") if window.percent is not None else ("plain", "–")


def _credit(row, now):
    used, limit, exponent = row.get("used_minor"), row.get("limit_minor"), row.get("exponent")
    label, currency, ends_at = row.get("label"), row.get("currency"), row.get("ends_at")
    if row.get("enabled", True) is not True:
        return [(65, [("warning", "out of credits")])] if row.get("disabled_reason") == "out_of_credits" else None
    sane = type(used) is int and abs(used) < 10**12 and type(exponent) is int and 0 <= exponent <= 6
    if not sane or not isinstance(label, str) or not isinstance(currency, str) or len(currency) > 8:
        return None
    limit = limit if type(limit) is int and 0 <= limit < 10**12 else None
    expires = row.get("expires") is True and type(ends_at) in (int, float)
    if expires and ends_at <= now:
        return None
    share = row.get("percent")
    share = share if type(share) in (int, float) else used * 100 / limit if limit else 0
    style = "critical" if share >= 90 else "warning" if share >= 75 else "plain"
    amount = (style, money(used, exponent, currency) + ("/" + money(limit, exponent, currency) if limit is not None else ""))
    name = ("plain", ("credits" if label == "Usage credits" else label[:48]) + " ")
    ends = [("plain", " ends " + clock(ends_at, now))] if expires and ends_at < 10**10 else []
    return [(10, [name, amount, *ends]), (55, [amount])]


SEGMENTS = (model, context, session, weekly)
"""Functions that give one segment, in the order of the line."""

SEGMENT_GROUPS = (scoped, credits)
"""Functions that give a list of segments, after them."""


def draw(view):
    """All segments of the line in order, the status last."""
    drawn = [function(view) for function in SEGMENTS]
    for group in SEGMENT_GROUPS:
        drawn += group(view)
    return [*drawn, status(view)]
