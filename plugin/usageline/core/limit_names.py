"""Name a limit in the words of usageline: the same in the line, the table, and the alerts.

The snapshot and the history keep the service's label, which `usageline --json` prints.
"""

from __future__ import annotations

OTHER_WEEK = "Current week (other)"
"""The label that the service's weekly limit without a name has in the snapshot."""

SHORT = {"session": "5h", "weekly_all": "7d"}
LONG = {"session": "5-hour limit", "weekly_all": "weekly limit"}


def short_name(kind: str, label: str) -> str:
    """Return the name for little room: `5h`, `7d`, `7d Fable`."""
    if kind == "weekly_scoped":
        return f"7d {_scope(label)}"
    return SHORT.get(kind, label)


def long_name(kind: str, label: str) -> str:
    """Return the name in a sentence: `5-hour limit`, `weekly limit`, `weekly limit for Fable`."""
    if kind == "weekly_scoped":
        return f"weekly limit for {_scope(label)}"
    return LONG.get(kind, label)


def title(kind: str, label: str) -> str:
    """Return the long name as a heading: `Weekly limit`."""
    name = long_name(kind, label)
    return name[:1].upper() + name[1:]


def _scope(label: str) -> str:
    return "other models" if label == OTHER_WEEK else label
