"""Name a limit in the words of usageline: the same in the line, the table, and the alerts.

The snapshot and the history keep the service's label, which `usageline --json` prints.
"""

from __future__ import annotations

OTHER_WEEK = "Current week (other)"
"""The label that the service's weekly limit without a name has in the snapshot."""

SHORT = {"session": "5h", "weekly_all": "7d"}
"""The kinds with a segment of their own in the line."""

LONG = {"session": "5-hour limit", "weekly_all": "weekly limit"}


def short_name(kind: str, label: str) -> str:
    """Return the name for little room: `5h`, `7d`, `7d Fable`."""
    if kind == "weekly_scoped":
        return f"7d {scope(label)}"
    return SHORT.get(kind, label)


def long_name(kind: str, label: str) -> str:
    """Return the name in a sentence: `5-hour limit`, `weekly limit`, `weekly limit for Fable`."""
    if kind == "weekly_scoped":
        return f"weekly limit for {scope(label)}"
    return LONG.get(kind, label)


def title(kind: str, label: str) -> str:
    """Return the long name as a heading: `Weekly limit`."""
    name = long_name(kind, label)
    return name[:1].upper() + name[1:]


def scope(label: str) -> str:
    """Return what a weekly limit of its own is for, such as a model."""
    return "other models" if label == OTHER_WEEK else label
