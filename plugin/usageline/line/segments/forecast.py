"""Pace, forecast and alerts: what the numbers mean for the hours ahead."""

from __future__ import annotations

from usageline.core.formatting import ago, clock
from usageline.core.vocabulary import short_name
from usageline.core.windows import (
    SAME_RESET_S,
    SURE_PERCENT,
    even_percent,
    exhausted_at,
    moment,
    percent,
)
from usageline.line.segments import alert_key, draw, in_style, labeled, with_defaults, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from usageline.line.context import StatusContext, Window
    from usageline.line.segments import Options, Variants

MIN_AHEAD = 5
"""Points above even use from which the pace has the color of a warning."""

MAX_ALERTS = 4
"""Alerts in one segment; the layout may show fewer."""

TAIL_PRIORITY = 8
"""Of the words after the time, which give way to the directory and the branch."""

KINDS = {"session": "session", "weekly": "weekly_all"}


def pace(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show how many percentage points use is above (+) or below (-) even use in the window."""
    kind = KINDS.get(options["of"])
    for window in ctx.windows:
        even = even_percent(window, ctx.now)
        if window.kind != kind or even is None or window.percent is None:
            continue
        ahead = int(window.percent - even)
        if abs(ahead) >= options["hide_below"]:
            style = "normal" if ahead < MIN_AHEAD else "warning"
            if style == "warning" and exhausted_at(window, ctx.now) and is_sure(window):
                style = "critical"
            return in_style(options, style, (24, f"{ahead:+d} pts"), (25, f"{ahead:+d}"))
    return []


def forecast(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show when a limit will be reached if that is before its reset; quietly if uncertain."""
    kind = KINDS.get(options["of"])
    min_chance = options["hide_below"] / 100
    ends = []
    for index, window in enumerate(ctx.windows):
        at = exhausted_at(window, ctx.now)
        is_visible = window.chance is None or window.chance >= min_chance
        if at is not None and is_visible and kind in (None, window.kind):
            ends.append((not is_sure(window, options["warning"]), at, index))
    if not ends:
        return []
    is_quiet, at, index = min(ends)
    window = ctx.windows[index]
    label, name = labeled(options), short_name(window.kind, window.label)
    when, is_range = clock(at, ctx.now, half_days=ctx.half_days), False
    if options["range"] and window.exhausts_from and window.exhausts_to:
        first, last = (
            clock(max(end, ctx.now), ctx.now, half_days=ctx.half_days)
            for end in (window.exhausts_from, window.exhausts_to)
        )
        if first != last:
            when, is_range = f"{first}–{last}", True
    if is_quiet:
        return word(options, 30, f"{name} may fill {when if is_range else f'by {when}'}", "quiet")
    text = [*label, ("warning", f"{name} full at {when}")]
    early = ago((window.resets_at or at) - at)
    return [
        [
            (TAIL_PRIORITY, [*text, ("quiet", f", {early} before its reset")]),
            (72, text),
            (75, [*label, ("warning", f"{name} full {when}")]),
        ]
    ]


def is_sure(window: Window, sure_percent: float = SURE_PERCENT) -> bool:
    """Return whether the forecast is certain enough for a warning.

    A snapshot of 0.1.0 has no chance; its forecasts were all warnings.
    """
    return window.chance is None or window.chance >= sure_percent / 100


def alerts(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the thresholds that were passed lately, unless the limit's own number shows it."""
    fresh = fresh_alerts(ctx, options)
    fresh = [row for row in fresh if not ctx.emphasized.get(alert_key(row["kind"], row["label"]))]
    texts = [_alert_text(row) for row in fresh]
    if not texts:
        return []
    style, glyph, noun = "alert", ctx.glyphs["alert"], "alerts"
    if not [row for row in fresh if row["threshold"]]:  # only good news
        style, glyph, noun = "normal", "", "free again"
    if len(texts) == 1:
        return word(options, 70, glyph + texts[0], style)
    more = f" +{len(texts) - MAX_ALERTS}" if len(texts) > MAX_ALERTS else ""
    listed = (23, glyph + ", ".join(texts[:MAX_ALERTS]) + more)
    first = (29, f"{glyph}{texts[0]} +{len(texts) - 1}")
    return in_style(options, style, listed, first, (70, f"{glyph}{len(texts)} {noun}"))


def _alert_text(row: dict[str, Any]) -> str:
    if row["kind"].startswith("cost_"):
        from usageline.core.alert_text import brief_cost_text  # noqa: PLC0415 - only if configured

        return brief_cost_text(row)
    name = short_name(row["kind"], row["label"])
    threshold = int(row["threshold"])
    return f"{name} passed {threshold}%" if threshold else f"{name} is free again"


def with_emphasis(
    ctx: StatusContext, rows: Sequence[Sequence[tuple[str, Options]]]
) -> StatusContext:
    """Return the context in which limits emphasize a number that shows what a fresh alert says."""
    options = [options for row in rows for name, options in row if name == "alerts"]
    if not options or options[0].get("hide"):
        return ctx
    fresh = fresh_alerts(ctx, with_defaults("alerts", options[0]))
    # No number shows that a limit is free again.
    keys = [alert_key(row["kind"], row["label"]) for row in fresh if row["threshold"]]
    ctx = ctx.replaced(emphasized=dict.fromkeys(keys, False))
    for row in rows:  # what is emphasized is noted in the context
        draw(ctx, row)
    return ctx


def fresh_alerts(ctx: StatusContext, options: Options) -> list[dict[str, Any]]:
    """Return the valid alerts of the windows that run, not older than the option `for`."""
    return [row for row in ctx.alerts if _is_fresh(row, ctx.now, options["for"])]


def _is_fresh(row: dict[str, Any], now: float, max_age_s: float) -> bool:
    at, resets_at = moment(row.get("at")), moment(row.get("resets_at"))
    if row.get("line") is not True or at is None or percent(row.get("threshold")) is None:
        return False
    if not isinstance(row.get("kind"), str) or not isinstance(row.get("label"), str):
        return False
    has_ended = resets_at is not None and at <= resets_at <= now + SAME_RESET_S
    return now - at < max_age_s and not has_ended
