"""The model, its effort, its context window and its prompt cache."""

from __future__ import annotations

from usageline.core.formatting import ago, count
from usageline.core.windows import moment, percent
from usageline.line.segments import bar, bar_cells, bar_glyphs, graded, labeled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.layout import Part
    from usageline.line.segments import Options, Variants
    from usageline.line.view import StatusContext


def model(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the model's name."""
    name = ctx.text("model", "display_name") or ctx.text("model", "id")
    return [[(40, [*labeled(options), ("name", name)])]] if name else []


def effort(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the model's effort: low, medium, high, …"""
    level = ctx.text("effort", "level")
    return [[(30, [*labeled(options), ("plain", level)])]] if level else []


def context(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show how full the context window is."""
    used = percent(ctx.value("context_window", "used_percentage"))
    if used is None or used < options["hide_below"]:
        return []
    show = options["show"]
    label, grade = labeled(options), graded(used, options)
    style = "plain" if grade == "normal" else grade
    words = []
    if "percent" in show:
        words.append(f"{int(used)}%")
    tokens, size = (
        ctx.number("context_window", "total_input_tokens"),
        ctx.number("context_window", "context_window_size"),
    )
    if "tokens" in show and tokens is not None:
        words.append(count(int(tokens)) + (f"/{count(int(size))}" if size else ""))
    text = [(style, " ".join(words))] if words else []
    variants = [(35, [*label, *text])] if text else []
    if "bar" in show:
        width, glyphs = bar_cells(options), bar_glyphs(ctx, options)

        def with_bar(cells: int) -> list[Part]:
            return [
                *label,
                *bar(used, cells, glyphs, grade),
                *([("plain", " "), *text] if text else []),
            ]

        variants = [(13, with_bar(width)), (33, with_bar(max(width // 2, 2))), *variants]
    return [variants] if variants else []


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
