"""One run: read the payload and the snapshot, write the line, start a refresh where one is due, leave."""

import time

from usageline import paths
from usageline.line import environment, layout, read, segments, start, system, view

UNKNOWN_WIDTH = 80
"""Columns assumed where the client does not say; it does since 2.1.153."""

CLIENT_MARGIN = 4
"""Cells of a row that the client keeps for itself; it cuts a longer row."""

ROOT = __file__.replace("\\", "/").rpartition("/plugin/usageline/")[0]
"""The installation: `plugin/` and `hooks/`, and the cold side's `venv/` beside them."""

PROBLEMS = {
    "unwritable": "no refresh: the cache cannot be written",
    "unsafe": "no refresh: the cache directory is not yours alone",
    "uninstalled": "no refresh: run install.sh again",
}
"""What the line says where no refresh can be started, by `start.claim`'s word for it."""


def main():
    """Never raises, never exits with anything but 0, never writes an empty line."""
    python, env = "", {}
    try:
        env = environment()
        line, python = draw(env, read.payload(), time.time())
    except Exception as error:  # noqa: BLE001 - a traceback would blank the line
        line = f"usageline: {type(error).__name__}; please report it"
    emit((line + "\n").encode("utf-8", "replace"))
    if python:
        try:
            start.launch(python, env)
        except OSError:
            system._exit(0)
    system._exit(0)


def draw(env, payload, now):
    """The line, and the interpreter to start a refresh with, or "" where none is to be started."""
    python, problem = "", ""
    try:
        snapshot = read.snapshot(paths.snapshot(env))
        credentials = start.credentials_stamp(paths.claude_credentials(env))
    except LookupError:
        snapshot, credentials, problem = None, "", "HOME is not set: no plan usage"
    seen = view.build(payload, snapshot, credentials, env, now)
    if not problem and not seen.other_sign_in and start.is_due(snapshot, credentials, now):
        python, problem = claim(env, now)
    seen.problem = problem
    parts = layout.fit(segments.draw(seen), width(env))
    return layout.paint(parts, layout.palette(env)), python


def claim(env, now):
    """Claim a refresh: the interpreter to start it with or "", and what is wrong where none can be started."""
    python = start.interpreter(ROOT)
    refused = start.claim(env, now) if python else "uninstalled"
    return ("", PROBLEMS.get(refused, "")) if refused else (python, "")


def width(env):
    """The cells that a row may take."""
    columns = env.get("COLUMNS", "")
    wide = int(columns) if columns.isascii() and columns.isdigit() and len(columns) < 6 else 0
    return max((wide or UNKNOWN_WIDTH) - CLIENT_MARGIN, 1)


def emit(data):
    """Write all of `data` to stdout; a reader that has gone is nobody's problem."""
    try:
        while data:
            data = data[system.write(1, data) :]
    except OSError:
        return
