"""Define the glyphs, and detect a light background."""

from __future__ import annotations

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
