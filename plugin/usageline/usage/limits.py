"""The limits in a body: `limits[]` in the server's order, then flat windows that it does not list. Each limit once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.usage.model import Limit
from usageline.usage.times import epoch
from usageline.usage.values import Body, mapping, percent, text, words

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ROWS = 64
"""A body with more rows than this is not from the service."""

LABELS = {"session": "Current session", "weekly_all": "Current week (all models)"}
"""As the client words them (FACTS: GET /api/oauth/usage)."""

POOL_LABELS = {"cinder_cove": "Claude Code and Cowork credit"}
"""As the client words the pools that it knows by their code names."""

ALWAYS_SHOWN = ("five_hour", "seven_day", "seven_day_opus", "seven_day_sonnet")
"""Flat windows that the client shows before they have started. Others at 0 without a reset are experiments of the service (`nimbus_quill`)."""

DOLLARS = ("limit_dollars", "used_dollars", "remaining_dollars")


def limits(body: Body) -> tuple[Limit, ...]:
    """Every limit in `body`. A percentage outside 0–100 is None, and so is a reset that is no time; the limit itself stays."""
    found: dict[tuple[str, str], Limit] = {}
    rows = body.get("limits")
    for row in rows[:MOST_ROWS] if isinstance(rows, list) else []:
        limit = _listed(row)
        if limit is not None:
            found.setdefault(_identity(limit), limit)
    for limit in _flat(body):
        known = found.setdefault(_identity(limit), limit)
        # The same limit twice: the flat form is what the client's own screen shows, and it is not rounded; what it leaves out the other
        # may have (capture u16).
        found[_identity(limit)] = replace(
            known,
            percent=known.percent if limit.percent is None else limit.percent,
            resets_at=known.resets_at if limit.resets_at is None else limit.resets_at,
        )
    return tuple(found.values())


def is_flat_window(name: str, window: Body) -> bool:
    """Whether the body's key `name` is a window of the flat form: `five_hour`, `seven_day`, `seven_day_…`, or a new one without money."""
    if name in {"five_hour", "seven_day"} or name.startswith("seven_day_"):
        return "utilization" in window
    return "utilization" in window and "resets_at" in window and all(window.get(key) is None for key in DOLLARS)


def _listed(row: object) -> Limit | None:
    row = mapping(row)
    kind = text(row.get("kind"))
    if kind is None:
        return None
    name = _scope_name(row.get("scope"))
    if kind in LABELS:
        label = LABELS[kind]
    elif kind == "weekly_scoped":
        label = name or "Current week (other)"
    else:
        label = text(row.get("label")) or text(row.get("display_name")) or words(kind).capitalize() or kind
        label = f"{name} ({label.lower()})" if name else label
    # What was put together can be longer than its parts, and what is kept of it is a text again.
    return Limit(kind, text(label) or kind, percent(row.get("percent")), epoch(row.get("resets_at")), text(row.get("severity")))


def _scope_name(scope: object) -> str | None:
    """What a limit applies to: `{"model": {"display_name": "Fable"}, "surface": null}` → `Fable`. Other keys of a scope are named, too."""
    names = []
    for value in list(mapping(scope).values())[:4]:
        part = mapping(value)
        name = text(value) or text(part.get("display_name")) or text(part.get("name")) or text(part.get("id"))
        if name:
            names.append(name)
    return f"{names[0]} ({', '.join(names[1:])})" if names[1:] else "".join(names) or None


def _flat(body: Body) -> Iterator[Limit]:
    for name, value in list(body.items())[: 2 * MOST_ROWS]:
        window = mapping(value)
        if not is_flat_window(name, window):
            continue
        limit = Limit(*_flat_kind(name, window), percent(window["utilization"]), epoch(window.get("resets_at")))
        if name in ALWAYS_SHOWN or limit.percent or limit.resets_at is not None:
            yield limit


def _flat_kind(name: str, window: Body) -> tuple[str, str]:
    if name == "five_hour":
        return "session", LABELS["session"]
    if name == "seven_day":
        return "weekly_all", LABELS["weekly_all"]
    if name.startswith("seven_day_"):
        return "weekly_scoped", text(words(name.removeprefix("seven_day_"))) or text(name) or "Unnamed"
    return text(name) or "unnamed", POOL_LABELS.get(name) or text(window.get("label")) or text(words(name)) or "Unnamed"


def _identity(limit: Limit) -> tuple[str, str]:
    return limit.kind, "" if limit.kind in LABELS else limit.label.casefold()
