"""Start three clients at once with an empty cache, then send a message in each."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.client.api import ANSWER
from tests.client.installation import opened
from tests.server import USAGE_PATH
from tests.world import CANARY
from usageline import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.client.sandbox import Sandbox

WIDTHS = (80, 120, 160)
HOOK_OF_THE_USER = {
    "matcher": "startup",
    "hooks": [{"type": "command", "command": "echo started >> ~/started"}],
}
LINE = {
    80: (
        r"(Opus 5\.5 │ )?5h ([█-▏ ╎]+ )?{session}% ↻ .* │ 7d ([█-▏ ╎]+ )?{week}% ↻ .* │ 7d "
        r"Fable 55% │ (credits )?\$12\.34/\$50"
    ),
    120: (
        r"Opus 5\.5 │ (ctx 1% │ )?(\S*project │ )?5h [█-▏ ╎]{{8,10}} {session}% ↻ .* │ "
        r"7d [█-▏ ╎]{{8,10}} {week}% ↻ .* │ 7d Fable 55% │ (credits )?\$12\.34/\$50"
    ),
}
LINE[160] = LINE[120]
OURS = ("usageline", "12.34", "Fable 55", "↻", "░", "ctx ")
"""Words that only usageline writes."""


@dataclass
class Morning:
    """The screens by width, before and after the message, and their sandbox."""

    sandbox: Sandbox
    before: dict[int, str]
    after: dict[int, str]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    """Record the morning once; the tests only read it."""
    settings = json.dumps({"hooks": {"SessionStart": [HOOK_OF_THE_USER]}}).encode()
    with opened(tmp_path_factory.mktemp("morning"), installed=True, settings=settings) as sandbox:
        terminals = {columns: sandbox.start(str(columns), columns=columns) for columns in WIDTHS}
        before = {columns: terminal.wait_for("37%") for columns, terminal in terminals.items()}
        sandbox.api.windows = (41, 27)
        for terminal in terminals.values():
            terminal.enter("hello")
        for terminal in terminals.values():
            terminal.wait_for(ANSWER)
        after = {columns: terminal.wait_for("41%") for columns, terminal in terminals.items()}
        yield Morning(sandbox, before, after)


def row(screen: str) -> str:
    """Return usageline's row, without the indent and the client's text at its right."""
    rows = [line for line in screen.splitlines() if " 5h " in line]
    assert len(rows) == 1, screen
    return re.sub(r" {3,}[^│]*$", "", rows[0].removeprefix("  "))


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_line_is_there_before_the_first_message(morning: Morning, columns: int) -> None:
    """The 5-hour, weekly and model limits and the credits are those of the usage endpoint."""
    assert re.fullmatch(LINE[columns].format(session=37, week=26), row(morning.before[columns])), (
        morning.before[columns]
    )


@pytest.mark.parametrize("columns", WIDTHS)
def test_after_a_message_the_payload_is_merged_in(morning: Morning, columns: int) -> None:
    """The 5-hour and weekly limits come from the payload, the rest from the snapshot."""
    assert re.fullmatch(LINE[columns].format(session=41, week=27), row(morning.after[columns])), (
        morning.after[columns]
    )


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_client_cuts_nothing_off(morning: Morning, columns: int) -> None:
    """The only ellipsis is ours, no sequence is partial, and no text is over the edge.

    usageline shortens the directory from its beginning.
    """
    for screen in (morning.before[columns], morning.after[columns]):
        shown = row(screen)
        assert "…" not in shown.replace("│ …/", "│ ")
        assert len(shown) <= columns - 4
        assert not re.search(r"\[[\d;]*m", screen)


def test_three_clients_started_together_make_one_request(morning: Morning) -> None:
    """Three hooks and all lines cause one request, with our user agent and the user's token."""
    assert (morning.sandbox.world.home / "started").read_text().split() == ["started"] * 3
    assert [request.path for request in morning.sandbox.api.ours] == [USAGE_PATH]
    headers = morning.sandbox.api.ours[0].headers
    assert headers["user-agent"] == f"usageline/{__version__}"
    assert headers["authorization"] == f"Bearer {CANARY}"


def test_nothing_of_ours_reaches_the_model(morning: Morning) -> None:
    """No message contains a word or number of usageline."""
    messages = morning.sandbox.api.messages
    assert sum("hello" in message for message in messages) >= len(WIDTHS)
    assert [word for word in OURS for message in messages if word in message] == []


def test_no_terminal_shows_an_error(morning: Morning) -> None:
    """Neither hook nor line causes an error in the client."""
    for screen in (*morning.before.values(), *morning.after.values()):
        assert "error" not in screen.lower()


def test_a_later_start_needs_no_request(morning: Morning) -> None:
    """The numbers come from the snapshot although the service does not answer."""
    morning.sandbox.api.fault = "hang"
    morning.sandbox.start("later").wait_for("37%")
    assert len(morning.sandbox.api.ours) == 1
