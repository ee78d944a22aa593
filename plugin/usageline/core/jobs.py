"""Background looks: the last result is shown at once, and a look that is due is started for the lines to come.

A look has a `kind` ("git", "chain") and a `key`, the digest of what it is about. Its result lies in `paths.looks_dir`, beside the stamp
that says when it was started last. Imported only where a configured segment needs it.
"""

from usageline.core import json_file, paths, throttle


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
        return throttle.acquire(stamp_file(env, kind, key), 3, now, every_s) == ""
    except LookupError:
        return False
