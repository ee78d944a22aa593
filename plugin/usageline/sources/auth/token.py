"""A token that cannot end up in a text by accident."""

from __future__ import annotations

import hashlib


class Token:
    """An access token. Only `reveal` gives it; every other way to make text of it gives its name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself, for the one header it belongs in."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """16 hex digits of its hash: tells one token from another and gives nothing away of 100 random characters."""
        return hashlib.sha256(self._value.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def __repr__(self) -> str:
        return "<token>"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a token is not stored")
