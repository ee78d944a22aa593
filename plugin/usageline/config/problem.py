"""A problem in config.toml: its line, its key, and what is allowed there."""

from __future__ import annotations

from usageline.core.named_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_VALUE = 40
MAX_KEY = 80
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")

Path = tuple[str | int, ...]
"""The path of a value: names of keys, and indexes of lists."""


class Problem(NamedTuple):
    """One mistake.

    line  from 1, None for the file as a whole
    key   as a user writes it, or ""
    text  what is allowed
    """

    line: int | None
    key: str
    text: str

    def message(self, file: str) -> str:
        """Return the whole message: `FILE:12: clock: one of 24h, 12h is allowed, not "noon"`."""
        return ": ".join(part for part in (self._place(file), self.key, self.text) if part)

    def short(self, file: str) -> str:
        """Return its place, short enough for the status line: `config.toml:12: theme`."""
        return ": ".join(part for part in (self._place(file), self.key or self.text) if part)

    def _place(self, file: str) -> str:
        return file if self.line is None else f"{file}:{self.line}"


def key_text(path: Path) -> str:
    """Return a path as a user writes it, `segments.session.bar_width`, without indexes."""
    keys = [part for part in path if isinstance(part, str)]
    text = ".".join(key if key and _BARE.issuperset(key) else quote(key) for key in keys)
    return text if len(text) <= MAX_KEY else text[: MAX_KEY - 1] + "…"


def value_text(value: object) -> str:
    """Return a value as a user writes it, shortened and safe to print."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        if not value:
            return "an empty list"
        first = "a list" if isinstance(value[0], list) else value_text(value[0])
        return f"[{first}{', …' if len(value) > 1 else ''}]"
    try:
        return str(value)[:MAX_VALUE]
    except ValueError:  # Python refuses to write out a number of thousands of digits
        return "a number that long"


def quote(text: str) -> str:
    """Return `text` in quotes, shortened, without control characters."""
    visible = "".join(char if char.isprintable() else "?" for char in text[: MAX_VALUE + 1])
    return '"' + (visible if len(visible) <= MAX_VALUE else visible[:MAX_VALUE] + "…") + '"'


def suggestion(wanted: object, candidates: Iterable[str]) -> str:
    """Return `; did you mean "…"?` if one of `candidates` is close to `wanted`, else ""."""
    close = closest(wanted, candidates)
    return f'; did you mean "{close}"?' if close else ""


def closest(wanted: object, candidates: Iterable[str]) -> str:
    """Return the one of `candidates` that is close to `wanted`, "" if none is."""
    if not isinstance(wanted, str):
        return ""
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import

    close = get_close_matches(wanted[:MAX_KEY].lower(), list(candidates), n=1, cutoff=0.6)
    return close[0] if close else ""
