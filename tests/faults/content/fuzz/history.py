"""Read lines of a history file and of the refresh log, and draw pictures of them."""

from __future__ import annotations

import json

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.judge import one_line, printed
from usageline.cli.doctor import log
from usageline.cli.history import (
    chart,
    heatmap,
    page,
    series,
    summary,
    svg_chart,
)
from usageline.cli.history import readings as stored
from usageline.cli.table import text
from usageline.core.errors import UsagelineError
from usageline.storage.codec import decode, encode
from usageline.usage.values import EARLIEST, LATEST

WIDTHS = (80, 24, 200)
MAX_POINTS = 64


def check(data: bytes) -> None:
    """Assert that invalid lines are skipped, and that readings are preserved and can be drawn."""
    given = Input(data)
    width = given.choice(WIDTHS)
    rows = map(log.row, given.left.split(b"\n")[:MAX_POINTS])
    printed((text(cell) for cells in rows for cell in cells), width)
    readings = list(decode(given.left.split(b"\n")))[:MAX_POINTS]
    for reading in readings:
        assert EARLIEST <= reading.observed_at <= LATEST
        assert list(decode([encode(reading)])) == [reading]
        one_line(
            text
            for limit in reading.limits
            for text in (limit.kind, limit.label, limit.severity or "")
        )
    readings.sort(key=lambda reading: reading.observed_at)
    if not readings:
        return
    json.loads(stored.as_json(readings))
    one_line(stored.as_csv(readings).splitlines())
    now = readings[-1].observed_at + 60
    start = now - 7 * 86400
    recent = [reading for reading in readings if reading.observed_at >= start]
    curves = series.all_series(recent, now)
    by_hour = heatmap.use_by_hour(recent)
    lines = [
        line for one in curves for line in chart.panel(one, start, now, width)
    ] + heatmap.lines(by_hour, max(width, 36))
    printed(lines, max(width, 36))
    if curves:
        words = summary.sentences(readings, start, now)
        one_line(words)
        shown = svg_chart.History(curves[:2], by_hour, start, now, (75, 90), words)
        svg_chart.picture(shown).decode("utf-8")
        page.html(shown).decode("utf-8")
    try:
        stored.with_limits(recent, "nothing")
    except UsagelineError as problem:
        one_line([str(problem)])
