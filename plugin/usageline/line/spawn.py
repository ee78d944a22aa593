"""Start a process without waiting for it: a refresh, a background job."""

from __future__ import annotations

import sys

from usageline.core import background, json_file, syscalls
from usageline.core.background import (
    PLUGIN_POINTER,
    interpreter,
    refresh_command,
    refresh_environment,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PIPE_BYTES = 1 << 16
"""Bytes that a pipe holds. More would wait for a reader."""


def launch_refresh(python: str, env: Mapping[str, str], trigger: str = "line") -> None:
    """Start the refresh as the last act, as `spawn` does."""
    close_inherited()
    spawn(refresh_command(python, trigger), refresh_environment(env))


def close_inherited() -> None:
    """Close the descriptors that Claude Code left open, so that no started process inherits them.

    Python's own close by themselves.
    """
    if sys.platform != "win32":  # Windows inherits none by default
        syscalls.closerange(3, 4096)


def spawn(arguments: list[str], env: Mapping[str, str], stdin: int = -1, stdout: int = -1) -> None:
    """Start a process in its own session, with `env` as its whole environment.

    Its descriptors are /dev/null unless they are given. Call it as the last act, because the
    parent must exit at once. When Claude Code cancels a run, it kills all descendants that it
    finds by parent links. An orphan is not among them. Raise OSError or ValueError if it fails.
    """
    if sys.platform == "win32":
        import subprocess  # noqa: PLC0415 - too slow to import if posix_spawn exists

        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        null = subprocess.DEVNULL
        subprocess.Popen(
            arguments,
            env=env,
            stdin=null,
            stdout=null,
            stderr=null,
            close_fds=True,
            creationflags=flags,
        )
        return
    actions = [
        (syscalls.POSIX_SPAWN_OPEN, fd, "/dev/null", syscalls.O_RDWR, 0)
        if given < 0
        else (syscalls.POSIX_SPAWN_DUP2, given, fd)
        for fd, given in enumerate((stdin, stdout, -1))
    ]
    try:
        syscalls.posix_spawn(arguments[0], arguments, env, file_actions=actions, setsid=True)
    except NotImplementedError:
        # The C library has no POSIX_SPAWN_SETSID: its own process group is the next best.
        syscalls.posix_spawn(arguments[0], arguments, env, file_actions=actions, setpgroup=0)


def installations(root: str) -> Iterator[str]:
    """Yield the installations that may start a refresh: `root`, and the one made from its plugin.

    Never one that the environment names, because a project's settings could name its own.
    """
    yield root
    data_dir = (json_file.json_file(root + PLUGIN_POINTER) or {}).get("data_dir")
    if isinstance(data_dir, str) and data_dir[:1] == "/":
        yield data_dir + "/current"


def start_refresh(roots: Iterable[str], env: dict[str, str], now: float) -> None:
    """Start a refresh with the first of `roots` that has an interpreter, for the hook."""
    from usageline.core.throttle import acquire_refresh  # noqa: PLC0415 - for the hook alone

    python = next(filter(None, map(interpreter, roots)), "")
    if python and not acquire_refresh(env, now):
        launch_refresh(python, env, "hook")


def launch_job(
    python: str, arguments: list[str], env: Mapping[str, str], data: bytes = b""
) -> bool:
    """Start `python -m usageline.jobs` with `data` on its stdin, as the last act.

    Never waits. Return False if it does not start, or if a pipe cannot hold `data`.
    """
    close_inherited()
    stdin = filled_pipe(data) if data else -1
    if stdin is None:
        return False
    try:
        spawn(job_command(python, arguments), env, stdin)
    except (OSError, ValueError):
        return False
    return True


def wait_for(
    arguments: list[str], env: Mapping[str, str], timeout_s: float, data: bytes = b""
) -> None:
    """Start a process with `data` on its stdin, and wait up to `timeout_s` until it ends.

    Return at once if it does not start, or if a pipe cannot hold `data`.
    """
    close_inherited()
    try:
        stdin = filled_pipe(data) if data else -1
        if stdin is None:
            return
        reader, writer = syscalls.pipe()
        spawn(arguments, env, stdin, writer)
        syscalls.close(writer)
        json_file.await_end(reader, timeout_s)
        syscalls.close(reader)
    except (OSError, ValueError):
        return


def job_command(python: str, arguments: list[str]) -> list[str]:
    """Return the command of a background job."""
    return [python, *background.PYTHON_FLAGS, "-m", "usageline.jobs", *arguments]


def filled_pipe(data: bytes) -> int | None:
    """Return the read end of a closed pipe with all of `data`, or None if none can hold it."""
    if len(data) > PIPE_BYTES:
        return None
    reader, writer = syscalls.pipe()
    try:
        syscalls.set_blocking(writer, False)
        return reader if syscalls.write(writer, data) == len(data) else None
    except OSError:
        return None
    finally:
        syscalls.close(writer)
