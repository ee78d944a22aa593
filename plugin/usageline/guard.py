"""What is started does not outlive its starter, not even one that is killed: a shell waits at a pipe for the starter's end, and then kills the group."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

SCRIPT = 'read -r group || exit 0; read -r rest; kill -s KILL -- "-$group"'

guards: set[int] = set()
"""The guards of this process that wait: children of ours that are nobody's work."""


class Guard:
    """Made before a process is started, told of it at once by `watch`, and ended with it. Where there is no shell nobody watches."""

    def __init__(self) -> None:
        null = subprocess.DEVNULL
        self._shell: subprocess.Popen[bytes] | None = None
        if os.name == "posix":
            with contextlib.suppress(OSError):
                # In a session of its own: what kills the starter's group must not take it along.
                self._shell = subprocess.Popen(
                    ["/bin/sh", "-c", SCRIPT], env={}, cwd="/", stdin=subprocess.PIPE, stdout=null, stderr=null, start_new_session=True
                )
                guards.add(self._shell.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        """From now on the process's group, which it leads, ends with this process."""
        if self._shell and self._shell.stdin:
            with contextlib.suppress(OSError):
                os.write(self._shell.stdin.fileno(), b"%d\n" % process.pid)

    def end(self) -> None:
        """The group is gone, or may live on."""
        if self._shell:
            self._shell.kill()
            with self._shell:  # closes the pipe, and waits
                guards.discard(self._shell.pid)
            self._shell = None
