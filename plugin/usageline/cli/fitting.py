"""Fit text into columns: cut it, or break it into lines."""

from __future__ import annotations

from usageline.core.text import display_width
from usageline.line import layout


def cut(text: str, cells: int, ellipsis: str = "…") -> str:
    """Return `text` in at most `cells` columns, with the ellipsis at its end if it is cut."""
    if display_width(text) <= cells:
        return text
    return "".join(part[1] for part in layout.cut_parts([("", text)], cells, ellipsis))


def broken(text: str, cells: int) -> list[str]:
    """Return sanitized text in lines of at most `cells` columns, broken at spaces if possible."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and display_width(f"{lines[-1]} {word}") <= cells:
            lines[-1] += f" {word}"
            continue
        lines += [""] if lines[-1] else []
        for char in word:
            if lines[-1] and display_width(lines[-1] + char) > cells:
                lines.append("")
            lines[-1] += char
    return lines
