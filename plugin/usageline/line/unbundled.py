"""Run the status line without its bundle: import its modules one by one, as usual.

`statusline.py` runs this text in its own namespace if the bundle is missing or damaged.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DAMAGED = "usageline: this installation is damaged; install it again\n"

PACKAGES = ("", "/core", "/line", "/line/segments")


def run(package: str) -> None:
    """Run the line of the package in that directory. Never raises."""
    # A part of the bundle may have run.
    for name in [name for name in sys.modules if name.partition(".")[0] == "usageline"]:
        del sys.modules[name]
    sys.path.insert(0, package[: -len("/usageline")])
    try:
        if not has_readable_bytecode(package):
            sys.implementation.cache_tag = None  # type: ignore[assignment]  # only sources are read
        from usageline.line.main import main  # noqa: PLC0415 - only now is it on the path

        main()
    except Exception:  # noqa: BLE001 - a traceback or a non-zero exit would blank the line
        sys.stdout.write(DAMAGED)
        sys.exit(0)


def has_readable_bytecode(package: str) -> bool:
    """Return whether each file of bytecode is a regular one. An import would block on a FIFO."""
    syscalls: Any = sys.modules.get("posix") or sys.modules["nt"]  # on Windows
    for part in PACKAGES:
        folder = f"{package}{part}/__pycache__"
        try:
            names = syscalls.listdir(folder)
        except OSError:
            continue
        for name in names:
            try:
                kind = syscalls.stat(f"{folder}/{name}").st_mode & 0o170000
            except OSError:
                kind = 0
            if kind != 0o100000:
                return False
    return True


if __name__ == "__main__":
    run(__file__[: -len("/statusline.py")])
