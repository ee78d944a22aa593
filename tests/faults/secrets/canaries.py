"""Secrets that are known to nobody else, and a search for them in whatever form they may have got somewhere."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LEAST = 16
"""Characters that are a piece of a secret; fewer give nothing away."""

ODD = "\"%\\ '$&;<>|`#{}+/=:@,?!^~*()[]"
"""What a shell, a URL, JSON, a header or a regular expression treats in a way of its own."""


def token(kind: str = "oat", *, odd: bool = False) -> str:
    """A token as the service makes them: `oat` for access, `ort` for renewal, `api` for a key."""
    body = secrets.token_urlsafe(66)
    if odd:
        body = "".join(letter + secrets.choice(ODD) for letter in body[:44]) + body[44:]
    return f"sk-ant-{kind}01-{body}"


class Search:
    """Finds pieces of `secrets` (at least LEAST characters of any form of one) in bytes."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.forms = [form for secret in secrets for form in _forms(secret)]
        # Of any LEAST characters in a row, LEAST // 2 + 1 are a block that begins at a multiple of LEAST // 2.
        step = LEAST // 2
        self._blocks = [
            (form, at, form[at : at + step + 1])
            for form in self.forms
            for at in range(0, len(form) - step, step)
        ]

    def within(self, data: bytes) -> bool:
        """Whether a piece of a secret is in `data`."""
        return any(
            any(_matches(data, found, form, at) >= LEAST for found in _places(data, block))
            for form, at, block in self._blocks
        )

    def files(self, root: Path, *, but: Iterable[Path] = ()) -> tuple[list[str], int]:
        """The files below `root` that hold a piece, or are named after one, and how many were looked at; `but` are where secrets belong."""
        left_out, held, seen = set(but), [], 0
        for path in root.rglob("*"):
            if path in left_out:
                continue
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            seen += 1
            if self.within(content + b"\n" + bytes(path)):
                held.append(str(path))
        return held, seen


def _forms(secret: str) -> set[bytes]:
    raw = secret.encode()
    found = {
        raw,
        json.dumps(secret)[1:-1].encode(),
        repr(secret)[1:-1].encode(),
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
    }
    found |= {raw.hex().encode(), raw.hex().upper().encode(), secret.encode("utf-16-le"), raw[::-1]}
    for shift in range(3):
        # Without the ends, which depend on what stands beside it.
        text = base64.b64encode(b"\0" * shift + raw)[4:-4]
        found |= {text, text.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def _places(data: bytes, block: bytes) -> Iterator[int]:
    at = data.find(block)
    while at >= 0:
        yield at
        at = data.find(block, at + 1)


def _matches(data: bytes, found: int, form: bytes, at: int) -> int:
    """How many bytes in a row are the same around `data[found]` and `form[at]`."""
    before = after = 0
    while found > before and at > before and data[found - before - 1] == form[at - before - 1]:
        before += 1
    while (
        found + after < len(data)
        and at + after < len(form)
        and data[found + after] == form[at + after]
    ):
        after += 1
    return before + after
