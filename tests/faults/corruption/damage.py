"""Damaged content: truncated, with flipped bits, or hostile."""

from __future__ import annotations

import copy
import gzip
import json
import os
import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ESCAPES = "\x1b]0;title\x07\x1b[2J\x9b31m\x1b]52;c;eA==\x07\x1bP\x00\u202e\u2066\U000e0041\r\nx"
"""Escape sequences of every form that a terminal obeys."""

VALUES = {
    "null": "null",
    "true": "true",
    "minus one": "-1",
    "more than all": "101",
    "a hundred years on": "4951151667",
    "the year 10^12": str(31_556_952 * 10**12),
    "an infinity": "1e999",
    "minus infinity": "-1e999",
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "4000 digits": "9" * 4000,
    "10^4000 digits": "9" * 10_000,
    "nothing": '""',
    "lone surrogates": r'"\ud800\udfff\udbff"',
    "NUL": r'"\u0000"',
    "escapes": json.dumps(ESCAPES),
    "a long text": json.dumps("\u6a21" * 30_000),
    "a path": '"../../../../etc/passwd"',
    "a list": "[]",
    "an object": "{}",
    "a list of everything": '[null,true,-1,1e999,"x",[[]],{"x":{}}]',
    "five hundred levels": "[" * 500 + "]" * 500,
    "ten thousand values": "[" + ",".join(["7"] * 10_000) + "]",
}
"""Replacements for every value, as JSON or nearly JSON."""


_ROW = [
    ["scoped", {"priority": number, "label": "\u6a21" * 40, "show": ["bar", "percent", "reset"]}]
    for number in range(24)
]

HOSTILE_CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "many segments, all of another rank, wrapped": {
        "rows": [_ROW] * 6,
        "wrap": True,
        "max_rows": 12,
    },
    "a bar of a billion cells": {
        "rows": [
            [["session", {"bar_width": 10**9}], ["context", {"bar_width": 1e300, "show": ["bar"]}]]
        ]
    },
    "a bar of long pieces": {
        "rows": [[["session", {"bar_glyphs": ["\u6a21" * 20_000, "12345678", "x" * 60_000]}]]]
    },
    "a bar of half a cell": {
        "rows": [[["session", {"bar_width": 0.5}], ["weekly", {"bar_width": -5}]]]
    },
    "lengths without end": {
        "rows": [
            [
                ["directory", {"length": 1e300}],
                ["git", {"length": 10**300}],
                ["cost", {"decimals": 1e300}],
            ]
        ]
    },
    "rows of nothing": {"rows": [[], [5], [[]], [["model"]], [[{}, []]], "model"]},
    "a million segments": {"rows": [[["model", {}]] * 10_000]},
    "git that shows a number": {"rows": [[["model", {}], ["git", {"show": 5}]]]},
    "git that shows lists": {"rows": [[["model", {}], ["git", {"show": [["dirty"], {"x": 1}]}]]]},
    "styles that are sequences": {
        "theme": {
            "styles": {"true": {"name": "0m\x1b]0;x\x07", "plain": "9" * 10**5}},
            "separator": ESCAPES,
        }
    },
    "glyphs that are sequences": {
        "theme": {
            "glyphs": {"unknown": ESCAPES, "ellipsis": "\x9b2J", "dot": "\u202e"},
            "caps": [ESCAPES] * 3,
        }
    },
    "a problem that is a sequence": {"problem": ESCAPES * 1000},
}
"""Keys of a compiled configuration with correct types, which cost time, memory or the terminal."""


class Canary:
    """Unpickling it creates the directory `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (str(self._path),)


def bomb(canary: Path) -> bytes:
    """Return a pickle that creates `canary` when it is loaded."""
    return pickle.dumps(Canary(canary))


def cuts(data: bytes, step: int = 1) -> Iterator[bytes]:
    """Yield `data` truncated at every `step`-th byte."""
    return (data[:end] for end in range(0, len(data), step))


def flips(data: bytes, step: int = 1) -> Iterator[bytes]:
    """Yield `data` with one flipped bit, every `step`-th of them."""
    for place in range(0, 8 * len(data), step):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        yield bytes(flipped)


def spoilt(good: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield `good` as JSON with each value replaced by each of VALUES, and with each key twice.

    Name each change.
    """
    for path in _paths(good):
        for name, text in VALUES.items():
            yield f"{path}: {name}", _with(good, path, text)
    text = json.dumps(good)
    yield "every key twice", f"{text[:-1]},{text[1:]}".encode()
    yield (
        "every key twice, the first wins",
        f"{{{','.join(f'{json.dumps(key)}:[]' for key in good)},{text[1:]}".encode(),
    )


def contents(good: bytes, canary: Path) -> dict[str, bytes]:
    """Return whole files that usageline did not write, by name."""
    text = good.decode()
    return {
        "nothing": b"",
        "NUL bytes": b"\0" * len(good),
        "all ones": b"\xff" * len(good),
        "every byte": bytes(range(256)) * 8,
        "a pickle": bomb(canary),
        "gzip": gzip.compress(good),
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-le"),
        "UTF-32": text.encode("utf-32"),
        "a mark": b"\xef\xbb\xbf" + good,
        "two marks": b"\xef\xbb\xbf" * 2 + good,
        "NUL before": b"\0" + good,
        "twice": good + good,
        "a list": b"[" + good + b"]",
        "100,000 lists": b"[" * 100_000,
        "100,000 objects": b'{"version":1,"limits":' * 100_000,
        "100,000 lists in it": b'{"version":1,"limits":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "10 MB of text": b'{"version":1,"status":"' + b"x" * 10_000_000 + b'"}',
        "a million limits": b'{"version":1,"limits":['
        + b",".join([b'{"kind":"x","label":"x","percent":1}'] * 1_000_000)
        + b"]}",
        "10^4000 digits": b'{"version":1,"next_refresh_at":' + b"9" * 100_000 + b"}",
        "blanks": b" " * 200_000 + good,
    }


def _paths(value: Any, start: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    steps: list[tuple[Any, Any]] = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    )
    for key, inner in steps:
        yield (*start, key)
        if isinstance(inner, dict | list):
            yield from _paths(inner, (*start, key))


def _with(good: dict[str, Any], path: tuple[str | int, ...], text: str) -> bytes:
    mark = "*here*"
    changed = copy.deepcopy(good)
    at: Any = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = mark
    return json.dumps(changed).replace(f'"{mark}"', text).encode()
