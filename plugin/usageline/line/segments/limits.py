"""The limits, and why they are missing."""

from __future__ import annotations

from usageline.core.formatting import ago, clock
from usageline.core.vocabulary import SHORT, scope, short_name
from usageline.core.windows import even_percent
from usageline.line.layout import URGENT
from usageline.line.segments import (
    BAR_PRIORITY,
    MAX_NAME,
    MAX_SHOWN,
    bar_part,
    emphasized,
    graded,
    labeled,
    omitted,
    shortened,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.context import StatusContext, Window
    from usageline.line.layout import Part
    from usageline.line.segments import Options, Variants

RESET_PRIORITY = 34
"""Of the reset of a limit at warning or critical."""


def session(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the 5-hour limit."""
    return _windows(ctx, options, "session")


def weekly(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the weekly limit over all models."""
    return _windows(ctx, options, "weekly_all")


def scoped(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show every other limit, also of unknown kinds, as a segment of its own."""
    windows = [window for window in ctx.windows if window.kind not in SHORT]
    room = MAX_SHOWN - len(ctx.windows) + len(windows)
    segments = []
    for window in windows[: max(room, 1)]:
        label = options["label"] or shortened(ctx, short_name(window.kind, window.label), MAX_NAME)
        brief = shortened(ctx, options["label"] or scope(window.label))
        segments.append(
            _limit(ctx, window, options, ([("label", label + " ")], [("label", brief + " ")]), 60)
        )
    return segments + omitted(len(windows) - len(segments))


def status(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show why numbers are missing or old, and how old they are."""
    is_old = ctx.age_s is not None and not 0 <= ctx.age_s < options["stale"]
    has_numbers = ctx.status == "ok" and not ctx.detail and (ctx.windows or ctx.credits)
    if has_numbers and not is_old and not ctx.problem and not ctx.unused_reset:
        return []
    from usageline.line.segments import reasons  # noqa: PLC0415 - only with a reason

    return reasons.status(ctx, options)


def _windows(ctx: StatusContext, options: Options, kind: str) -> list[Variants]:
    label = labeled(options)
    return [
        _limit(ctx, window, options, (label, label), 100)
        for window in ctx.windows
        if window.kind == kind
    ][:1]


def _limit(
    ctx: StatusContext,
    window: Window,
    options: Options,
    labels: tuple[list[Part], list[Part]],
    keep: int,
) -> Variants:
    """Return a limit's variants. `labels` are the usual one and a shorter one, or the same."""
    label, brief = labels
    used, show = window.percent, options["show"]
    if used is not None and used < options["hide_below"]:
        return []
    style = graded(used, options, window.claimed)
    is_urgent, left = style != "normal", options["count"] == "left"
    value: list[Part] = []
    if used is None:
        value = [("plain", ctx.glyphs["unknown"])]
    elif "percent" in show:
        number = f"{max(100 - int(used), 0) if left else int(used)}%"
        value = [emphasized(ctx, number, style, window.kind, window.label)]
        if left:
            value.append(("plain", " left"))
    bar: list[Part] = []
    if used is not None and "bar" in show:
        even = even_percent(window, ctx.now) if options["mark"] else None
        mark = 100 - even if left and even is not None else even
        bar = [bar_part(ctx, options, 100 - used if left else used, style, mark)]
    short, full = _reset(ctx, window, options["reset"]) if "reset" in show else ("", "")
    if not (value or bar or full):
        return []
    bare, least = [] if value else bar, "" if value or bar else short
    forms = [(keep + URGENT if is_urgent else keep, brief, bare, least)]
    steps = (
        (RESET_PRIORITY, brief, bare, short) if is_urgent else (29, label, bare, least),
        (29, label, bare, short) if is_urgent else (BAR_PRIORITY, label, bar, least),
        (BAR_PRIORITY if is_urgent else 26, label, bar, short),
        (25, label, bar, full),
    )
    for step in steps:
        if step[1:] != forms[-1][1:]:
            forms.append(step)
    return [(form[0], _joined(form[1], form[2], value, form[3])) for form in reversed(forms)]


def _joined(label: list[Part], bar: list[Part], value: list[Part], reset: str) -> list[Part]:
    parts = [*label, *bar]
    if bar and (value or reset):
        parts.append(("plain", " "))
    parts += value
    if reset:
        parts.append(("quiet", " " + reset if value else reset))
    return parts


def _reset(ctx: StatusContext, window: Window, form: str) -> tuple[str, str]:
    """Return the reset's text, short and in full, each "" if there is none."""
    at, now = window.resets_at, ctx.now
    if at is None:
        return "", ""
    of_day = clock(at, now, half_days=ctx.half_days)
    if at <= now:
        text = "reset overdue" if window.percent is not None else "reset " + of_day
        return text, text
    glyph = ctx.glyphs["reset"]
    if form == "countdown" or (form == "auto" and at - now < 86400):
        short = full = ago(at - now)
    elif form == "both":
        short = ago(at - now)
        full = f"{short}{ctx.glyphs['dot']}{of_day}"
    else:
        # Fri 23:41 → Fri, but not Dec 23.
        short, full = of_day.partition(" ")[0] if ":" in of_day else of_day, of_day
    return glyph + short, glyph + full
