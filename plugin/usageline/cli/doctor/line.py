"""The command: run as Claude Code runs it, and what it runs on."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from typing import TYPE_CHECKING

from usageline.cli.doctor.result import Result, ok, problem, warning
from usageline.cli.doctor.run import run
from usageline.core import paths
from usageline.core.text import sanitize
from usageline.line.chain import MARK
from usageline.system import bundle

if TYPE_CHECKING:
    from usageline.cli.doctor.context import Context

PAYLOAD = b'{"model": {"display_name": "Claude"}}'
COLUMNS = "160"
AGAIN = "run install.sh again"


def interpreter(context: Context) -> Result | None:
    """The interpreter that the command names is still there."""
    python = _interpreter(context)
    if not python:
        return None
    if not os.access(python, os.X_OK):
        return problem(
            f"the interpreter of the line is gone: {context.short(python)}",
            f"{AGAIN}, which chooses another",
        )
    return ok(f"the line runs on {context.short(python)}")


def bytecode(context: Context) -> Result | None:
    """There is bytecode for it: the line never writes any, and would be compiled anew each time."""
    python, release = _interpreter(context), context.release
    if not python or release is None or not os.access(python, os.X_OK):
        return None
    asked = run(
        context,
        [python, "-I", "-S", "-B", "-c", "import sys; print(sys.implementation.cache_tag)"],
        {},
    )
    tag = asked.output.strip()
    if asked.fault or not tag:
        return problem(
            f"the interpreter of the line does not work: {asked.fault or 'it says nothing'}",
            f"{AGAIN}, which chooses another",
        )
    if not os.path.exists(bundle.path(release.root + "/plugin", tag)):
        return warning(
            f"the program has no bundle for {sanitize(tag)}: each line takes longer", AGAIN
        )
    package = release.root + "/plugin/usageline"
    for folder in ("", "/line", "/line/segments"):
        names = [name for name in _listed(package + folder) if name.endswith(".py")]
        for name in names:
            # The entry file is compiled at each start, whatever there is beside it.
            if name not in {"statusline.py", "errors.py"} and not os.path.exists(
                _compiled(package + folder, name, tag)
            ):
                return warning(
                    f"the program has no bytecode for {sanitize(tag)}: each line takes longer",
                    AGAIN,
                )
    return ok(f"its bytecode is there ({sanitize(tag)})")


def prints_a_line(context: Context) -> Result | None:
    """Run through `sh`, the command prints a line and ends with 0.

    It gets a copy of the snapshot in a cache of its own, in which a refresh has just been started: so it starts none. Nor does it run the
    chained command.
    """
    if not context.command:
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="usageline-doctor-") as scratch:
            env = {
                **context.env,
                "XDG_CACHE_HOME": scratch,
                "COLUMNS": COLUMNS,
                "NO_COLOR": "1",
                MARK: "1",
            }
            _prepare(context, env)
            done = run(context, ["/bin/sh", "-c", context.command], env, PAYLOAD)
    except OSError as error:
        return warning(
            f"the command was not tried: there is no room for temporary files ({error.strerror})",
            "free some space in /tmp",
        )
    lines = done.output.splitlines()
    if done.fault:
        return problem(f"the command fails: {done.fault}", AGAIN)
    if not lines or not lines[0].strip():
        return problem("the command prints nothing", AGAIN)
    if lines[0].startswith("usageline: "):
        return problem(f"the command prints: {sanitize(lines[0])}", AGAIN)
    return ok(f"the command prints a line in {done.took_s * 1000:.0f} ms: {sanitize(lines[0])}")


def _prepare(context: Context, env: dict[str, str]) -> None:
    """Make the cache that the line is tried with."""
    os.makedirs(paths.cache_dir(env), mode=0o700)
    with open(paths.stamp(env), "wb"):
        pass
    if context.snapshot is not None:
        shutil.copyfile(paths.snapshot(context.env), paths.snapshot(env))
        os.chmod(paths.snapshot(env), 0o600)


def _interpreter(context: Context) -> str:
    """The interpreter that the command names, or "" where it is not of the form that install.sh writes."""
    if not context.ours.is_own(context.command):
        return ""
    try:
        words = shlex.split(context.command)
    except ValueError:
        return ""
    return words[2] if words[:2] == ["[", "-x"] and len(words) > 2 else ""


def _compiled(folder: str, name: str, tag: str) -> str:
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc"


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
