"""Wrap a token so that it cannot get into text by accident."""

from __future__ import annotations

import hashlib


class Token:
    """An access token. Only `reveal` returns it; `str` and `repr` return a placeholder."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the token itself, for the one header that carries it."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """Return 16 hex digits of its hash. They distinguish tokens and do not reveal one."""
        return hashlib.sha256(self._value.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def __repr__(self) -> str:
        return "<token>"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a token is not stored")
