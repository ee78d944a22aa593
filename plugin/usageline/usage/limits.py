"""Read the limits in a body, each once, in the server's order.

They are the rows of `limits[]`, then flat windows that it does not list. Two rows of one name are
one limit, unless they apply to different things or have different resets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from usageline.core.vocabulary import OTHER_WEEK
from usageline.core.windows import MAX_ROWS, is_same_reset
from usageline.usage.model import Limit
from usageline.usage.values import MAX_TEXT, Body, epoch, mapping, objects, percent, text, words

if TYPE_CHECKING:
    from collections.abc import Iterator

LABELS = {"session": "Current session", "weekly_all": "Current week (all models)"}
"""Claude Code's own labels (FACTS: GET /api/oauth/usage)."""

ALWAYS_SHOWN = ("five_hour", "seven_day", "seven_day_opus", "seven_day_sonnet")
"""Flat windows that Claude Code shows before they have started.

Others at 0 without a reset are experiments of the service.
"""

SPANS = frozenset({"hour", "hourly", "day", "daily", "week", "weekly", "month", "monthly"})
"""Words of a key that name a window by its length.

A key without one is the code name of a pool of credit (`iguana_necktie`).
"""

CODE_NAMES = frozenset({"omelette"})
"""Of `seven_day_…` keys, those that name neither a model nor a surface."""

MAX_ID = 32
"""Of a scope's identifiers in a label."""

DOLLARS = ("limit_dollars", "used_dollars", "remaining_dollars")


def limits(body: Body) -> tuple[Limit, ...]:
    """Return every limit in `body`. An invalid percentage or reset is None; the limit stays."""
    result: dict[tuple[str, str], Limit] = {}
    scopes: dict[tuple[str, str], str] = {}
    for row in objects(body.get("limits"), MAX_ROWS):
        limit = _listed(row)
        if limit is not None:
            _add(limit, _scope_ids(row["scope"]) if "scope" in row else "", result, scopes)
    for limit in _flat(body):
        listed = result.setdefault(_identity(limit), limit)
        # Claude Code's own screen shows the flat form, which is not rounded. What it leaves out,
        # the listed form may have (capture u16). It shows a model's listed number, too: one that
        # is higher by more than rounding counts.
        is_less = limit.kind not in LABELS and (listed.percent or 0) >= (limit.percent or 0) + 1
        result[_identity(limit)] = replace(
            listed,
            percent=listed.percent if limit.percent is None or is_less else limit.percent,
            resets_at=listed.resets_at if limit.resets_at is None else limit.resets_at,
        )
    return tuple(result.values())


def is_flat_window(name: str, window: Body) -> bool:
    """Whether the body's key `name` is a window of the flat form.

    Such keys are `five_hour`, `seven_day`, `seven_day_…`, or a new one named by its length.
    """
    if name in {"five_hour", "seven_day"} or name.startswith("seven_day_"):
        return "utilization" in window
    is_named_so = not SPANS.isdisjoint(name.split("_"))
    return (
        is_named_so
        and "utilization" in window
        and "resets_at" in window
        and all(window.get(key) is None for key in DOLLARS)
    )


def _add(
    limit: Limit,
    scope: str,
    limits_by_key: dict[tuple[str, str], Limit],
    scopes: dict[tuple[str, str], str],
) -> None:
    """Add a listed limit; under a new label if its name belongs to a different limit.

    Of two rows of one limit, keep the higher percentage; of the session and the week, the later
    window.
    """
    key = _identity(limit)
    if key in limits_by_key and limit.kind not in LABELS:
        for number in range(2, MAX_ROWS):
            if scopes[key] == scope and _same_reset(limits_by_key[key], limit):
                break
            note = scope if scope and scopes[key] != scope else str(number)
            name = text(f"{limit.label[: MAX_TEXT - len(note) - 3]} ({note})") or limit.label
            renamed = replace(limit, label=name)
            key = _identity(renamed)
            if key not in limits_by_key:
                limit = renamed
                break
    earlier = limits_by_key.get(key)
    scopes.setdefault(key, scope)
    limits_by_key[key] = (
        limit if earlier is None else replace(_current(earlier, limit), label=earlier.label)
    )


def _current(one: Limit, other: Limit) -> Limit:
    if not _same_reset(one, other) and one.resets_at is not None and other.resets_at is not None:
        return max(one, other, key=lambda limit: limit.resets_at or 0)
    return max(one, other, key=lambda limit: -1 if limit.percent is None else limit.percent)


def _same_reset(one: Limit, other: Limit) -> bool:
    if one.resets_at is None or other.resets_at is None:
        return True
    return is_same_reset(one.resets_at, other.resets_at)


def _scope_ids(scope: object) -> str:
    """Return what distinguishes two scopes with the same name."""
    ids = (text(mapping(value).get("id")) for value in list(mapping(scope).values())[:4])
    return ", ".join(filter(None, ids))[:MAX_ID]


def _listed(row: Body) -> Limit | None:
    kind = text(row.get("kind"))
    if kind is None:
        return None
    name = _scope_name(row.get("scope"))
    if kind in LABELS:
        label = LABELS[kind]
    elif kind == "weekly_scoped":
        label = name or OTHER_WEEK
    else:
        given = text(row.get("label")) or text(row.get("display_name"))
        label = given or words(kind).capitalize() or kind
        label = f"{name} ({label.lower()})" if name else label
    # A label of several parts can be too long: make it a valid text again.
    return Limit(
        kind,
        text(label) or kind,
        percent(row.get("percent")),
        epoch(row.get("resets_at")),
        text(row.get("severity")),
    )


def _scope_name(scope: object) -> str | None:
    """Return what a limit applies to: `{"model": {"display_name": "Fable"}}` is `Fable`.

    Name the scope's other keys, too.
    """
    names = []
    for value in list(mapping(scope).values())[:4]:
        part = mapping(value)
        given = text(part.get("display_name")) or text(part.get("name")) or text(part.get("id"))
        if name := text(value) or given:
            names.append(name)
    return f"{names[0]} ({', '.join(names[1:])})" if names[1:] else "".join(names) or None


def _flat(body: Body) -> Iterator[Limit]:
    for name, value in list(body.items())[: 2 * MAX_ROWS]:
        window = mapping(value)
        if not is_flat_window(name, window):
            continue
        limit = Limit(
            *_flat_kind(name, window),
            percent(window["utilization"]),
            epoch(window.get("resets_at")),
        )
        if name in ALWAYS_SHOWN or limit.percent or limit.resets_at is not None:
            yield limit


def _flat_kind(name: str, window: Body) -> tuple[str, str]:
    if name == "five_hour":
        return "session", LABELS["session"]
    if name == "seven_day":
        return "weekly_all", LABELS["weekly_all"]
    if name.startswith("seven_day_"):
        scope = name.removeprefix("seven_day_")
        own = OTHER_WEEK if scope in CODE_NAMES else text(words(scope))
        return "weekly_scoped", text(window.get("label")) or own or text(name) or "Unnamed"
    return text(name) or "unnamed", text(window.get("label")) or text(words(name)) or "Unnamed"


def _identity(limit: Limit) -> tuple[str, str]:
    return limit.kind, "" if limit.kind in LABELS else limit.label.casefold()
