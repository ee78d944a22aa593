"""Check what may reach a terminal: text without controls, and the sequences of our themes."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TYPE_CHECKING, Any, TypeVar

import wcwidth
from rich.console import Console

from usageline import themes
from usageline.config.segments import icons
from usageline.core.text import display_width
from usageline.themes.theme import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
E = TypeVar("E", bound=Exception)

SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m|\x1b\]8;;([^\x1b]*)\x1b\\")
WEB = re.compile(r"https?://[!-~]+")
MAX_MARKS = 16
"""Combining marks on one character; more would be drawn over other rows."""

Codes = frozenset[str]
"""Single SGR codes, a color as one: "1", "38;5;208"."""

ALWAYS = frozenset({"0", "7"})
"""What ends a style, and what cuts a mark out of a solid bar."""


def units(codes: str) -> list[str]:
    """Return the single codes of one SGR sequence."""
    left, result = codes.split(";"), []
    while left:
        taken = (
            {"5": 3, "2": 5}.get(left[1], 1)
            if left[0] in {"38", "48", "58"} and len(left) > 1
            else 1
        )
        result.append(";".join(left[:taken]))
        left = left[taken:]
    return result


def codes_of(theme: dict[str, Any]) -> Codes:
    """Return every code that a resolved theme can write, for every color depth."""
    result = set(ALWAYS)
    for palette in (theme["styles"], theme.get("light", {})):
        for styles in palette.values():
            result.update(unit for code in styles.values() if code for unit in units(code))
    for name in ("blocks", "light_blocks"):
        for kinds in theme.get(name, {}).values():
            result.update(unit for pair in kinds.values() for code in pair for unit in units(code))
    return frozenset(result)


def own_text(theme: dict[str, Any]) -> frozenset[str]:
    """Return the private characters that a resolved theme writes: those of a Nerd Font."""
    written = [
        *theme["icons"].values(),
        *theme.get("caps", []),
        *map(str, theme["glyphs"].values()),
        theme["separator"],
        "\ue0b1",
    ]
    return frozenset(char for text in written for char in text if "\ue000" <= char <= "\uf8ff")


WRITTEN: dict[tuple[str, bool], tuple[dict[str, Any], Codes, frozenset[str]]] = {
    (name, nerd_font): (theme, codes_of(theme), own_text(theme))
    for name in themes.NAMES
    for nerd_font in (False, True)
    for theme in [resolve(themes.find(name), icons() if nerd_font else None)]
}
"""By theme and Nerd Font: the resolved theme, its codes, its private characters."""


def visible(row: str, allowed: Codes | None = None, own: frozenset[str] = frozenset()) -> str:
    """Return the text of one row.

    Fail if it has more than text, styles in `allowed` (None: any) and web links.
    """
    for codes, address in SEQUENCE.findall(row):
        assert not address or WEB.fullmatch(address), f"a link to {address!r}"
        assert allowed is None or not codes or allowed.issuperset(units(codes)), (
            f"codes that no theme of ours has: {codes}"
        )
    text = SEQUENCE.sub("", row)
    foreign = {char for char in text if not char.isprintable()} - own
    assert not foreign, f"{foreign!r} in {text!r}"
    assert text.isprintable() or own, repr(text)
    return text


def printed(what: Iterable[Any], width: int) -> list[str]:
    """Return the checked text of lines that `usageline` prints."""
    target = Console(
        highlight=False,
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
    )
    with target.capture() as output:
        for one in what:
            target.print(one)
    return [visible(line) for line in output.get().splitlines()]


def flooded(text: str) -> bool:
    """Return whether a character has more combining marks than a row can hold."""
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if marks > MAX_MARKS:
            return True
    return False


def fits(text: str, width: int) -> None:
    """Assert that the text fits `width` by our own measure and by wcwidth, and has no flood."""
    assert display_width(text) <= width, f"{display_width(text)} cells in {width}: {text!r}"
    assert wcwidth.wcswidth(text) <= width, f"{wcwidth.wcswidth(text)} cells in {width}: {text!r}"
    assert not flooded(text), repr(text)
    assert unicodedata.category(text[:1] or "x") not in {"Mn", "Mc", "Me"}, (
        f"it begins with a mark: {text!r}"
    )


def tried(call: Callable[[], T], named: type[E]) -> tuple[T | None, E | None]:
    """Return the result of a call, or its failure if that has this name."""
    try:
        return call(), None
    except named as failure:
        return None, failure


def one_line(texts: Iterable[str]) -> None:
    """Assert that each text is at most one line of printable characters."""
    for text in texts:
        assert text.isprintable(), repr(text)
