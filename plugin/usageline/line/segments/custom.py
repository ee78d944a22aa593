"""The clock, the plan, and texts that the user configured."""

from __future__ import annotations

import time

from usageline.core.formatting import time_of_day
from usageline.line.segments import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.context import StatusContext
    from usageline.line.segments import Options, Variants

MAX_TEXT = 200


def clock(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the time of day."""
    local, seconds = time.localtime(ctx.now), options["seconds"]
    time_text = time_of_day(local, half_days=ctx.half_days, seconds=seconds)
    return word(options, 21, time_text)


def plan(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the plan's name."""
    return word(options, 33, ctx.plan)


def account(_ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the name that the user gave this account."""
    return word(options, 66, options["text"], "name")


def flex(_ctx: StatusContext, _options: Options) -> list[Variants]:
    """Align what follows in the row to the right."""
    return [[(10, [])]]


def text(_ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the user's own text."""
    return word(options, 20, options["text"][:MAX_TEXT])
