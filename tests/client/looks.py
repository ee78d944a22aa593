"""Run a session with a line of three rows at two widths, and compare each look on the screens."""

from __future__ import annotations

import json
import re
import shlex
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tests.client.cells import Row, rows, text_of, width
from tests.client.recording import whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.sandbox import Sandbox

WIDTHS = {80: {}, 160: {"COLORTERM": "truecolor"}}
"""A narrow terminal of 256 colors and a wide one of 16 million, with the variable that says so."""

MARGIN = 4
INDENT = 2
"""Cells of a row that the client uses for its indent."""

SETTLED_S = 5
PULL = "https://github.com/example/project/pull/7"
PAYLOAD = {"number": 7, "url": PULL, "review_state": "approved"}
"""The pull request, which the client cannot request from GitHub here."""

CONFIGURATION = """{head}
rows = [
    ["model", "directory", "git", "pr"],
    ["session", "weekly", "scoped", "credits"],
    ["clock", "text.note", "alerts", "status"],
]
[segments.directory]
form = "name"
[segments.text.note]
text = "{note}"
[alerts]
thresholds = [50]
"""


@dataclass(frozen=True)
class Shown:
    """The output of the command and the screen after it, both with escape sequences."""

    columns: int
    written: str
    screen: str

    @cached_property
    def ours(self) -> list[Row]:
        """Return the rows as they were written."""
        return [row[: width(row)] for row in rows(self.written.rstrip("\n"), self.columns)]

    @cached_property
    def arrived(self) -> list[Row]:
        """Return as many rows of the screen from the first of usageline, without the indent."""
        return self._under_the_prompt[: len(self.ours)]

    @property
    def below(self) -> str:
        """Return the client's row below."""
        return text_of(self._under_the_prompt[len(self.ours)])

    @property
    def texts(self) -> list[str]:
        """Return usageline's rows on the screen, without the client's text at their right."""
        return [
            text_of(row).partition("    ")[0] if number == 0 else text_of(row)
            for number, row in enumerate(self.arrived)
        ]

    def changed(self) -> list[str]:
        """Return every cell and row that differs from the written one, in words.

        Text without a color has the client's color.
        """
        differences = [
            text for row, text in zip(self.ours, self.texts, strict=True) if text != text_of(row)
        ]
        for number, (written, arrived) in enumerate(zip(self.ours, self.arrived, strict=True)):
            for column, (one, other) in enumerate(zip(written, arrived, strict=False)):
                if one != (other if one.ink != "default" else other._replace(ink="default")):
                    differences.append(
                        f"row {number}, cell {column}: {one} was written, {other} is shown"
                    )
        return differences

    @cached_property
    def _under_the_prompt(self) -> list[Row]:
        screen = rows(self.screen, self.columns)
        edges = [number for number, row in enumerate(screen) if text_of(row).startswith("────")]
        return [row[INDENT:] for row in screen[edges[-1] + 1 :]]


class Looks:
    """The clients of all widths in one sandbox, with one configuration."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        for arguments in (
            ("init", "-q", "-b", "feature/looks"),
            ("config", "core.fsmonitor", "false"),
        ):
            done = sandbox.run("git", *arguments)
            assert done.returncode == 0, done.stderr
        self.change_settings()
        self.configure('theme = "default"', note="first")
        sandbox.api.windows = (41, 27)
        for columns, env in WIDTHS.items():
            sandbox.start(str(columns), columns=columns, env=env).record(self._recording(columns))
        for terminal in sandbox.terminals.values():
            terminal.wait_for(re.compile(r"41%.+27%.+Fable 55%").search)

    def change_settings(self, **changes: object) -> None:
        """Set the line to run each second, with a pull request in its payload, and record it.

        `changes` are other settings.
        """
        settings = json.loads(self.sandbox.settings.read_text()) | changes
        line = settings["statusLine"]
        if line.get("refreshInterval") != 1:
            added = shlex.quote(f's|^{{|{{"pr":{json.dumps(PAYLOAD)},|')
            line |= {
                "command": f"sed {added} | ({line['command']}) | tee ~/written-$COLUMNS",
                "refreshInterval": 1,
            }
        self.sandbox.settings.write_text(json.dumps(settings))

    def configure(self, head: str, *, note: str, tail: str = "") -> None:
        """Write config.toml: keys of the whole line, the text of the note, and tables."""
        self.sandbox.world.configure(CONFIGURATION.format(head=head, note=note) + tail)

    def shown(self, note: str) -> dict[int, Shown]:
        """Return the screens of all widths once they show that note and all that was written."""
        return {columns: self._settled(columns, note) for columns in WIDTHS}

    def recording(self, columns: int) -> str:
        """Return all complete sequences and texts that the client of that width has printed."""
        return whole(self._recording(columns).read_text(errors="replace"))

    def _recording(self, columns: int) -> Path:
        return self.sandbox.work / f"recording-{columns}"

    def _settled(self, columns: int, note: str) -> Shown:
        terminal = self.sandbox.terminals[str(columns)]
        terminal.wait_for(note)
        written = self.sandbox.world.home / f"written-{columns}"
        end = time.monotonic() + SETTLED_S
        while True:
            shown = Shown(columns, written.read_text(), terminal.screen(colors=True))
            if (note in shown.written and not shown.changed()) or time.monotonic() > end:
                return shown
            time.sleep(0.05)
