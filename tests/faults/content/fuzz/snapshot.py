"""Read snapshot.json by the line, the table, the watch, the hook and `usageline line`."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Group

from tests.faults.content.fuzz.bytes_in import Input
from tests.faults.content.fuzz.drawn import NOW, PRIVATE, chosen, judged, seen_of
from tests.faults.content.fuzz.scratch import scratch
from tests.faults.content.judge import one_line, printed, visible
from usageline.cli import accounts, appearance, live, profile_accounts, refresh, table
from usageline.cli.config import sample
from usageline.cli.dashboard import drawing, model, page
from usageline.core import alert_text, freshness, json_file
from usageline.line import embed, render, session_start
from usageline.refresh.log_entry import Outcome

HOME = scratch()
ENV = {"HOME": HOME, "USAGELINE_API_URL": ""}
WIDTHS = (200, 20, 80)


def check(data: bytes) -> None:
    """Assert that each reader prints something valid for any content."""
    given = Input(data)
    configured, columns, nerd_font = chosen(given)
    snapshot = json_file._object(given.left)
    if isinstance(snapshot, dict) and snapshot.get("credentials") == "sample":
        snapshot["credentials"] = sample.STAMP
    context = seen_of({}, snapshot)
    judged(context, configured, columns, nerd_font=nerd_font)
    freshness.is_stale(snapshot, sample.STAMP, NOW)
    if not isinstance(snapshot, dict):
        return
    _table(snapshot)
    _told(snapshot)
    for form in embed.FORMS:
        rows = render.render(seen_of(None, snapshot), configured, {"TERM": "xterm"}, width=40)
        texts = embed.output(form, rows, context)
        if form == "tmux":
            assert "\x1b" not in texts
            visible(texts, own=PRIVATE)
        if form in {"json", "claude-hud"}:
            json.loads(texts)


def _table(snapshot: dict[str, Any]) -> None:
    for width in WIDTHS:
        printed([table.render_table(snapshot, sample.STAMP, NOW, width)], width)
        _dashboard(snapshot, width)
    one_line(
        [
            live.next_refresh(snapshot, NOW),
            refresh.describe(Outcome("refreshed", snapshot)),
            refresh.describe(Outcome("failed", snapshot)),
        ]
    )


def _dashboard(snapshot: dict[str, Any], width: int) -> None:
    look = appearance.plain()
    row = profile_accounts.ProfileAccount(
        "", "work", "default", None, snapshot, sample.STAMP, is_current=False
    )
    printed([Group(*accounts.side_by_side([row], NOW, width, look))], width)
    account = model.account(row, NOW)
    view = model.build(snapshot, sample.STAMP, NOW, look, model.Past(), accounts=[account])
    shown = page.arrange(view, width, 24, 0, look)
    for line in (*shown.left, *shown.right, drawing.header(view, width, look)):
        line.truncate(width)
    printed([Group(*shown.left, *shown.right)], width)


def _told(snapshot: dict[str, Any]) -> None:
    for row in session_start.pending_alerts(snapshot, NOW):
        one_line([alert_text.alert_text(row, NOW)])
        alert_text.alert_id(row)
    message = session_start.message({**snapshot, "credentials": ""}, ENV, NOW)
    if message:
        assert message.isascii()
        assert message.count("\n") == 1
        one_line([json.loads(message)["systemMessage"]])
