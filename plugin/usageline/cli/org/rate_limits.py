"""`usageline org limits --rate`: the rate limits that are configured for the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from usageline.cli.columns import column, fitted, print_lines, wrapped
from usageline.cli.org import names
from usageline.cli.org.overview import digits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from usageline.cli.appearance import Appearance
    from usageline.usage.org.settings import RateLimit

VERSION = 1
NOTE = "these are the limits that are configured, and not what is left of them"
NO_LIMITS = "there are no rate limits"
MODEL_CELLS = 24
NAME_CELLS = 14


def as_json(limits: Sequence[RateLimit], workspace: str | None) -> str:
    """Return an object with a row for each limit."""
    rows = [
        {
            "group": limit.group,
            "group_type": limit.group_type,
            "models": list(limit.models),
            "type": limit.kind,
            "value": limit.value,
            "organization": limit.whole,
            "source": limit.source or None,
        }
        for limit in limits
    ]
    return json.dumps({"version": VERSION, "workspace": workspace, "rate_limits": rows})


def print_table(limits: Sequence[RateLimit]) -> None:
    """Print a row for each limit."""
    print_lines(lambda look, width: render(limits, look, width))


def render(limits: Sequence[RateLimit], look: Appearance, width: int) -> list[Text]:
    """Return the lines for `width` columns."""
    if not limits:
        return wrapped(NO_LIMITS, "plain", look, width)
    group = column([limit.group for limit in limits], look, title="group", keeps=NAME_CELLS)
    kind = column([limit.kind.replace("_", " ") for limit in limits], look, title="limit")
    value = column([digits(limit.value) for limit in limits], look, title="value", right=True)
    whole = column(
        [digits(limit.whole) for limit in limits], look, "quiet", title="organization", right=True
    )
    models = column(
        [", ".join(map(names.model_name, limit.models)) for limit in limits],
        look,
        "quiet",
        title="models",
        keeps=MODEL_CELLS,
    )
    beside = [whole] if any(limit.whole is not None for limit in limits) else []
    lines = fitted(
        (
            (group, kind, value, *beside, models),
            (group, kind, value, *beside),
            (group, kind, value),
        ),
        width,
        look,
    )
    return [*lines, *wrapped(NOTE, "quiet", look, width)]
