"""Background looks: the last result is shown at once, and a look that is due is started for the lines to come.

A look has a `kind` ("git", "chain") and a `key`, the digest of what it is about. Its result lies in `paths.looks_dir`, beside the stamp
that says when it was started last. Imported only where a configured segment needs it.
"""

from usageline.core import json_file, paths
from usageline.line import spawn, system

PIPE_BYTES = 1 << 16
"""Bytes that a pipe holds; more could not be left in one without waiting for a reader."""


def result_file(env, kind, key):
    """Where a look's result lies. LookupError as in core/paths.py."""
    return f"{paths.looks_dir(env)}/{kind}-{key}.json"


def stamp_file(env, kind, key):
    """The empty file whose time says when the look was started, and whose lock makes it single."""
    return f"{paths.looks_dir(env)}/{kind}-{key}.stamp"


def result(env, kind, key, limit):
    """The last result, at most `limit` bytes, as a parsed object; None where there is none that can be trusted. Its values are unchecked."""
    try:
        return json_file.json_file(result_file(env, kind, key), limit)
    except LookupError:
        return None


def claim(env, kind, key, now, every_s):
    """Whether this run may start the look: no other run of any session did so in the last `every_s`, and the result can be kept."""
    try:
        return spawn.claim_stamp(stamp_file(env, kind, key), 3, now, every_s) == ""
    except LookupError:
        return False


def launch(python, arguments, env, data=b""):
    """Start `python -m usageline.jobs` with `arguments`, as the last act, `env` its whole environment and `data` on its stdin.

    Never waits: False, and nothing is started, where a pipe cannot hold `data`; False as well where it does not start.
    """
    spawn.close_inherited()
    stdin = held(data) if data else -1
    if stdin is None:
        return False
    try:
        spawn.spawn(command(python, arguments), env, stdin)
    except (OSError, ValueError):
        return False
    return True


def command(python, arguments):
    """What runs one look with that interpreter."""
    return [python, *spawn.COLD, "-m", "usageline.jobs", *arguments]


def held(data):
    """The end to read of a pipe that holds all of `data` and then ends, or None where no pipe holds as much."""
    if len(data) > PIPE_BYTES:
        return None
    reader, writer = system.pipe()
    try:
        system.set_blocking(writer, False)
        return reader if system.write(writer, data) == len(data) else None
    except OSError:
        return None
    finally:
        system.close(writer)
