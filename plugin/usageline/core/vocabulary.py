"""Share the words, the names of limits and the glyphs with the commands and the cold side.

The snapshot and the history keep the service's label of a limit, which `usageline --json` prints.
"""

from __future__ import annotations

CLOCK = "this machine's clock"
"""The snapshot's detail begins with it if this machine's clock is wrong."""

REASONS = {
    "loading": "usage: loading…",
    "signed-out": "sign in: /login",
    "expired": "sign-in expired: any message renews it",
    "no-scope": "token without user:profile: /login",
    "rate-limited": "rate-limited",
    "offline": "offline",
    "unreadable": "usage unreadable",
    "no-plan": "no plan limits",
    "another-sign-in": "another sign-in",
}

ACCOUNTS_WAIT = "asked for by the service before this token came"
"""The snapshot's detail if the service set the cooldown for another token of the same account."""

OWN_SIGN_IN = "CLAUDE_CODE_OAUTH_TOKEN is in settings.json"
"""The snapshot's detail if that is the sign-in of each session, and the stored one is unusable."""

GLYPHS = {
    "full": "█",
    "parts": " ▏▎▍▌▋▊▉",
    "empty": "░",
    "mark": "╎",
    "reset": "↻ ",
    "unknown": "–",
    "dot": " · ",
    "ellipsis": "…",
    "ahead": "↑",
    "behind": "↓",
    "dirty": "*",
    "alert": "▲ ",
    "added": "+",
    "removed": "−",
    "branch": "",
}

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


def is_light_background(colors: str) -> bool | None:
    """Return whether COLORFGBG (`15;0`, `0;default;15`) names a light background, or None."""
    background = colors.rpartition(";")[2]
    if background in ("7", "9", "10", "11", "12", "13", "14", "15"):
        return True
    return False if background in ("0", "1", "2", "3", "4", "5", "6", "8") else None
