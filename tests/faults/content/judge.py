"""What may reach a terminal: text without controls, and the sequences that our themes write."""

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
MOST_MARKS = 16
"""Combining marks on one character. More of them would be drawn over the rows around."""

Codes = frozenset[str]
"""SGR codes one by one, a colour whole: "1", "38;5;208"."""

ALWAYS = frozenset({"0", "7"})
"""What ends a style, and what cuts a mark out of a solid bar."""


def units(codes: str) -> list[str]:
    """The codes of one SGR sequence, each by itself."""
    left, found = codes.split(";"), []
    while left:
        taken = (
            {"5": 3, "2": 5}.get(left[1], 1)
            if left[0] in {"38", "48", "58"} and len(left) > 1
            else 1
        )
        found.append(";".join(left[:taken]))
        left = left[taken:]
    return found


def codes_of(theme: dict[str, Any]) -> Codes:
    """All that a resolved theme can write, in every depth of colour."""
    found = set(ALWAYS)
    for palette in (theme["styles"], theme.get("light", {})):
        for styles in palette.values():
            found.update(unit for code in styles.values() if code for unit in units(code))
    for kinds in theme.get("blocks", {}).values():
        found.update(unit for pair in kinds.values() for code in pair for unit in units(code))
    return frozenset(found)


def own_text(theme: dict[str, Any]) -> frozenset[str]:
    """The private characters that a resolved theme writes: icons and arrows of a Nerd Font."""
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
"""By a theme's name and whether there is a Nerd Font: the resolved theme, its codes, its private characters."""


def visible(row: str, allowed: Codes | None = None, own: frozenset[str] = frozenset()) -> str:
    """The text of one painted row. AssertionError where there is more in it than text, styles of `allowed` (None: any) and web links."""
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
    """The lines that `usageline` prints of these, judged: their texts."""
    target = Console(
        highlight=False,
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
    )
    with target.capture() as said:
        for one in what:
            target.print(one)
    return [visible(line) for line in said.get().splitlines()]


def flooded(text: str) -> bool:
    """Whether more combining marks stand on one character than a row can hold."""
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if marks > MOST_MARKS:
            return True
    return False


def fits(text: str, width: int) -> None:
    """AssertionError where the text takes more cells than `width`, by our own measure or by that of wcwidth; or a flood of marks."""
    assert display_width(text) <= width, f"{display_width(text)} cells in {width}: {text!r}"
    assert wcwidth.wcswidth(text) <= width, f"{wcwidth.wcswidth(text)} cells in {width}: {text!r}"
    assert not flooded(text), repr(text)
    assert unicodedata.category(text[:1] or "x") not in {"Mn", "Mc", "Me"}, (
        f"it begins with a mark: {text!r}"
    )


def tried(call: Callable[[], T], named: type[E]) -> tuple[T | None, E | None]:
    """What a call gives, or how it fails where that has this name."""
    try:
        return call(), None
    except named as failure:
        return None, failure


def one_line(texts: Iterable[str]) -> None:
    """AssertionError where one of the texts is more than one line, empty or not, of what can be printed."""
    for text in texts:
        assert text.isprintable(), repr(text)
