"""What Claude Code reports of itself and of the session, and the user's own texts."""

from __future__ import annotations

import time

from usageline.core.formatting import ago, count, time_of_day
from usageline.core.windows import moment, percent
from usageline.line.segments import clamped, labeled, shortened, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.context import StatusContext
    from usageline.line.segments import Options, Variants

MAX_TEXT = 200

TOKENS = {
    "input": ("in", "total_input_tokens"),
    "output": ("out", "total_output_tokens"),
    "cached": ("cached", "current_usage", "cache_read_input_tokens"),
}
"""By the option's word: the unit, and the path in the payload's context window."""


def effort(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the model's effort: low, medium, high, …"""
    return word(options, 30, ctx.text("effort", "level"))


def cache(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show how long the prompt cache stays warm, and the share of the input that came from it."""
    show, words, style = options["show"], [], "plain"
    expires_at = moment(ctx.value("prompt_cache", "expires_at"))
    warm = ctx.value("prompt_cache", "warm")
    if "expiry" in show and warm in (True, False):
        if warm is not True or (expires_at is not None and expires_at <= ctx.now):
            words, style = ["cold"], "quiet"
        else:
            words.append("warm" if expires_at is None else ago(expires_at - ctx.now))
    hits = percent(ctx.value("prompt_cache", "hit_ratio"), 1)
    if "hits" in show and hits is not None:
        words.append(f"{int(percent(hits * 100) or 0)}%")
    return word(options, 24, " ".join(words), style)


def output_style(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the output style unless it is the default one."""
    name = ctx.text("output_style", "name")
    return word(options, 31, "" if name == "default" else name)


def vim(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show vim's mode."""
    return word(options, 36, ctx.text("vim", "mode"))


def agent(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the agent that the session was started with."""
    return word(options, 32, ctx.text("agent", "name"))


def version(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show Claude Code's version."""
    return word(options, 18, ctx.text("version"))


def session_name(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the session's name, if it has one."""
    name = shortened(ctx, ctx.text("session_name"), clamped(options["length"], 4, 80))
    return word(options, 32, name)


def fast_mode(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show that fast mode is on: it costs more per token."""
    return word(options, 33, "fast" if ctx.value("fast_mode") is True else "")


def thinking(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show whether the model thinks, in the states that `when` names."""
    enabled = ctx.value("thinking", "enabled")
    if type(enabled) is not bool or options["when"] not in ("on" if enabled else "off", "always"):
        return []
    return word(options, 21, "thinking" if enabled else "no thinking")


def tokens(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the tokens in the context: what was sent, what came back, what the cache served."""
    words = []
    for unit, *path in (TOKENS[part] for part in options["show"] if part in TOKENS):
        number = ctx.number("context_window", *path)
        if number is not None:
            words.append(f"{count(int(number))} {unit}")
    return word(options, 25, " ".join(words))


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
    return word(options, 22, "" if spent_ms is None else ago(spent_ms / 1000))


def lines(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the lines that the session added and removed."""
    names = ("added", "removed")
    added, removed = (int(ctx.number("cost", f"total_lines_{name}") or 0) for name in names)
    if not added and not removed:
        return []
    plus, minus = f"{ctx.glyphs['added']}{added}", f"{ctx.glyphs['removed']}{removed}"
    return [[(23, [*labeled(options), ("added", plus), ("plain", " "), ("removed", minus)])]]


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
