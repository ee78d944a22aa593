"""What the client says of itself and of the session."""

from usageline.core.formatting import ago
from usageline.line.segments import clamped, labeled, option


def output_style(view, options):
    """The output style, where it is not the usual one."""
    name = view.text("output_style", "name")
    return _word("" if name == "default" else name, options, "style", 31)


def vim(view, options):
    """The mode of vim's keys."""
    return _word(view.text("vim", "mode"), options, "", 36)


def agent(view, options):
    """The agent that the session was started with."""
    return _word(view.text("agent", "name"), options, "agent", 32)


def version(view, options):
    """The client's version."""
    return _word(view.text("version"), options, "cc", 18)


def cost(view, options):
    """What this session's requests would cost at API prices, as the client reckons."""
    spent = view.number("cost", "total_cost_usd")
    if spent is None or spent < option(options, "hide_below", 0):
        return []
    decimals = clamped(options, "decimals", 2, 0, 4)
    return [[(38, [*labeled(options, ""), ("plain", f"${spent:,.{decimals}f}")])]]


def duration(view, options):
    """How long the session has lasted, or with `of = "api"` how long it waited for the API."""
    name = (
        "total_api_duration_ms" if option(options, "of", "total") == "api" else "total_duration_ms"
    )
    spent_ms = view.number("cost", name)
    return _word("" if spent_ms is None else ago(spent_ms / 1000), options, "", 22)


def lines(view, options):
    """Lines added and removed by the session."""
    added, removed = (
        view.number("cost", "total_lines_added"),
        view.number("cost", "total_lines_removed"),
    )
    if not added and not removed:
        return []
    counts = [
        ("added", f"{view.glyphs['added']}{int(added or 0)}"),
        ("plain", " "),
        ("removed", f"{view.glyphs['removed']}{int(removed or 0)}"),
    ]
    return [[(23, [*labeled(options, ""), *counts])]]


def _word(word, options, label, rank):
    return [[(rank, [*labeled(options, label), ("plain", word)])]] if word else []
