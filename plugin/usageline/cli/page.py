"""Write an HTML page that refers to no other file or address and contains no script.

Its policy (CSP) forbids both. Each chart is drawn for several widths, and the style sheet shows
the one that fits.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from usageline import __version__
from usageline.cli.svg import FAINT, FONTS, INK, LINES, PAPER, Box, Color, Drawing, dark_rules
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


WIDTHS = (312, 480, 752, 1120)
"""Pixels of a chart. In a window of another width it is up to half as large again."""

MARGIN = 24
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'"
_ROOT = {"paper": PAPER, "ink": INK, "faint": FAINT, "lines": LINES}


def document(title: str, subtitle: str, parts: Iterable[str], *, dark: bool | None = None) -> bytes:
    """Return the page. With `dark` None, it has the colors that its reader prefers."""
    style = _style(dark)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"{POLICY}; style-src 'sha256-{digest}'"
    header = f"<header><h1>{escaped(title)}</h1><p>{escaped(subtitle)}</p></header>"
    footer = f"<footer>usageline {escaped(__version__)}</footer>"
    body = "\n".join([header, *parts, footer])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="{_scheme(dark)}">
<title>{escaped(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
""".encode()


def at_each_width(
    title: str, height: Callable[[int], float], draw: Callable[[Drawing, Box], None]
) -> str:
    """Return the drawing of each of WIDTHS, of which the page shows one.

    `draw` gets the whole drawing as its box.
    """
    divisions = []
    for width in WIDTHS:
        drawing = Drawing(width, height(width), title, dark=None)
        draw(drawing, (0, 0, width, height(width)))
        divisions.append(f'<div class="w{width}">{drawing.as_element()}</div>')
    return "".join(divisions)


def list_of(title: str, sentences: Iterable[str]) -> list[str]:
    """Return a section with a list of sentences, none without any."""
    items = "".join(f"<li>{escaped(sentence)}</li>" for sentence in sentences)
    return [f"<section><h2>{escaped(title)}</h2><ul>{items}</ul></section>"] if items else []


def color_key(color: Color) -> str:
    """Return a small square of a color, to stand before its name."""
    key = Drawing(12, 12, "", dark=None)
    key.box((0, 0, 12, 12), color, rx=3)
    return f'<span class="key">{key.as_element()}</span>'


class TableRow(NamedTuple):
    """A row of a table: its heading and its cells as HTML, and a tooltip."""

    heading: str
    cells: Sequence[str]
    tip: str = ""


def table(
    titles: Iterable[str],
    rows: Iterable[TableRow],
    total: TableRow | None = None,
    classes: str = "",
) -> str:
    """Return a table, which scrolls if the window is too narrow."""
    head = "".join(f"<th scope=col>{escaped(title)}</th>" for title in titles)
    foot = f"<tfoot>{_row(total)}</tfoot>" if total else ""
    return (
        f'<div class="scroll" tabindex=0><table class="{classes}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(map(_row, rows))}</tbody>{foot}</table></div>"
    )


def details(summary: str, content: str, *, is_open: bool = False) -> str:
    """Return content that its reader can open and close."""
    state = " open" if is_open else ""
    return f"<details{state}><summary>{escaped(summary)}</summary>{content}</details>"


def escaped(text: str) -> str:
    """Return sanitized text as HTML."""
    return escape(sanitize(text))


def _row(row: TableRow) -> str:
    tip = f' title="{escaped(row.tip)}"' if row.tip else ""
    cells = "".join(f"<td>{cell}</td>" for cell in row.cells)
    return f"<tr{tip}><th scope=row>{row.heading}</th>{cells}</tr>"


def _style(dark: bool | None) -> str:
    """Return the style sheet. Drawings have their light colors as attributes."""
    light = ";".join(f"--{name}:{color.light}" for name, color in _ROOT.items())
    night = ";".join(f"--{name}:{color.dark}" for name, color in _ROOT.items())
    dark_sheet = f":root{{{night}}}{dark_rules()}"
    if dark is None:
        dark_sheet = f"@media (prefers-color-scheme:dark){{{dark_sheet}}}"
    return (
        f":root{{color-scheme:{_scheme(dark)};{light}}}"
        "*{box-sizing:border-box}"
        f"body{{margin:0 auto;padding:{MARGIN}px;max-width:{WIDTHS[-1] + 2 * MARGIN}px;"
        f"background:var(--paper);color:var(--ink);font:16px/1.5 {FONTS}}}"
        "h1{font-size:24px;margin:0}h2{font-size:17px;margin:0;overflow-wrap:anywhere}"
        "header,section,details{margin:0 0 28px}p,footer{margin:0 0 6px;color:var(--faint)}"
        "p span{white-space:nowrap}ul{margin:6px 0;padding-left:20px}li{overflow-wrap:anywhere}"
        "svg{display:block;width:100%;height:auto}"
        ".key svg{display:inline;width:12px;margin-right:8px}"
        "summary{cursor:pointer}table{border-collapse:collapse;margin-top:8px}"
        "th,td{padding:4px 20px 4px 0;text-align:left;border-bottom:1px solid var(--lines);"
        "font-weight:400}td{font-variant-numeric:tabular-nums}"
        ".scroll{overflow-x:auto}.counts :is(td,thead th+th){text-align:right;white-space:nowrap}"
        ".counts tbody th{overflow-wrap:anywhere;min-width:130px}.counts tfoot *{font-weight:600}"
        ".counts :is(th,td):last-child{padding-right:0}"
        ".times tbody th{white-space:nowrap}"
        ".legend{display:flex;flex-wrap:wrap;gap:2px 20px;list-style:none;padding:0}"
        "ul.legend{margin:6px 0 10px}"
        + "".join(f".w{width}{{display:none}}" for width in WIDTHS[1:])
        + "".join(
            f"@media (min-width:{width + 2 * MARGIN}px){{.w{narrower}{{display:none}}"
            f".w{width}{{display:block}}}}"
            for narrower, width in pairwise(WIDTHS)
        )
        + (dark_sheet if dark is not False else "")
    )


def _scheme(dark: bool | None) -> str:
    return {None: "light dark", True: "dark", False: "light"}[dark]
