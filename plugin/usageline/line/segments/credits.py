"""Usage credits and other amounts of money."""

from __future__ import annotations

from usageline.core.formatting import clock, day, money
from usageline.core.windows import moment, percent
from usageline.line.layout import URGENT, parts_width
from usageline.line.segments import (
    MAX_SHOWN,
    emphasized,
    graded,
    labeled,
    omitted,
    shortened,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from usageline.line.context import StatusContext
    from usageline.line.layout import Part
    from usageline.line.segments import Options, Variants


def credits(  # noqa: A001 - the glossary's word
    ctx: StatusContext, options: Options
) -> list[Variants]:
    """Show each credit as a segment; one that is switched off only if it has run out."""
    segments = [variants for row in ctx.credits if (variants := _credit(ctx, row, options))]
    return segments[:MAX_SHOWN] + omitted(len(segments) - MAX_SHOWN)


def _credit(ctx: StatusContext, row: dict[str, Any], options: Options) -> Variants:
    """Return the variants of a credit, none if it is off, invalid, unknown or has expired."""
    used, limit, exponent = row.get("used_minor"), row.get("limit_minor"), row.get("exponent")
    label, currency, ends_at = row.get("label"), row.get("currency"), moment(row.get("ends_at"))
    reached = row.get("reached") is True
    if row.get("enabled", True) is not True and not reached:
        has_run_out = row.get("disabled_reason") == "out_of_credits"
        return [(65 + URGENT, [("warning", "out of credits")])] if has_run_out else []
    if type(exponent) is not int or not (
        0 <= exponent <= 6
        and isinstance(label, str)
        and isinstance(currency, str)
        and len(currency) <= 8
    ):
        return []
    used = used if type(used) is int and abs(used) < 10**12 else None
    limit = limit if type(limit) is int and 0 <= limit < 10**12 else None
    ended_at = ends_at if ends_at is not None and ends_at <= ctx.now else None
    if ended_at is not None and row.get("expires") is True:
        return []
    share = percent(row.get("percent"))
    if share is None and used is not None and limit:
        share = max(used, 0) * 100 / limit
    is_overdue = ended_at is not None and ctx.age_s is not None and ctx.now - ctx.age_s > ended_at
    if ended_at is not None and not is_overdue:  # the numbers are of a period that has ended
        unknown, end = ctx.glyphs["unknown"], _credit_end(ctx, row, ended_at)
        return [(10, [*_named(options, label), ("plain", unknown), *end])]
    is_unknown = used is None and share is None
    if not reached and (is_unknown or (share or 0) < options["hide_below"]):
        return []
    ends = _credit_end(ctx, row, ends_at, is_overdue=is_overdue) if ends_at else []
    amounts = [
        None if minor is None else money(minor, exponent, currency) for minor in (used, limit)
    ]
    return _amount_variants(ctx, row, options, (share, amounts, ends))


def _amount_variants(
    ctx: StatusContext,
    row: dict[str, Any],
    options: Options,
    values: tuple[float | None, list[str | None], list[Part]],
) -> Variants:
    """Return the variants of a valid credit: of its amounts spent and allowed, if known."""
    share, amounts, ends = values
    label, reached, show = row["label"], row.get("reached") is True, options["show"]
    style = "critical" if reached else graded(share or 0, options)
    keep = 55 if style == "normal" else 55 + URGENT
    style = "plain" if style == "normal" else style
    words = _amounts(amounts[0] or "", amounts[1] or "", share, show)
    amount = [emphasized(ctx, words, style, "credits", label)] if words else []
    if reached:
        amount.append((style, " limit reached" if amount else "limit reached"))
    if not amount:
        return []
    own, name = label == "Usage credits", _named(options, label)
    forms = [[*name, *amount]]
    if ends and "ends" in show and (reached or not own):
        forms.insert(0, [*name, *amount, *ends])
    if own and amounts[0] is not None:  # without an amount spent, a number needs its name
        forms.append(amount)
    if share is not None and not {"limit", "percent"}.isdisjoint(show):
        number = emphasized(ctx, f"{int(share)}%", style, "credits", label)
        brief = [*_brief_name(ctx, options, label), number]
        if parts_width(brief) < parts_width(forms[-1]):
            forms.append(brief)
    priorities = (24, 24, 27, keep)[-len(forms) :]
    return list(zip(priorities, forms, strict=True))


def _brief_name(ctx: StatusContext, options: Options, label: str) -> list[Part]:
    brief = shortened(ctx, options["label"] if label == "Usage credits" else label)
    brief = "cr" if brief == "credits" else brief
    return [("label", brief + " ")] if brief else []


def _amounts(spent: str, cap: str, share: float | None, show: Sequence[str]) -> str:
    """Return a credit's numbers, "" without one that is shown.

    `$12/$50`, with `percent` `$12/$50 24%`; `60% of $50` or `60%` if what was spent is unknown.
    """
    number = "" if share is None else f"{int(share)}%"
    cap = cap if "limit" in show else ""
    if not spent:
        return f"{number} of {cap}" if number and cap else number
    amounts = "/".join(filter(None, (spent if "used" in show else "", cap)))
    return " ".join(filter(None, (amounts, number if "percent" in show else "")))


def _credit_end(
    ctx: StatusContext, row: dict[str, Any], ends_at: float, *, is_overdue: bool = False
) -> list[Part]:
    """Return when a credit resets or expires, or did."""
    monthly = row.get("label") == "Usage credits"
    at = day(ends_at) if monthly else clock(ends_at, ctx.now, half_days=ctx.half_days)
    if ends_at <= ctx.now:
        return [("quiet", " reset overdue" if is_overdue else " reset " + at)]
    start = "ends " if row.get("expires") is True else ctx.glyphs["reset"]
    return [("quiet", f" {start}{at}")]


def _named(options: Options, label: str) -> list[Part]:
    return labeled(options) if label == "Usage credits" else [("label", label[:48] + " ")]
