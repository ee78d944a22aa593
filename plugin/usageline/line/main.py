"""One run: read the payload and the snapshot, write the line, start a refresh where one is due, leave."""

import sys
import time

from usageline.core import freshness, json_file, paths, syscalls
from usageline.core.environment import environment
from usageline.line import ROOT, emit, render, view

PROBLEMS = {
    "full": "no refresh: the disk is full",
    "unwritable": "no refresh: the cache cannot be written",
    "unlockable": "no refresh: the cache's disk has no locks",
    "failing": "no refresh: run usageline doctor",
    "unsafe": "no refresh: the cache directory is not yours alone",
    "uninstalled": "no refresh: run install.sh again",
    "elsewhere": "no refresh: its Python is not on this system",
}
"""What the line says where no refresh can be started, or the last ones came to nothing, by the word of `start.claim` or `start.hindrance`."""


def main():
    """Never raises, never exits with anything but 0, never writes an empty line."""
    if sys.argv[1:]:
        from usageline.line import embed  # noqa: PLC0415 - the client gives no arguments

        embed.main(sys.argv[1:])
    later = []
    try:
        env = environment()
        payload, data = json_file.payload()
        rows, later = draw(env, payload, data, time.time())
    except Exception as error:  # noqa: BLE001 - a traceback would blank the line
        rows = [f"usageline: {type(error).__name__}; please report it"]
    emit(("\n".join(rows) + "\n").encode("utf-8", "replace"))
    try:
        for begin in later:
            begin()
    finally:
        syscalls._exit(0)


def draw(env, payload, data, now):
    """The rows, and what is to be started when they are written: functions. `data` is the payload as bytes."""
    problem, later = "", []
    try:
        snapshot = json_file.json_file(paths.snapshot(env))
        credentials = freshness.file_stamp(paths.claude_credentials(env))
        config = freshness.file_stamp(paths.config_file(env))
    except LookupError:
        snapshot, credentials, config, problem = None, "", "", "HOME is not set: no plan usage"
    seen = view.build(payload, snapshot, credentials, env, now, modified_at=freshness.modified_at)
    # Without a snapshot nobody has looked yet whether the user declined this session's API key.
    asks = not seen.other_sign_in or (snapshot is None and seen.other_sign_in == "API key")
    if not problem and asks and freshness.is_due(snapshot, credentials, now):
        later, problem = refresh(env, now)
    seen.problem = problem
    if not config:
        return render.render(seen, {}, env), later
    from usageline.core import background  # noqa: PLC0415 - only where there is something configured
    from usageline.line import jobs  # noqa: PLC0415 - only where there is something configured

    cold = background.interpreter(ROOT)
    configured = jobs.configuration(env, config, cold, now)
    look = jobs.look_at_repository(seen, configured, env, cold)
    rows, failed, chain = jobs.chained(seen, configured, env, cold, bytes(data))
    if failed:
        configured = {
            **configured,
            "problem": "; ".join(filter(None, (configured.get("problem"), failed))),
        }
    return render.render(seen, configured, env, rows), [*later, *filter(None, (look, chain))]


def refresh(env, now):
    """What starts a refresh that is due, in a list, where this run is the one to start it; and what is wrong where none can help."""
    from usageline.core import background, throttle  # noqa: PLC0415 - seldom due
    from usageline.line import spawn  # noqa: PLC0415 - seldom due

    python = background.interpreter(ROOT)
    hindered = throttle.last_failure(paths.stamp(env), now)
    refused = throttle.acquire_refresh(env, now) if python else background.absence(ROOT)
    problem = PROBLEMS.get(refused) or PROBLEMS.get(hindered, "")
    return [] if refused else [lambda: spawn.launch(python, env)], problem
