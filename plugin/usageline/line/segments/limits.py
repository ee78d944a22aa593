"""The limits and credits, and why they are missing."""

from usageline.core.formatting import age, ago, clock, day, money
from usageline.core.status_text import ACCOUNTS_WAIT, CLOCK, REASONS
from usageline.core.windows import MAX_LABEL, even_percent, moment, percent
from usageline.line.segments import bar, bar_cells, bar_glyphs, graded, labeled, option

STALE_S = 600
"""A number older than this, two refreshes, is shown with its age."""

MAX_SHOWN = 16
"""Limits and credits in one line, each; the others are counted."""


QUIET = ("another sign-in", "only this session's numbers")
"""Reasons that are no fault: there is nothing to do."""


def session(view, options):
    """The 5-hour limit."""
    return [
        _limit(view, window, options, labeled(options, "5h"), (20, 50, 80, 100))
        for window in view.windows
        if window.kind == "session"
    ][:1]


def weekly(view, options):
    """The weekly limit over all models."""
    return [
        _limit(view, window, options, labeled(options, "7d"), (15, 45, 80, 100))
        for window in view.windows
        if window.kind == "weekly_all"
    ][:1]


def scoped(view, options):
    """Every other limit: a model's week, and kinds that are new; one segment each."""
    options = options if "show" in options else {**options, "show": ["percent"]}
    windows = [window for window in view.windows if window.kind not in ("session", "weekly_all")]
    room = MAX_SHOWN - len(view.windows) + len(windows)
    drawn = [
        _limit(view, window, options, labeled(options, window.label), (12, 42, 55, 60))
        for window in windows[: max(room, 1)]
    ]
    return drawn + _omitted(len(windows) - len(drawn))


def credits(view, options):  # noqa: A001 - the glossary's word
    """The money meters, one segment each; one that is switched off is not shown unless it has run out."""
    drawn = [forms for row in view.credits if (forms := _credit(view, row, options))]
    return drawn[:MAX_SHOWN] + _omitted(len(drawn) - MAX_SHOWN)


def status(view, options):
    """Why numbers are missing or old, and how old they are."""
    why = view.problem or reason(view)
    failed = why and not why.startswith(CLOCK)
    old = view.age_s is not None and (
        failed or not 0 <= view.age_s < option(options, "stale", STALE_S)
    )
    texts = [text for text in (why, age(view.age_s) if old else "") if text]
    style = "warning" if why and why not in QUIET else "quiet"
    return (
        [[(90, [*labeled(options, ""), (style, view.glyphs["dot"].join(texts))])]] if texts else []
    )


def reason(view):
    """Why numbers are missing, in the words of the line; "" where nothing is wrong.

    A session whose own numbers prove its sign-in gets no advice about one, if that would change nothing for it.
    """
    text = _reason(view)
    untrue = (
        "/login" in text
        or view.status == "no-plan"
        or (view.status == "expired" and view.has_answered)
    )
    if view.is_signed_in and untrue:
        return "only this session's numbers" if view.age_s is None else text.partition(":")[0]
    return text


def _reason(view):
    if view.status == "ok":
        if view.detail.startswith(CLOCK):
            return view.detail.partition(";")[0]
        return "" if view.windows or view.credits else "usage: none reported"
    if view.status == "loading" and view.windows:
        return ""  # the payload's own numbers are there; the rest comes with a later line
    if view.status == "no-plan" and view.detail:
        return (
            "" if view.credits else f"{view.detail}: no plan limits"
        )  # a gateway's own limit is in its place
    if view.status == "rate-limited" and view.until and view.until > view.now:
        whose = "account " if view.detail.startswith(ACCOUNTS_WAIT[:MAX_LABEL]) else ""
        return f"{whose}rate-limited until " + clock(view.until, view.now, half_days=view.half_days)
    # A status of a later version beside numbers needs no words; alone, it must not leave the line empty.
    return REASONS.get(view.status) or (
        "" if view.windows or view.credits else REASONS["unreadable"]
    )


def _limit(view, window, options, label, ranks):
    used, shown = window.percent, option(options, "show", ("bar", "percent", "reset"))
    if used is not None and used < option(options, "hide_below", 0):
        return []
    style = (
        graded(used, options, window.claimed)
        if "warning" in options or "critical" in options
        else window.severity
    )
    left = option(options, "count", "used") == "left"
    value: list[tuple[str, str]] = []
    if "percent" in shown or used is None:
        number = (
            ("plain", view.glyphs["unknown"])
            if used is None
            else (style, f"{max(100 - int(used), 0) if left else int(used)}%")
        )
        value = [number, ("plain", " left")] if left and used is not None else [number]
    reset = _reset(view, window, option(options, "reset", "auto")) if "reset" in shown else []
    spaced = (
        [("quiet", " " + text) for text in reset] if value else [("quiet", text) for text in reset]
    )
    forms = [(ranks[2], [*label, *value, *spaced])] if spaced else []
    if value:
        forms.append((ranks[3], [*label, *value]))
    if used is not None and "bar" in shown:
        even = even_percent(window, view.now) if option(options, "mark", True) else None
        most, glyphs = bar_cells(options), bar_glyphs(view, options)

        def drawn(width):
            cells = bar(
                100 - used if left else used,
                width,
                glyphs,
                style,
                100 - even if left and even is not None else even,
            )
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
        return ["reset overdue" if window.percent is not None else "reset " + of_day]
    if form == "auto":
        form = "countdown" if at - now < 86400 else "clock"
    texts = {
        "countdown": ago(at - now),
        "clock": of_day,
        "both": f"{ago(at - now)}{view.glyphs['dot']}{of_day}",
    }
    return [view.glyphs["reset"] + texts.get(form, of_day)]


def _credit(view, row, options):
    used, limit, exponent = row.get("used_minor"), row.get("limit_minor"), row.get("exponent")
    label, currency, ends_at = row.get("label"), row.get("currency"), moment(row.get("ends_at"))
    reached, own = row.get("reached") is True, label == "Usage credits"
    if row.get("enabled", True) is not True and not reached:
        return (
            [(65, [("warning", "out of credits")])]
            if row.get("disabled_reason") == "out_of_credits"
            else None
        )
    sane = type(exponent) is int and 0 <= exponent <= 6
    if not sane or not isinstance(label, str) or not isinstance(currency, str) or len(currency) > 8:
        return None
    used = used if type(used) is int and abs(used) < 10**12 else None
    limit = limit if type(limit) is int and 0 <= limit < 10**12 else None
    is_over = ends_at is not None and ends_at <= view.now
    if is_over and row.get("expires") is True:
        return None
    share = percent(row.get("percent"))
    if share is None and used is not None and limit:
        share = max(used, 0) * 100 / limit
    is_overdue = is_over and view.age_s is not None and view.now - view.age_s > ends_at
    if is_over and not is_overdue:  # the month or period that the numbers are of has ended
        return [
            (
                10,
                [
                    *_named(options, label),
                    ("plain", view.glyphs["unknown"]),
                    *_credit_end(view, row, ends_at),
                ],
            )
        ]
    if used is None and share is None and not reached:
        return None
    if not reached and (share or 0) < option(options, "hide_below", 0):
        return None
    shown = option(options, "show", ("used", "limit", "ends"))
    style = "critical" if reached else graded(share or 0, options)
    style = "plain" if style == "normal" else style
    spent, cap = (
        "" if minor is None else money(minor, exponent, currency) for minor in (used, limit)
    )
    words = _amounts(spent, cap, share, shown)
    amount = [(style, " ".join(words))] if words else []
    if reached:
        amount.append((style, " limit reached" if amount else "limit reached"))
    if not amount:
        return None
    ends = (
        _credit_end(view, row, ends_at, is_overdue=is_overdue)
        if "ends" in shown and ends_at and (reached or not own)
        else []
    )
    name = _named(options, label)
    # Without amounts the rest says nothing unless the name is there.
    short = [*name, *amount] if used is None else amount
    return [(10, [*name, *amount, *ends]), (55, short)]


def _amounts(spent, cap, share, shown):
    """What is shown of a credit's numbers: `$12/$50`, with `percent` `$12/$50 24%`; `60% of $50` or `60%` if it is not known what was spent."""
    number = "" if share is None else f"{int(share)}%"
    if not spent:
        return (
            [number, "of " + cap]
            if number and cap and "limit" in shown
            else [number]
            if number
            else []
        )
    amounts = "/".join(
        text for name, text in (("used", spent), ("limit", cap)) if text and name in shown
    )
    return [text for text in (amounts, number if "percent" in shown else "") if text]


def _credit_end(view, row, ends_at, *, is_overdue=False):
    """When a credit resets or expires, or did."""
    monthly = row.get("label") == "Usage credits"
    at = day(ends_at) if monthly else clock(ends_at, view.now, half_days=view.half_days)
    if ends_at <= view.now:
        return [("quiet", " reset overdue" if is_overdue else " reset " + at)]
    return [
        ("quiet", f" ends {at}" if row.get("expires") is True else f" {view.glyphs['reset']}{at}")
    ]


def _named(options, label):
    return (
        labeled(options, "credits") if label == "Usage credits" else [("label", label[:48] + " ")]
    )


def _omitted(count):
    """The mark for as many limits or credits as the line has no room for."""
    return [[(60, [("quiet", f"+{count}")])]] if count > 0 else []
