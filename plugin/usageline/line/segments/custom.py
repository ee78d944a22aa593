"""What the user puts there."""

import time

from usageline.core.formatting import time_of_day
from usageline.line.segments import labeled, option


def clock(view, options):
    """The time of day."""
    shown = time_of_day(
        time.localtime(view.now),
        half_days=view.half_days,
        seconds=option(options, "seconds", False),
    )
    return [[(21, [*labeled(options, ""), ("plain", shown)])]]


def plan(view, options):
    """The plan's name."""
    return [[(33, [*labeled(options, ""), ("plain", view.plan)])]] if view.plan else []


def account(_view, options):
    """A name that the user gave this account."""
    name = option(options, "text", "")
    return [[(66, [*labeled(options, ""), ("name", name)])]] if name else []


def text(_view, options):
    """A text of the user's."""
    shown = option(options, "text", "")
    return [[(20, [*labeled(options, ""), ("plain", shown[:200])])]] if shown else []
