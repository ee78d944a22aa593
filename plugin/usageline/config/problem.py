"""What is wrong in config.toml: where, in which key, and what is allowed there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_VALUE = 40
MAX_KEY = 80
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")

Path = tuple[str | int, ...]
"""Where a value stands: names of keys, and numbers in lists."""


class Problem(NamedTuple):
    """`line` from 1, or None where it is the file as a whole; `key` as one writes it, or ""; `text` what is allowed."""

    line: int | None
    key: str
    text: str

    def named(self, file: str) -> str:
        """The whole of it: `FILE:12: segments.session.bar_width: a whole number from 2 to 40 is allowed, not "wide"`."""
        return ": ".join(part for part in (self._place(file), self.key, self.text) if part)

    def short(self, file: str) -> str:
        """Where to look, short enough for the line: `config.toml:12: theme`."""
        return ": ".join(part for part in (self._place(file), self.key or self.text) if part)

    def _place(self, file: str) -> str:
        return file if self.line is None else f"{file}:{self.line}"


def key_text(path: Path) -> str:
    """A path as one writes it: `segments.session.bar_width`. The items of a list are told apart by their lines."""
    keys = [part for part in path if isinstance(part, str)]
    found = ".".join(key if key and _BARE.issuperset(key) else quote(key) for key in keys)
    return found if len(found) <= MAX_KEY else found[: MAX_KEY - 1] + "…"


def value_text(value: object) -> str:
    """A value as one writes it, cut to a few words and safe to print."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        first = (
            "a list"
            if value and isinstance(value[0], list)
            else value_text(value[0])
            if value
            else ""
        )
        return f"[{first}{', …' if len(value) > 1 else ''}]" if value else "an empty list"
    try:
        return str(value)[:MAX_VALUE]
    except ValueError:  # Python refuses to write out a number of thousands of digits
        return "a number that long"


def quote(text: str) -> str:
    """`text` in quotes, cut, without anything a terminal could act on."""
    shown = "".join(char if char.isprintable() else "?" for char in text[: MAX_VALUE + 1])
    return '"' + (shown if len(shown) <= MAX_VALUE else shown[:MAX_VALUE] + "…") + '"'


def suggestion(wanted: object, known: Iterable[str]) -> str:
    """`; did you mean "…"?` where one of `known` is close to what was written, else ""."""
    if not isinstance(wanted, str):
        return ""
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import, and needed by nobody whose file is right

    close = get_close_matches(wanted[:MAX_KEY].lower(), list(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""
