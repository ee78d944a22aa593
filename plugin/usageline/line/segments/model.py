"""The model and its context window."""

from __future__ import annotations

from usageline.core.formatting import count
from usageline.core.windows import percent
from usageline.line.segments import (
    BAR_PRIORITY,
    MAX_NAME,
    bar_part,
    graded,
    in_style,
    labeled,
    shortened,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from usageline.line.context import StatusContext
    from usageline.line.segments import Options, Variants


def model(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show the model's name."""
    name = ctx.text("model", "display_name") or ctx.text("model", "id")
    if not name:
        return []
    name = shortened(ctx, name, MAX_NAME)
    brief = name.partition(" (")[0]  # Opus 5.5 (1M context) → Opus 5.5
    rich = [] if brief == name else [(29, name)]
    return in_style(options, "name", *rich, (40, brief))


def context(ctx: StatusContext, options: Options) -> list[Variants]:
    """Show how full the context window is."""
    used = percent(ctx.value("context_window", "used_percentage"))
    if used is None or used < options["hide_below"]:
        return []
    show = options["show"]
    label, grade = labeled(options), graded(used, options)
    style = "plain" if grade == "normal" else grade
    words = [f"{int(used)}%"] if "percent" in show else []
    names = ("total_input_tokens", "context_window_size")
    tokens, size = (ctx.number("context_window", name) for name in names)
    if "tokens" in show and tokens is not None:
        words.append(count(int(tokens)) + (f"/{count(int(size))}" if size else ""))
    text = [(style, " ".join(words))] if words else []
    variants = [(35, [*label, *text])] if text else []
    if words[-1:] and not words[-1].endswith("%"):
        text = [*text, ("quiet", " tokens")]
        variants.insert(0, (24, [*label, *text]))
    if "bar" in show:
        bar = bar_part(ctx, options, used, grade)
        with_bar = [*label, bar, *([("plain", " "), *text] if text else [])]
        variants.insert(0, (BAR_PRIORITY if text else 35, with_bar))
    return [variants] if variants else []
