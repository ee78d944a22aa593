"""The limits and credits, and why they are missing."""

from __future__ import annotations

from usageline.core.formatting import age, ago, clock, day, money
from usageline.core.status_text import ACCOUNTS_WAIT, CLOCK, REASONS
from usageline.core.windows import MAX_LABEL, even_percent, moment, percent
from usageline.line.segments import bar, bar_cells, bar_glyphs, graded, labeled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from usageline.line.layout import Part
    from usageline.line.segments import Options, Variants
    from usageline.line.view import StatusContext, Window

MAX_SHOWN = 16
"""Limits in one line, and credits; the others are counted."""

QUIET = ("another sign-in", "only this session's numbers")
"""Reasons that are not faults."""


def session(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the 5-hour limit."""
    return [
        _limit(ctx, window, options, labeled(options), (20, 50, 80, 100))
        for window in ctx.windows
        if window.kind == "session"
    ][:1]


def weekly(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the weekly limit over all models."""
    return [
        _limit(ctx, window, options, labeled(options), (15, 45, 80, 100))
        for window in ctx.windows
        if window.kind == "weekly_all"
    ][:1]


def scoped(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show every other limit, also of unknown kinds, as a segment of its own."""
    windows = [window for window in ctx.windows if window.kind not in ("session", "weekly_all")]
    room = MAX_SHOWN - len(ctx.windows) + len(windows)
    segments = [
        _limit(
            ctx,
            window,
            options,
            [("label", (options["label"] or window.label) + " ")],
            (12, 42, 55, 60),
        )
        for window in windows[: max(room, 1)]
    ]
    return segments + _omitted(len(windows) - len(segments))


def credits(  # noqa: A001 - the glossary's word
    ctx: StatusContext, options: Options
) -> list[Variants]:
    """Show each credit as a segment; one that is switched off only if it has run out."""
    segments = [variants for row in ctx.credits if (variants := _credit(ctx, row, options))]
    return segments[:MAX_SHOWN] + _omitted(len(segments) - MAX_SHOWN)


def status(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show why numbers are missing or old, and how old they are.

    At a critical limit, show that the account holds a limit reset that it has not used.
    """
    why = ctx.problem or reason(ctx)
    failed, age_s = why and not why.startswith(CLOCK), ctx.age_s
    is_old = failed or not 0 <= (age_s or 0) < options["stale"]
    texts = [text for text in (why, age(age_s) if is_old and age_s is not None else "") if text]
    style = "warning" if why and why not in QUIET else "quiet"
    label = labeled(options)
    segments = [[(90, [*label, (style, ctx.glyphs["dot"].join(texts))])]] if texts else []
    if ctx.unused_reset and any(window.severity == "critical" for window in ctx.windows):
        segments.append(
            [
                (28, [*label, ("quiet", "a limit reset is unused: /usage")]),
                (54, [*label, ("quiet", "reset unused")]),
            ]
        )
    return segments


def reason(ctx: StatusContext) -> str:
    """Return why numbers are missing, in the line's words, or "".

    A session whose own numbers prove its sign-in gets no advice to sign in.
    """
    text = _reason(ctx)
    untrue = (
        "/login" in text
        or ctx.status == "no-plan"
        or (ctx.status == "expired" and ctx.has_answered)
    )
    if ctx.is_signed_in and untrue:
        return "only this session's numbers" if ctx.age_s is None else text.partition(":")[0]
    return text


def _reason(ctx: StatusContext) -> str:
    if ctx.status == "ok":
        if ctx.detail.startswith(CLOCK):
            return ctx.detail.partition(";")[0]
        return "" if ctx.windows or ctx.credits else "usage: none reported"
    if ctx.status == "loading" and ctx.windows:
        return ""  # the payload's own numbers are shown, and a later line has the rest
    if ctx.status == "no-plan" and ctx.detail:
        return (
            "" if ctx.credits else f"{ctx.detail}: no plan limits"
        )  # a gateway's own limit is shown instead
    if ctx.status == "rate-limited" and ctx.until and ctx.until > ctx.now:
        whose = "account " if ctx.detail.startswith(ACCOUNTS_WAIT[:MAX_LABEL]) else ""
        return f"{whose}rate-limited until " + clock(ctx.until, ctx.now, half_days=ctx.half_days)
    # An unknown status, from a later version, needs a text only if there are no numbers.
    return REASONS.get(ctx.status) or ("" if ctx.windows or ctx.credits else REASONS["unreadable"])


def _limit(
    ctx: StatusContext,
    window: Window,
    options: Options,
    label: list[Part],
    priorities: tuple[int, int, int, int],
) -> Variants:
    used, show = window.percent, options["show"]
    if used is not None and used < options["hide_below"]:
        return []
    style = graded(used, options, window.claimed)
    left = options["count"] == "left"
    value: list[Part] = []
    if "percent" in show or used is None:
        number = (
            ("plain", ctx.glyphs["unknown"])
            if used is None
            else (style, f"{max(100 - int(used), 0) if left else int(used)}%")
        )
        value = [number, ("plain", " left")] if left and used is not None else [number]
    reset = _reset(ctx, window, options["reset"]) if "reset" in show else []
    spaced = (
        [("quiet", " " + text) for text in reset] if value else [("quiet", text) for text in reset]
    )
    variants = [(priorities[2], [*label, *value, *spaced])] if spaced else []
    if value:
        variants.append((priorities[3], [*label, *value]))
    if used is not None and "bar" in show:
        even = even_percent(window, ctx.now) if options["mark"] else None
        width, glyphs = bar_cells(options), bar_glyphs(ctx, options)

        def with_bar(width: int) -> list[Part]:
            cells = bar(
                100 - used if left else used,
                width,
                glyphs,
                style,
                100 - even if left and even is not None else even,
            )
            return [*label, *cells, *([("plain", " ")] if value or spaced else []), *value, *spaced]

        variants = [
            (priorities[0], with_bar(width)),
            (priorities[1], with_bar(max(width // 2, 2))),
            *variants,
        ]
    return variants


def _reset(ctx: StatusContext, window: Window, form: str) -> list[str]:
    """Return the reset's text in a list, [] if there is none."""
    at, now = window.resets_at, ctx.now
    if at is None:
        return []
    of_day = clock(at, now, half_days=ctx.half_days)
    if at <= now:
        return ["reset overdue" if window.percent is not None else "reset " + of_day]
    if form == "auto":
        form = "countdown" if at - now < 86400 else "clock"
    texts = {
        "countdown": ago(at - now),
        "clock": of_day,
        "both": f"{ago(at - now)}{ctx.glyphs['dot']}{of_day}",
    }
    return [ctx.glyphs["reset"] + texts.get(form, of_day)]


def _credit(ctx: StatusContext, row: dict[str, Any], options: Options) -> Variants | None:
    used, limit, exponent = row.get("used_minor"), row.get("limit_minor"), row.get("exponent")
    label, currency, ends_at = row.get("label"), row.get("currency"), moment(row.get("ends_at"))
    reached, own = row.get("reached") is True, label == "Usage credits"
    if row.get("enabled", True) is not True and not reached:
        return (
            [(65, [("warning", "out of credits")])]
            if row.get("disabled_reason") == "out_of_credits"
            else None
        )
    if type(exponent) is not int or not (
        0 <= exponent <= 6
        and isinstance(label, str)
        and isinstance(currency, str)
        and len(currency) <= 8
    ):
        return None
    used = used if type(used) is int and abs(used) < 10**12 else None
    limit = limit if type(limit) is int and 0 <= limit < 10**12 else None
    ended_at = ends_at if ends_at is not None and ends_at <= ctx.now else None
    if ended_at is not None and row.get("expires") is True:
        return None
    share = percent(row.get("percent"))
    if share is None and used is not None and limit:
        share = max(used, 0) * 100 / limit
    is_overdue = ended_at is not None and ctx.age_s is not None and ctx.now - ctx.age_s > ended_at
    if ended_at is not None and not is_overdue:  # the numbers are of a period that has ended
        return [
            (
                10,
                [
                    *_named(options, label),
                    ("plain", ctx.glyphs["unknown"]),
                    *_credit_end(ctx, row, ended_at),
                ],
            )
        ]
    if used is None and share is None and not reached:
        return None
    if not reached and (share or 0) < options["hide_below"]:
        return None
    show = options["show"]
    style = "critical" if reached else graded(share or 0, options)
    style = "plain" if style == "normal" else style
    spent, cap = (
        "" if minor is None else money(minor, exponent, currency) for minor in (used, limit)
    )
    words = _amounts(spent, cap, share, show)
    amount: list[Part] = [(style, " ".join(words))] if words else []
    if reached:
        amount.append((style, " limit reached" if amount else "limit reached"))
    if not amount:
        return None
    ends = (
        _credit_end(ctx, row, ends_at, is_overdue=is_overdue)
        if "ends" in show and ends_at and (reached or not own)
        else []
    )
    name = _named(options, label)
    # Without an amount spent, a number needs its name.
    short = [*name, *amount] if used is None else amount
    return [(10, [*name, *amount, *ends]), (55, short)]


def _amounts(spent: str, cap: str, share: float | None, show: Sequence[str]) -> list[str]:
    """Return a credit's numbers as words.

    `$12/$50`, with `percent` `$12/$50 24%`; `60% of $50` or `60%` if what was spent is unknown.
    """
    number = "" if share is None else f"{int(share)}%"
    if not spent:
        return (
            [number, "of " + cap]
            if number and cap and "limit" in show
            else [number]
            if number
            else []
        )
    amounts = "/".join(
        text for name, text in (("used", spent), ("limit", cap)) if text and name in show
    )
    return [text for text in (amounts, number if "percent" in show else "") if text]


def _credit_end(
    ctx: StatusContext, row: dict[str, Any], ends_at: float, *, is_overdue: bool = False
) -> list[Part]:
    """Return when a credit resets or expires, or did."""
    monthly = row.get("label") == "Usage credits"
    at = day(ends_at) if monthly else clock(ends_at, ctx.now, half_days=ctx.half_days)
    if ends_at <= ctx.now:
        return [("quiet", " reset overdue" if is_overdue else " reset " + at)]
    return [
        ("quiet", f" ends {at}" if row.get("expires") is True else f" {ctx.glyphs['reset']}{at}")
    ]


def _named(options: Options, label: str) -> list[Part]:
    return labeled(options) if label == "Usage credits" else [("label", label[:48] + " ")]


def _omitted(count: int) -> list[Variants]:
    """Return the segment that counts the limits or credits without room."""
    return [[(60, [("quiet", f"+{count}")])]] if count > 0 else []
