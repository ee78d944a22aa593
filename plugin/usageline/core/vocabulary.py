"""Share the words and glyphs of the line with the commands and the cold side."""

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


def is_light_background(colors: str) -> bool | None:
    """Return whether COLORFGBG (`15;0`, `0;default;15`) names a light background, or None."""
    background = colors.rpartition(";")[2]
    if background in ("7", "9", "10", "11", "12", "13", "14", "15"):
        return True
    return False if background in ("0", "1", "2", "3", "4", "5", "6", "8") else None
