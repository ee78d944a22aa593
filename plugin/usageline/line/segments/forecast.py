"""Pace, forecast and alerts: what the numbers mean for the hours ahead."""

from __future__ import annotations

from usageline.core.formatting import ago, clock
from usageline.core.windows import (
    SAME_RESET_S,
    SURE_PERCENT,
    even_percent,
    exhausted_at,
    moment,
    percent,
)
from usageline.line.segments import labeled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.segments import Options, Variants
    from usageline.line.view import StatusContext, Window

SHORT = {"session": "5h", "weekly_all": "7d"}
KINDS = {"session": "session", "weekly": "weekly_all"}


def pace(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show how many percentage points use is ahead of (+) or behind even use in the window."""
    kind = KINDS.get(options["of"])
    for window in ctx.windows:
        even = even_percent(window, ctx.now)
        if window.kind != kind or even is None or window.percent is None:
            continue
        ahead = int(window.percent - even)
        if abs(ahead) >= options["hide_below"]:
            style = "warning" if exhausted_at(window, ctx.now) and is_sure(window) else "plain"
            return [[(25, [*labeled(options), (style, f"{ahead:+d}%")])]]
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
    label, name = labeled(options), SHORT.get(window.kind, window.label)
    when, is_range = clock(at, ctx.now, half_days=ctx.half_days), False
    if options["range"] and window.exhausts_from and window.exhausts_to:
        first, last = (
            clock(max(end, ctx.now), ctx.now, half_days=ctx.half_days)
            for end in (window.exhausts_from, window.exhausts_to)
        )
        when, is_range = (when, False) if first == last else (f"{first}–{last}", True)
    if is_quiet:
        return [
            [
                (
                    30,
                    [
                        *label,
                        (
                            "quiet",
                            f"{name} may fill {when}" if is_range else f"{name} may fill by {when}",
                        ),
                    ],
                )
            ]
        ]
    text = [*label, ("warning", f"{name} full at {when}")]
    return [
        [
            (28, [*text, ("quiet", f", {ago((window.resets_at or at) - at)} before its reset")]),
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
    """Show the thresholds that were passed lately."""
    segments = []
    for row in ctx.alerts:
        at, threshold, kind, resets_at = (
            moment(row.get("at")),
            percent(row.get("threshold")),
            row.get("kind"),
            moment(row.get("resets_at")),
        )
        label = row.get("label")
        if (
            row.get("line") is not True
            or at is None
            or threshold is None
            or not isinstance(label, str)
            or ctx.now - at >= options["for"]
        ):
            continue
        if resets_at is not None and resets_at <= ctx.now + SAME_RESET_S and at <= resets_at:
            continue
        name = SHORT.get(kind, label[:48]) if isinstance(kind, str) else label[:48]
        event = f"passed {int(threshold)}%" if threshold else "is free again"
        segments.append(
            [
                (
                    70,
                    [
                        *labeled(options),
                        ("alert", f"{ctx.glyphs['alert']}{name} {event}"),
                    ],
                )
            ]
        )
    return segments
