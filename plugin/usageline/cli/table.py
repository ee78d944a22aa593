"""The table of `usageline`: every limit with bar, percent and reset in both forms, every credit, and where the numbers come from."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from usageline.line import layout, segments, view

BAR_CELLS = 24

STYLES = {"normal": "green", "warning": "yellow", "critical": "bold red", "dim": "dim", "plain": ""}
"""rich's words for the line's styles."""

SOURCES = {"oauth": "Anthropic's API", "claude-cache": "Claude Code's own cache", "client": "Claude Code"}


def print_table(snapshot: dict[str, Any], credentials: str, now: float) -> None:
    """Print it to stdout; `snapshot` is the parsed file, `credentials` the stamp of the sign-in as it is now."""
    seen = view.build(None, snapshot, credentials, {}, now)
    console = Console(highlight=False)
    if seen.windows or seen.credits:
        table = Table.grid(padding=(0, 2))
        for window in seen.windows:
            table.add_row(*limit_row(window, now))
        for credit in seen.credits:
            table.add_row(*credit_row(credit, now))
        console.print(table)
        console.print()
    console.print(footer(snapshot, seen))


def limit_row(window: Any, now: float) -> tuple[Text, Text, Text, Text]:
    """Label, bar, percent and reset of a limit (`view.Window`)."""
    if window.resets_at is None:
        reset = "not started" if window.percent == 0 else ""
    elif window.resets_at <= now:
        reset = f"reset {segments.clock(window.resets_at, now)}"
    else:
        reset = f"resets in {segments.ago(window.resets_at - now)}, {segments.clock(window.resets_at, now)}"
    used = "unknown" if window.percent is None else f"{int(window.percent)}%"
    return text(window.label), drawn_bar(window.percent, window.severity), text(used, window.severity), text(reset, "dim")


def credit_row(credit: dict[str, Any], now: float) -> tuple[Text, Text, Text, Text]:
    """Label, bar, amount and end of a money meter (a credit of the snapshot)."""
    used, limit, exponent, currency = (credit.get(name) for name in ("used_minor", "limit_minor", "exponent", "currency"))
    share, amount = None, "unknown"
    if type(used) is int and type(exponent) is int and isinstance(currency, str):
        amount = f"{segments.money(used, exponent, currency)} spent"
        if type(limit) is int:
            share = min(used * 100 / limit, 100) if limit else None
            amount = f"{segments.money(used, exponent, currency)} of {segments.money(limit, exponent, currency)}"
        elif credit.get("enabled", True):
            amount += ", no cap"
    ends_at = view.moment(credit.get("ends_at"))
    notes = [f"{'expires' if credit.get('expires') else 'resets'} {segments.clock(ends_at, now)}"] if ends_at else []
    if credit.get("enabled", True) is not True:
        notes.insert(0, "off: " + str(credit.get("disabled_reason") or "not enabled").replace("_", " "))
    severity = view.severity(share)
    return (
        text(credit.get("label")),
        drawn_bar(share, severity),
        text(amount, severity if share else "plain"),
        text("; ".join(notes), "dim"),
    )


def footer(snapshot: dict[str, Any], seen: Any) -> Text:
    """Plan, source, age, and what is wrong, in one line."""
    facts = [plan] if (plan := snapshot.get("plan")) and seen.age_s is not None else []
    if seen.age_s is not None:
        facts.append(f"seen {segments.ago(seen.age_s)} ago by {SOURCES.get(str(snapshot.get('source')), 'an unknown source')}")
    reason = segments.reason(seen)
    if reason:
        detail = seen.detail if seen.detail and seen.detail not in reason else ""
        facts.append(reason + (f" ({detail})" if detail else ""))
    return text(" · ".join(map(str, facts)), "warning" if reason else "dim")


def drawn_bar(percent: float | None, severity: str) -> Text:
    """A bar of `BAR_CELLS`, or nothing where there is no percentage."""
    if percent is None:
        return Text()
    filled, empty = segments.bar(percent, BAR_CELLS)
    return Text.assemble((filled, STYLES[severity]), (empty, "dim"))


def text(value: object, style: str = "plain") -> Text:
    """Text from anywhere, cleaned, without markup."""
    return Text(layout.clean(str(value or "")), STYLES[style])
