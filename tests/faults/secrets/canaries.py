"""Unique secrets, and a search for them in any form."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MIN_PIECE = 16
"""Characters that count as a piece of a secret; fewer reveal nothing."""

ODD = "\"%\\ '$&;<>|`#{}+/=:@,?!^~*()[]"
"""Characters that are special in a shell, a URL, JSON, a header or a regular expression."""


def token(kind: str = "oat", *, odd: bool = False) -> str:
    """Return a token in the service's form: `oat` for access, `ort` for renewal, `api` a key."""
    body = secrets.token_urlsafe(66)
    if odd:
        body = "".join(letter + secrets.choice(ODD) for letter in body[:44]) + body[44:]
    return f"sk-ant-{kind}01-{body}"


class Search:
    """Find pieces of `secrets` (at least MIN_PIECE characters of any form) in bytes."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.forms = [form for secret in secrets for form in _forms(secret)]
        # Any MIN_PIECE consecutive characters contain `step` + 1 from a multiple of `step` on.
        step = MIN_PIECE // 2
        self._blocks = [
            (form, at, form[at : at + step + 1])
            for form in self.forms
            for at in range(0, len(form) - step, step)
        ]

    def within(self, data: bytes) -> bool:
        """Return whether a piece of a secret is in `data`."""
        return any(
            any(_matches(data, place, form, at) >= MIN_PIECE for place in _places(data, block))
            for form, at, block in self._blocks
        )

    def files(self, root: Path, *, but: Iterable[Path] = ()) -> tuple[list[str], int]:
        """Return the files below `root` with a piece in content or name, and the searched number.

        `but` are where secrets belong.
        """
        left_out, held, count = set(but), [], 0
        for path in root.rglob("*"):
            if path in left_out:
                continue
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            count += 1
            if self.within(content + b"\n" + bytes(path)):
                held.append(str(path))
        return held, count


def _forms(secret: str) -> set[bytes]:
    raw = secret.encode()
    forms = {
        raw,
        json.dumps(secret)[1:-1].encode(),
        repr(secret)[1:-1].encode(),
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
    }
    forms |= {raw.hex().encode(), raw.hex().upper().encode(), secret.encode("utf-16-le"), raw[::-1]}
    for shift in range(3):
        # Without the ends, which depend on the neighbors.
        text = base64.b64encode(b"\0" * shift + raw)[4:-4]
        forms |= {text, text.replace(b"+", b"-").replace(b"/", b"_")}
    return forms


def _places(data: bytes, block: bytes) -> Iterator[int]:
    at = data.find(block)
    while at >= 0:
        yield at
        at = data.find(block, at + 1)


def _matches(data: bytes, place: int, form: bytes, at: int) -> int:
    """Return how many consecutive bytes are equal around `data[found]` and `form[at]`."""
    before = after = 0
    while place > before and at > before and data[place - before - 1] == form[at - before - 1]:
        before += 1
    while (
        place + after < len(data)
        and at + after < len(form)
        and data[place + after] == form[at + after]
    ):
        after += 1
    return before + after
