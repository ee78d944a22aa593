"""What the numbers mean for the hours ahead: pace, forecast, alerts."""

from usageline.core.formatting import ago, clock
from usageline.core.windows import SAME_RESET_S, even_percent, exhausted_at, moment, percent
from usageline.line.segments import labeled, option

SHORT = {"session": "5h", "weekly_all": "7d"}
KINDS = {"session": "session", "weekly": "weekly_all"}
ALERT_S = 900
"""For so long an alert stands in the line."""
SURE_PERCENT = 67
"""A forecast is a warning from this chance on; below it is said quietly (docs/FORECAST.md)."""


def pace(view, options):
    """How many percentage points more (+) or less than even use were used so far in the window."""
    kind = KINDS.get(option(options, "of", "session"))
    for window in view.windows:
        even = even_percent(window, view.now)
        if window.kind != kind or even is None or window.percent is None:
            continue
        ahead = int(window.percent - even)
        if abs(ahead) >= option(options, "hide_below", 0):
            style = "warning" if exhausted_at(window, view.now) and is_sure(window) else "plain"
            return [[(25, [*labeled(options, "pace"), (style, f"{ahead:+d}%")])]]
    return []


def forecast(view, options):
    """When a limit will be reached, said only where that is before its reset: quietly while it is no more than likely."""
    kind = KINDS.get(option(options, "of", "any"))
    sure_percent, least_percent = (
        option(options, "warning", SURE_PERCENT),
        option(options, "hide_below", 0),
    )
    ends = []
    for index, window in enumerate(view.windows):
        at = exhausted_at(window, view.now)
        is_shown = window.chance is None or window.chance >= least_percent / 100
        if at is not None and is_shown and kind in (None, window.kind):
            ends.append((not is_sure(window, sure_percent), at, index))
    if not ends:
        return []
    is_quiet, at, index = min(ends)
    window = view.windows[index]
    label, name = labeled(options, ""), SHORT.get(window.kind, window.label)
    when, is_range = clock(at, view.now, half_days=view.half_days), False
    if option(options, "range", False) and window.exhausts_from and window.exhausts_to:
        first, last = (
            clock(max(end, view.now), view.now, half_days=view.half_days)
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
            (28, [*text, ("quiet", f", {ago(window.resets_at - at)} before its reset")]),
            (72, text),
            (75, [*label, ("warning", f"{name} full {when}")]),
        ]
    ]


def is_sure(window, sure_percent=SURE_PERCENT):
    """Return whether the forecast is likely enough for a warning. A snapshot of 0.1.0 does not say how likely it is, and had only warnings."""
    return window.chance is None or window.chance >= sure_percent / 100


def alerts(view, options):
    """The thresholds that were passed a short while ago."""
    drawn = []
    for row in view.alerts:
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
            or view.now - at >= option(options, "for", ALERT_S)
        ):
            continue
        if resets_at is not None and resets_at <= view.now + SAME_RESET_S and at <= resets_at:
            continue
        name = SHORT.get(kind, label[:48]) if isinstance(kind, str) else label[:48]
        drawn.append(
            [
                (
                    70,
                    [
                        *labeled(options, ""),
                        ("alert", f"{view.glyphs['alert']}{name} passed {int(threshold)}%"),
                    ],
                )
            ]
        )
    return drawn
