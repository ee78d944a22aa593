"""One run: read the payload and the snapshot, write the line, start a refresh where one is due, leave."""

import sys
import time

from usageline import paths
from usageline.line import environment, read, render, start, system, view

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
    if sys.argv[1:]:
        from usageline.line import elsewhere  # noqa: PLC0415 - the client gives no arguments

        elsewhere.main(sys.argv[1:])
    python, env = "", {}
    try:
        env = environment()
        rows, python = draw(env, read.payload()[0], time.time())
    except Exception as error:  # noqa: BLE001 - a traceback would blank the line
        rows = [f"usageline: {type(error).__name__}; please report it"]
    emit(("\n".join(rows) + "\n").encode("utf-8", "replace"))
    if python:
        try:
            start.launch(python, env)
        except OSError:
            system._exit(0)
    system._exit(0)


def draw(env, payload, now):
    """The rows, and the interpreter to start a refresh with, or "" where none is to be started."""
    python, problem = "", ""
    try:
        snapshot = read.json_file(paths.snapshot(env))
        credentials = start.file_stamp(paths.claude_credentials(env))
        configured = configuration(env)
    except LookupError:
        snapshot, credentials, configured, problem = None, "", {}, "HOME is not set: no plan usage"
    seen = view.build(payload, snapshot, credentials, env, now)
    if not problem and not seen.other_sign_in and start.is_due(snapshot, credentials, now):
        python, problem = claim(env, now)
    seen.problem = problem
    return render.render(seen, configured, env), python


def configuration(env):
    """What the user configured (settings.py); {} where there is no config.toml."""
    stamp = start.file_stamp(paths.config_file(env))
    if not stamp:
        return {}
    from usageline.line import settings  # noqa: PLC0415 - only where there is something

    return settings.load(env, stamp)[0]


def claim(env, now):
    """Claim a refresh: the interpreter to start it with or "", and what is wrong where none can be started."""
    python = start.interpreter(ROOT)
    refused = start.claim(env, now) if python else "uninstalled"
    return ("", PROBLEMS.get(refused, "")) if refused else (python, "")


def emit(data):
    """Write all of `data` to stdout; a reader that has gone is nobody's problem."""
    try:
        while data:
            data = data[system.write(1, data) :]
    except OSError:
        return
