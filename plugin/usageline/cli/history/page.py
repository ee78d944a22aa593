"""The history as one HTML page: the charts, the summary, and a table by day.

The page refers to no other file or address and contains no script; its policy (CSP) forbids both.
Each chart is drawn for several widths, and the style sheet shows the one that fits.
"""

from __future__ import annotations

import base64
import hashlib
import math
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from usageline import __version__
from usageline.cli.history import heatmap, svg_chart
from usageline.cli.history.svg import (
    FAINT,
    FONTS,
    INK,
    LINES,
    PAPER,
    Drawing,
    dark_rules,
)
from usageline.core.text import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from usageline.cli.history.heatmap import Row
    from usageline.cli.history.series import Series
    from usageline.cli.history.svg_chart import History

WIDTHS = (312, 480, 752, 1120)
"""Pixels of a chart. In a window of another width it is up to half as large again."""

MARGIN = 24
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'"
TABLE_HEAD = (
    "<thead><tr><th scope=col>Day</th><th scope=col>5-hour limits used</th>"
    "<th scope=col>Busiest hour</th></tr></thead>"
)
_ROOT = {"paper": PAPER, "ink": INK, "faint": FAINT, "lines": LINES}


def html(history: History, *, dark: bool | None = None) -> bytes:
    """Return the page. With `dark` None, it has the colors that its reader prefers."""
    style = _style(dark)
    span = _text(svg_chart.span_text(history.start, history.end))
    parts = [
        f"<header><h1>Plan usage</h1><p>{span}</p></header>",
        *_summary(history.summary),
        *(_panel(history, series, number) for number, series in enumerate(history.curves)),
        *_heatmap(heatmap.rows(history.use)),
        *_table(history),
        f"<footer>usageline {_text(__version__)}</footer>",
    ]
    body = "\n".join(parts)
    policy = f"{POLICY}; style-src 'sha256-{_digest(style)}'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="{_scheme(dark)}">
<title>Plan usage</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
""".encode()


def _panel(history: History, series: Series, number: int) -> str:
    color = svg_chart.colors(history.curves)[number]
    height = svg_chart.panel_height(series)

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, height, f"{series.name}: {svg_chart.facts(series)}", dark=None)
        svg_chart.draw_panel(drawing, series, color, history, (0, 0, width, height))
        return drawing

    key = Drawing(12, 12, "", dark=None)
    key.box((0, 0, 12, 12), color, rx=3)
    return (
        f'<section><h2><span class="key">{key.as_element()}</span>{_text(series.name)}</h2>'
        f"<p>{_facts(series)}</p>{_at_each_width(draw)}</section>"
    )


def _facts(series: Series) -> str:
    """Return the facts about a limit, each on one line."""
    facts = svg_chart.facts(series).split(svg_chart.DOT)
    return svg_chart.DOT.join(f"<span>{_text(fact)}</span>" for fact in facts)


def _heatmap(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []

    def draw(width: int) -> Drawing:
        height = svg_chart.heatmap_height(rows, width)
        drawing = Drawing(width, height, heatmap.title(list(rows)), dark=None)
        svg_chart.draw_heatmap(drawing, rows, 0, 0, width)
        return drawing

    return [f"<section><h2>{_text(heatmap.title(list(rows)))}</h2>{_at_each_width(draw)}</section>"]


def _at_each_width(draw: Callable[[int], Drawing]) -> str:
    return "".join(f'<div class="w{width}">{draw(width).as_element()}</div>' for width in WIDTHS)


def _summary(sentences: Sequence[str]) -> list[str]:
    items = "".join(f"<li>{_text(sentence)}</li>" for sentence in sentences)
    return [f"<section><h2>Summary</h2><ul>{items}</ul></section>"] if items else []


def _table(history: History) -> list[str]:
    """Return the numbers of each day as a table, for who cannot see the heatmap."""
    rows = "".join(
        f"<tr><th scope=row>{_text(heatmap.day_name(day))}</th>"
        f"<td>{math.floor(sum(hours.values()))} %</td><td>{_busiest(hours)}</td></tr>"
        for day, hours in sorted(history.use.items(), reverse=True)
    )
    if not rows:
        return []
    table = f"<table>{TABLE_HEAD}<tbody>{rows}</tbody></table>"
    return [f"<details><summary>Numbers of each day</summary>{table}</details>"]


def _busiest(hours: dict[int, float]) -> str:
    hour = max(hours, key=lambda hour: hours[hour])
    return f"{hour:02}:00, {math.floor(hours[hour])} %" if hours[hour] > 0 else "–"


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


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _text(text: str) -> str:
    """Return sanitized text as HTML."""
    return escape(sanitize(text))
