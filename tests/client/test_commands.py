"""Run the plugin's two commands in the client, with a model that does what their texts ask for."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.client.installation import fetched, opened
from tests.client.sandbox import INSTALL_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.client.sandbox import Sandbox
    from tests.client.terminal import Terminal

pytestmark = pytest.mark.timeout(400)  # one installation, and six turns of a chat

END = "That is all."
QUESTION = "Do you want to proceed?"
KEY_INTERVAL_S = 2
"""Between two Escapes. Two at once would open the client's list of earlier messages."""

QUOTED = re.compile(r"`([^`]+)`")
PLACEHOLDERS = {
    "add SEGMENT": "add plan",
    "remove SEGMENT": "remove credits",
    "move SEGMENT": "move weekly",
    "segments.SEGMENT": "segments.weekly",
    "NAME": "nord",
    "KEY=VALUE": "clock=12h",
    "unset KEY": "unset clock",
}
OTHER_OPTION = "usageline config set KEY VALUE"
"""The command of the table for an option that its permissions do not name."""

OTHERS = (
    "usageline config set chain.command 'touch ~/started'",
    "usageline config set theme nord && touch ~/started",
    "usageline uninstall --yes",
    OTHER_OPTION.replace("KEY VALUE", "color 16"),
)


@dataclass
class Turn:
    """One message of the user: the text that the model got, and what became of its calls."""

    prompt: str = ""
    calls: list[str] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


class Chat:
    """A client in the mode that asks before it runs a command, and its model."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        sandbox.api.content = self._answer
        self.terminal: Terminal = sandbox.start(
            "chat", "--permission-mode", "default", columns=100, rows=50, env=sandbox.offline()
        )
        self.terminal.wait_for("❯")
        self._turn, self._commands = Turn(), list[str]()
        self._choose: Callable[[str], list[str]] = lambda _prompt: []

    def send(self, message: str, choose: Callable[[str], list[str]]) -> Turn:
        """Send a message. The model runs the commands that `choose` returns for its text.

        The user says no to the first that the client asks about, which ends the turn.
        """
        self._turn, self._choose = Turn(), choose
        self.terminal.enter(message)
        screen = self.terminal.wait_for(self._is_over, deadline_s=INSTALL_TIMEOUT_S)
        if QUESTION in screen:
            self._turn.asked.append(self._turn.calls[-1])
            self._refuse()
        self.terminal.enter("/clear")
        self.terminal.wait_for(lambda screen: message not in screen)
        return self._turn

    def _refuse(self) -> None:
        """Press Escape until it counts: the client ignores keys just after a question appears."""
        pressed_at = 0.0

        def is_refused(screen: str) -> bool:
            nonlocal pressed_at
            if QUESTION in screen and time.monotonic() > pressed_at + KEY_INTERVAL_S:
                self.terminal.keys("Escape")
                pressed_at = time.monotonic()
            return "Interrupted" in screen and QUESTION not in screen

        self.terminal.wait_for(is_refused)

    def _is_over(self, screen: str) -> bool:
        return QUESTION in screen or END in screen

    def _answer(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        if "Bash" not in [tool["name"] for tool in request.get("tools", [])]:
            return [{"type": "text", "text": "A title"}]
        turn, last = self._turn, request["messages"][-1]["content"]
        blocks = last if isinstance(last, list) else []
        turn.results += [block for block in blocks if block["type"] == "tool_result"]
        if not turn.prompt:
            turn.prompt = _text_of(request["messages"])
            self._commands = self._choose(turn.prompt)
        if len(turn.calls) == len(self._commands):
            return [{"type": "text", "text": END}]
        command = self._commands[len(turn.calls)]
        turn.calls.append(command)
        call = {"command": command, "description": "Change the line"}
        name = f"toolu_{len(turn.calls)}"
        return [{"type": "tool_use", "id": name, "name": "Bash", "input": call}]


@dataclass
class Session:
    """The turns of one chat, and what was on the screen or on disk after them."""

    setup: Turn
    line: str
    configure: Turn
    config: str
    others: dict[str, Turn]
    is_started: bool


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Install by /usageline:setup, then change the line by /usageline:configure."""
    root = tmp_path_factory.mktemp("commands")
    with opened(root / "sandbox") as sandbox:
        for arguments in (
            ("marketplace", "add", str(fetched(root / "clone"))),
            ("install", "usageline@usageline"),
        ):
            done = sandbox.run("claude", "plugin", *arguments)
            assert done.returncode == 0, done.stdout + done.stderr
        chat = Chat(sandbox)
        setup = chat.send("/usageline:setup", _steps_of_setup)
        line = chat.terminal.wait_for("37%")
        configure = chat.send("/usageline:configure as you like", _commands_of_table)
        config = (sandbox.world.home / ".config/usageline/config.toml").read_text()
        others = {
            command: chat.send("/usageline:configure", partial(_only, command))
            for command in OTHERS
        }
        yield Session(
            setup, line, configure, config, others, (sandbox.world.home / "started").exists()
        )


def test_setup_installs_without_a_question_of_the_client(session: Session) -> None:
    """Its permissions have the path that its text has, with and without quotation marks."""
    assert len(session.setup.calls) == 3
    assert session.setup.asked == []
    assert _failures(session.setup) == []
    assert "5h" in session.line


def test_configure_runs_each_command_of_its_table_without_a_question(session: Session) -> None:
    """All but the one for other options."""
    assert len(session.configure.calls) > 12
    assert session.configure.asked == []
    assert _failures(session.configure) == []
    assert "nord" in session.config


@pytest.mark.parametrize("command", OTHERS)
def test_configure_asks_before_any_other_command(session: Session, command: str) -> None:
    """Also before one that starts programs, and one that follows an allowed one."""
    assert session.others[command].asked == [command]
    assert not session.is_started


def _text_of(messages: list[dict[str, Any]]) -> str:
    contents = [message["content"] for message in messages if message["role"] == "user"]
    return "\n".join(
        block.get("text", "")
        for content in contents
        if isinstance(content, list)
        for block in content
    )


def _only(command: str, _prompt: str) -> list[str]:
    return [command]


def _steps_of_setup(prompt: str) -> list[str]:
    """Return the dry run, the same for an uninstall without quotation marks, and the install."""
    steps = [step for step in QUOTED.findall(prompt) if "/install.sh" in step]
    dry_run, install = steps[0], steps[1]
    assert (dry_run.endswith("--dry-run"), install.endswith("--yes")) == (True, True)
    return [dry_run, next(step for step in steps if "--uninstall --dry" in step), install]


def _commands_of_table(prompt: str) -> list[str]:
    rows = [row for row in prompt.splitlines() if row.startswith("| ")]
    commands = [command for row in rows for command in QUOTED.findall(row) if " " in command]
    return [
        _filled(command)
        for command in commands
        if command.startswith("usageline ") and command != OTHER_OPTION
    ]


def _filled(command: str) -> str:
    for placeholder, value in PLACEHOLDERS.items():
        command = command.replace(placeholder, value)
    return command


def _failures(turn: Turn) -> list[dict[str, Any]]:
    return [result for result in turn.results if result.get("is_error")]
