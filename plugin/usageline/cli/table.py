"""The table of `usageline`: every limit and credit, and the source of the numbers.

A limit has a bar, a percentage, and its reset as a duration and as a time.
"""

from __future__ import annotations

import math
import os
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from usageline.config.sources import by_name
from usageline.core import appearance, formatting, windows
from usageline.core.text import sanitize
from usageline.line import segments, view
from usageline.line.segments import forecast, limits
from usageline.usage.credits import MAX_TERMS, USAGE_CREDITS
from usageline.usage.values import text as one_line

if TYPE_CHECKING:
    from rich.console import RenderableType

OTHER_CELLS = 62
"""Columns of a row without its bar."""

PIPE_CELLS = 4096
"""For programs that read the output: long paths must not be broken."""

MAX_DECIMALS = 6
"""As in the status line: a damaged snapshot must not widen an amount without limit."""

STYLES = {
    "normal": "green",
    "warning": "yellow",
    "critical": "bold red",
    "dim": "dim",
    "track": "dim",
    "plain": "",
}
"""Styles of rich for the styles of the status line."""

Row: TypeAlias = tuple[Text, Text, Text, Text]

OFF = {
    "org_level_disabled": "by the organization",
    "org_level_disabled_until": "by the organization",
    "org_service_level_disabled": "by the organization",
    "member_level_disabled": "for this account",
    "member_zero_credit_limit": "for this account",
    "group_zero_credit_limit": "for this group",
    "seat_tier_level_disabled": "not part of this seat",
    "seat_tier_zero_credit_limit": "not part of this seat",
    "overage_not_provisioned": "not set up",
    "no_limits_configured": "not set up",
}
"""Why usage credits are off, by the reason that the service names."""


def print_table(snapshot: dict[str, Any], credentials: str, now: float) -> None:
    """Print the table. `credentials` is the current fingerprint of the sign-in."""
    target = console()
    target.print(render_table(snapshot, credentials, now, target.width))


def console() -> Console:
    """Return the console for stdout. It breaks lines only if the width is known."""
    has_width = sys.stdout.isatty() or os.environ.get("COLUMNS")
    return Console(highlight=False, width=None if has_width else PIPE_CELLS)


def render_table(
    snapshot: dict[str, Any] | None, credentials: str, now: float, width: int
) -> RenderableType:
    """Return the table for `width` columns; `snapshot` is None if there is none yet."""
    ctx = view.build(None, snapshot, credentials, {}, now)
    if not ctx.windows and not ctx.credits:
        return footer(snapshot or {}, ctx)
    table = Table.grid(padding=(0, 2))
    bar_cells = min(max(width - OTHER_CELLS, 8), 24)
    for window in ctx.windows:
        table.add_row(*limit_row(window, now, bar_cells))
    observed_at = None if ctx.age_s is None else now - ctx.age_s
    for credit in ctx.credits:
        table.add_row(*credit_row(credit, now, bar_cells, observed_at))
    forecasts = [
        text(sentence, "warning" if forecast.is_sure(window) else "dim")
        for window in ctx.windows
        if (sentence := outlook(window, now))
    ]
    terms = [
        text(f"{credit.get('label')}: {terms_text}", "dim")
        for credit in ctx.credits
        if (terms_text := one_line(credit.get("terms"), MAX_TERMS))
    ]
    return Group(table, *forecasts, *terms, Text(), footer(snapshot or {}, ctx))


def limit_row(window: Any, now: float, bar_cells: int) -> Row:
    """Return label, bar, percent and reset of a limit (`view.Window`)."""
    if window.resets_at is None:
        reset = "not started" if window.percent == 0 else ""
    elif window.resets_at <= now:
        passed = formatting.clock(window.resets_at, now)
        reset = f"reset {passed}" if window.percent is None else f"reset overdue since {passed}"
    else:
        left = formatting.ago(window.resets_at - now)
        reset = f"resets in {left}, {formatting.clock(window.resets_at, now)}"
    return row(window.label, window.percent, window.severity, reset, bar_cells)


def outlook(window: Any, now: float) -> str:
    """Return when a limit (`view.Window`) will be reached, "" if not before its reset."""
    at = windows.exhausted_at(window, now)
    if at is None:
        return ""
    notes = [] if window.chance is None else [f"chance {round(window.chance * 100)}%"]
    if window.exhausts_from and window.exhausts_to:
        first, last = (
            formatting.clock(max(end, now), now)
            for end in (window.exhausts_from, window.exhausts_to)
        )
        notes += [] if first == last else [f"likely {first} to {last}"]
    note = f" ({', '.join(notes)})" if notes else ""
    before_reset = formatting.ago(window.resets_at - at)
    time = f"{formatting.clock(at, now)}, {before_reset} before its reset{note}"
    if forecast.is_sure(window):
        return f"{window.label}: at this pace the limit is reached at {time}"
    return f"{window.label}: the limit may be reached by {time}"


def credit_row(
    credit: dict[str, Any], now: float, bar_cells: int, observed_at: float | None = None
) -> Row:
    """Return label, bar, percent, amount and end of a credit, observed at `observed_at`."""
    enabled, reached = credit.get("enabled", True) is True, credit.get("reached") is True
    share = windows.percent(credit.get("percent"))
    notes = [amount] if (amount := _amount(credit, share)) else []
    if _has_no_cap(credit, share) and enabled and not reached:
        notes.append("no cap")
    if reached:
        notes.append("limit reached")
    elif not enabled:
        notes.append(_why_off(credit))
    ends_at = windows.moment(credit.get("ends_at"))
    if ends_at:
        notes.append(_end(credit, ends_at, now, observed_at))
        if ends_at <= now and not _is_overdue(credit, ends_at, observed_at):
            share = None
    severity = "critical" if reached else windows.severity(share)
    return row(credit.get("label"), share, severity, ", ".join(notes), bar_cells)


def _why_off(credit: dict[str, Any]) -> str:
    reason = str(credit.get("disabled_reason") or "")
    words = OFF.get(reason) or reason.replace("_", " ")
    if credit.get("label") != USAGE_CREDITS or reason == "out_of_credits":
        return words or "off"
    return f"off: {words}" if words else "off"


def _amount(credit: dict[str, Any], share: float | None) -> str:
    """Return `$12.34 of $50`, `$12.34 spent`, or `of $50` if only a percentage is known."""
    used, limit, exponent, currency = (
        credit.get(name) for name in ("used_minor", "limit_minor", "exponent", "currency")
    )
    if (
        type(exponent) is not int
        or not 0 <= exponent <= MAX_DECIMALS
        or not isinstance(currency, str)
    ):
        return ""
    cap = formatting.money(limit, exponent, currency) if type(limit) is int else ""
    if type(used) is int:
        spent = formatting.money(used, exponent, currency)
        return f"{spent} of {cap}" if cap else f"{spent} spent"
    return f"of {cap}" if cap and share is not None else ""


def _has_no_cap(credit: dict[str, Any], share: float | None) -> bool:
    """Return whether these are usage credits without a limit.

    Other credits may have a limit that the service does not name.
    """
    is_known = credit.get("label") == USAGE_CREDITS and type(credit.get("used_minor")) is int
    return (
        is_known and credit.get("limit_minor") is None and share is None and not credit.get("terms")
    )


def _end(credit: dict[str, Any], ends_at: float, now: float, observed_at: float | None) -> str:
    expires = credit.get("expires") is True
    # Usage credits reset with the month: as in Claude Code, show the day.
    at = (
        formatting.day(ends_at)
        if credit.get("label") == USAGE_CREDITS
        else formatting.clock(ends_at, now)
    )
    if ends_at > now:
        return f"{'expires' if expires else 'resets'} {at}"
    if expires:
        return f"expired {at}"
    return (
        f"reset overdue since {at}" if _is_overdue(credit, ends_at, observed_at) else f"reset {at}"
    )


def _is_overdue(credit: dict[str, Any], ends_at: float, observed_at: float | None) -> bool:
    """Return whether the service reported the credit after its end.

    The percentage of an expired credit stays what was used of it.
    """
    return credit.get("expires") is True or (observed_at is not None and observed_at > ends_at)


def row(label: object, percent: float | None, severity: str, note: str, bar_cells: int) -> Row:
    """Return the four cells of one row; without a percentage there is no bar."""
    if percent is None:
        return text(label), Text(), text("–", "dim"), text(note)
    cells = segments.bar(min(max(percent, 0), 100), bar_cells, appearance.GLYPHS, severity)
    bar = Text.assemble(*((cell, STYLES[style.split()[0]]) for style, cell in cells))
    return text(label), bar, text(f"{math.floor(percent)}%", severity), text(note)


def footer(snapshot: dict[str, Any], ctx: Any) -> Text:
    """Return plan, source, age, and what is wrong, in one line."""
    facts = [plan] if (plan := snapshot.get("plan")) and ctx.age_s is not None else []
    if ctx.age_s is not None:
        source = _source_label(snapshot)
        facts.append(f"as of {formatting.age(ctx.age_s)}, from {source}")
    reason = limits.reason(ctx)
    if reason:
        detail = ctx.detail if ctx.detail and ctx.detail not in reason else ""
        facts.append(reason + (f" ({detail})" if detail else ""))
    return text(" · ".join(map(str, facts)), "warning" if reason else "dim")


def _source_label(snapshot: dict[str, Any]) -> str:
    source = by_name().get(str(snapshot.get("source")))
    return source.label if source else "an unknown source"


def text(value: object, style: str = "plain") -> Text:
    """Return sanitized text without markup."""
    return Text(sanitize(str(value or "")), STYLES[style])
