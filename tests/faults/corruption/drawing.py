"""Draw the line in this process as a run does, without starting anything, and check it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from usageline.config.compile import compile_config
from usageline.config.segments import SEGMENTS
from usageline.core import freshness, json_file, paths
from usageline.core.text import display_width
from usageline.core.windows import MAX_PERCENT
from usageline.line import main, spawn

if TYPE_CHECKING:
    import pytest

    from tests.world import Release, World

MAX_LINE_S = 3.0
"""For one line on a busy machine."""

COLUMNS = 120
PAYLOAD = {
    "session_id": "s1",
    "model": {"display_name": "Opus 5.5"},
    "context_window": {"used_percentage": 12},
    "version": "2.1.330",
    "cost": {"total_cost_usd": 1.25},
}
_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;(?:https?://[!-~]*)?\x1b\\")
_LIMIT = re.compile(r"(?:5h|7d) \D*(-?\d+)%")


class Drawing:
    """Draw lines in a world.

    `started` has the argument lists that lines would have started. `slowest_s` is the longest
    duration of a line.
    """

    def __init__(self, world: World, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.started: list[list[str]] = []
        self.lines = 0
        self.slowest_s = 0.0
        monkeypatch.setattr(main, "ROOT", str(release.root))
        monkeypatch.setattr(
            spawn, "spawn", lambda arguments, *_rest: self.started.append(list(arguments))
        )
        monkeypatch.setattr(spawn, "close_inherited", lambda: None)  # it would close pytest's files
        monkeypatch.setattr(
            json_file, "await_end", lambda *_arguments: None
        )  # nothing was started that could end
        self.env = {
            **world.env,
            "COLUMNS": str(COLUMNS),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }

    def configure(self, *, every: bool, more: str = "") -> Path:
        """Compile a configuration: every segment, or the default ones; gives where it is."""
        kinds = [*SEGMENTS]
        rows = (
            [kinds[at : at + 6] for at in range(0, len(kinds), 6)]
            if every
            else [["model", "session", "weekly", "scoped", "status"]]
        )
        shown = (
            "[segments.credits]\nshow = ['used', 'limit', 'percent', 'ends']\n[segments.text]\n"
            "text = 'note'\n"
            if every
            else ""
        )
        self.world.configure(
            f"rows = {json.dumps(rows)}\nwrap = true\ntheme = 'powerline'\n{shown}{more}"
        )
        compile_config(self.world.env)
        return Path(self.world.paths.line_config)

    def rows(self, what: str) -> list[str]:
        """Return the rows of one valid line: in time, text only, in bounds, without an error.

        No later line is slow either.
        """
        # CPU time: the machine may be busy.
        began, now = time.process_time(), time.time()
        rows, _later = main.draw(
            self.env, PAYLOAD, b"", now
        )  # no stdin: each would leave a pipe open
        took_s = time.process_time() - began
        self.lines += 1
        self.slowest_s = max(self.slowest_s, took_s)
        assert took_s < MAX_LINE_S, what
        texts = [_SEQUENCE.sub("", row) for row in rows]
        assert "".join(texts).strip(), what
        for text in texts:
            assert all(char.isprintable() or 0xE000 <= ord(char) <= 0xF8FF for char in text), (
                what,
                text,
            )
            assert display_width(text) <= COLUMNS, (what, text)
            assert "Error" not in text, (what, text)
            assert all(0 <= int(number) <= MAX_PERCENT for number in _LIMIT.findall(text)), (
                what,
                text,
            )
        snapshot, stamp = (
            _snapshot(self.world),
            freshness.file_fingerprint(paths.claude_credentials(self.env)),
        )
        assert freshness.is_stale(snapshot, stamp, now) or freshness.is_stale(
            snapshot, stamp, now + freshness.MAX_DELAY_S
        ), what
        return texts


def put(path: Path, content: bytes) -> None:
    """Replace a file of the cache as another writer could."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(content)
    path.chmod(0o600)


def _snapshot(world: World) -> Any:
    return json_file.json_file(world.paths.snapshot)
