"""Parse a program's terminal output. Keep colors and web links; remove other control sequences.

A row is a list of parts `[SGR codes, text, URL]`. Codes and URL are "" if there are none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from usageline.core.jobs import MAX_CELLS, MAX_CHAIN_ROWS, MAX_PARTS, is_web_link
from usageline.core.text import display_width, sanitize, strip_leading_combining

if TYPE_CHECKING:
    from collections.abc import Iterator

SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)(?P<codes>[0-?]*)(?P<between>[ -/]*)(?P<final>[@-~])?"  # CSI
    "|(?:\x1b\\]|\x9d)(?P<command>[^\x07\x1b\x9c]*)(?:\x07|\x1b\\\\|\x9c)?"  # OSC
    "|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\\\|\x9c)?"  # DCS, SOS, PM, APC
    "|\x1b[ -/]*[0-~]?"
)
"""Any control sequence within one line. An unterminated one extends to the line's end."""

ATTRIBUTES = {
    1: "bold",
    2: "dim",
    3: "italic",
    4: "underline",
    5: "blink",
    7: "inverse",
    9: "strike",
    21: "underline",
    53: "overline",
}
OFF = {
    22: ("bold", "dim"),
    23: ("italic",),
    24: ("underline",),
    25: ("blink",),
    27: ("inverse",),
    29: ("strike",),
    55: ("overline",),
}
COLOR_TARGETS = {38: "text", 48: "ground", 58: "underline color"}
COLOR_TARGETS_OFF = {39: "text", 49: "ground", 59: "underline color"}


def parse_rows(output: bytes) -> list[list[list[str]]]:
    """Return the rows that are not blank.

    Return at most MAX_ROWS rows of MAX_CELLS cells and MAX_PARTS parts each.
    """
    style: dict[str, str] = {}
    url = ""
    rows = []
    for line in output.decode("utf-8", "replace").split("\n"):
        row: list[list[str]] = []
        for text, match in _pieces(line):
            _add(row, ";".join(style.values()), text, url)
            if match and match["final"] == "m" and not match["between"]:
                style = apply_sgr(style, match["codes"])
            elif match and match["command"] and match["command"].startswith("8;"):
                target = match["command"].split(";", 2)[-1]
                url = target if is_web_link(target) else ""
        if any(text.strip() for _, text, _ in row):
            rows.append(_cut(row))
            if len(rows) == MAX_CHAIN_ROWS:
                break
    return rows


def apply_sgr(style: dict[str, str], codes: str) -> dict[str, str]:
    """Return `style` (attribute to SGR code) after a sequence with these codes.

    Return it unchanged if the codes are not plain numbers.
    """
    if codes.strip("0123456789;"):
        return style
    numbers = iter([int(code or "0") for code in codes[:256].split(";")])
    style = dict(style)
    for number in numbers:
        if number == 0:
            style = {}
        elif number in ATTRIBUTES:
            style[ATTRIBUTES[number]] = str(number)
        elif 30 <= number <= 37 or 90 <= number <= 97:
            style["text"] = str(number)
        elif 40 <= number <= 47 or 100 <= number <= 107:
            style["ground"] = str(number)
        elif number in COLOR_TARGETS:
            color = _color(numbers)
            if not color:
                break
            style[COLOR_TARGETS[number]] = f"{number};{color}"
        for name in OFF.get(number, (COLOR_TARGETS_OFF.get(number, ""),)):
            style.pop(name, None)
    return style


def _pieces(line: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Yield the texts between sequences, each with the sequence that follows it."""
    start = 0
    for match in SEQUENCE.finditer(line):
        yield line[start : match.start()], match
        start = match.end()
    yield line[start:], None


def _color(numbers: Iterator[int]) -> str:
    """Return the codes that follow 38, 48 or 58: "5;n", "2;r;g;b", or "" if they are invalid."""
    kind = next(numbers, 0)
    values = [next(numbers, 256) for _ in range({5: 1, 2: 3}.get(kind, 0))]
    return ";".join(map(str, [kind, *values])) if values and max(values) < 256 else ""


def _add(row: list[list[str]], codes: str, text: str, url: str) -> None:
    visible = sanitize(text.replace("\t", " "))
    visible = visible if row else strip_leading_combining(visible)
    if visible and row and row[-1][::2] == [codes, url]:
        row[-1][1] += visible
    elif visible:
        row.append([codes, visible, url])


def _cut(row: list[list[str]]) -> list[list[str]]:
    left = MAX_CELLS
    parts: list[list[str]] = []
    for codes, text, url in row[:MAX_PARTS]:
        for index, char in enumerate(text):
            left -= display_width(char)
            if left < 0:
                return [*parts, [codes, text[:index], url]] if index else parts
        parts.append([codes, text, url])
    return parts
