"""The model, and what it has before it: its effort, its context window, its prompt cache."""

from usageline.core.formatting import ago, count
from usageline.core.windows import moment, percent
from usageline.line.segments import bar, bar_cells, bar_glyphs, graded, labeled, option


def model(view, options):
    """The model's name."""
    name = view.text("model", "display_name") or view.text("model", "id")
    return [[(40, [*labeled(options, ""), ("name", name)])]] if name else []


def effort(view, options):
    """How hard the model thinks: low, medium, high, …"""
    level = view.text("effort", "level")
    return [[(30, [*labeled(options, ""), ("plain", level)])]] if level else []


def context(view, options):
    """How full the context window is."""
    used = percent(view.value("context_window", "used_percentage"))
    if used is None or used < option(options, "hide_below", 0):
        return []
    shown = option(options, "show", ("percent",))
    label, grade = labeled(options, "ctx"), graded(used, options)
    style = "plain" if grade == "normal" else grade
    words = []
    if "percent" in shown:
        words.append(f"{int(used)}%")
    tokens, size = (
        view.number("context_window", "total_input_tokens"),
        view.number("context_window", "context_window_size"),
    )
    if "tokens" in shown and tokens is not None:
        words.append(count(int(tokens)) + (f"/{count(int(size))}" if size else ""))
    said = [(style, " ".join(words))] if words else []
    forms = [(35, [*label, *said])] if said else []
    if "bar" in shown:
        most, glyphs = bar_cells(options), bar_glyphs(view, options)

        def drawn(width):
            return [
                *label,
                *bar(used, width, glyphs, grade),
                *([("plain", " "), *said] if said else []),
            ]

        forms = [(13, drawn(most)), (33, drawn(max(most // 2, 2))), *forms]
    return [forms] if forms else []


def cache(view, options):
    """The prompt cache: how long it stays warm, and how much of what was sent came from it."""
    shown, words = option(options, "show", ("expiry",)), []
    style = "plain"
    expires_at = moment(view.value("prompt_cache", "expires_at"))
    if "expiry" in shown and view.value("prompt_cache", "warm") in (True, False):
        is_warm = view.value("prompt_cache", "warm") is True and (
            expires_at is None or expires_at > view.now
        )
        words.append(
            ago(expires_at - view.now) if is_warm and expires_at else "warm" if is_warm else "cold"
        )
        style = "plain" if is_warm else "quiet"
    hits = percent(view.value("prompt_cache", "hit_ratio"), 1)
    if "hits" in shown and hits is not None:
        words.append(f"{int(percent(hits * 100))}%")
    return [[(24, [*labeled(options, "cache"), (style, " ".join(words))])]] if words else []
