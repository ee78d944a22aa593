"""The chained command: another status line's rows, kept beside ours.

A row is a list of parts `(SGR codes, text, URL)`; codes and URL are "" where there are none. The command is run by `usageline.looks`, which
takes its output apart; here that is checked once more.
"""

from usageline import paths
from usageline.line import layout, looks, read, start, system
from usageline.line.theme import is_web_address

MOST_ROWS = 8
MOST_CELLS = 2000
MOST_PARTS = 256
LONGEST_CODES = 96
LONGEST_URL = 512
RESULT_LIMIT = 1 << 18

MAX_COMMAND = 1 << 17
CLAIM_S = 1.0
"""Of a burst of lines one runs the command. While it runs, its lock keeps others from running it."""

SHORTEST_S, LONGEST_S = 0.1, 30.0
"""The command's own time limit, seconds."""

WAIT_SLACK_S = 0.15
"""Beyond the command's time limit, for an interpreter to start and the command to be ended."""

MARK = "USAGELINE_CHAIN"
"""In the environment of a chained command: a line of ours that is chained to itself chains no further."""


class Command:
    """The chained command of one session. `settings` is the compiled `chain` object, unchecked; `python` the cold interpreter or ""."""

    __slots__ = ("_command", "_key", "_timeout_s", "_waits", "env", "python")

    def __init__(self, python, env, settings, session_id):
        self.python = python
        self.env = env
        self._command = _word(settings.get("command"), MAX_COMMAND)
        self._key = paths.digest(f"{_word(session_id, 256)}\n{self._command}".encode("utf-8", "replace"))
        self._waits = settings.get("wait") is True
        value = settings.get("timeout")
        self._timeout_s = float(min(max(value, SHORTEST_S), LONGEST_S)) if type(value) in (int, float) else 5.0

    def look(self, payload, columns, now):
        """What to show of it, and whether to start it: `(rows, problem, due)`; `problem` is a text that names what went wrong, or "".

        Where it is `due`, call `launch` as the last act. One that is waited for is started here, and is not due. `payload` is stdin as bytes,
        `columns` the number that the command finds in COLUMNS.
        """
        if not self._command or MARK in self.env:
            return [], "", False
        due = bool(self.python) and looks.claim(self.env, "chain", self._key, now, 0 if self._waits else CLAIM_S)
        if due and self._waits:
            self._wait(payload, columns)
            due = False
        result = looks.result(self.env, "chain", self._key, RESULT_LIMIT) or {}
        return _rows(result.get("rows")), layout.clean(_word(result.get("failed"), MOST_CELLS)), due

    def launch(self, payload, columns):
        """Start it, as the last act."""
        return looks.launch(self.python, self._arguments(), self._environment(columns), payload)

    def _wait(self, payload, columns):
        start.close_inherited()
        reader = -1
        try:
            stdin = looks.held(payload) if payload else -1
            if stdin is None:
                return
            reader, writer = system.pipe()
            start.spawn(looks.command(self.python, self._arguments()), self._environment(columns), stdin, writer)
            system.close(writer)
            read.await_end(reader, self._timeout_s + WAIT_SLACK_S)
        except (OSError, ValueError):
            return
        finally:
            if reader >= 0:
                system.close(reader)

    def _arguments(self):
        return ["chain", self._key, repr(self._timeout_s), self._command]

    def _environment(self, columns):
        # Ours, whole: it is the user's own command, and the client would have run it in that.
        return {**self.env, "COLUMNS": str(columns), MARK: "1"}


def is_web_link(url):
    """Whether it may stand in a link of ours, and is of a sane length."""
    return len(url) <= LONGEST_URL and is_web_address(url)


def _rows(value):
    rows = [_row(row) for row in value[:MOST_ROWS] if isinstance(row, list)] if isinstance(value, list) else []
    return [row for row in rows if row]


def _row(parts):
    row = []
    for part in parts[:MOST_PARTS]:
        if isinstance(part, list) and len(part) == 3 and all(isinstance(word, str) for word in part):
            codes, text, url = part
            text = layout.clean(text[: MOST_CELLS * 4])
            codes = "" if codes.strip("0123456789;") or len(codes) > LONGEST_CODES else codes
            if text:
                row.append((codes, text, url if is_web_link(url) else ""))
    return row


def _word(value, most):
    return value[:most] if isinstance(value, str) else ""
