"""How a run starts something without waiting for it: a refresh, a look. Once over all runs, by a stamp."""

import sys

from usageline.core import background, paths, syscalls
from usageline.core.background import (
    PLUGIN_POINTER,
    interpreter,
    refresh_command,
    refresh_environment,
)
from usageline.core.freshness import file_stamp, is_due
from usageline.core.throttle import acquire_refresh

PIPE_BYTES = 1 << 16
"""Bytes that a pipe holds; more could not be left in one without waiting for a reader."""


def launch(python, env, by="line"):
    """Start the refresh; see `spawn`."""
    close_inherited()
    spawn(refresh_command(python, by), refresh_environment(env))


def close_inherited():
    """Close what the client left open here, so that nothing that is started has it. Descriptors of our own close by themselves there."""
    if sys.platform != "win32":  # where nothing is inherited unless it is named
        syscalls.closerange(3, 4096)


def spawn(arguments, env, stdin=-1, stdout=-1):
    """Start a process in a session of its own with that whole environment, its descriptors on /dev/null but for those given.

    Call it as the last act: the parent must be gone at once. The client ends a cancelled run with all its descendants, found by parent
    links; a process whose parent has left is not among them. OSError or ValueError where it does not start.
    """
    if sys.platform == "win32":
        import subprocess  # noqa: PLC0415 - far too slow to import where posix_spawn exists

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
    except (
        NotImplementedError
    ):  # a C library without POSIX_SPAWN_SETSID: a process group of its own is the next best
        syscalls.posix_spawn(arguments[0], arguments, env, file_actions=actions, setpgroup=0)


def installations(root):
    """Yield the installations that may start a refresh: the one at `root`, or the one that was installed from the plugin's copy there.

    Not one that the environment names: a project's settings can name an installation of the project's own.
    """
    yield root
    from usageline.core import json_file  # noqa: PLC0415 - only for a plugin

    data_dir = (json_file.json_file(root + PLUGIN_POINTER) or {}).get("data_dir")
    if isinstance(data_dir, str) and data_dir[:1] == "/":
        yield data_dir + "/current"


def start_if_due(roots, env, snapshot, now):
    """What the SessionStart hook does: start a refresh where one is due, with the first of `roots` that has an interpreter for it."""
    if "USAGELINE_REFRESH" in env:  # in a client that a refresh started to ask it
        return
    if is_due(snapshot, file_stamp(paths.claude_credentials(env)), now):
        python = next(filter(None, map(interpreter, roots)), "")
        if python and not acquire_refresh(env, now):
            launch(python, env, "hook")


def launch_job(python, arguments, env, data=b""):
    """Start `python -m usageline.jobs` with `arguments`, as the last act, `env` its whole environment and `data` on its stdin.

    Never waits: False, and nothing is started, where a pipe cannot hold `data`; False as well where it does not start.
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


def job_command(python, arguments):
    """What runs one look with that interpreter."""
    return [python, *background.PYTHON_FLAGS, "-m", "usageline.jobs", *arguments]


def filled_pipe(data):
    """The end to read of a pipe that holds all of `data` and then ends, or None where no pipe holds as much."""
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
