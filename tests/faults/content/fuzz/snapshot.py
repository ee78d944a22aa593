"""Read snapshot.json by the line, the table, the watch, the hook and `usageline line`."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.drawn import NOW, PRIVATE, chosen, judged, seen_of
from tests.faults.content.fuzz.scratch import scratch
from tests.faults.content.judge import one_line, printed, visible
from usageline.cli import main, table, watch
from usageline.cli.config import sample
from usageline.core import alert_text, freshness, json_file
from usageline.line import embed, render, session_start
from usageline.refresh.outcome import Outcome

HOME = scratch()
ENV = {"HOME": HOME, "USAGELINE_API_URL": ""}
WIDTHS = (200, 20, 80)


def check(data: bytes) -> None:
    """Assert that each reader prints something valid for any content."""
    given = Input(data)
    configured, columns, nerd_font = chosen(given)
    found = json_file._object(given.left)
    if isinstance(found, dict) and found.get("credentials") == "sample":
        found["credentials"] = sample.STAMP
    seen = seen_of({}, found)
    judged(seen, configured, columns, nerd_font=nerd_font)
    freshness.is_stale(found, sample.STAMP, NOW)
    if not isinstance(found, dict):
        return
    _table(found)
    _told(found)
    for form in embed.FORMS:
        rows = render.render(seen_of(None, found), configured, {"TERM": "xterm"}, width=40)
        said = (
            embed.as_json(rows, seen)
            if form == "json"
            else " ".join(map(embed.for_tmux, rows) if form == "tmux" else rows)
        )
        if form == "tmux":
            assert "\x1b" not in said
            visible(said, own=PRIVATE)
        if form == "json":
            json.loads(said)


def _table(found: dict[str, Any]) -> None:
    for width in WIDTHS:
        printed([table.render_table(found, sample.STAMP, NOW, width)], width)
    one_line(
        [
            watch.next_refresh(found, NOW),
            main.describe(Outcome("refreshed", found)),
            main.describe(Outcome("failed", found)),
        ]
    )


def _told(found: dict[str, Any]) -> None:
    for row in session_start.pending_alerts(found, NOW):
        one_line([alert_text.alert_text(row, NOW)])
        alert_text.alert_id(row)
    said = session_start.message({**found, "credentials": ""}, ENV, NOW)
    if said:
        assert said.isascii()
        assert said.count("\n") == 1
        one_line([json.loads(said)["systemMessage"]])
