"""Compile config.toml to the file that the status line reads (`paths.line_config`).

A status line runs this module and waits, so it imports little. If config.toml is not valid, the
last valid configuration stays, with a `problem` for the line to show. The file's `stamp` is always
that of config.toml, so that each version is compiled once.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from usageline import __version__
from usageline.config import file, user_themes
from usageline.config.resolve import resolve_values
from usageline.config.schema import MIN_INTERVAL_S
from usageline.config.validate import NO_VALUES, Validation, validate
from usageline.core import json_file, paths, throttle
from usageline.core.compiled_config import MAX_BYTES, VERSION
from usageline.core.freshness import file_fingerprint
from usageline.system import disk, flock
from usageline.system.directories import prepare
from usageline.system.files import write_atomic
from usageline.system.origin import config_file, may_run_programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.problem import Problem

HEADER_KEYS = ("version", "stamp", "program", "problem", "own_themes")
"""Keys of the compiled file that `resolve_values` does not return."""

MAX_READS = 3
"""A file that changes while it is read is read again so often."""

MAX_TABLES = 17
"""The file itself, and so many profiles."""

LOCK_TIMEOUT_S = 2.0
"""How long to wait for another compilation."""


def compile_config(env: Mapping[str, str]) -> list[Problem]:
    """Compile config.toml if it changed, and return its problems.

    Raise UsagelineError or OSError if the compiled file cannot be written.
    """
    path, target = paths.config_file(env), paths.line_config(env)
    if not file_fingerprint(path) and not file_fingerprint(target):
        return []  # the status line has the defaults
    # Two compilations would share the name of the temporary file.
    with flock.hold(prepare(env), LOCK_TIMEOUT_S) as free, user_themes.of(env):
        if not free:
            raise BlockingIOError(errno.EAGAIN, "another compilation does not end")
        validation, stamp, own_themes = _read_config(path, env)
        before = _last_compiled(target)
        compiled: dict[str, Any] = {
            "version": VERSION,
            "stamp": stamp,
            "program": __version__,
            "problem": "",
            "own_themes": own_themes,
        }
        valid = resolve_values(validation.values, env)
        if validation.problems:
            compiled = {
                **(before or valid),
                **compiled,
                "problem": validation.problems[0].short(os.path.basename(path)),
            }
            # Not from the last file: a program runs only if config.toml names it.
            compiled.pop("chain", None)
            compiled.update({"chain": valid["chain"]} if "chain" in valid else {})
        else:
            compiled.update(valid)
        if compiled != before:
            write_atomic(
                target,
                _encode(compiled, {**valid, **{name: compiled[name] for name in HEADER_KEYS}}),
                0o600,
            )
    return validation.problems


def main() -> None:
    """Compile without output: the status line shows the problems, also those of the compilation."""
    os.umask(0o077)
    env = dict(os.environ)
    try:
        compile_config(env)
        # Release the line's throttle, so that it compiles the next edit at once.
        throttle.release(paths.line_config_stamp(env))
    except Exception as fault:  # noqa: BLE001 - the edge of the process
        with contextlib.suppress(LookupError):  # without a home no line waits
            if not isinstance(fault, BlockingIOError):
                throttle.record_failure(paths.line_config_stamp(env), disk.failure_of(fault))
        sys.exit(0)


def _read_config(path: str, env: Mapping[str, str]) -> tuple[Validation, str, dict[str, str]]:
    """Return the validated file, and its stamp from before it was read.

    The third has the stamps of the user's own themes that the file names. If a file changes
    meanwhile, the next status line compiles it again.
    """
    stamp = ""
    for _ in range(MAX_READS):
        stamp = file_fingerprint(path)
        try:
            # From the recorded path: the target of a link may have changed.
            text = file.read_text(config_file(env)) if stamp else None
        except file.UnusableFile as unusable:
            return Validation(NO_VALUES, [unusable.problem], {}), stamp, {}
        if file_fingerprint(path) == stamp:
            break
    own_themes = {name: user_themes.stamp(name) for name in _own_themes(text or "")}
    # The exact minimum is slow to determine; the refresh validates it.
    validation = validate(
        text or "",
        1 if env.get("USAGELINE_API_URL") else MIN_INTERVAL_S,
        programs=may_run_programs(env),
    )
    return validation, stamp, own_themes


def _own_themes(text: str) -> list[str]:
    """Return the names of the user's themes in a config.toml, whether or not they exist."""
    try:
        table = file.parse(text)
    except file.UnusableFile:
        return []
    profiles = table.get("profiles")
    tables = [table, *(profiles.values() if isinstance(profiles, dict) else ())]
    named = (one.get("theme") for one in tables[:MAX_TABLES] if isinstance(one, dict))
    return [name for name in named if isinstance(name, str) and user_themes.is_name(name)]


def _encode(compiled: dict[str, Any], fallback: dict[str, Any]) -> bytes:
    """Encode `compiled`, or `fallback` if it has values of the last file that JSON cannot hold."""
    try:
        return json.dumps(
            compiled, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except (ValueError, RecursionError):  # ValueError: infinities, lone surrogates
        return json.dumps(fallback, ensure_ascii=False, separators=(",", ":")).encode()


def _last_compiled(target: str) -> dict[str, Any] | None:
    compiled: dict[str, Any] | None = json_file.json_file(target, MAX_BYTES)
    return (
        compiled
        if compiled is not None
        and compiled.get("version") == VERSION
        and isinstance(compiled.get("rows"), list)
        else None
    )


if __name__ == "__main__":
    main()
