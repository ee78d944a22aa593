"""config.toml → the file that the line reads (`paths.line_config`). Run by a line that waits for it: it imports as little as it can.

Where config.toml is not valid the last good configuration stays, with `problem` for the line to show. The file's `stamp` is always
config.toml's, so that one state of it is compiled once.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from usageline import __version__
from usageline.config import file
from usageline.config.resolve import resolve_values
from usageline.config.schema import MIN_INTERVAL_S
from usageline.config.validate import NO_VALUES, Validation, validate
from usageline.core import json_file, paths, throttle
from usageline.core.compiled_config import MAX_BYTES, VERSION
from usageline.core.freshness import file_stamp
from usageline.system import disk, flock
from usageline.system.directories import prepare
from usageline.system.files import write_atomic
from usageline.system.origin import config_file, may_run_programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usageline.config.problem import Problem

HEADER_KEYS = ("version", "stamp", "program", "problem")
"""What the compiled file has besides what `resolved` gives."""

MAX_READS = 3
"""Times that a file which is being written is read again."""

LOCK_TIMEOUT_S = 2.0
"""Another compilation may take so long; then something is wrong with it."""


def compile_config(env: Mapping[str, str]) -> list[Problem]:
    """Compile config.toml where that was not done yet; its problems. UsagelineError or OSError where the file cannot be written."""
    path, target = paths.config_file(env), paths.line_config(env)
    if not file_stamp(path) and not file_stamp(target):
        return []  # the line's own defaults hold
    # One at a time: they share the name of the file that they write before they rename it.
    with flock.hold(prepare(env), LOCK_TIMEOUT_S) as free:
        if not free:
            raise BlockingIOError(errno.EAGAIN, "another compilation does not end")
        checked, stamp = _read_config(path, env)
        before = _last_compiled(target)
        found: dict[str, Any] = {
            "version": VERSION,
            "stamp": stamp,
            "program": __version__,
            "problem": "",
        }
        good = resolve_values(checked.values)
        if checked.problems:
            found = {
                **(before or good),
                **found,
                "problem": checked.problems[0].short(os.path.basename(path)),
            }
            # Never from what is there: a program runs only where config.toml names it.
            found.pop("chain", None)
            found.update({"chain": good["chain"]} if "chain" in good else {})
        else:
            found.update(good)
        if found != before:
            write_atomic(
                target,
                _encode(found, {**good, **{name: found[name] for name in HEADER_KEYS}}),
                0o600,
            )
    return checked.problems


def main() -> None:
    """Compile, and say nothing: what is wrong with the file the line says, and why it could not be compiled as well."""
    os.umask(0o077)
    env = dict(os.environ)
    try:
        compile_config(env)
        # The line's claim is given back: the next edit, a moment later, is seen as soon as this one.
        throttle.release(paths.line_config_stamp(env))
    except Exception as fault:  # noqa: BLE001 - the edge of the process, which nobody watches
        with contextlib.suppress(LookupError):  # no home: nor was there a line to be told
            if not isinstance(fault, BlockingIOError):
                throttle.record_failure(paths.line_config_stamp(env), disk.failure_of(fault))
        sys.exit(0)


def _read_config(path: str, env: Mapping[str, str]) -> tuple[Validation, str]:
    """The file checked, and the stamp that it had before it was read: one that is written meanwhile is looked at again by the next line."""
    stamp = ""
    for _ in range(MAX_READS):
        stamp = file_stamp(path)
        try:
            # From the recorded place: what a link leads to may have changed since it was compared.
            text = file.read_text(config_file(env)) if stamp else None
        except file.UnusableFile as unusable:
            return Validation(NO_VALUES, [unusable.problem], {}), stamp
        if file_stamp(path) == stamp:
            break
    # What the floor is exactly is the refresh's business, and takes long to find out.
    return validate(
        text or "",
        1 if env.get("USAGELINE_API_URL") else MIN_INTERVAL_S,
        programs=may_run_programs(env),
    ), stamp


def _encode(found: dict[str, Any], fallback: dict[str, Any]) -> bytes:
    """`found` as the file's content; `fallback` where the last file held what cannot be written."""
    try:
        return json.dumps(
            found, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except (ValueError, RecursionError):  # ValueError: infinities, lone surrogates
        return json.dumps(fallback, ensure_ascii=False, separators=(",", ":")).encode()


def _last_compiled(target: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json_file.json_file(target, MAX_BYTES)
    return (
        found
        if found is not None
        and found.get("version") == VERSION
        and isinstance(found.get("rows"), list)
        else None
    )


if __name__ == "__main__":
    main()
