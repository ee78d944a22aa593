"""What is started does not outlive its starter, not even one that is killed: a shell waits at a pipe for the starter's end, and then kills the group."""

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

guards: set[int] = set()
"""The guards of this process that wait: children of ours that are nobody's work."""


class Guard:
    """Begins to wait before a process is started, and is ended with it. Where there is no shell nobody waits."""

    def __init__(self) -> None:
        null = subprocess.DEVNULL
        self._shell: subprocess.Popen[bytes] | None = None
        if os.name == "posix":
            with contextlib.suppress(OSError):
                # In a session of its own: what kills the starter's group must not take it along.
                self._shell = subprocess.Popen(
                    ["/bin/sh", "-c", SCRIPT],
                    env={},
                    cwd="/",
                    stdin=subprocess.PIPE,
                    stdout=null,
                    stderr=null,
                    start_new_session=True,
                )
                guards.add(self._shell.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(
        self, words: Sequence[str], env: Mapping[str, str], cwd: str | None, **streams: Any
    ) -> subprocess.Popen[bytes]:
        """Start a process in a session and a group of its own, which ends when this process does. OSError or ValueError where it does not start."""
        pipe = self._shell.stdin.fileno() if self._shell and self._shell.stdin else None

        def join() -> None:
            # By the new process itself before it becomes the program: its starter may be killed before it could tell.
            signals.restore()
            if pipe is not None:
                with contextlib.suppress(OSError):
                    os.write(pipe, b"%d\n" % os.getpid())

        with warnings.catch_warnings():
            # That a lock may be held by another thread when the process is copied is nothing to a function that takes none.
            warnings.simplefilter("ignore", DeprecationWarning)
            return subprocess.Popen(
                words,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                preexec_fn=join if os.name == "posix" else None,  # noqa: PLW1509 - as above
                **streams,
            )

    def end(self) -> None:
        """The group is gone, or may live on."""
        if self._shell:
            self._shell.kill()
            with self._shell:  # closes the pipe, and waits
                guards.discard(self._shell.pid)
            self._shell = None
