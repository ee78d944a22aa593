"""Run `tests/run fuzz [TARGET [SECONDS]]`: fuzz one target or all.

Findings are stored and printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from tests.faults.content.fuzz.targets import NAMES


def main() -> int:
    """Return 1 if a target failed."""
    wanted, seconds = sys.argv[1:]
    if wanted not in {*NAMES, "all"}:
        print(
            f"usage: tests/run fuzz [TARGET [SECONDS]], TARGET one of: {' '.join(NAMES)}",
            file=sys.stderr,
        )
        return 2
    corpus = tempfile.mkdtemp(prefix="usageline-found-")
    failed = [name for name in NAMES if wanted in {name, "all"} and fuzzed(name, seconds, corpus)]
    print(
        f"{', '.join(failed)}: did not hold; the inputs are in {corpus}"
        if failed
        else f"nothing was found; new inputs are in {corpus}"
    )
    return 1 if failed else 0


def fuzzed(name: str, seconds: str, corpus: str) -> int:
    """Fuzz one target and store findings in its folder below `corpus`.

    Return 0 if there are none.
    """
    folder = os.path.join(corpus, name)
    os.mkdir(folder)
    with tempfile.TemporaryDirectory() as scratch:
        command = [
            sys.executable,
            "-B",
            "-m",
            "tests.faults.content.fuzz.run",
            name,
            seconds,
            folder,
        ]
        return subprocess.run(
            command, env={**os.environ, "TMPDIR": scratch}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
