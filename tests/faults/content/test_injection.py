"""Draw hostile names and texts in every place that others can set, and check each part."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.faults.content.fuzz.drawn import MIN_COLUMNS, NOW
from tests.faults.content.hostile import ADDRESSES, TEXTS
from tests.faults.content.judge import WRITTEN, fits, one_line, visible
from tests.faults.content.session import PLACES, Place, Session
from tests.faults.promises import promise
from usageline import themes
from usageline.cli.config import sample
from usageline.line import embed, render, session_start, view
from usageline.line.render import CLIENT_MARGIN
from usageline.refresh import notify
from usageline.system.notifier import Desktop, Means, plan
from usageline.system.origin import Own
from usageline.usage.alerts import Alert
from usageline.usage.values import text as kept_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LONG_PLACES: tuple[list[Place], ...] = (
    PLACES,
    [("payload", "model", "display_name")],
    [("git", "branch")],
)
COLOR_MODES = ("none", "16", "256", "truecolor")


def judge(
    rows: list[str], theme: str, *, nerd_font: bool, columns: int, chained: bool = False
) -> list[str]:
    """Return the texts of rows in that theme. A chained command may have its own colors."""
    _, allowed, own = WRITTEN[theme, nerd_font]
    texts = [visible(row, None if chained else allowed, own) for row in rows]
    for text in texts:
        fits(text, max(columns, MIN_COLUMNS) - CLIENT_MARGIN)
    return texts


@promise(
    "Only text and the styles of usageline's themes reach the terminal. This holds for "
    "every name, label, branch, path, plan, currency, server message, configured text and "
    "chained output.",
    sees="The text, without its control sequences, in one row that fits.",
    topic="terminal",
)
def test_no_text_acts_on_the_terminal(
    size: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    looks = list(product(themes.NAMES, (False, True), COLOR_MODES))
    row_count = 0
    for number, text in enumerate(TEXTS.values()):
        everywhere = Session(text, PLACES)
        for index, (theme, nerd_font, color) in enumerate(looks):
            if (index + number) % size(8, 1):
                continue
            for columns in (120, 20):
                rows = everywhere.drawn(theme, nerd_font=nerd_font, color=color, columns=columns)
                judge(
                    rows,
                    theme,
                    nerd_font=nerd_font,
                    columns=columns,
                    chained=bool(everywhere.chained),
                )
                row_count += 1
        for index, place in enumerate(PLACES):
            if (index + number) % size(4, 1):
                continue
            for theme in ("default", "powerline")[: size(1, 2)]:
                alone = Session(text, [place])
                judge(
                    alone.drawn(theme, columns=400),
                    theme,
                    nerd_font=False,
                    columns=400,
                    chained=bool(alone.chained),
                )
                row_count += 1
    figure(f"{len(TEXTS)} texts, {len(PLACES)} places, {len(looks)} appearances: {row_count} lines")


@promise(
    "A pull request's address becomes a link only if it is a web address without anything "
    "that a terminal executes.",
    topic="terminal",
)
def test_only_web_addresses_become_links(figure: Callable[[str], None]) -> None:
    linked = 0
    for address in (*ADDRESSES, *TEXTS.values()):
        session = Session(address, [("payload", "pr", "url")])
        session.snapshot["incident"] = None  # its own link leads to the status page
        (row,) = session.drawn("default", columns=400)
        visible(row, WRITTEN["default", False][1])
        linked += "\x1b]8;;" in row
        assert ("\x1b]8;;" in row) == (address in {ADDRESSES[-2], ADDRESSES[-1]}), address
    figure(f"{len(ADDRESSES) + len(TEXTS)} addresses, {linked} of them links")


@promise(
    "A line stays one row that fits, however long, wide, stacked or right-to-left its names are.",
    topic="terminal",
)
@pytest.mark.slow
def test_long_and_wide_names_stay_in_one_row(figure: Callable[[str], None]) -> None:
    names = (
        "a long name",
        "marks",
        "wide",
        "wide and ambiguous",
        "emoji",
        "right to left",
        "spacing marks",
        "variation selectors",
    )
    widths = (9, 12, 20, 40, 80, 120, 200)
    for name, columns, theme in product(names, widths, themes.OWN):
        for places in LONG_PLACES:
            session = Session(TEXTS[name], places)
            rows = session.drawn(theme, columns=columns)
            assert len(rows) <= 1 + len(session.chained)
            judge(rows, theme, nerd_font=False, columns=columns, chained=bool(session.chained))
    figure(f"{len(names)} names, {len(widths)} widths, {len(themes.OWN)} themes")


def alerts() -> Iterator[tuple[str, Alert]]:
    """Return an alert for each text, as store and reading have it."""
    for what, text in TEXTS.items():
        shown = kept_text(text) or "x"
        yield what, Alert(shown, shown, 75, 80.0, NOW + 3600, NOW)


@promise(
    "An alert is one line of plain text in the hook's JSON, in the notification and in "
    "the variables of an alert's command.",
    sees="The limit's name, without its control sequences.",
    topic="terminal",
)
def test_alerts_tell_text_alone(tmp_path: Path, figure: Callable[[str], None]) -> None:
    env = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    os.makedirs(tmp_path / "cache" / "usageline" / "default", 0o700)
    tried = 0
    for what, alert in alerts():
        raw = {
            **asdict(alert),
            "label": TEXTS[what],
            "kind": TEXTS[what],
            "session_start": True,
            "line": True,
        }
        shown = session_start.message({"version": 1, "credentials": "", "alerts": [raw]}, env, NOW)
        assert shown.isascii()
        assert shown.endswith("}\n")
        message = json.loads(shown)
        assert message.keys() == {"systemMessage"}
        one_line([message["systemMessage"]])
        means = Means(desktop=True, command="true")
        desktop = Desktop(programs=("/bin/true",))
        own = Own("", "/home/me/.claude", {"HOME": "/home/me"})
        planned, _ = plan(notify.messages((alert,), NOW), means, own, desktop)
        for name, words, variables in planned:
            one_line(words)
            if name == "command":
                assert words == ["/bin/sh", "-c", "true"]
                one_line(variables.values())
            tried += 1
    figure(f"{len(TEXTS)} names, {tried} commands")


@pytest.mark.parametrize("form", embed.FORMS)
@promise(
    "`usageline line` gives other programs text that contains nothing they would execute.",
    topic="terminal",
)
def test_a_line_for_another_program_contains_no_instruction_to_it(
    form: str, figure: Callable[[str], None]
) -> None:
    painted = {"starship", "zellij", "wezterm"}
    for text in TEXTS.values():
        session = Session(text, [place for place in PLACES if place[0] in {"snapshot", "config"}])
        context = view.build(None, session.snapshot, sample.STAMP, {"HOME": sample.HOME}, NOW)
        env = {
            "TERM": "xterm-256color",
            **({} if form in {"tmux", *painted} else {"NO_COLOR": "1"}),
        }
        rows = render.render(context, {"rows": session.rows}, env, width=100)
        output = embed.output(form, rows, context)
        if form in {"json", "claude-hud"}:
            document = json.loads(output)
            models = document.get("model_scoped", ())
            one_line([document.get("text", ""), *document.get("rows", ())])
            one_line([document.get("balance_label", ""), *(row["display_name"] for row in models)])
            continue
        for line in output.split("\n"):
            visible(line, WRITTEN["default", False][1])
            assert form != "swiftbar" or line == "---" or line.count("|") == 1
            assert form != "swiftbar" or line == "---" or not line.startswith("-")
        assert form == "swiftbar" or "\n" not in output
        assert form in painted or "\x1b" not in output
    figure(f"{form}: {len(TEXTS)} texts")
