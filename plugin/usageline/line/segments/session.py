"""What Claude Code reports of itself and of the session."""

from __future__ import annotations

from usageline.core.formatting import ago, count
from usageline.core.text import display_width
from usageline.core.windows import moment, percent
from usageline.line.layout import cut_parts
from usageline.line.segments import clamped, labeled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.context import StatusContext
    from usageline.line.segments import Options, Variants


def effort(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the model's effort: low, medium, high, …"""
    return _word(ctx.text("effort", "level"), options, 30)


def cache(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show how long the prompt cache stays warm, and the share of the input that came from it."""
    show, words = options["show"], []
    style = "plain"
    expires_at = moment(ctx.value("prompt_cache", "expires_at"))
    if "expiry" in show and ctx.value("prompt_cache", "warm") in (True, False):
        is_warm = ctx.value("prompt_cache", "warm") is True and (
            expires_at is None or expires_at > ctx.now
        )
        words.append(
            ago(expires_at - ctx.now) if is_warm and expires_at else "warm" if is_warm else "cold"
        )
        style = "plain" if is_warm else "quiet"
    hits = percent(ctx.value("prompt_cache", "hit_ratio"), 1)
    if "hits" in show and hits is not None:
        words.append(f"{int(percent(hits * 100) or 0)}%")
    return [[(24, [*labeled(options), (style, " ".join(words))])]] if words else []


def output_style(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the output style unless it is the default one."""
    name = ctx.text("output_style", "name")
    return _word("" if name == "default" else name, options, 31)


def vim(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show vim's mode."""
    return _word(ctx.text("vim", "mode"), options, 36)


def agent(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the agent that the session was started with."""
    return _word(ctx.text("agent", "name"), options, 32)


def version(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show Claude Code's version."""
    return _word(ctx.text("version"), options, 18)


def session_name(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the session's name, if it has one."""
    name, length = ctx.text("session_name"), clamped(options["length"], 4, 80)
    if display_width(name) > length:
        name = cut_parts([("", name)], length, ctx.glyphs["ellipsis"])[0][1]
    return _word(name, options, 32)


def fast_mode(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show that fast mode is on: it costs more per token."""
    return _word("fast" if ctx.value("fast_mode") is True else "", options, 33)


def thinking(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show whether the model thinks, in the states that `when` names."""
    enabled = ctx.value("thinking", "enabled")
    states = {True: ("on", "thinking"), False: ("off", "no thinking")}
    if type(enabled) is not bool:
        return []
    state, word = states[enabled]
    return _word(word if options["when"] in (state, "always") else "", options, 21)


def tokens(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the tokens in the context: what was sent, what came back, what the cache served."""
    numbers = {
        "input": (ctx.number("context_window", "total_input_tokens"), "in"),
        "output": (ctx.number("context_window", "total_output_tokens"), "out"),
        "cached": (
            ctx.number("context_window", "current_usage", "cache_read_input_tokens"),
            "cached",
        ),
    }
    words = [
        f"{count(int(number))} {unit}"
        for number, unit in (numbers[part] for part in options["show"] if part in numbers)
        if number is not None
    ]
    return _word(" ".join(words), options, 25)


def cost(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the session's cost at API prices, as Claude Code computes it, and today's if chosen."""
    spent = ctx.number("cost", "total_cost_usd")
    if spent is None or spent < options["hide_below"]:
        return []
    decimals = clamped(options["decimals"], 0, 4)
    short = (38, [*labeled(options), ("plain", f"${spent:,.{decimals}f}")])
    if not options["today"]:
        return [[short]]
    from usageline.line.segments.local import day_amount  # noqa: PLC0415 - only if chosen

    today = day_amount(ctx, decimals)
    words = f"{ctx.glyphs['dot']}today {today}"
    return [[(29, [*short[1], ("quiet", words)]), short]] if today else [[short]]


def duration(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the session's duration, or with `of = "api"` the time it waited for the API."""
    name = "total_duration_ms"
    if options["of"] == "api":
        name = "total_api_duration_ms"
        options = {**options, "label": "api" if options["label"] == "time" else options["label"]}
    spent_ms = ctx.number("cost", name)
    return _word("" if spent_ms is None else ago(spent_ms / 1000), options, 22)


def lines(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the lines that the session added and removed."""
    added, removed = (
        ctx.number("cost", "total_lines_added"),
        ctx.number("cost", "total_lines_removed"),
    )
    if not added and not removed:
        return []
    counts = [
        ("added", f"{ctx.glyphs['added']}{int(added or 0)}"),
        ("plain", " "),
        ("removed", f"{ctx.glyphs['removed']}{int(removed or 0)}"),
    ]
    return [[(23, [*labeled(options), *counts])]]


def _word(word: str, options: Options, priority: int) -> list[Variants]:
    return [[(priority, [*labeled(options), ("plain", word)])]] if word else []
