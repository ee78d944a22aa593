"""A morning: three clients of three widths started together on an empty cache, then a message in each."""

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
    80: r"(Opus 5\.5 │ )?5h ([█-▏ ╎]+ )?{session}% ↻ .* │ 7d ([█-▏ ╎]+ )?{week}% ↻ .* │ Fable 55% │ (credits )?\$12\.34/\$50",
    120: r"Opus 5\.5 │ (ctx 1% │ )?5h [█-▏ ╎]{{10}} {session}% ↻ .* │ 7d [█-▏ ╎]{{10}} {week}% ↻ .* │ Fable 55% │ credits \$12\.34/\$50",
}
LINE[160] = LINE[120]
OURS = ("usageline", "12.34", "Fable 55", "↻", "░", "ctx ")
"""Words of ours, and of nobody else."""


@dataclass
class Morning:
    """What the terminals showed, by their widths, before and after the message, and the sandbox in which they run."""

    sandbox: Sandbox
    before: dict[int, str]
    after: dict[int, str]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    """Lived through once; its tests only look."""
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
    """Our row of a screen, without the indent and what the client shows at its right."""
    found = [line for line in screen.splitlines() if " 5h " in line]
    assert len(found) == 1, screen
    return re.sub(r" {3,}[^│]*$", "", found[0].removeprefix("  "))


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_line_is_there_before_the_first_message(morning: Morning, columns: int) -> None:
    """5 hours, week, the model's week and the credits are what the usage endpoint says."""
    assert re.fullmatch(LINE[columns].format(session=37, week=26), row(morning.before[columns])), (
        morning.before[columns]
    )


@pytest.mark.parametrize("columns", WIDTHS)
def test_after_a_message_the_payload_is_merged_in(morning: Morning, columns: int) -> None:
    """5 hours and week come from the payload; what it lacks stays from the snapshot."""
    assert re.fullmatch(LINE[columns].format(session=41, week=27), row(morning.after[columns])), (
        morning.after[columns]
    )


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_client_cuts_nothing_off(morning: Morning, columns: int) -> None:
    """No ellipsis, no remains of an escape sequence, nothing over the edge or on a row of its own."""
    for screen in (morning.before[columns], morning.after[columns]):
        ours = row(screen)
        assert "…" not in ours
        assert len(ours) <= columns - 4
        assert not re.search(r"\[[\d;]*m", screen)


def test_three_clients_started_together_make_one_request(morning: Morning) -> None:
    """Three SessionStart hooks and all their lines make one request, with our name and the user's token."""
    assert (morning.sandbox.world.home / "started").read_text().split() == ["started"] * 3
    assert [request.path for request in morning.sandbox.api.ours] == [USAGE_PATH]
    headers = morning.sandbox.api.ours[0].headers
    assert headers["user-agent"] == f"usageline/{__version__}"
    assert headers["authorization"] == f"Bearer {CANARY}"


def test_nothing_of_ours_reaches_the_model(morning: Morning) -> None:
    """No word and no number of ours is in any message that was sent."""
    messages = morning.sandbox.api.messages
    assert sum("hello" in message for message in messages) >= len(WIDTHS)
    assert [word for word in OURS for message in messages if word in message] == []


def test_no_terminal_shows_an_error(morning: Morning) -> None:
    """Neither the hook nor the line makes the client complain."""
    for screen in (*morning.before.values(), *morning.after.values()):
        assert "error" not in screen.lower()


def test_a_later_start_needs_no_request(morning: Morning) -> None:
    """The numbers are there from the snapshot, while the service would not even answer."""
    morning.sandbox.api.fault = "hang"
    morning.sandbox.start("later").wait_for("37%")
    assert len(morning.sandbox.api.ours) == 1
