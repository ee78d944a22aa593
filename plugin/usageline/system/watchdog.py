"""Kill a child's process group if its parent dies, even by SIGKILL.

A shell waits at a pipe for the parent's end, and then kills the group.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import warnings
from typing import TYPE_CHECKING, Any

from usageline.system import signals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

SCRIPT = 'read -r group || exit 0; read -r rest; kill -s KILL -- "-$group"'

pids: set[int] = set()
"""The PIDs of this process's active watchdogs, which are children but no work of its own."""


class Watchdog:
    """A shell that starts before the process that it watches. Without /bin/sh there is none."""

    def __init__(self) -> None:
        null = subprocess.DEVNULL
        self._shell: subprocess.Popen[bytes] | None = None
        if os.name == "posix":
            with contextlib.suppress(OSError):
                # In a session of its own: a signal to the parent's group must not kill it, too.
                self._shell = subprocess.Popen(
                    ["/bin/sh", "-c", SCRIPT],
                    env={},
                    cwd="/",
                    stdin=subprocess.PIPE,
                    stdout=null,
                    stderr=null,
                    start_new_session=True,
                )
                pids.add(self._shell.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(
        self, command: Sequence[str], env: Mapping[str, str], cwd: str | None, **streams: Any
    ) -> subprocess.Popen[bytes]:
        """Start a watched process in a session and group of its own.

        Raise OSError or ValueError if it does not start.
        """
        pipe = self._shell.stdin.fileno() if self._shell and self._shell.stdin else None

        def register() -> None:
            # The new process does this itself, because its parent may be killed right after fork.
            signals.restore()
            if pipe is not None:
                with contextlib.suppress(OSError):
                    os.write(pipe, b"%d\n" % os.getpid())

        with warnings.catch_warnings():
            # Python warns of locks that another thread may hold at fork; `register` takes none.
            warnings.simplefilter("ignore", DeprecationWarning)
            return subprocess.Popen(
                command,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                preexec_fn=register if os.name == "posix" else None,  # noqa: PLW1509 - as above
                **streams,
            )

    def stop(self) -> None:
        """Stop watching: the group has ended, or may go on running."""
        if self._shell:
            self._shell.kill()
            with self._shell:  # closes the pipe and waits
                pids.discard(self._shell.pid)
            self._shell = None
