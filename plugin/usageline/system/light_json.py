"""Read and write JSON with the C functions of `json`, for the jobs that run every few seconds.

Importing `json` itself, which needs `re` and `enum`, takes a third of the interpreter's start. An
interpreter without these functions imports it after all.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BLANKS = " \t\n\r"


MAX_DIGITS = 400
"""Parsing a longer integer takes a time that grows with its square."""


def _integer(digits: str) -> float:
    if len(digits) <= MAX_DIGITS:
        return int(digits)
    return float("-inf" if digits[0] == "-" else "inf")


class _Options:
    """The attributes that the C scanner reads, with the values of `json.loads` but for integers."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = staticmethod(_integer)
    parse_constant = float


def loads(text: str) -> Any:
    """Return the value that is the whole text. A long integer is infinite.

    Raise ValueError or RecursionError as `json` does.
    """
    start = len(text) - len(text.lstrip(BLANKS))
    try:
        value, end = _scan(text, start)
    # Up to 3.12 the scanner raises SystemError unless `json` is imported.
    except (StopIteration, SystemError):
        raise ValueError("not JSON") from None
    if text[end:].strip(BLANKS):
        raise ValueError("more than one value")
    return value


def dumps(value: object) -> str:
    """Return the text of a value without blanks. Raise ValueError or TypeError as `json` does."""
    return "".join(_encode(value, 0))


def _refuse(value: object) -> object:
    raise TypeError(f"{type(value).__name__} is not JSON")


def _scanner() -> Callable[[str, int], tuple[Any, int]]:
    try:
        from _json import make_scanner  # noqa: PLC0415 - another Python may have none

        return make_scanner(_Options)  # type: ignore[arg-type]  # it takes any such object
    except (ImportError, AttributeError, TypeError):
        import json  # noqa: PLC0415 - as above

        # Undocumented, and part of the class since 2.6.
        decoder: Any = json.JSONDecoder(parse_int=_integer)
        return decoder.scan_once  # type: ignore[no-any-return]


def _encoder() -> Callable[[object, int], Any]:
    try:
        from _json import encode_basestring, make_encoder  # noqa: PLC0415 - as above

        return make_encoder({}, _refuse, encode_basestring, None, ":", ",", False, False, False)
    except (ImportError, AttributeError, TypeError):
        from json import JSONEncoder  # noqa: PLC0415 - as above

        encoder = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return lambda value, _level: encoder.encode(value)


_scan = _scanner()
_encode = _encoder()
