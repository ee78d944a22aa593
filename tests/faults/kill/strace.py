"""Kill a command by SIGKILL just before a system call that changes files."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CALLS = (
    *(
        "?open",
        "openat",
        "?creat",
        "write",
        "writev",
        "pwrite64",
        "?rename",
        "renameat",
        "renameat2",
        "?unlink",
        "unlinkat",
        "?rmdir",
    ),
    *(
        "?mkdir",
        "mkdirat",
        "?link",
        "linkat",
        "?symlink",
        "symlinkat",
        "?chmod",
        "fchmod",
        "fchmodat",
        "utimensat",
    ),
    *("fsync", "fdatasync", "ftruncate", "truncate", "flock", "close", "exit_group"),
)
"""The traced calls. With `?`, one that not every machine has."""

BULK = re.compile(r"/cache\.db|/releases/.*/(plugin|hooks|venv)\b")
"""SQLite's writes, whose transactions are its own affair, and removals of program files."""

TIMEOUT_S = 60


@dataclass(frozen=True)
class Call:
    """The `count`-th call of that name in a process; `in_bulk` if it is one of very many."""

    name: str
    count: int
    in_bulk: bool = False


@dataclass(frozen=True)
class Command:
    """What runs: its arguments, its whole environment, its stdin.

    Its children are not traced and run as usual.
    """

    words: list[str]
    env: dict[str, str]
    data: bytes = b""

    def calls(self, root: Path, log: Path) -> list[Call]:
        """Run it unharmed.

        Return its calls that change something under `root`, in order, and its end. A file that is
        only read does not count: a kill there is like one at the next change.
        """
        status = self._run("-y", "-s0", "-e", "trace=" + ",".join(CALLS), "-o", str(log))
        assert status == 0, f"unharmed it ends with {status}"
        made: Counter[str] = Counter()
        read: set[str] = set()
        chosen = []
        for line in log.read_text(errors="replace").splitlines():
            name = line.partition("(")[0]
            made[name] += 1
            if name == "exit_group" or (str(root) in line and not _only_reads(name, line, read)):
                chosen.append(Call(name, made[name], BULK.search(line) is not None))
        return chosen

    def killed_at(self, call: Call) -> bool:
        """Run it and kill it at the start of that call. Return False if it ended before."""
        status = self._run(
            "-e",
            f"trace={call.name}",
            "-e",
            f"inject={call.name}:signal=KILL:when={call.count}",
            "-o",
            "/dev/null",
        )
        assert status in (0, -9), f"it ended with {status}"
        return status == -9

    def _run(self, *options: str) -> int:
        null = subprocess.DEVNULL
        words = ["strace", "-qqq", "-e", "signal=none", *options, *self.words]
        return subprocess.run(
            words,
            env=self.env,
            input=self.data,
            stdout=null,
            stderr=null,
            timeout=TIMEOUT_S,
            check=False,
        ).returncode


def _only_reads(name: str, line: str, read: set[str]) -> bool:
    """Return whether the call opens or closes something without writing to it.

    Collect such descriptors in `read`.
    """
    if name in {"open", "openat"}:
        descriptor = line.rpartition(" = ")[2].partition("<")[0]
        only = re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", line) is None
        (read.add if only else read.discard)(descriptor)
        return only
    return name == "close" and line[6:].partition("<")[0] in read
