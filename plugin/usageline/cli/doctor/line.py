"""Check the status line: its interpreter and its output, run as Claude Code runs it."""

from __future__ import annotations

import glob
import os
import shlex
import shutil
import tempfile

from usageline.cli.doctor.context import INSTALL_AGAIN, Context, Result, ok, problem, run, warning
from usageline.core.text import sanitize
from usageline.line.chain import MARK
from usageline.system import bundle
from usageline.system.paths import Paths

PAYLOAD = b'{"model": {"display_name": "Claude"}}'
COLUMNS = "160"


def interpreter(context: Context) -> Result | None:
    """Check that the interpreter in the command still exists."""
    python = _interpreter(context)
    if not python:
        return None
    if not os.access(python, os.X_OK):
        return problem(
            f"the interpreter of the status line does not exist: {context.short(python)}",
            f"{INSTALL_AGAIN}, which chooses another",
        )
    return ok(f"the status line runs on {context.short(python)}")


# tried by: tests/cli
def bytecode(context: Context) -> Result | None:
    """Check that there is bytecode: the status line writes none, so each run would compile."""
    python, release = _interpreter(context), context.release
    if not python or release is None or not os.access(python, os.X_OK):
        return None
    result = run(
        context,
        [python, "-I", "-S", "-B", "-c", "import sys; print(sys.implementation.cache_tag)"],
        {},
    )
    tag = result.output.strip()
    if result.error or not tag:
        return problem(
            "the interpreter of the status line does not work: "
            f"{result.error or 'it prints nothing'}",
            f"{INSTALL_AGAIN}, which chooses another",
        )
    if not os.path.exists(bundle.path(release.root + "/plugin", tag)):
        return warning(
            f"there is no bundle for {sanitize(tag)}: each status line takes longer", INSTALL_AGAIN
        )
    package = release.root + "/plugin/usageline"
    for folder in ("", *(f"/{name}" for name in bundle.HOT_PACKAGES)):
        for name in glob.glob("*.py", root_dir=package + folder):
            module = name.removesuffix(".py")
            compiled = f"{package}{folder}/__pycache__/{module}.{tag}.pyc"
            # Python compiles the entry file at each start, with or without bytecode.
            if module not in {"statusline", "errors"} and not os.path.exists(compiled):
                return warning(
                    f"there is no bytecode for {sanitize(tag)}: each status line takes longer",
                    INSTALL_AGAIN,
                )
    return ok(f"there is bytecode for it ({sanitize(tag)})")


def prints_a_line(context: Context) -> Result | None:
    """Check that the command, run through `sh`, prints a line and exits with 0.

    It runs with a temporary cache: a copy of the snapshot, and a refresh marked as just started.
    So it starts no refresh, and no chained command.
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
            _prepare(context, Paths(env))
            result = run(context, ["/bin/sh", "-c", context.command], env, PAYLOAD)
    except OSError as error:
        return warning(
            f"the command was not tried: temporary files cannot be written ({error.strerror})",
            "free some space in /tmp",
        )
    lines = result.output.splitlines()
    if result.error:
        return problem(f"the command fails: {result.error}", INSTALL_AGAIN)
    if not lines or not lines[0].strip():
        return problem("the command prints nothing", INSTALL_AGAIN)
    if lines[0].startswith("usageline: "):
        return problem(f"the command prints: {sanitize(lines[0])}", INSTALL_AGAIN)
    return ok(f"the command prints a line in {result.took_s * 1000:.0f} ms: {sanitize(lines[0])}")


def _prepare(context: Context, paths: Paths) -> None:
    """Create the temporary cache."""
    os.makedirs(paths.cache_dir, mode=0o700)
    with open(paths.stamp, "wb"):
        pass
    if context.snapshot is not None:
        shutil.copyfile(context.paths.snapshot, paths.snapshot)
        os.chmod(paths.snapshot, 0o600)


def _interpreter(context: Context) -> str:
    """Return the interpreter in the command, or "" if install.sh did not write the command."""
    if not context.own_commands.is_own(context.command):
        return ""
    try:
        words = shlex.split(context.command)
    except ValueError:
        return ""
    return words[2] if words[:2] == ["[", "-x"] and len(words) > 2 else ""
