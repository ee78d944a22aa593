"""The limits and credits, and why they are missing."""

from usageline.line.figures import age, ago, clock, money
from usageline.line.segments import bar, bar_cells, bar_glyphs, graded, labelled, option
from usageline.line.view import LONGEST_LABEL, even_percent, percent
from usageline.line.whose import ACCOUNTS_WAIT

STALE_S = 600
"""A number older than this, two refreshes, is shown with its age."""

MOST_SHARE = 1_000_000
"""Percent of a credit: it can be overdrawn."""

REASONS = {
    "loading": "usage: loading…",
    "signed-out": "sign in: /login",
    "expired": "sign-in expired: any message renews it",
    "no-scope": "token without user:profile: /login",
    "rate-limited": "rate-limited",
    "offline": "offline",
    "unreadable": "usage unreadable",
    "no-plan": "no plan limits",
    "another-sign-in": "another sign-in",
}

QUIET = ("another sign-in", "only this session's numbers")
"""Reasons that are no fault: there is nothing to do."""


def session(view, options):
    """The 5-hour limit."""
    return [
        _limit(view, window, options, labelled(options, "5h"), (20, 50, 80, 100)) for window in view.windows if window.kind == "session"
    ][:1]


def weekly(view, options):
    """The weekly limit over all models."""
    return [
        _limit(view, window, options, labelled(options, "7d"), (15, 45, 80, 100)) for window in view.windows if window.kind == "weekly_all"
    ][:1]


def scoped(view, options):
    """Every other limit: a model's week, and kinds that are new; one segment each."""
    options = options if "show" in options else {**options, "show": ["percent"]}
    return [
        _limit(view, window, options, labelled(options, window.label), (12, 42, 55, 60))
        for window in view.windows
        if window.kind not in ("session", "weekly_all")
    ]


def credits(view, options):  # noqa: A001 - the glossary's word
    """The money meters, one segment each; one that is switched off is not shown unless it has run out."""
    return [forms for row in view.credits if (forms := _credit(view, row, options))]


def status(view, options):
    """Why numbers are missing or old, and how old they are."""
    why = view.problem or reason(view)
    old = view.age_s is not None and (why or not 0 <= view.age_s < option(options, "stale", STALE_S))
    texts = [text for text in (why, age(view.age_s) if old else "") if text]
    style = "warning" if why and why not in QUIET else "quiet"
    return [[(90, [*labelled(options, ""), (style, view.glyphs["dot"].join(texts))])]] if texts else []


def reason(view):
    """Why numbers are missing, in the words of the line; "" where nothing is wrong.

    A session whose own numbers prove its sign-in gets no advice about one, if that would change nothing for it.
    """
    text = _reason(view)
    if view.is_signed_in and ("/login" in text or (view.status == "expired" and view.has_answered)):
        return "only this session's numbers" if view.age_s is None else text.partition(":")[0]
    return text


def _reason(view):
    if view.status == "ok":
        return "" if view.windows or view.credits else "usage: none reported"
    if view.status == "loading" and view.windows:
        return ""  # the payload's own numbers are there; the rest comes with a later line
    if view.status == "no-plan" and view.detail:
        return f"{view.detail}: no plan limits"
    if view.status == "rate-limited" and view.until and view.until > view.now:
        whose = "account " if view.detail.startswith(ACCOUNTS_WAIT[:LONGEST_LABEL]) else ""
        return f"{whose}rate-limited until " + clock(view.until, view.now, half_days=view.half_days)
    # A status of a later version beside numbers needs no words; alone, it must not leave the line empty.
    return REASONS.get(view.status) or ("" if view.windows or view.credits else REASONS["unreadable"])


def _limit(view, window, options, label, ranks):
    used, shown = window.percent, option(options, "show", ("bar", "percent", "reset"))
    if used is not None and used < option(options, "hide_below", 0):
        return []
    style = graded(used, options, window.claimed) if "warning" in options or "critical" in options else window.severity
    left = option(options, "count", "used") == "left"
    value: list[tuple[str, str]] = []
    if "percent" in shown or used is None:
        number = ("plain", view.glyphs["unknown"]) if used is None else (style, f"{100 - int(used) if left else int(used)}%")
        value = [number, ("plain", " left")] if left and used is not None else [number]
    reset = _reset(view, window, option(options, "reset", "auto")) if "reset" in shown else []
    spaced = [("quiet", " " + text) for text in reset] if value else [("quiet", text) for text in reset]
    forms = [(ranks[2], [*label, *value, *spaced])] if spaced else []
    if value:
        forms.append((ranks[3], [*label, *value]))
    if used is not None and "bar" in shown:
        even = even_percent(window, view.now) if option(options, "mark", True) else None
        most, glyphs = bar_cells(options), bar_glyphs(view, options)

        def drawn(width):
            cells = bar(100 - used if left else used, width, glyphs, style, 100 - even if left and even is not None else even)
            return [*label, *cells, *([("plain", " ")] if value or spaced else []), *value, *spaced]

        forms = [(ranks[0], drawn(most)), (ranks[1], drawn(max(most // 2, 2))), *forms]
    return forms


def _reset(view, window, form):
    """The reset's text in a list; none where it has none."""
    at, now = window.resets_at, view.now
    if at is None:
        return []
    of_day = clock(at, now, half_days=view.half_days)
    if at <= now:
        return ["reset " + of_day]
    if form == "auto":
        form = "countdown" if at - now < 86400 else "clock"
    texts = {"countdown": ago(at - now), "clock": of_day, "both": f"{ago(at - now)}{view.glyphs['dot']}{of_day}"}
    return [view.glyphs["reset"] + texts.get(form, of_day)]


def _credit(view, row, options):
    used, limit, exponent = row.get("used_minor"), row.get("limit_minor"), row.get("exponent")
    label, currency, ends_at = row.get("label"), row.get("currency"), row.get("ends_at")
    if row.get("enabled", True) is not True:
        return [(65, [("warning", "out of credits")])] if row.get("disabled_reason") == "out_of_credits" else None
    sane = type(used) is int and abs(used) < 10**12 and type(exponent) is int and 0 <= exponent <= 6
    if not sane or not isinstance(label, str) or not isinstance(currency, str) or len(currency) > 8:
        return None
    limit = limit if type(limit) is int and 0 <= limit < 10**12 else None
    expires = row.get("expires") is True and type(ends_at) in (int, float)
    if expires and ends_at <= view.now:
        return None
    share = percent(row.get("percent"), MOST_SHARE)
    share = share if share is not None else used * 100 / limit if limit else 0
    if max(share, 0) < option(options, "hide_below", 0):
        return None
    shown = option(options, "show", ("used", "limit", "ends"))
    style = graded(share, options)
    texts = [money(used, exponent, currency)] if "used" in shown else []
    if "limit" in shown and limit is not None:
        texts.append(money(limit, exponent, currency))
    amount = [("plain" if style == "normal" else style, "/".join(texts))] if texts else []
    if "percent" in shown and limit is not None:
        amount.append(("plain" if style == "normal" else style, f"{' ' if texts else ''}{int(share)}%"))
    if not amount:
        return None
    name = labelled(options, "credits") if label == "Usage credits" else [("label", label[:48] + " ")]
    ends = (
        [("quiet", " ends " + clock(ends_at, view.now, half_days=view.half_days))]
        if "ends" in shown and expires and ends_at < 10**10
        else []
    )
    return [(10, [*name, *amount, *ends]), (55, amount)]
