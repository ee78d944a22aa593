"""The clock, the plan, and texts that the user configured."""

from __future__ import annotations

import time

from usageline.core.formatting import time_of_day
from usageline.line.segments import labeled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.context import StatusContext
    from usageline.line.segments import Options, Variants

MAX_TEXT = 200


def clock(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the time of day."""
    time_text = time_of_day(
        time.localtime(ctx.now),
        half_days=ctx.half_days,
        seconds=options["seconds"],
    )
    return [[(21, [*labeled(options), ("plain", time_text)])]]


def plan(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the plan's name."""
    return [[(33, [*labeled(options), ("plain", ctx.plan)])]] if ctx.plan else []


def account(_ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the name that the user gave this account."""
    name = options["text"]
    return [[(66, [*labeled(options), ("name", name)])]] if name else []


def flex(_ctx: StatusContext, _options: Options) -> list[Variants]:
    """Align what follows in the row to the right."""
    return [[(10, [])]]


def text(_ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the user's own text."""
    own = options["text"][:MAX_TEXT]
    return [[(20, [*labeled(options), ("plain", own)])]] if own else []
